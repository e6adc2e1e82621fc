"""What is known of a code's data helps where it was not seen, and never beats what was seen surely."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.codewords import repaired
from hardware.foreknowledge import informed
from hardware.modules import decode
from hardware.qr_layout import Floats
from tests.hardware.shown import SURE, code, odds_of

TEXT = b"https://example.kz/p/Zk3vYw81qLmT"


def _bits(odds: Floats) -> list[int]:
    return [int(codeword) for codeword in np.packbits(odds < 0, axis=1)[:, 0]]


def _fillers(count: int) -> list[int]:
    return [(0xEC, 0x11)[index % 2] for index in range(count)]


@given(st.lists(st.integers(0, 255), min_size=1, max_size=30), st.integers(6, 20), st.data())
def test_a_filled_end_tells_its_hidden_part(payload: list[int], filled: int, data: st.DataObject) -> None:
    """Three of the fillers are seen, the others hidden: all come out, whether their number is odd or even."""
    odds = odds_of([*payload, *_fillers(filled)])
    start = len(payload) + data.draw(st.integers(0, filled - 3))
    hidden = [index for index in range(len(payload), len(odds)) if not start <= index < start + 3]
    odds[hidden] = 0.0
    assert _bits(informed(odds))[start:] == _fillers(filled)[start - len(payload) :]


@given(st.integers(4, 60), st.integers(0, 2**32 - 1))
def test_the_highest_bit_of_text_is_told(length: int, seed: int) -> None:
    """The codewords hold the bytes shifted by four bits, so that it is the fifth; hidden ones come out as 0."""
    rng = np.random.default_rng(seed)
    text = rng.integers(32, 127, length, np.uint8)
    stream = np.concatenate([[0, 1, 0, 0], np.unpackbits(np.array([length], np.uint8)), np.unpackbits(text), [0] * 4])
    odds = odds_of(np.packbits(stream).tolist())
    hidden = 1 + rng.permutation(length)[: length // 3]
    odds[hidden] = 0.0
    assert (informed(odds)[hidden, 4] > 0).all()


@given(st.lists(st.integers(0, 255), min_size=1, max_size=60), st.floats(0.5, 20))
def test_what_was_seen_stays(codewords: list[int], sureness: float) -> None:
    """A few codewords of any content, all seen: nothing is turned that is surer than what is known."""
    odds = odds_of(codewords, sureness)
    before = odds.copy()
    after = informed(odds)
    assert np.array_equal(odds, before), "what was given is left as it was"
    assert after.shape == odds.shape
    turned = np.sign(after) != np.sign(odds)
    assert not turned.any() or sureness < 10


def test_an_end_that_only_resembles_fillers_is_no_end() -> None:
    """One codeword alone says nothing; nor do two in the wrong order."""
    for last in ([7, 7, 0xEC], [7, 0x11, 0xEC, 7]):
        odds = odds_of([90, 60, 33, 200, *last])
        odds[-1] = 0.0
        assert np.abs(informed(odds)[-1]).max() < SURE


@pytest.mark.parametrize(
    ("payload", "version", "columns"),
    [(b"ASHYQ:7K3QW9XE2MZ5T8RV4NBJ", 3, 11), (TEXT, 3, 10), (TEXT, 4, 16)],
    ids=["filled", "text", "filled text"],
)
def test_more_may_be_hidden_than_there_are_check_codewords(payload: bytes, version: int, columns: int) -> None:
    """So many columns of the middle are behind a finger: with what is known, enough is left."""
    shown = code(payload, "L", version=version)
    odds = shown.light * np.float32(SURE)
    hidden = odds[9:-8, 9 : 9 + columns]
    hidden[:] = np.random.default_rng(columns).normal(0, 0.05, hidden.shape)
    drawn = repaired(version, odds)
    assert drawn is not None
    assert decode(version, drawn) == payload
