"""Blocks whose bits are in doubt come back as they were, with evidence, or are not believed."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from hardware.soft_decoding import hoped_for, nearest
from tests.hardware.shown import SURE, odds_of

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float32]


def _multiplied(one: int, other: int) -> int:
    """In GF(256), bit by bit."""
    product = 0
    while other:
        if other & 1:
            product ^= one
        one = one << 1 ^ (0x11D if one & 0x80 else 0)
        other >>= 1
    return product


def encoded(data: list[int], checks: int) -> Bytes:
    """Data and the rest of its division by the generator."""
    generator, root = [1], 1
    for _ in range(checks):
        generator = [a ^ _multiplied(b, root) for a, b in zip([*generator, 0], [0, *generator], strict=True)]
        root = _multiplied(root, 2)
    rest = data + [0] * checks
    for place in range(len(data)):
        for degree, coefficient in enumerate(generator[1:], start=1):
            rest[place + degree] ^= _multiplied(rest[place], coefficient)
        rest[place] = 0
    return np.array(data + rest[len(data) :], np.uint8)


@st.composite
def _blocks(draw: st.DrawFn) -> tuple[Bytes, int]:
    """A block of QR size and its number of check codewords."""
    checks = draw(st.integers(7, 30))
    data = draw(st.lists(st.integers(0, 255), min_size=1, max_size=60))
    return encoded(data, checks), checks


@given(_blocks(), st.integers(0, 2**32 - 1), st.data())
def test_what_is_hidden_is_computed(block: tuple[Bytes, int], seed: int, data: st.DataObject) -> None:
    """As many codewords as there are check codewords, but for those whose agreement is the evidence."""
    whole, checks = block
    hidden = np.random.default_rng(seed).permutation(len(whole))[: data.draw(st.integers(0, checks))]
    odds = odds_of(whole)
    odds[hidden] = 0.0
    before = odds.copy()
    best = nearest(odds, checks)
    assert np.array_equal(best.codewords, whole)
    assert np.array_equal(odds, before), "what was given is left as it was"
    if len(hidden) <= checks - 4:
        assert best.evidence > 28
    else:
        assert best.evidence < 8 * (checks - len(hidden)) + 1


@given(_blocks(), st.integers(0, 2**32 - 1), st.data())
def test_doubtful_bits_are_turned_before_sure_ones(block: tuple[Bytes, int], seed: int, data: st.DataObject) -> None:
    """A wrong bit in each of as many codewords as there are check codewords: twice what is corrected otherwise."""
    whole, checks = block
    rng = np.random.default_rng(seed)
    odds = odds_of(whole)
    count = min(data.draw(st.integers(0, checks)), len(whole))
    for codeword, bit in zip(rng.permutation(len(whole))[:count], rng.integers(0, 8, count), strict=True):
        odds[codeword, bit] *= np.float32(-0.2)
    assert np.array_equal(nearest(odds, checks).codewords, whole)


@given(_blocks(), st.integers(0, 2**32 - 1))
def test_two_sure_bits_may_be_wrong(block: tuple[Bytes, int], seed: int) -> None:
    """They are among those believed at first; turned, all else fits."""
    whole, checks = block
    rng = np.random.default_rng(seed)
    odds = odds_of(whole) * rng.uniform(0.9, 1.0, (len(whole), 8)).astype(np.float32)
    for codeword, bit in zip(rng.permutation(len(whole))[:2], rng.integers(0, 8, 2), strict=True):
        odds[codeword, bit] = -0.9 * odds[codeword, bit]  # the least sure of the sure
    hidden = rng.permutation(len(whole))[: (checks - 5) // 2]
    odds[hidden] = 0.0
    assert np.array_equal(nearest(odds, checks).codewords, whole)


def test_the_standards_example_agrees() -> None:
    """ISO/IEC 18004:2015, annex I: the data and check codewords of the code that says 01234567."""
    data = [16, 32, 12, 86, 97, 128, 236, 17, 236, 17, 236, 17, 236, 17, 236, 17]
    checks = [165, 36, 212, 193, 237, 54, 199, 135, 44, 85]
    assert encoded(data, 10).tolist() == data + checks
    best = nearest(odds_of(np.array(data + checks, np.uint8)), 10)
    assert best.codewords.tolist() == data + checks
    assert 75 < best.evidence <= 80


@given(_blocks(), st.integers(0, 2**32 - 1), st.floats(0.1, 8))
def test_whatever_comes_back_is_a_block(block: tuple[Bytes, int], seed: int, spread: float) -> None:
    """Its check codewords belong to its data, be it right or not."""
    whole, checks = block
    odds = np.random.default_rng(seed).normal(0, spread, (len(whole), 8)).astype(np.float32)
    best = nearest(odds, checks)
    assert np.array_equal(best.codewords, encoded(best.codewords[:-checks].tolist(), checks))
    assert best.evidence <= 8 * checks


@pytest.mark.parametrize("spread", [0.3, 2.0, 10.0])
def test_garbage_has_no_evidence(spread: float) -> None:
    """A block of noise reaches so many bits once in 2 to the power of them, however sure it claims to be."""
    rng = np.random.default_rng(1)
    evidence = []
    for _ in range(120):
        checks = int(rng.integers(7, 31))
        odds = rng.normal(0, spread, (checks + int(rng.integers(1, 60)), 8)).astype(np.float32)
        evidence.append(nearest(np.clip(odds, -SURE, SURE), checks).evidence)
    assert max(evidence) < 12


@given(_blocks(), st.floats(0.0, SURE))
def test_hope_is_an_estimate_of_evidence(block: tuple[Bytes, int], sureness: float) -> None:
    """Of a block that is right and whole more is found than was hoped for."""
    whole, checks = block
    odds = odds_of(whole, sureness)
    assert hoped_for(odds, checks) <= nearest(odds, checks).evidence


def test_a_block_of_nothing_has_no_evidence() -> None:
    """Where all is hidden, all bits are 0 by default, which is a block of the code."""
    best = nearest(np.zeros((26, 8), np.float32), 10)
    assert not best.codewords.any()
    assert best.evidence < 1


def test_nothing_is_hoped_for_of_what_is_hidden() -> None:
    """More hidden than check codewords: it is not worth computing."""
    whole = encoded(list(range(30)), 16)
    odds = odds_of(whole)
    odds[:18] = 0.0
    assert hoped_for(odds, 16) <= 0
