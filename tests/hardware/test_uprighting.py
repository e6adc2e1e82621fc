"""A code that lies askew in a cut is set upright by its texture alone."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as st_numpy

from hardware.symbols import Grey
from hardware.uprighting import stance
from tests.hardware.shown import Floats, code, seen, square

SIGNED = code("ASHYQ1:" + "7K3QW9XE2M" * 12, "L")
SIDE = 200


def _leaning(narrow: float, turned: float) -> Floats:
    """The corners of a code that is so narrow for its height, and turned."""
    return square(-110, -110, 220, turned) * np.array([narrow, 1], np.float32) + np.float32(170)


@pytest.mark.parametrize("narrow", [0.65, 0.8, 1.0])
@pytest.mark.parametrize("turned", [0, 20, 40, 110])
@pytest.mark.parametrize("noise", [0, 30])
def test_a_code_is_a_square_in_the_view(narrow: float, turned: int, noise: int) -> None:
    """Its sides are alike to a fifth, and run across and down to some thirteen degrees."""
    corners = _leaning(narrow, turned)
    lies = stance(seen(SIGNED.light, corners, size=(340, 340), noise=noise))
    assert lies is not None
    onto = np.hstack([corners, np.ones((4, 1), np.float32)]) @ lies.onto.T
    sides = np.diff(np.vstack([onto, onto[:1]]), axis=0)
    lengths = np.hypot(*sides.T)
    assert lengths.max() < 1.2 * lengths.min()
    off_axis = np.degrees(np.arctan2(np.abs(sides).min(axis=1), np.abs(sides).max(axis=1)))
    assert off_axis.max() < 13
    assert np.abs(onto).max() < 1, "all of it is in the view"


def test_the_view_shows_what_lies_there() -> None:
    """A point of the view, led back, lies on the same thing in the cut."""
    cut = seen(SIGNED.light, _leaning(0.7, 30), size=(340, 300), blur_px=2)
    lies = stance(cut)
    assert lies is not None
    view = lies.upright(cut, SIDE)
    points = np.random.default_rng(1).uniform(40, SIDE - 40, (50, 2)).round().astype(np.float32)
    x, y = lies.back(points, SIDE).T
    there = cv2.remap(cut, x.reshape(-1, 1), y.reshape(-1, 1), cv2.INTER_LINEAR)[:, 0].astype(int)
    assert np.abs(there - view[points[:, 1].astype(int), points[:, 0].astype(int)]).max() < 12


@pytest.mark.parametrize(
    ("narrow", "turned", "differs"), [(1.0, 0, False), (0.9, 8, False), (1.0, 30, True), (0.6, 0, True)]
)
def test_only_what_leans_much_differs(narrow: float, turned: int, differs: bool) -> None:
    """The view of a code that is held well would be the cut again."""
    lies = stance(seen(SIGNED.light, _leaning(narrow, turned), size=(340, 340), noise=10))
    assert lies is not None
    assert lies.differs is differs


def test_a_small_code_in_a_large_cut_differs() -> None:
    """It is seen from nearer."""
    lies = stance(seen(SIGNED.light, square(250, 200, 150), size=(700, 700), noise=5))
    assert lies is not None
    assert lies.differs


@pytest.mark.parametrize("size", [(3, 3), (15, 200), (200, 1)])
def test_hardly_a_cut_has_no_stance(size: tuple[int, int]) -> None:
    """There is nothing to see in so few pixels."""
    assert stance(np.random.default_rng(1).integers(0, 256, size).astype(np.uint8)) is None


def test_a_blank_cut_has_no_stance() -> None:
    """Nothing varies in it."""
    assert stance(np.full((200, 300), 90, np.uint8)) is None


@given(
    st_numpy.arrays(np.uint8, st.tuples(st.integers(16, 60), st.integers(16, 60)), elements=st.integers(0, 255)),
    st.integers(1, 9),
)
def test_any_cut_has_a_view_or_none(cut: Grey, larger: int) -> None:
    """All numbers are finite, whatever the picture."""
    lies = stance(np.kron(cut, np.ones((larger, larger), np.uint8)))
    if lies is not None:
        assert np.isfinite(lies.onto).all()
        assert np.isfinite(lies.back(np.zeros((1, 2), np.float32), SIDE)).all()
        assert lies.upright(cut, SIDE).shape == (SIDE, SIDE)
