"""Every way of looking reads what it is there for, and says where it was."""

import cv2
import numpy as np
import pytest

from hardware.attempts import ATTEMPTS, FAINT, Attempt
from hardware.symbols import Grey, with_zxing
from tests.bench.scenes import single
from tests.hardware.shown import code, seen, square

PASS = code("ASHYQ:7K3QW9XE2MZ5T8RV4NBJ", "M")
CORNERS = square(70, 70, 150, 8)
ALL = (FAINT, *ATTEMPTS)


def _halved(frame: Grey) -> Grey:
    return cv2.resize(frame, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)


@pytest.mark.parametrize("attempt", ALL, ids=lambda attempt: f"{attempt.name} {attempt.decoder}")
def test_an_attempt_reads_or_locates_a_plain_code(attempt: Attempt) -> None:
    """And places it in the frame that the cut came from, to two pixels."""
    frame = seen(PASS.light, CORNERS)
    symbols, outlines = attempt.look(_halved(frame) if attempt is FAINT else frame)
    if attempt.decoder == "grid":
        assert symbols == []
        [place, *_] = (outline.placed(attempt.scale, 1000, 500).corners for outline in outlines)
    else:
        [symbol] = symbols
        placed = symbol.placed(attempt.scale, 1000, 500, attempt.name)
        assert (placed.payload, placed.reader, placed.step) == (PASS.payload, attempt.decoder, attempt.name)
        place = np.array(placed.corners, np.float32)
    wanted = CORNERS + np.array([1000, 500], np.float32)
    # zbar begins at a corner of its own.
    off = np.abs(place[:, None] - wanted).max(axis=2).min(axis=0)
    assert off.max() < 2


@pytest.mark.parametrize("attempt", ALL, ids=lambda attempt: f"{attempt.name} {attempt.decoder}")
@pytest.mark.parametrize("size", [(12, 12), (12, 300), (33, 40)])
def test_an_attempt_survives_small_cuts(attempt: Attempt, size: tuple[int, int]) -> None:
    """Of noise there is nothing to read."""
    noise = np.random.default_rng(1).integers(0, 256, size).astype(np.uint8)
    assert attempt.look(noise)[0] == []


@pytest.mark.parametrize("side", [150, 300, 400])
def test_a_faint_code_is_read_at_half_its_size(side: int) -> None:
    """Twelve grey levels between dark and light; held far away or near."""
    corners = square(110, 110, side, 8)
    frame = seen(PASS.light, corners, size=(620, 620), dark=120, bright=132, noise=1.5)
    assert with_zxing(frame)[0] == []
    assert [symbol.payload for symbol in FAINT.look(_halved(frame))[0]] == [PASS.payload]


def test_a_shadow_is_evened_out() -> None:
    """Light that falls off across the code leaves no one threshold."""
    frame = seen(PASS.light, CORNERS).astype(np.float32) * np.geomspace(1, 0.05, 320, dtype=np.float32)
    assert [symbol.payload for symbol in ATTEMPTS[0].look(frame.astype(np.uint8))[0]] == [PASS.payload]


@pytest.mark.parametrize("factor", ["motion", "defocus", "noise"])
def test_nothing_is_read_that_is_not_there(factor: str) -> None:
    """What the hardest scenes give is the payload that they show, or nothing."""
    frame, payload = single(factor, np.random.default_rng(2), 0.9)
    for attempt in ALL:
        assert {symbol.payload for symbol in attempt.look(frame)[0]} <= {payload}


@pytest.mark.parametrize("attempt", ALL, ids=lambda attempt: f"{attempt.name} {attempt.decoder}")
def test_a_larger_cut_costs_more(attempt: Attempt) -> None:
    """And each costs something."""
    assert 0 < attempt.looks(0.01) < attempt.looks(0.5)
