"""Codes are located by their finder patterns, by three or by two of them."""

import cv2
import numpy as np
import pytest

from hardware.locating import outlines_by_finders
from hardware.symbols import Grey, with_zxing
from tests.hardware.shown import Floats, code, seen, square

PASS = code("ASHYQ:7K3QW9XE2MZ5T8RV4NBJ", "M")
SIGNED = code("ASHYQ1:" + "7K3QW9XE2M" * 12, "L")


@pytest.mark.parametrize("turned", [0, 12, 23, 78, 100, 200, 340])
@pytest.mark.parametrize(("dark", "bright"), [(40, 200), (200, 40)], ids=["plain", "inverted"])
def test_a_noisy_code_is_located(turned: int, dark: int, bright: int) -> None:
    """Its corners within a module and its version, whichever way up it is held, give or take some twenty degrees."""
    corners = square(60, 60, 180, turned)
    cut = seen(PASS.light, corners, size=(300, 300), dark=dark, bright=bright, noise=45, background=dark, seed=turned)
    best = outlines_by_finders(cut)[0]
    assert best.version == PASS.version
    assert np.abs(best.corners - corners).max() < 180 / len(PASS.light)


@pytest.mark.parametrize("turned", [22, 45, 68, 130, 215, 320])
def test_a_code_that_is_held_askew_is_located(turned: int) -> None:
    """The cut is set upright before: drawings of finder patterns stand upright."""
    corners = square(60, 90, 180, turned)
    cut = seen(PASS.light, corners, size=(300, 360), noise=45, seed=turned)
    best = outlines_by_finders(cut)[0]
    assert best.version == PASS.version
    assert np.abs(best.corners - corners).max() < 180 / len(PASS.light)


@pytest.mark.parametrize("narrow", [0.5, 0.6, 0.7])
@pytest.mark.parametrize("turned", [10, 33, 75, 150])
def test_a_code_seen_from_aside_is_located(narrow: float, turned: int) -> None:
    """Half as wide as high, and turned: no drawing of a finder pattern would fit."""
    corners = square(-110, -110, 220, turned) * np.array([narrow, 1], np.float32) + np.float32(170)
    best = outlines_by_finders(seen(PASS.light, corners, size=(340, 340), noise=25))[0]
    assert best.version == PASS.version
    assert np.abs(best.corners - corners).max() < 220 / len(PASS.light)


def test_the_cut_is_looked_at_as_it_is_where_something_else_would_be_set_upright() -> None:
    """Beside the code there is more of what looks like one: finder patterns are clearer in the cut."""
    corners = square(60, 60, 180, 4)
    cut = seen(PASS.light, corners, size=(300, 300), noise=12)
    beside = np.hstack([cut, np.random.default_rng(1).integers(0, 256, (300, 350)).astype(np.uint8)])
    found = outlines_by_finders(beside)
    assert any(np.abs(outline.corners - corners).max() < 180 / len(PASS.light) for outline in found)


def test_a_larger_version_is_told() -> None:
    """By the timing patterns, though the distance of the finders says it but roughly."""
    corners = square(80, 80, 220, 8)
    best = outlines_by_finders(seen(SIGNED.light, corners, size=(400, 400), noise=12))[0]
    assert best.version == SIGNED.version
    assert np.abs(best.corners - corners).max() < 220 / len(SIGNED.light)


def test_what_line_scans_do_not_find_is_found() -> None:
    """A streak that no decoder scans through."""
    corners = square(70, 70, 150, 12)
    cut = seen(PASS.light, corners, streak_px=11)
    assert with_zxing(cut) == ([], [])
    assert outlines_by_finders(cut)[0].version == PASS.version


def _without(cut: Grey, corners: Floats, finder: int, level: int = 255) -> Grey:
    """Under a reflection: one corner's finder pattern and what is around it."""
    hidden = cut.copy()
    x, y = corners[finder] + (corners.mean(axis=0) - corners[finder]) * 0.25
    cv2.circle(hidden, (int(x), int(y)), int(0.25 * float(np.ptp(corners[:, 0]))), level, -1)
    return hidden


@pytest.mark.parametrize("finder", [0, 1, 3], ids=["top left", "top right", "bottom left"])
@pytest.mark.parametrize("level", [255, 40], ids=["reflection", "finger"])
def test_two_finder_patterns_do(finder: int, level: int) -> None:
    """Two sides of a square, or its diagonal; what all codes of the version have tells which."""
    corners = square(60, 60, 190, 9)
    cut = _without(seen(PASS.light, corners, noise=12), corners, finder, level)
    best = outlines_by_finders(cut)[0]
    assert best.version == PASS.version
    assert np.abs(best.corners - corners).max() < 190 / len(PASS.light)


def test_a_tilted_code_is_located() -> None:
    """Its far side is a fifth shorter, which three finder patterns alone don't tell."""
    corners = np.array([[60, 70], [250, 60], [228, 225], [76, 235]], np.float32)
    best = outlines_by_finders(seen(SIGNED.light, corners, noise=12))[0]
    assert best.version == SIGNED.version
    assert np.abs(best.corners - corners).max() < 170 / len(SIGNED.light)


def _patterns() -> dict[str, Grey]:
    rng = np.random.default_rng(3)
    x, y = np.meshgrid(np.arange(300), np.arange(300))
    return {
        "noise": rng.integers(0, 256, (300, 300)).astype(np.uint8),
        "coarse noise": np.kron(rng.integers(0, 256, (50, 50)), np.ones((6, 6))).astype(np.uint8),
        **{f"stripes of {wide}": (x // wide % 2 * 200).astype(np.uint8) for wide in (8, 9, 11)},
        "chequers": ((x // 12 + y // 12) % 2 * 200).astype(np.uint8),
        "nothing": np.full((300, 300), 128, np.uint8),
    }


@pytest.mark.parametrize("name", list(_patterns()))
def test_patterns_are_no_codes(name: str) -> None:
    """Nothing that is sent on to be measured for nothing."""
    assert outlines_by_finders(_patterns()[name]) == []


@pytest.mark.parametrize("size", [(1, 1), (1, 200), (7, 9), (40, 2)])
def test_tiny_cuts_give_nothing(size: tuple[int, int]) -> None:
    """And no error."""
    noise = np.random.default_rng(1).integers(0, 256, size).astype(np.uint8)
    assert outlines_by_finders(noise) == []


def test_no_more_than_asked_for() -> None:
    """Each costs a measuring."""
    codes = np.hstack([seen(PASS.light, square(40, 40, 200), size=(280, 280)) for _ in range(2)])
    assert len(outlines_by_finders(codes)) == 2
    assert len(outlines_by_finders(codes, most=1)) == 1
