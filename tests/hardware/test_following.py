"""A code that was located is followed as the hand that holds it moves."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.following import Follower, Trail, followed, trail
from hardware.symbols import Grey
from tests.hardware.shown import code, outline, seen, square

PASS = code("ASHYQ:7K3QW9XE2MZ5T8RV4NBJ", "M")
HELD = square(250, 150, 150, 8)


def frame(right: float = 0.0, down: float = 0.0, seed: int = 0, **options: float) -> Grey:
    """A noisy picture with a code that has moved so many pixels."""
    moved = HELD + np.array([right, down], np.float32)
    return seen(PASS.light, moved, size=(640, 480), noise=12, seed=seed, **options)  # type: ignore[arg-type]


def held() -> Trail:
    """What it is followed by, from the first frame."""
    before = trail(frame(), outline(HELD, PASS.version))
    assert before is not None
    return before


@pytest.mark.parametrize(("right", "down"), [(0, 0), (23, 0), (-17, 31), (60, -44), (-70, -70)])
def test_it_is_found_where_it_moved(right: float, down: float) -> None:
    """To about a module, from which its grid is drawn to the right place."""
    after = followed(held(), frame(right, down, seed=1))
    assert after is not None
    assert after.version == PASS.version
    assert np.abs(after.corners - HELD - np.array([right, down])).max() < 150 / len(PASS.light)


def test_it_is_found_where_the_light_has_changed() -> None:
    """A screen that dims, or an exposure that is being set."""
    after = followed(held(), frame(10, 10, seed=1, dark=10, bright=70))
    assert after is not None
    assert np.abs(after.corners - HELD - 10).max() < 150 / len(PASS.light)


@pytest.mark.parametrize("shade", [0, 128, 255])
def test_what_is_gone_is_not_followed(shade: int) -> None:
    """Nothing is there, or something else; neither is the place that it had."""
    noise = np.random.default_rng(1).integers(0, 256, (480, 640)).astype(np.uint8)
    assert followed(held(), np.full((480, 640), shade, np.uint8)) is None
    assert followed(held(), noise) is None
    assert followed(held(), frame(300, 200, seed=1)) is None


def test_another_size_of_frame_stops_nothing() -> None:
    """A camera that was set otherwise in between."""
    for size in ((1, 1), (40, 60), (170, 270), (200, 200)):
        assert followed(held(), np.full(size, 90, np.uint8)) is None


@given(st.floats(-2000, 2000), st.floats(-2000, 2000), st.floats(1, 900))
def test_wherever_it_lies_nothing_stops(left: float, top: float, side: float) -> None:
    """Half in view, out of view, tiny, larger than the frame."""
    grey = frame()
    before = trail(grey, outline(square(left, top, side), PASS.version))
    if before is None:
        return
    again = followed(before, grey)
    if again is not None:
        assert np.isfinite(again.corners).all()


# --- keeping it in sight ---------------------------------------------------------------------------------------------


def sighted(agreement: float = 0.8, at: float = 1.0) -> Follower:
    """A code was located at this time."""
    follower = Follower()
    follower.located(frame(), outline(HELD, PASS.version), agreement, at)
    return follower


def test_a_located_code_is_followed_from_frame_to_frame() -> None:
    """Where it is told to be moves along, though no grid was laid on it since."""
    follower = sighted()
    assert follower.now(1.0)
    for number in range(1, 4):
        place = follower.follow(frame(20 * number, 0, seed=number), 1.0 + 0.05 * number)
        assert place is not None
        assert follower.lately(1.0 + 0.05 * number) is place
        assert not follower.now(1.0 + 0.05 * number)


def test_as_long_as_it_is_followed_it_is_in_sight() -> None:
    """Though nobody could afford to measure it: its hint stays on the screen."""
    follower = sighted()
    for number in range(1, 60):
        assert follower.follow(frame(seed=number), 1.0 + 0.05 * number) is not None
    assert follower.lately(4.0) is not None


def test_where_no_grid_lies_any_more_it_is_located_anew() -> None:
    """It may have been taken for another version; it is still there."""
    follower = sighted()
    for number in range(1, 6):
        place = follower.follow(frame(seed=number), 1.0 + 0.05 * number)
        assert (place is not None) == (number < 4)
        follower.missed(outline(HELD, PASS.version))  # another place than it was followed to says nothing
        if place is not None:
            follower.missed(place)
    assert follower.lately(1.25) is not None
    follower.located(frame(), outline(HELD, PASS.version), 0.8, 1.3)
    assert follower.follow(frame(seed=9), 1.35) is not None


def test_the_better_of_two_grids_in_a_frame_counts() -> None:
    """In the next frame either does."""
    follower = sighted(0.8, at=1.0)
    assert not follower.better(0.6, 1.0)
    assert follower.better(0.9, 1.0)
    assert follower.better(0.6, 1.05)
    assert Follower().better(0.1, 1.0)


@pytest.mark.parametrize("later", [0.6, 100.0, -1.0])
def test_it_is_remembered_for_a_moment(later: float) -> None:
    """And a clock that went back proves nothing."""
    follower = sighted()
    assert follower.lately(1.0 + later) is None
    assert follower.follow(frame(seed=1), 1.0 + later) is None


def test_what_is_gone_or_read_is_out_of_sight() -> None:
    """At once."""
    gone, read = sighted(), sighted()
    assert gone.follow(np.full((480, 640), 90, np.uint8), 1.05) is None
    read.forget()
    assert gone.lately(1.05) is read.lately(1.05) is None
