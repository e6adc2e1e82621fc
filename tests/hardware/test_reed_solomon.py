"""Blocks that are damaged come back as they were, or not at all."""

from dataclasses import dataclass

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from hardware.reed_solomon import corrected

Bytes = NDArray[np.uint8]


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


@dataclass(frozen=True)
class Damaged:
    """A block, what is left of it, and which places are said to be unknown."""

    whole: Bytes
    received: Bytes
    checks: int
    erased: list[int]
    spare: int


@st.composite
def _damaged(draw: st.DrawFn) -> Damaged:
    """As much damage as the check codewords make good, or less."""
    checks = draw(st.integers(7, 30))
    spare = draw(st.integers(0, min(6, checks)))
    data = draw(st.lists(st.integers(0, 255), min_size=1, max_size=100))
    whole = encoded(data, checks)
    erasures = draw(st.integers(0, min(len(whole), checks - spare)))
    errors = draw(st.integers(0, min((checks - spare - erasures) // 2, len(whole) - erasures)))
    places = draw(st.permutations(range(len(whole))))[: erasures + errors]
    received = whole.copy()
    for place in places[erasures:]:
        received[place] ^= draw(st.integers(1, 255))
    for place in places[:erasures]:  # may well be right
        received[place] = draw(st.integers(0, 255))
    return Damaged(whole, received, checks, list(places[:erasures]), spare)


@given(_damaged())
def test_damage_within_bounds_is_made_good(block: Damaged) -> None:
    """Twice the errors and once the erasures, up to the check codewords that are not spared."""
    before = block.received.copy()
    result = corrected(block.received, block.checks, block.erased, spare=block.spare)
    assert result is not None
    assert np.array_equal(result, block.whole)
    assert np.array_equal(block.received, before), "the block that was given is left as it was"


def test_the_standards_example_agrees() -> None:
    """ISO/IEC 18004:2015, annex I: the data and check codewords of the code that says 01234567."""
    data = [16, 32, 12, 86, 97, 128, 236, 17, 236, 17, 236, 17, 236, 17, 236, 17]
    checks = [165, 36, 212, 193, 237, 54, 199, 135, 44, 85]
    assert encoded(data, 10).tolist() == data + checks
    whole = corrected(np.array(data + checks, np.uint8), 10, [], spare=4)
    assert whole is not None
    assert whole.tolist() == data + checks


@given(_damaged(), st.integers(0, 2**32 - 1))
def test_more_damage_gives_no_block_that_is_none(block: Damaged, seed: int) -> None:
    """Of codewords that are random nothing comes, or what is a codeword of the code and near."""
    rng = np.random.default_rng(seed)
    received = rng.integers(0, 256, len(block.whole)).astype(np.uint8)
    result = corrected(received, block.checks, block.erased, spare=block.spare)
    if result is None:
        return
    data = result[: -block.checks].tolist()
    assert np.array_equal(result, encoded(data, block.checks))
    changed = set(np.nonzero(result != received)[0].tolist()) - set(block.erased)
    assert 2 * len(changed) + len(block.erased) <= block.checks - block.spare


def test_garbage_is_not_corrected() -> None:
    """With four spare check codewords a block of noise passes once in thousands of millions."""
    rng = np.random.default_rng(1)
    for _ in range(1500):
        checks = int(rng.integers(10, 31))
        received = rng.integers(0, 256, checks + int(rng.integers(1, 60))).astype(np.uint8)
        given_up = rng.permutation(len(received))[: int(rng.integers(0, checks - 3))].tolist()
        assert corrected(received, checks, given_up, spare=4) is None


def test_more_erasures_than_checks_are_refused() -> None:
    """Any block would fit."""
    whole = encoded([1, 2, 3], 10)
    assert corrected(whole, 10, list(range(7)), spare=4) is None
    assert corrected(whole, 10, list(range(6)), spare=4) is not None
