"""Locates a QR code by its finder patterns where a decoder's line scans see none.

Three places that stand like the finder patterns of one code give a guess of where it lies; two do, too, where a
reflection, a shadow or a finger hides the third: as two sides of a square, or as its diagonal. How good a guess is, is
told by all that codes of its version have in common, and the best ones are turned and tilted until they agree best.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from hardware.evening import evened
from hardware.finders import LARGEST_PX, finder_places
from hardware.qr_layout import Floats, fixed_modules, modules_of
from hardware.squares import NONE, Squares, by_three, by_two
from hardware.symbols import Grey, Outline
from hardware.uprighting import stance

_EVEN_OVER_PX = 31
_LEAST_BY_THREE, _LEAST_BY_TWO = 0.25, 0.35  # agreement: two places occur by chance much oftener
# The two best places' scores together: of what is no code more than half are below, of codes one in a hundred; what is
# above the second number is clear.
_LEAST_STRENGTH, _CLEAR = 0.9, 1.3
_LARGEST_VERSION = 14
_SIZE_TOLERANCE = 0.18  # natural logarithm: how well modules are known by the finder patterns' size
_LEAST = 0.39  # at last: of codes, few are below; of what else there is, few above
_LEAST_FLAT, _CLOSE_FLAT = 0.25, 0.2  # while no tilt is known
_CLOSE = 0.1  # to the best one: what agrees less is no rival
_DRAWN = 2  # modules, from which a fit is drawn to the same place
_KEPT, _REFINED = 8, 3  # guesses
_FINDER = 3.5  # modules from a code's corner to the middle of a finder pattern
_TILTS = (0.14, 0.07, 0.035)  # steps, as what a code's far side is the smaller by
_LEANS = (0.16, 0.08, 0.04)  # steps of a centre that is not seen, as parts of a side
_AROUND = np.array([(right, down) for right in (-1, 0, 1) for down in (-1, 0, 1)], np.float32)
_UPRIGHT = np.zeros((1, 2), np.float32)


@dataclass(frozen=True, slots=True)
class _Guess:
    """Where the middles of the finder patterns lie: centres, shape (3, 2), top left, top right, bottom left.

    tilt: shape (2,), how much the picture shrinks from the top left middle to the right and downwards; hidden: which
    centre was not seen.
    """

    agreement: float
    version: int
    centres: Floats
    tilt: Floats
    hidden: int

    def outline(self) -> Outline:
        n = modules_of(self.version)
        corners = np.array([[0, 0], [n, 0], [n, n], [0, n]], np.float32)
        return Outline(_places(self.centres[None], self.tilt[None], corners, n)[:, 0], self.version)


def outlines_by_finders(cut: Grey, most: int = 2) -> list[Outline]:
    """Up to `most` outlines, likeliest first, in pixels of the cut.

    What lies askew in it is set upright; where that shows something else, finder patterns are clearer in the cut.
    """
    lies = stance(cut)
    if lies is None or not lies.differs:
        return _located(_looked_at(cut), most)
    upright = _looked_at(lies.upright(cut, LARGEST_PX))
    if upright.strength < _CLEAR:
        as_it_is = _looked_at(cut)
        if as_it_is.strength >= upright.strength:
            return _located(as_it_is, most)
    found = _located(upright, most)
    return [replace(outline, corners=lies.back(outline.corners, LARGEST_PX)) for outline in found]


@dataclass(frozen=True, slots=True)
class _View:
    """A view of which finder patterns were sought. light: made even; scale: of it to the view.

    places: as hardware.finders has them, of dark and of light ones, the stronger first; strength: of the two best
    places, as many as a code needs.
    """

    light: Floats
    scale: float
    places: tuple[tuple[int, Floats], ...]
    strength: float


def _looked_at(view: Grey) -> _View:
    scale = LARGEST_PX / max(view.shape)
    small = cv2.resize(view, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    light = _even(small.astype(np.uint8, copy=False))
    places = sorted(finder_places(light), key=lambda entry: -_strength(entry[1]))
    return _View(light, scale, tuple(places), _strength(places[0][1]))


def _located(view: _View, most: int) -> list[Outline]:
    if view.strength < _LEAST_STRENGTH:
        return []
    for sign, places in view.places:
        light = view.light if sign > 0 else -view.light
        guesses = _guesses(light, places)
        if guesses:  # no code is dark on light and light on dark
            return [guess.outline().placed(view.scale, 0, 0) for guess in _best(light, guesses, most)]
    return []


def _best(light: Floats, guesses: list[_Guess], most: int) -> list[_Guess]:
    """Up to `most` guesses worth measuring, tilted, likeliest first."""
    guesses = sorted(guesses, key=lambda guess: -guess.agreement)
    least = max(_LEAST_FLAT, guesses[0].agreement - _CLOSE_FLAT)
    tilted = [_tilted(light, guess) for guess in _different(guesses, 2 * most) if guess.agreement > least]
    tilted.sort(key=lambda guess: -guess.agreement)
    least = max(_LEAST, max((guess.agreement for guess in tilted), default=0.0) - _CLOSE)
    return [guess for guess in _different(tilted, most) if guess.agreement > least]


def _strength(places: Floats) -> float:
    return float(places[:2, 3].sum())


def _even(small: Grey) -> Floats:
    return evened(cv2.GaussianBlur(small, (0, 0), 0.7).astype(np.float32), _EVEN_OVER_PX, 1.0)


def _different(guesses: list[_Guess], most: int) -> list[_Guess]:
    """Those that would not be fitted onto the same modules as one before them."""
    kept: list[tuple[_Guess, Outline]] = []
    for guess in guesses:
        outline = guess.outline()
        if len(kept) < most and not any(_alike(outline, other) for _, other in kept):
            kept.append((guess, outline))
    return [guess for guess, _ in kept]


def _alike(first: Outline, second: Outline) -> bool:
    apart = float(np.abs(first.corners - second.corners).max())
    return first.version == second.version and apart < _DRAWN * first.module_px


# --- what stands like the finder patterns of a code -----------------------------------------------------------------


def _guesses(light: Floats, places: Floats) -> list[_Guess]:
    """The likeliest guesses, best first."""
    found: list[_Guess] = []
    tilts = _AROUND * np.float32(_TILTS[0])
    for squares, seen_from, least in (
        (by_three(places), tilts, _LEAST_BY_THREE),
        (by_two(places), _UPRIGHT, _LEAST_BY_TWO),
    ):
        across, down = (squares.centres[:, other] - squares.centres[:, 0] for other in (1, 2))
        apart = np.log((np.hypot(*across.T) + np.hypot(*down.T)) / 2 / squares.modules_px)
        for version in range(1, _LARGEST_VERSION + 1):
            fits = np.nonzero(np.abs(apart - np.log(modules_of(version) - 7)) < _SIZE_TOLERANCE)[0]
            if len(fits):
                found += _of_version(light, squares, fits, seen_from, version, least)
    found.sort(key=lambda guess: -guess.agreement)
    return [_leant(light, guess) for guess in found[:_REFINED]] + found[_REFINED:_KEPT]


def _of_version(
    light: Floats, squares: Squares, which: NDArray[np.int64], tilts: Floats, version: int, least: float
) -> Iterator[_Guess]:
    """Some of the squares, each as it agrees best, if it does so more than the least."""
    centres, all_tilts = np.repeat(squares.centres[which], len(tilts), axis=0), np.tile(tilts, (len(which), 1))
    agreements = _agreements(light, centres, all_tilts, version).reshape(len(which), -1)
    best, reached = agreements.argmax(axis=1), agreements.max(axis=1)
    for index in np.nonzero(reached > least)[0]:
        square = which[index]
        hidden = int(squares.hidden[square])
        yield _Guess(float(reached[index]), version, squares.centres[square], tilts[best[index]], hidden)


# --- how far a guess agrees with what is seen -----------------------------------------------------------------------


def _leant(light: Floats, guess: _Guess) -> _Guess:
    """With the centre that is not seen where all agrees best."""
    if guess.hidden == NONE:
        return guess
    across, down = guess.centres[1] - guess.centres[0], guess.centres[2] - guess.centres[0]
    side = (np.hypot(*across) + np.hypot(*down)) / 2
    for step in _LEANS:
        centres = np.repeat(guess.centres[None], len(_AROUND), axis=0)
        centres[:, guess.hidden] += _AROUND * np.float32(step * side)
        agreements = _agreements(light, centres, guess.tilt[None], guess.version)
        best = int(agreements.argmax())
        guess = replace(guess, agreement=float(agreements[best]), centres=centres[best])
    return guess


def _tilted(light: Floats, guess: _Guess) -> _Guess:
    """Seen from the side from which all agrees best."""
    for step in _TILTS:
        tilts = guess.tilt + _AROUND * np.float32(step)
        agreements = _agreements(light, guess.centres[None], tilts, guess.version)
        best = int(agreements.argmax())
        guess = replace(guess, agreement=float(agreements[best]), tilt=tilts[best])
    return guess


def _agreements(light: Floats, centres: Floats, tilts: Floats, version: int) -> Floats:
    """Correlation of the fixed modules with what is seen in each of k guesses, shape (k,).

    centres: shape (k or 1, 3, 2); tilts: shape (k or 1, 2).
    """
    points, expected = _fixed(version)
    places = _places(centres, tilts, points, modules_of(version))
    seen = cv2.remap(light, places, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)  # type: ignore[call-overload]
    seen -= seen.mean(axis=0)
    agreements: Floats = (expected @ seen) / np.sqrt(np.maximum(np.einsum("ij,ij->j", seen, seen), 1e-6))
    return agreements


@lru_cache(maxsize=_LARGEST_VERSION)
def _fixed(version: int) -> tuple[Floats, Floats]:
    """The middles of the fixed modules, shape (k, 2), and their values, of mean 0 and length 1."""
    fixed = fixed_modules(version)
    rows, columns = np.nonzero(fixed)
    varied = fixed[rows, columns] - fixed[rows, columns].mean()
    return np.column_stack([columns, rows]).astype(np.float32) + np.float32(0.5), varied / np.sqrt(varied @ varied)


def _places(centres: Floats, tilts: Floats, points: Floats, n: int) -> Floats:
    """Pixels, shape (m, k, 2), of points in modules, shape (m, 2), as each of k guesses has them."""
    within = np.ones((len(points), 3), np.float32)
    within[:, 1:] = (points - np.float32(_FINDER)) / np.float32(n - 7)
    origin, nearer = centres[:, 0], 1 + tilts
    # A homography that takes (0, 0), (1, 0) and (0, 1) to the three centres.
    right = nearer[:, :1] * (centres[:, 1] - origin) + tilts[:, :1] * origin
    down = nearer[:, 1:] * (centres[:, 2] - origin) + tilts[:, 1:] * origin
    onto = np.empty((3, *right.shape), np.float32)
    onto[0], onto[1], onto[2] = origin, right, down
    places = (within @ onto.reshape(3, -1)).reshape(len(points), -1, 2)
    if tilts.any():
        places /= 1 + (within[:, 1:] @ tilts.T)[..., None]
    return places.astype(np.float32, copy=False)
