"""Places that are hardly a code get the cheap attempts and the whole frame by turns; no search for finder patterns."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from hardware import reader
from hardware.attempts import ATTEMPTS, FAINT, Attempt
from hardware.symbols import Grey
from tests.hardware.filming import film, fresh

_POSTER = np.random.default_rng(3).integers(0, 2, (40, 40))


@pytest.fixture
def tried(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the attempts that a reader makes, in order."""
    names: list[str] = []

    def noted(attempt: Attempt) -> Attempt:
        def look(cut: Grey) -> object:
            names.append(f"{attempt.name}, {attempt.decoder}")
            return attempt.look(cut)

        return replace(attempt, look=look)  # type: ignore[arg-type]

    monkeypatch.setattr(reader, "ATTEMPTS", tuple(noted(attempt) for attempt in ATTEMPTS))
    monkeypatch.setattr(reader, "FAINT", noted(FAINT))
    return names


def _frames(place: Callable[[int], tuple[int, int]], count: int) -> list[Grey]:
    """A dense print in a grey hall; place: its left top corner in each frame."""
    rng, frames = np.random.default_rng(1), []
    for number in range(count):
        frame = np.full((720, 1280), 110, np.uint8)
        left, top = place(number)
        frame[top : top + 120, left : left + 120] = np.kron(_POSTER, np.ones((3, 3))) * 90 + 60
        frames.append(np.clip(frame + rng.normal(0, 2, frame.shape), 0, 255).astype(np.uint8))
    return frames


@pytest.mark.parametrize(
    "place", [lambda _: (500, 200), lambda number: (300 + 9 * (number % 60), 200)], ids=["still", "moving"]
)
def test_hardly_a_code_gets_every_attempt_but_the_dear_one(
    tried: list[str], monkeypatch: pytest.MonkeyPatch, place: Callable[[int], tuple[int, int]]
) -> None:
    """What the glance has never seen may be a code after all; and a faint one may be held beside it."""
    monkeypatch.setattr("hardware.recognition.likeness", lambda *_: 0.2)
    film(fresh(), _frames(place, 100))
    cheap = {f"{attempt.name}, {attempt.decoder}" for attempt in ATTEMPTS if not attempt.judges}
    assert set(tried) == {*cheap, "halved, zxing"}


def test_what_is_likely_beside_what_turned_out_to_be_none_is_searched_too(
    tried: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the same frame: the code may be the second place."""
    monkeypatch.setattr("hardware.recognition.likeness", lambda *_: 0.99)
    [frame] = _frames(lambda _: (200, 200), 1)
    frame[200:320, 800:920] = frame[200:320, 200:320]
    film(fresh(), [frame])
    assert tried.count("finders, grid") == 2
