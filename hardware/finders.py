"""Places that look like a finder pattern, though too blurred, faint or noisy for a decoder's line scans.

A finder pattern is drawn in several sizes, and each drawing is laid over each place of the picture: what is wanted is
the correlation of both, light and contrast made even. That is a matched filter, and as such the best that can be had
against noise. All sizes are worked out in the frequency domain, from one transform of the picture.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from hardware.qr_layout import Floats

LARGEST_PX = 240
"""Pictures are at most so wide and high: with the largest drawing's reach beyond them they fit into a transform."""

_TRANSFORM_PX = 270  # whose prime factors are small; with a margin, so that what leaves on one side stays out
_MODULES_PX = (2.0, 2.4, 2.9, 3.5, 4.2, 5.0, 6.0)  # sizes of a module that are tried
_DETAIL = 16  # points a module in the drawing
_SOFT = 0.35  # modules: how far the drawing is blurred, as pictures are
_HALF, _BEYOND = 3.5, 4.5  # modules from the middle to the edge, and to the edge of the light ring around it
_RING = 0.5  # what that ring counts, since two of its sides are missing where there is no quiet zone
_STRONGEST = 2.8  # deviations: a lamp counts no more
_FLAT = 0.18  # of the deviation around: what varies less is flat
_LEAST_SCORE = 0.35
_APART_PX = 9
_APART_MODULES = 4
MOST = 9


def finder_places(light: Floats) -> tuple[tuple[int, Floats], tuple[int, Floats]]:
    """The likeliest places of finder patterns, 1 with dark ones and -1 with light ones.

    Shape (k, 4): x, y, module in pixels, score; best first. light: a picture made even, of mean 0 and deviation 1
    around each place, at most `LARGEST_PX` wide and high.
    """
    height, width = light.shape
    padded = np.zeros((_TRANSFORM_PX, _TRANSFORM_PX), np.float32)
    padded[:height, :width] = calm = np.clip(light, -_STRONGEST, _STRONGEST)
    spectrum = cv2.dft(padded)
    scores = []
    for pattern, side in _PATTERNS:
        product = cv2.dft(cv2.mulSpectrums(spectrum, pattern, 0, conjB=True), flags=cv2.DFT_INVERSE | cv2.DFT_SCALE)
        varied = cv2.sqrBoxFilter(calm, cv2.CV_32F, (side, side)) + np.float32(_FLAT**2)
        score = cv2.divide(product[:height, :width], cv2.sqrt(varied))
        scores.append(score.astype(np.float32, copy=False))
    return (1, _peaks(scores, 1)), (-1, _peaks(scores, -1))


def _peaks(scores: list[Floats], sign: int) -> Floats:
    """The places of the highest scores over all sizes, or of the lowest."""
    best = scores[0]
    for one in scores[1:]:
        best = (cv2.max if sign > 0 else cv2.min)(best, one).astype(np.float32, copy=False)
    around = np.ones((_APART_PX, _APART_PX), np.uint8)
    highest = (cv2.dilate if sign > 0 else cv2.erode)(best, around)
    top = cv2.findNonZero(((best == highest) & (best * np.float32(sign) > _LEAST_SCORE)).astype(np.uint8))
    x, y = (np.zeros((0, 2), np.int32) if top is None else top.reshape(-1, 2)).T
    at_each = np.stack([one[y, x] for one in scores]) * np.float32(sign)
    sizes = np.array(_MODULES_PX)[at_each.argmax(axis=0)]
    found = np.column_stack([x, y, sizes, at_each.max(axis=0)]).astype(np.float32)
    apart: list[Floats] = []
    for peak in found[np.argsort(-found[:, 3])[: 4 * MOST]]:
        if all(abs(peak[0] - other[0]) + abs(peak[1] - other[1]) > _APART_MODULES * other[2] for other in apart):
            apart.append(peak)
        if len(apart) == MOST:
            break
    return np.array(apart, np.float32).reshape(-1, 4)


def _pattern(module_px: float) -> tuple[Floats, int]:
    """The spectrum of a drawn finder pattern, and its side in pixels."""
    reach = int(_BEYOND * module_px)
    offsets = np.arange(-reach, reach + 1)
    seen = ((offsets / module_px + 6.5) * _DETAIL).astype(int)
    far = np.maximum(np.abs(offsets)[:, None], np.abs(offsets)[None, :]) / module_px
    weights = np.where(far <= _HALF, 1.0, _RING)
    drawn = _drawn()[np.ix_(seen, seen)]
    varied = drawn - (drawn * weights).sum() / weights.sum()
    pattern = np.zeros((_TRANSFORM_PX, _TRANSFORM_PX), np.float32)
    pattern[np.ix_(offsets, offsets)] = varied * weights / np.sqrt((varied**2 * weights).sum() * weights.sum())
    return cv2.dft(pattern).astype(np.float32, copy=False), 2 * reach + 1


def _drawn() -> NDArray[np.float64]:
    """A dark finder pattern and three modules of light around it."""
    modules = np.ones((13, 13))
    modules[3:10, 3:10], modules[4:9, 4:9], modules[5:8, 5:8] = -1, 1, -1
    soft = cv2.GaussianBlur(np.kron(modules, np.ones((_DETAIL, _DETAIL))), (0, 0), _SOFT * _DETAIL)
    return soft.astype(np.float64, copy=False)


_PATTERNS = [_pattern(module_px) for module_px in _MODULES_PX]
