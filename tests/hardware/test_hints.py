"""What a visitor is told of a code that is located and can't be read."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as st_numpy

from hardware.hints import hint_for
from hardware.qr_layout import Floats
from hardware.symbols import Grey, Hint
from tests.hardware.shown import code, outline, seen, square

PASS = code("ASHYQ:7K3QW9XE2MZ5T8RV4NBJ", "M")
LARGE, SMALL = square(70, 70, 150, 12), square(70, 70, 50, 12)


@pytest.mark.parametrize(
    ("grey", "corners", "hint"),
    [
        (seen(PASS.light, LARGE), LARGE, None),
        (seen(PASS.light, LARGE, dark=220, bright=30), LARGE, None),
        (seen(PASS.light, LARGE, noise=20), LARGE, None),
        (seen(PASS.light, SMALL), SMALL, "closer"),
        (seen(PASS.light, LARGE, dark=5, bright=50, background=20), LARGE, "brighter"),
        (seen(PASS.light, LARGE, dark=120, bright=145), LARGE, "brighter"),
        (seen(PASS.light, LARGE, streak_px=11), LARGE, "hold_still"),
        (seen(PASS.light, LARGE, blur_px=4.5), LARGE, "hold_still"),
        (seen(PASS.light, SMALL, dark=5, bright=50, background=20), SMALL, "closer"),
    ],
    ids=["good", "inverted", "noisy", "small", "dark", "faint", "moved", "blurred", "small and dark"],
)
def test_a_code_has_the_hint_that_helps(grey: Grey, corners: Floats, hint: Hint | None) -> None:
    """The size first, then the light, then the hand; nothing where nothing stands out."""
    assert hint_for(grey, outline(corners, PASS.version)) == hint


def test_a_code_out_of_view_is_to_come_closer() -> None:
    """There is nothing else to judge."""
    assert hint_for(seen(PASS.light, LARGE), outline(LARGE + 1000, PASS.version)) == "closer"


@pytest.mark.parametrize("left_px", [-149.0, -145.0])
def test_a_code_that_is_all_but_out_of_view_is_to_come_closer(left_px: float) -> None:
    """A column or some of it tell nothing of its edges."""
    corners = square(0, 70, 150, 0) + np.array([left_px, 0], np.float32)
    assert hint_for(seen(PASS.light, LARGE), outline(corners, PASS.version)) == "closer"


@given(
    st_numpy.arrays(np.uint8, st.tuples(st.integers(1, 60), st.integers(1, 60))),
    st_numpy.arrays(np.float32, (4, 2), elements=st.floats(-200, 300, width=32)),
    st.integers(1, 40),
)
def test_any_outline_is_survived(grey: Grey, corners: Floats, version: int) -> None:
    """Wherever it lies and however it is folded."""
    assert hint_for(grey, outline(corners, version)) in {None, "closer", "brighter", "hold_still"}
