"""Frames are searched often where something happens, and seldom where all is as it was."""

import numpy as np
import pytest

from hardware.pace import Pace
from hardware.symbols import Grey
from tests.bench.halls import hall
from tests.hardware.shown import code, flat

PASS = flat(code("ASHYQ:7K3QW9XE2MZ5T8RV4NBJ", "M").light, 5)
FPS = 30


def _searched(frames: list[Grey], *, every: int = 1, fps: float = FPS) -> list[int]:
    """The numbers of the frames that were searched."""
    pace, searched = Pace(), []
    for number, frame in enumerate(frames):
        if pace.is_due(frame, number / fps, every=every):
            searched.append(number)
        assert pace.searched(number / fps) is (number in searched)
    return searched


def _hall(frames: int, noise: float = 4.0) -> list[Grey]:
    rng = np.random.default_rng(3)
    behind = hall(rng)
    return [np.clip(behind + rng.normal(0, noise, behind.shape), 0, 255).astype(np.uint8) for _ in range(frames)]


@pytest.mark.parametrize("noise", [1.0, 4.0, 7.0])
def test_an_empty_hall_is_searched_three_times_a_second(noise: float) -> None:
    """A camera's noise is no change."""
    assert _searched(_hall(31, noise)) == [0, 10, 20, 30]


@pytest.mark.parametrize("contrast", [1.0, 0.15])
def test_a_code_that_comes_in_is_searched_for_at_once(contrast: float) -> None:
    """Also a faint one; and again in every frame while it moves."""
    frames = _hall(12)
    side = len(PASS)
    for number in range(5, 9):
        left = 500 + 12 * number
        part = frames[number][200 : 200 + side, left : left + side]
        part[:] = part * (1 - contrast) + PASS * contrast
    assert _searched(frames)[:5] == [0, 5, 6, 7, 8]


def test_what_nothing_comes_of_is_searched_less_often() -> None:
    """Every fourth frame of a hall full of people; of a slow camera more, since frames are further apart."""
    rng = np.random.default_rng(1)
    frames = [np.kron(rng.integers(0, 255, (18, 32)), np.ones((40, 40))).astype(np.uint8) for _ in range(10)]
    assert _searched(frames) == list(range(10))
    assert _searched(frames, every=4) == _searched(frames, every=4, fps=16) == [0, 4, 8]
    assert _searched(frames, every=4, fps=8) == [0, 2, 4, 6, 8]
    assert _searched(frames, every=4, fps=2) == list(range(10))


def test_where_nothing_moves_it_is_seldom_told() -> None:
    """What comes in is searched for all the same, in one of the next four frames."""
    hall_without, frames = _hall(24, 1.0), _hall(24, 1.0)
    frames[13][200 : 200 + len(PASS), 500 : 500 + len(PASS)] = PASS
    assert _searched(hall_without, every=4) == [0, 12]
    assert _searched(frames[:13] + [frames[13]] * 10, every=4) == [0, 12, 16]


def test_the_first_frame_of_a_camera_started_anew_is_searched() -> None:
    """Its times begin anew, too; and it may be of another size."""
    pace = Pace()
    for frame, at in ((np.zeros((720, 1280), np.uint8), 100.0), (np.zeros((480, 640), np.uint8), 5.0)):
        assert pace.is_due(frame, at, every=4)
