"""Whether a place in a frame looks like a code."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as st_numpy

from hardware.recognition import SIDE_PX, evened_patch, likeness, likeness_within, patch, recognised
from hardware.symbols import Grey
from tests.bench.clutter import DRAWINGS
from tests.bench.textures import Drawing
from tests.hardware.shown import Floats, code, flat, seen, square
from tests.training.patches import patches, with_code, without

PASS = code("ASHYQ:7K3QW9XE2MZ5T8RV4NBJ", "M")


def _frame(px: int, light: float, dark: float) -> tuple[Grey, int]:
    """A code in the middle of a grey frame at half its size, and its side with the quiet zone."""
    drawn = flat(PASS.light, px).astype(np.float32) / 255
    side = len(drawn)
    frame = np.full((360, 640), 90, np.uint8)
    frame[100 : 100 + side, 200 : 200 + side] = (dark + (light - dark) * drawn).astype(np.uint8)
    return frame, side


@pytest.mark.parametrize("px", [2, 3, 6])
@pytest.mark.parametrize(("light", "dark"), [(230, 20), (120, 80), (30, 200)])
def test_a_code_is_recognised(px: int, light: float, dark: float) -> None:
    """Small or large, faint, light on dark."""
    frame, side = _frame(px, light, dark)
    assert likeness(frame, 200, 100, side, side) > 0.9


@pytest.mark.parametrize("shift", [(-20, 0), (15, 15), (0, -20)])
def test_a_place_that_is_a_little_off_is_recognised_too(shift: tuple[int, int]) -> None:
    """Regions are as coarse as their blocks."""
    frame, side = _frame(3, 220, 30)
    assert likeness(frame, 200 + shift[0], 100 + shift[1], side + 10, side - 10) > 0.9


@pytest.mark.parametrize("turned", [0, 45, 130])
@pytest.mark.parametrize(("side", "place"), [(60, 300), (180, 300), (600, 60), (180, -30)])
def test_what_lies_within_corners_is_recognised(turned: float, side: int, place: int) -> None:
    """However it is turned, small or large, also where it is cut off by the frame's edge; and nothing beside it."""
    corners = square(place, 60, side, turned)
    frame = seen(PASS.light, corners, size=(1280, 720), noise=2)
    assert likeness_within(frame, corners) > 0.9
    assert likeness_within(frame, square(1000, 500, 150)) < 0.1


@pytest.mark.parametrize("corners", [
    square(-9000, -9000, 18_000), square(2000, 100, 200), square(-500, -500, 100), square(1e9, 0, 1e9),
    square(100, 100, 0.01), np.full((4, 2), np.nan, np.float32), np.zeros((4, 2), np.float32),
])  # fmt: skip
def test_corners_of_nothing_are_no_code(corners: Floats) -> None:
    """Far too large, beside the frame, of no size, or not even numbers."""
    assert likeness_within(np.full((720, 1280), 90, np.uint8), corners) < 0.1


@pytest.mark.parametrize("drawing", DRAWINGS, ids=lambda drawing: drawing.__name__.strip("_"))
def test_other_things_are_mostly_not(drawing: Drawing) -> None:
    """Print, fabrics, tiles, keys, leaves: of each kind, most are not taken for codes that are worth a search."""
    rng = np.random.default_rng(5)
    drawn = [(drawing(rng, 200, 200) * 180 + 30).astype(np.uint8) for _ in range(12)]
    taken = sum(likeness(one, 20, 20, 160, 160) > 0.9 for one in drawn)
    assert taken <= len(drawn) // 3


def test_most_of_the_drawn_places_are_told_apart() -> None:
    """Of new ones, none of which the network has seen."""
    shown, labels = patches(np.random.default_rng(20_000_003), 240)
    told = np.array([recognised(evened_patch(one)) > 0.5 for one in shown])
    assert (told == labels).mean() > 0.9


def test_patches_to_train_with_have_the_networks_size() -> None:
    """With a code, and without."""
    rng = np.random.default_rng(3)
    assert with_code(rng).shape == without(rng).shape == (SIDE_PX, SIDE_PX)


def test_a_patch_is_the_middle_of_a_square() -> None:
    """As much as is around a place, its edge going on beyond the picture."""
    frame = np.add.outer(np.arange(100), np.arange(160)).astype(np.uint8)
    shown = patch(frame, 40, 20, 64, 32)
    assert shown.shape == (SIDE_PX, SIDE_PX)
    assert shown[40, 40] == pytest.approx(frame[36, 72], abs=2)
    assert shown[0, 0] == pytest.approx(frame[0, 32], abs=6)
    corner = patch(frame, -64, -64, 64, 64)
    assert (corner[:70, :70] == frame[0, 0]).all()


@settings(max_examples=40)
@given(
    st_numpy.arrays(np.uint8, st.tuples(st.integers(32, 90), st.integers(32, 90))),
    st.integers(0, 31), st.integers(0, 31), st.integers(1, 90), st.integers(1, 90),
)  # fmt: skip
def test_any_place_of_any_picture_has_a_likeness(grey: Grey, left: int, top: int, width: int, height: int) -> None:
    """Between 0 and 1, and the same each time."""
    told = likeness(grey, left, top, width, height)
    assert 0 <= told <= 1
    assert likeness(grey, left, top, width, height) == told
