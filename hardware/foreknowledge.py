"""What is known of a code's data before it is read: how its end is filled up, and which bits text hardly ever has.

A code holds as many data codewords as its version says; what the payload leaves over is filled with two codewords by
turns (ISO/IEC 18004:2015, 7.4.10). So a code whose end is seen, if only in part, tells the rest of it. And text written
byte by byte has the same bits alike in most bytes: the highest is 0 throughout. Codes of digits and capitals, which are
packed more densely, have no such bits.

All of it is added to the odds that were measured, as a prior is: what was seen surely otherwise stays in doubt.
"""

import numpy as np
from numpy.typing import NDArray

from hardware.qr_layout import Floats
from hardware.soft_decoding import bits_gained

_FILLERS = (0xEC, 0x11)  # the first comes right after the payload
_FILLED = 6.0  # natural logarithm of the odds for the bits of a filled end
_LEAST_EVIDENCE = 10.0  # bits, for an end that is filled: it may begin with each codeword
_DOUBT = 6  # codewords' worth of doubt that bits are alike
_MOST_ALIKE = 0.97


def informed(odds: Floats) -> Floats:
    """The odds of the data codewords, in the order of the data, with what is known added.

    odds: shape (k, 8), natural logarithm of the odds that a bit is 0, highest bit first.
    """
    filled = _filled_end(odds)
    known = np.zeros_like(odds)
    if filled:
        known[-filled:] = _FILLED * _signs(np.resize(_FILLERS, filled))
    payload = slice(1, len(odds) - filled)  # the first codeword says the mode
    if len(odds[payload]):
        known[payload] = _alike(odds[payload])
    return odds + known


def _filled_end(odds: Floats) -> int:
    """How many codewords at the end most likely fill it up, 0 where that is not evident."""
    backwards = odds[::-1]
    even, odd = (
        bits_gained(backwards * _signs(np.resize(fillers, len(odds)))).sum(axis=1).cumsum()
        for fillers in (_FILLERS[::-1], _FILLERS)
    )
    count = np.arange(1, len(odds) + 1)
    evidence = np.where(count % 2 == 0, even, odd)  # an odd number of fillers ends with the first one
    best = int(evidence.argmax())
    return int(count[best]) if evidence[best] > _LEAST_EVIDENCE else 0


def _alike(odds: Floats) -> Floats:
    """Odds of the bits by how they come out in all codewords: where most are alike, doubtful ones are rather so."""
    mean = np.tanh(odds / 2).sum(axis=0) / (len(odds) + _DOUBT)
    alike: Floats = 2 * np.arctanh(np.clip(mean, -_MOST_ALIKE, _MOST_ALIKE))
    return alike


def _signs(codewords: NDArray[np.int64]) -> Floats:
    """1 for each bit that is 0, -1 for each that is 1; shape (k, 8)."""
    bits = np.unpackbits(codewords.astype(np.uint8)[:, None], axis=1)
    return np.where(bits == 1, np.float32(-1), np.float32(1))
