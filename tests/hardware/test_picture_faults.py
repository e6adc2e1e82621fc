"""Dark, frozen, damaged: noticed in time, and never of a picture that is well."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware import picture_faults
from hardware.picture_faults import PictureFaults, is_dark

SHAPE = (90, 160)


def covered(noise: float, level: float, seed: int = 0) -> Any:
    """A coarse picture without any light; noise: of one pixel, in grey levels."""
    cells = np.random.default_rng(seed).normal(level, noise / 8, SHAPE)
    return np.clip(cells, 0, 255).astype(np.uint8)


@given(st.floats(0, 20), st.floats(0, 25), st.integers(0, 99))
def test_a_covered_lens_is_dark_with_and_without_noise(noise: float, level: float, seed: int) -> None:
    """A camera in the dark turns its gain up: noise shows nothing."""
    assert is_dark(covered(noise, level, seed))


@pytest.mark.parametrize("light", [60, 120, 255])
def test_a_night_with_one_lamp_is_not_dark(light: int) -> None:
    """A lamp, a window, a phone: five cells of 14,400 are enough each way."""
    night = covered(6, 18)
    night[40:50, 70:85] = light
    assert not is_dark(night)


def test_a_night_with_outlines_is_not_dark() -> None:
    """All below the limit, but not all the same: the camera sees."""
    night = covered(6, 6)
    night[:, 60:] += 22
    assert not is_dark(night)


def feed(seen: PictureFaults, seconds: float, start: float, picture: Any, *, equal: bool) -> PictureFaults:
    """Thirty frames a second."""
    for number in range(int(seconds * 30)):
        at = start + number / 30
        seen = picture_faults.came(seen, at, is_equal=equal)
        seen = picture_faults.looked(seen, picture, at)
    return seen


BRIGHT = np.full(SHAPE, 130, np.uint8)


def test_a_dark_picture_is_named_within_three_seconds_and_forgotten_at_once() -> None:
    """Not after a blink; and the first light mends it."""
    seen = feed(PictureFaults(), 2.0, 10.0, covered(3, 16), equal=False)
    assert picture_faults.fault(seen) is None
    seen = feed(seen, 0.7, 12.0, covered(3, 16), equal=False)
    assert picture_faults.fault(seen) == "dark"
    assert picture_faults.fault(picture_faults.looked(seen, BRIGHT, 12.8)) is None


def test_a_frozen_picture_is_named_within_three_seconds_and_forgotten_at_once() -> None:
    """The same bytes again and again."""
    seen = feed(PictureFaults(), 2.7, 10.0, BRIGHT, equal=True)
    assert picture_faults.fault(seen) == "frozen"
    assert picture_faults.fault(picture_faults.came(seen, 12.8, is_equal=False)) is None


def test_pictures_that_come_rarely_are_frozen_since_the_first_of_them() -> None:
    """Not since the second; but for how long a camera was silent proves nothing."""
    seen = PictureFaults()
    for number in range(9):
        seen = picture_faults.came(seen, 10 + number / 4, is_equal=number > 0)
    assert picture_faults.fault(seen) == "frozen"
    late = picture_faults.came(picture_faults.came(PictureFaults(), 10.0, is_equal=False), 20.0, is_equal=True)
    assert picture_faults.fault(late) is None


def test_a_stream_that_sends_changes_only_may_be_equal_for_longer() -> None:
    """Where nothing moves, the pictures of such a stream are equal until the next whole one."""
    seen = feed(PictureFaults(), 10.0, 10.0, BRIGHT, equal=True)
    assert picture_faults.fault(seen, whole_pictures=False) is None
    assert picture_faults.fault(feed(seen, 6.0, 20.0, BRIGHT, equal=True), whole_pictures=False) == "frozen"


def test_a_covered_lens_is_not_called_frozen() -> None:
    """Black without any noise is both; covered is what somebody can mend."""
    assert picture_faults.fault(feed(PictureFaults(), 4.0, 10.0, covered(0, 16), equal=True)) == "dark"
    looked_at_late = picture_faults.looked(feed(PictureFaults(), 1.5, 10.0, BRIGHT, equal=True), covered(0, 16), 11.5)
    assert picture_faults.fault(picture_faults.came(looked_at_late, 12.5, is_equal=True)) is None


def test_damaged_pictures_are_named_when_none_is_sound() -> None:
    """One among many is a glitch of the cable."""
    seen = PictureFaults()
    for number in range(100):
        at = number / 30
        seen = picture_faults.failed(picture_faults.came(seen, at, is_equal=False), at)
    assert picture_faults.fault(seen) == "format"
    assert picture_faults.fault(picture_faults.looked(seen, BRIGHT, 4.0)) is None


@given(st.lists(st.booleans(), min_size=100, max_size=200))
def test_a_picture_that_changes_at_all_is_never_frozen(equal: list[bool]) -> None:
    """Each second brings another one: whatever the rest does."""
    seen = PictureFaults()
    for number, is_equal in enumerate(equal):
        at = number / 15
        seen = picture_faults.came(seen, at, is_equal=is_equal and number % 15 != 0)
        seen = picture_faults.looked(seen, BRIGHT, at)
        assert picture_faults.fault(seen) is None
