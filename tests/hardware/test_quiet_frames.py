"""Where nothing seems to be, every other look at the whole frame is a brief one."""

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import pytest

from hardware import symbols
from hardware.symbols import Grey
from tests.hardware.filming import CAMERA, HELD, PASS, film, fresh
from tests.hardware.shown import scrambled, seen, square

FRAME_S = 1 / 30


@pytest.fixture
def briefs(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """For each look at a whole frame, in order, whether it was brief."""
    looks: list[bool] = []
    with_zxing = symbols.with_zxing

    def spied(grey: Grey, **options: Any) -> object:
        if grey.shape == CAMERA[::-1]:
            looks.append(options.get("small") is True and options.get("inverted") is False)
        return with_zxing(grey, **options)

    monkeypatch.setattr(symbols, "with_zxing", spied)
    return looks


def _hall(count: int) -> list[Grey]:
    """A grey wall and a camera's noise."""
    rng = np.random.default_rng(2)
    return [np.clip(rng.normal(110, 3, CAMERA[::-1]), 0, 255).astype(np.uint8) for _ in range(count)]


def test_every_other_look_at_an_empty_hall_is_brief(briefs: list[bool]) -> None:
    """The first one is not: somebody may stand there already."""
    film(fresh(), _hall(8))
    assert briefs == [False, True] * 4


def test_a_code_that_is_located_gets_whole_looks(briefs: list[bool]) -> None:
    """It can't be decoded, and each frame is another try: also when it is held still for long, and for nothing."""
    reader = fresh()
    film(reader, _hall(9))
    frames = [seen(scrambled(PASS), HELD, size=CAMERA, noise=2, seed=seed % 3) for seed in range(24)]
    assert any(reading.located for reading in film(reader, frames, start=10.0))
    assert any(briefs)
    assert not any(briefs[10:])


def test_a_brief_look_is_no_measure_of_cost(briefs: list[bool], monkeypatch: pytest.MonkeyPatch) -> None:
    """All else is counted in whole looks."""
    measures: list[float] = []
    monkeypatch.setattr("hardware.budget.Budget.looked", lambda _budget, cpu_s: measures.append(cpu_s))
    film(fresh(), _hall(8))
    assert len(measures) == briefs.count(False) == briefs.count(True) == 4


def _inverted(number: int) -> Grey:
    return seen(PASS.light, HELD, size=CAMERA, dark=200, bright=40, noise=2, seed=number)


def _very_large(number: int) -> Grey:
    """Modules of 25 pixels, out of focus."""
    large = seen(PASS.light, square(330, 40, 625, 3), size=CAMERA, noise=2, seed=number)
    return cv2.GaussianBlur(large, (0, 0), 7.0).astype(np.uint8, copy=False)


@pytest.mark.parametrize("empty", [6, 7])
@pytest.mark.parametrize("shown", [_inverted, _very_large])
def test_what_a_brief_look_misses_is_read_a_frame_later(empty: int, shown: Callable[[int], Grey]) -> None:
    """Light on dark, or very large: whichever look is next when it comes in."""
    assert symbols.with_zxing(shown(0), small=True, inverted=False)[0] == []
    reader = fresh()
    assert not any(reading.symbols for reading in film(reader, _hall(empty)))
    first = [reader.read(shown(number), 10 + number * FRAME_S) for number in range(2)]
    assert {symbol.payload for reading in first for symbol in reading.symbols} == {PASS.payload}


def test_a_still_code_that_is_seldom_looked_at_gets_whole_looks(briefs: list[bool]) -> None:
    """In a still scene frames come half a second apart and more; one that is missed would seem to come anew."""
    reader = fresh()
    film(reader, _hall(6))
    read = [bool(reader.read(_inverted(0), 10 + 0.6 * number).symbols) for number in range(8)]
    first = read.index(True)
    assert all(read[first:])
    assert not any(briefs[6 + first + 1 :])
