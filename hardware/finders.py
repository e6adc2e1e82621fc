"""Places that look like a finder pattern, though too blurred, faint or noisy for a decoder's line scans.

A finder pattern is drawn in several sizes, and each drawing is laid over each place of the picture: what is wanted is
the correlation of both, light and contrast made even. That is a matched filter, and as such the best that can be had
against noise. All sizes are worked out in the frequency domain, from one transform of the picture; the larger ones in
the picture at half its size, where they cost a quarter.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from hardware.qr_layout import Floats

LARGEST_PX = 240
"""Pictures are at most so wide and high: with the largest drawing's reach beyond them they fit into a transform."""

_DETAIL = 16  # points a module in the drawing
_SOFT = 0.35  # modules: how far the drawing is blurred, as pictures are
_HALF, _BEYOND = 3.5, 4.5  # modules from the middle to the edge, and to the edge of the light ring around it
_RING = 0.5  # what that ring counts, since two of its sides are missing where there is no quiet zone
_STRONGEST = 2.8  # deviations: a lamp counts no more
_FLAT = 0.18  # of the deviation around: what varies less is flat
_LEAST_SCORE = 0.38
_APART_MODULES = 4
MOST = 9


def finder_places(light: Floats) -> tuple[tuple[int, Floats], tuple[int, Floats]]:
    """The likeliest places of finder patterns, 1 with dark ones and -1 with light ones.

    Shape (k, 4): x, y, module in pixels, score; best first. light: a picture made even, of mean 0 and deviation 1
    around each place, at most `LARGEST_PX` wide and high.
    """
    calm = np.clip(light, -_STRONGEST, _STRONGEST)
    size = max(1, calm.shape[1] // 2), max(1, calm.shape[0] // 2)
    half = cv2.resize(calm, size, interpolation=cv2.INTER_AREA).astype(np.float32, copy=False)
    scores = [(level, _scores(level, seen)) for level, seen in zip(_LEVELS, (calm, half), strict=True)]
    dark, pale = (np.concatenate([_peaks(*one, sign) for one in scores]) for sign in (1, -1))
    return (1, _apart(dark)), (-1, _apart(pale))


@dataclass(frozen=True, slots=True)
class _Level:
    """A size of the picture, and the finder patterns that are looked for in it.

    transform_px: a side of what is transformed, whose prime factors are small, with a margin, so that what leaves on
    one side stays out; apart_px: of two peaks that are nearer, one counts; drawings: spectrum, side and module in
    pixels.
    """

    scale: int
    transform_px: int
    apart_px: int
    drawings: tuple[tuple[Floats, int, float], ...]


def _scores(level: _Level, calm: Floats) -> list[Floats]:
    """How well each drawing correlates with each place."""
    height, width = calm.shape
    padded = np.zeros((level.transform_px, level.transform_px), np.float32)
    padded[:height, :width] = calm
    spectrum = cv2.dft(padded)
    scores = []
    for pattern, side, _ in level.drawings:
        product = cv2.dft(cv2.mulSpectrums(spectrum, pattern, 0, conjB=True), flags=cv2.DFT_INVERSE | cv2.DFT_SCALE)
        varied = cv2.sqrBoxFilter(calm, cv2.CV_32F, (side, side)) + np.float32(_FLAT**2)
        score = cv2.divide(product[:height, :width], cv2.sqrt(varied))
        scores.append(score.astype(np.float32, copy=False))
    return scores


def _peaks(level: _Level, scores: list[Floats], sign: int) -> Floats:
    """The places of the highest scores over all drawings, or of the lowest."""
    best = scores[0]
    for one in scores[1:]:
        best = (cv2.max if sign > 0 else cv2.min)(best, one).astype(np.float32, copy=False)
    around = np.ones((level.apart_px, level.apart_px), np.uint8)
    highest = (cv2.dilate if sign > 0 else cv2.erode)(best, around)
    top = cv2.findNonZero(((best == highest) & (best * np.float32(sign) > _LEAST_SCORE)).astype(np.uint8))
    x, y = (np.zeros((0, 2), np.int32) if top is None else top.reshape(-1, 2)).T
    at_each = np.stack([one[y, x] for one in scores]) * np.float32(sign)
    sizes = np.array([module_px for _, _, module_px in level.drawings])[at_each.argmax(axis=0)]
    scale, middle = level.scale, (level.scale - 1) / 2
    return np.column_stack(
        [(x + _between(best, y, x, 0, 1)) * scale + middle, (y + _between(best, y, x, 1, 0)) * scale + middle,
         sizes * scale, at_each.max(axis=0)]
    ).astype(np.float32)  # fmt: skip


def _between(best: Floats, y: NDArray[np.int32], x: NDArray[np.int32], down: int, right: int) -> Floats:
    """How far beyond a pixel each peak lies, by the parabola through it and its neighbours; -0.5 to 0.5."""
    height, width = best.shape
    before = best[np.maximum(y - down, 0), np.maximum(x - right, 0)]
    after = best[np.minimum(y + down, height - 1), np.minimum(x + right, width - 1)]
    bend = 2 * best[y, x] - before - after
    beyond: Floats = np.clip((after - before) / np.where(bend == 0, 1, 2 * bend), -0.5, 0.5)
    return beyond


def _apart(found: Floats) -> Floats:
    """The best peaks, one for each finder pattern that they may be."""
    apart: list[Floats] = []
    for peak in found[np.argsort(-found[:, 3])[: 4 * MOST]]:
        if all(abs(peak[0] - other[0]) + abs(peak[1] - other[1]) > _APART_MODULES * other[2] for other in apart):
            apart.append(peak)
        if len(apart) == MOST:
            break
    return np.array(apart, np.float32).reshape(-1, 4)


def _level(scale: int, transform_px: int, apart_px: int, modules_px: tuple[float, ...]) -> _Level:
    drawings = tuple((*_pattern(module_px / scale, transform_px), module_px / scale) for module_px in modules_px)
    return _Level(scale, transform_px, apart_px, drawings)


def _pattern(module_px: float, transform_px: int) -> tuple[Floats, int]:
    """The spectrum of a drawn finder pattern, and its side in pixels."""
    reach = int(_BEYOND * module_px)
    offsets = np.arange(-reach, reach + 1)
    seen = ((offsets / module_px + 6.5) * _DETAIL).astype(int)
    far = np.maximum(np.abs(offsets)[:, None], np.abs(offsets)[None, :]) / module_px
    weights = np.where(far <= _HALF, 1.0, _RING)
    drawn = _drawn()[np.ix_(seen, seen)]
    varied = drawn - (drawn * weights).sum() / weights.sum()
    pattern = np.zeros((transform_px, transform_px), np.float32)
    pattern[np.ix_(offsets, offsets)] = varied * weights / np.sqrt((varied**2 * weights).sum() * weights.sum())
    return cv2.dft(pattern).astype(np.float32, copy=False), 2 * reach + 1


def _drawn() -> NDArray[np.float64]:
    """A dark finder pattern and three modules of light around it."""
    modules = np.ones((13, 13))
    modules[3:10, 3:10], modules[4:9, 4:9], modules[5:8, 5:8] = -1, 1, -1
    soft = cv2.GaussianBlur(np.kron(modules, np.ones((_DETAIL, _DETAIL))), (0, 0), _SOFT * _DETAIL)
    return soft.astype(np.float64, copy=False)


_LEVELS = (_level(1, 256, 9, (2.0, 2.4, 2.9)), _level(2, 144, 5, (3.5, 4.2, 5.0, 6.0)))
