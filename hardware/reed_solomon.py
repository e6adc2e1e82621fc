"""Corrects errors and erasures in a Reed-Solomon block of a QR code.

The field is GF(256) with x^8 + x^4 + x^3 + x^2 + 1, the generator's roots are the powers 0 to checks - 1 of 2
(ISO/IEC 18004:2015, 7.5.2). Errors are found by Berlekamp and Massey's algorithm on the syndromes that the erasures
leave, their values by Forney's (Blahut, Algebraic Codes for Data Transmission, 2003, chapter 7).
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]


def _tables() -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    powers, logs = np.zeros(512, np.int64), np.zeros(256, np.int64)
    value = 1
    for exponent in range(255):
        powers[exponent] = powers[exponent + 255] = value
        logs[value] = exponent
        value = value << 1 ^ (0x11D if value & 0x80 else 0)
    return powers, logs


_POWERS, _LOGS = _tables()
_POWER, _LOG = _POWERS.tolist(), _LOGS.tolist()  # single elements are read faster from lists


def corrected(received: Bytes, checks: int, erased: Sequence[int], *, spare: int) -> Bytes | None:
    """The block as it was written, or None.

    received: data and then check codewords; erased: places of which nothing is known; spare: so many check codewords
    are not used for correcting but must agree, since one that corrects all it can "corrects" anything.
    """
    if len(erased) + spare > checks:
        return None
    length = len(received)
    received = received.copy()
    received[list(erased)] = 0
    syndromes = _syndromes(received, checks)
    if not any(syndromes):
        return received
    locator = [1]
    for place in erased:
        locator = _times(locator, [1, _POWER[length - 1 - place]])
    errors = _error_locator(_times(syndromes, locator)[len(erased) : checks])
    if 2 * (len(errors) - 1) > checks - len(erased) - spare:
        return None
    locator = _times(locator, errors)
    places = _roots(locator, length)
    if len(places) != len(locator) - 1:
        return None
    evaluator = _times(syndromes, locator)[:checks]
    slope = [coefficient if degree % 2 else 0 for degree, coefficient in enumerate(locator)][1:]
    for place in places:
        exponent = length - 1 - place
        above, below = _at(evaluator, -exponent % 255), _at(slope, -exponent % 255)
        if below == 0:
            return None
        if above:
            received[place] ^= _POWER[(exponent + _LOG[above] - _LOG[below]) % 255]
    return None if any(_syndromes(received, checks)) else received


def _syndromes(received: Bytes, checks: int) -> list[int]:
    """The block's polynomial at each root of the generator: all 0 where it has no error."""
    places = np.nonzero(received)[0]
    exponents = _LOGS[received[places]] + np.arange(checks)[:, None] * (len(received) - 1 - places)
    syndromes: list[int] = np.bitwise_xor.reduce(_POWERS[exponents % 255], axis=1).tolist()
    return syndromes


def _times(first: Sequence[int], second: Sequence[int]) -> list[int]:
    """The product of two polynomials, lowest degree first."""
    product = [0] * (len(first) + len(second) - 1)
    for shift, one in enumerate(first):
        if one:
            log = _LOG[one]
            for degree, other in enumerate(second):
                if other:
                    product[shift + degree] ^= _POWER[log + _LOG[other]]
    return product


def _error_locator(syndromes: Sequence[int]) -> list[int]:
    """The shortest polynomial that generates the syndromes, lowest degree first (Berlekamp-Massey)."""
    locator, before = [1], [1]
    errors, since, last = 0, 1, 1
    for step in range(len(syndromes)):
        off = syndromes[step]
        for degree in range(1, min(errors, len(locator) - 1) + 1):
            one, other = locator[degree], syndromes[step - degree]
            if one and other:
                off ^= _POWER[_LOG[one] + _LOG[other]]
        if off == 0:
            since += 1
            continue
        ratio = (_LOG[off] - _LOG[last]) % 255
        change = [0] * since + [_POWER[ratio + _LOG[value]] if value else 0 for value in before]
        longer = [0] * max(len(locator), len(change))
        for degree, value in enumerate(locator):
            longer[degree] ^= value
        for degree, value in enumerate(change):
            longer[degree] ^= value
        if 2 * errors <= step:
            before, last, since = locator, off, 1
            errors = step + 1 - errors
        else:
            since += 1
        locator = longer
    while len(locator) > 1 and locator[-1] == 0:
        locator.pop()
    return locator


def _roots(locator: Sequence[int], length: int) -> list[int]:
    """The places of a block whose inverse locators are roots."""
    exponents = -(length - 1 - np.arange(length)) % 255
    total = np.zeros(length, np.int64)
    for degree, value in enumerate(locator):
        if value:
            total ^= _POWERS[(_LOG[value] + degree * exponents) % 255]
    places: list[int] = np.nonzero(total == 0)[0].tolist()
    return places


def _at(polynomial: Sequence[int], exponent: int) -> int:
    """The value of a polynomial at a power of 2."""
    total = 0
    for degree, value in enumerate(polynomial):
        if value:
            total ^= _POWER[(_LOG[value] + degree * exponent) % 255]
    return total
