"""What every code of a version looks like, against codes that another implementation draws."""

import numpy as np
import pytest

from hardware.qr_layout import DARK, LIGHT, MAX_VERSION, alignment_places, fixed_modules, modules_of, template
from tests.hardware.shown import code

VERSIONS = range(1, MAX_VERSION + 1)


@pytest.mark.parametrize("version", VERSIONS)
def test_fixed_modules_are_those_that_are_drawn(version: int) -> None:
    """All finder, timing and alignment modules stand as they do in a code of that version."""
    fixed, drawn = fixed_modules(version), code("A", version=version).light
    assert fixed.shape == drawn.shape == (modules_of(version),) * 2
    assert np.array_equal(fixed[fixed != 0], drawn[fixed != 0])


@pytest.mark.parametrize(("version", "free"), [(1, 208), (2, 359), (7, 1568), (14, 4651), (32, 19723), (40, 29648)])
def test_all_else_is_free(version: int, free: int) -> None:
    """Data modules as the standard's table 1 counts them, the format and, from version 7 on, the version."""
    unknown = np.count_nonzero(fixed_modules(version) == 0)
    assert unknown == free + 30 + (36 if version >= 7 else 0)


@pytest.mark.parametrize(
    ("version", "places"),
    [
        (1, ()),
        (2, (6, 18)),
        (7, (6, 22, 38)),
        (14, (6, 26, 46, 66)),
        (15, (6, 26, 48, 70)),
        (16, (6, 26, 50, 74)),
        (22, (6, 26, 50, 74, 98)),
        (30, (6, 26, 52, 78, 104, 130)),
        (32, (6, 34, 60, 86, 112, 138)),
        (36, (6, 24, 50, 76, 102, 128, 154)),
        (39, (6, 26, 54, 82, 110, 138, 166)),
        (40, (6, 30, 58, 86, 114, 142, 170)),
    ],
)
def test_alignment_places_are_the_standards(version: int, places: tuple[int, ...]) -> None:
    """As ISO/IEC 18004:2015 lists them in table E.1, with the uneven ones among them."""
    assert alignment_places(version) == places


@pytest.mark.parametrize("version", VERSIONS)
def test_alignment_places_lie_in_the_code(version: int) -> None:
    """Ascending, and the last one six modules and a half from the edge."""
    places = alignment_places(version)
    assert list(places) == sorted(set(places))
    assert not places or (places[0], places[-1]) == (6, modules_of(version) - 7)


@pytest.mark.parametrize("version", [1, 7, 40])
def test_the_template_says_what_is_under_its_points(version: int) -> None:
    """Two points in every fixed module, nearly all of that module's shade."""
    points, values = template(version)
    fixed = fixed_modules(version)
    columns, rows = points.astype(int).T
    assert len(points) == len(values) == 2 * np.count_nonzero(fixed)
    # Beside unknown modules and single ones the blur takes over some points.
    assert np.mean(np.sign(values) == fixed[rows, columns]) > 0.92
    assert set(np.unique(fixed)) == {DARK, 0.0, LIGHT}
