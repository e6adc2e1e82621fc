"""Corrects a block of codewords by how sure each of its bits is, not only by what each is.

A Reed-Solomon block corrects half as many wrong codewords as it has check codewords, however sure the others are. Here
the surest bits are believed, as many as a block has freedom for, and the others computed from them; then again with one
or two of the believed ones flipped, and of all these blocks the one is taken that fits best what was measured
(ordered statistics decoding; Fossorier and Lin, IEEE Transactions on Information Theory 41, 1995).

Such a block always exists. It is only believed if the computed bits agree with the measured ones far better than
chance: `evidence` counts in bits how much better, less what the choice among so many blocks is worth. A block of chance
reaches `e` bits once in 2 to the power of `e` times, whatever the odds are worth (Markov's inequality).

Source of the code itself: ISO/IEC 18004:2015, 7.5.2 and annex A; GF(256) by 0x11D, roots from the 0th power on.
"""

from dataclasses import dataclass
from functools import lru_cache
from math import log2

import numpy as np
from numpy.typing import NDArray

Bits = NDArray[np.uint8]
Floats = NDArray[np.float32]

_WAYS = 3  # none, one or two believed bits flipped
_PAIRS_OF = 60  # of the believed bits: so many, the least sure of them, are flipped two at a time


@dataclass(frozen=True, slots=True)
class Block:
    """The codewords that fit best, dtype uint8, and the evidence for them in bits."""

    codewords: Bits
    evidence: float


def hoped_for(odds: Floats, checks: int) -> float:
    """The evidence to be expected from a block's odds, see `nearest`: where it is far too little, time is saved."""
    doubtful = _least(np.abs(odds.ravel()), 8 * checks)
    right = 1 / (1 + np.exp(-doubtful))
    return float(np.sum(right * bits_gained(doubtful) + (1 - right) * bits_gained(-doubtful))) - log2(_WAYS)


def nearest(odds: Floats, checks: int) -> Block:
    """The block that fits best.

    odds: shape (codewords, 8), natural logarithm of the odds that a bit is 0, highest bit first; its last `checks`
    codewords are check codewords.
    """
    odds = odds.ravel().astype(np.float64)
    sureness, bits = np.abs(odds), (odds < 0).astype(np.uint8)
    equations = _parity_checks(len(odds) // 8, checks)
    if not np.any((equations @ bits.astype(np.float32)) % 2):
        return Block(np.packbits(bits), float(bits_gained(_least(sureness, 8 * checks)).sum()))
    order = np.argsort(sureness, kind="stable")
    solved, computed = _solved(equations[:, order].astype(np.uint8))
    believed = np.setdiff1d(np.arange(len(order)), computed, assume_unique=True)  # the least sure first
    wrong = (solved @ bits[order].astype(np.float32)) % 2 != 0
    flips = _fewest_flips(solved[:, believed], sureness[order][computed], sureness[order][believed], wrong)
    flipped = believed[list(flips)]
    corrected = bits[order]
    corrected[flipped] ^= 1
    changed = wrong ^ (solved[:, flipped].sum(axis=1) % 2 != 0)
    corrected[computed] ^= changed.astype(np.uint8)
    whole = np.empty_like(bits)
    whole[order] = corrected
    fits = bits_gained(np.where(changed, -1, 1) * sureness[order][computed])
    return Block(np.packbits(whole), float(fits.sum()) - _choice(len(believed), len(flips)))


def _least(sureness: NDArray[np.floating], count: int) -> NDArray[np.floating]:
    least: NDArray[np.floating] = np.partition(sureness, count - 1)[:count]
    return least


def bits_gained(agreeing: NDArray[np.floating]) -> NDArray[np.floating]:
    """Bits of evidence in a bit that agrees with odds of this size, or, where negative, does not."""
    gain: NDArray[np.floating] = 1 - np.logaddexp(0, -agreeing) / np.log(2)
    return gain


def _choice(believed: int, flips: int) -> float:
    """What the choice among all blocks with so many believed bits flipped is worth, in bits."""
    pairs_of = min(believed, _PAIRS_OF)
    return log2(_WAYS * (1, believed, pairs_of * (pairs_of - 1) / 2)[flips])


def _fewest_flips(
    solved: Floats, computed: NDArray[np.float64], believed: NDArray[np.float64], wrong: NDArray[np.bool_]
) -> tuple[int, ...]:
    """Which of the believed bits, none, one or two, to flip so that the flipped bits are least sure altogether.

    solved: shape (computed, believed), 1 where a computed bit turns with a believed one.
    """
    turning = (computed * np.where(wrong, -1, 1)).astype(np.float32)  # what it costs to turn a computed bit
    one = turning @ solved + believed.astype(np.float32)
    pairs_of = min(_PAIRS_OF, solved.shape[1])
    some = solved[:, :pairs_of]
    # Turned by both is not turned: what each alone costs, less twice what they have in common.
    two = one[:pairs_of, None] + one[None, :pairs_of] - 2 * (some.T * turning) @ some
    np.fill_diagonal(two, np.inf)
    first, second = divmod(int(two.argmin()), pairs_of)
    single = int(one.argmin())
    choices: list[tuple[float, tuple[int, ...]]] = [
        (0.0, ()), (float(one[single]), (single,)), (float(two[first, second]), (first, second))
    ]  # fmt: skip
    return min(choices)[1]


def _solved(equations: Bits) -> tuple[Floats, NDArray[np.int64]]:
    """The equations solved for the leftmost bits that they allow: in reduced form, and the column of each row."""
    rows, columns = equations.shape
    packed = np.packbits(equations, axis=1)
    words = np.ascontiguousarray(np.pad(packed, ((0, 0), (0, -packed.shape[1] % 8)))).view(np.uint64)
    by_bytes = words.view(np.uint8)
    computed: list[int] = []
    for column in range(columns):
        row = len(computed)
        has = by_bytes[:, column >> 3] >> (7 - (column & 7)) & 1
        below = np.flatnonzero(has[row:])
        if not len(below):
            continue
        swap = row + below[0]
        if swap != row:
            words[[row, swap]], has[[row, swap]] = words[[swap, row]], has[[swap, row]]
        has[row] = 0
        words[has != 0] ^= words[row]
        computed.append(column)
        if len(computed) == rows:
            break
    return np.unpackbits(by_bytes, axis=1)[:, :columns].astype(np.float32), np.array(computed)


# --- the code's equations -------------------------------------------------------------------------------------------


def _powers() -> tuple[list[int], list[int]]:
    """Powers of 2 in GF(256), twice around, and the exponent of each number."""
    power, exponent, value = [0] * 510, [0] * 256, 1
    for step in range(255):
        power[step] = power[step + 255] = value
        exponent[value] = step
        value = value << 1 ^ (0x11D if value & 0x80 else 0)
    return power, exponent


_POWER, _EXPONENT = _powers()


@lru_cache(maxsize=64)
def _parity_checks(codewords: int, checks: int) -> Floats:
    """Bits that must sum to an even number, shape (8 * checks, 8 * codewords): the block is 0 at all roots."""
    exponents = np.outer(np.arange(checks), np.arange(codewords - 1, -1, -1)) % 255
    of_bits = np.array([_EXPONENT[128 >> bit] for bit in range(8)])
    products = np.array(_POWER)[exponents[:, :, None] + of_bits].astype(np.uint8)  # root, codeword, its bit
    bits = np.unpackbits(products[..., None], axis=3)  # ... and the product's bit
    equations: Floats = bits.transpose(0, 3, 1, 2).reshape(8 * checks, 8 * codewords).astype(np.float32)
    return equations
