"""Locates a QR code by its three finder patterns where they are too blurred, faint or noisy for a decoder's line scans.

Each place is compared with the rings of a finder pattern, by sums over squares: dark within light within dark, or the
other way round. Three places that form a corner of a square give a code's outline, and the timing patterns its version.
"""

from itertools import combinations, permutations

import cv2
import numpy as np
from numpy.typing import NDArray

from hardware.grid import correlation
from hardware.qr_layout import Floats, modules_of, template
from hardware.symbols import Grey, Outline

_SIDE_PX = 240  # the cut is brought to this size: what is looked for is a code that fills much of it
_MODULES_PX = (2.0, 2.4, 2.9, 3.5, 4.2, 5.0, 6.0)  # sizes of a module that are tried
_PEAKS = 9
_APART_PX = 9
_LEAST_SCORE = 0.35
_LEAST_AGREEMENT = 0.25
_LARGEST_VERSION = 12
_EVEN_OVER_PX = 61
_FLAT = 8  # levels of deviation: what varies less is flat
_LEVELS = 45  # grey levels for a deviation
# Which peak is taken as top left, top right and bottom left.
_THREES = np.array(
    [(middle, *rest) for three in combinations(range(_PEAKS), 3) for middle in three
     for rest in permutations([peak for peak in three if peak != middle])]
)  # fmt: skip


def outlines_by_finders(cut: Grey, most: int = 2) -> list[Outline]:
    """Up to `most` outlines, likeliest first, in pixels of the cut."""
    scale = _SIDE_PX / max(cut.shape)
    small = cv2.resize(cut, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    light = _even(small.astype(np.uint8, copy=False))
    coarse = np.clip(light * _LEVELS + 128, 0, 255).astype(np.uint8)  # sums over bytes are twice as fast
    likeness = [_rings(coarse, module_px) for module_px in _MODULES_PX]
    found: list[tuple[float, Outline]] = []
    for sign, of_sign in ((1, 0), (-1, 1)):
        peaks = _peaks([both[of_sign] for both in likeness])
        for three in _corners(peaks)[:most]:
            found += _versioned(light * np.float32(sign), peaks[three])
    found.sort(key=lambda entry: -entry[0])
    return [outline.placed(scale, 0, 0) for _, outline in found[:most]]


def _even(small: Grey) -> Floats:
    light = cv2.GaussianBlur(small, (0, 0), 0.7).astype(np.float32)
    size = (_EVEN_OVER_PX, _EVEN_OVER_PX)
    mean = cv2.blur(light, size)
    deviation = np.sqrt(np.maximum(cv2.blur(light * light, size) - mean * mean, 1.0))
    return ((light - mean) / (deviation + 1.0)).astype(np.float32)


def _rings(coarse: Grey, module_px: float) -> tuple[Floats, Floats]:
    """Correlation of each place with the middle of a finder pattern of this module size: a dark one, a light one."""
    sides = [max(1, round(modules * module_px)) | 1 for modules in (3, 5, 7)]
    inner, middle, all_ = (cv2.boxFilter(coarse, cv2.CV_32F, (side, side), normalize=False) for side in sides)
    squares = cv2.sqrBoxFilter(coarse, cv2.CV_32F, (sides[2], sides[2]), normalize=False)
    areas = [side * side for side in sides]
    # Dark, light, dark from the middle outwards, as -1, 1, -1; its mean and variance, and those of what is seen.
    mean = (2 * areas[1] - 2 * areas[0]) / areas[2] - 1
    product = 2 * (middle - inner) - all_ * np.float32(1 + mean)
    varied = squares - all_ * all_ / np.float32(areas[2]) + np.float32(areas[2] * _FLAT**2)
    dark = product / np.sqrt(varied * np.float32(areas[2] * (1 - mean * mean)))
    return dark.astype(np.float32, copy=False), (-dark).astype(np.float32, copy=False)


def _peaks(likeness: list[Floats]) -> Floats:
    """The best places over all module sizes, shape (k, 4): x, y, module in pixels, score."""
    best = likeness[0]
    for one in likeness[1:]:
        best = cv2.max(best, one).astype(np.float32, copy=False)
    highest = cv2.dilate(best, np.ones((_APART_PX, _APART_PX), np.uint8))
    top = cv2.findNonZero(((best == highest) & (best > _LEAST_SCORE)).astype(np.uint8))
    x, y = (np.zeros((0, 2), np.int32) if top is None else top.reshape(-1, 2)).T
    scores = np.stack([one[y, x] for one in likeness])
    sizes = np.array(_MODULES_PX)[scores.argmax(axis=0)]
    found = np.column_stack([x, y, sizes, scores.max(axis=0)]).astype(np.float32)
    found = found[np.argsort(-found[:, 3])[: 4 * _PEAKS]]
    apart: list[Floats] = []
    for peak in found:
        if all(abs(peak[0] - other[0]) + abs(peak[1] - other[1]) > 4 * other[2] for other in apart):
            apart.append(peak)
        if len(apart) == _PEAKS:
            break
    return np.array(apart, np.float32).reshape(-1, 4)


def _corners(peaks: Floats) -> NDArray[np.int64]:
    """Which peaks stand like the finder patterns of one code, likeliest first, shape (k, 3)."""
    threes = _THREES[(len(peaks) > _THREES).all(axis=1)]
    if not len(threes):
        return threes
    middle, right, below = (peaks[threes[:, index]] for index in range(3))
    across, down = right[:, :2] - middle[:, :2], below[:, :2] - middle[:, :2]
    long_across, long_down = np.hypot(*across.T), np.hypot(*down.T)
    longest, shortest = np.maximum(long_across, long_down), np.minimum(long_across, long_down)
    cosine = np.abs((across * down).sum(axis=1)) / np.maximum(longest * shortest, 1e-6)
    sizes = peaks[threes][:, :, 2]
    sound = (
        (across[:, 0] * down[:, 1] - across[:, 1] * down[:, 0] > 0)
        & (sizes.max(axis=1) < 1.7 * sizes.min(axis=1))
        & (shortest > 12 * sizes.min(axis=1))
        & (longest < 1.7 * shortest)
        & (cosine < 0.4)
    )
    score = peaks[threes][:, :, 3].sum(axis=1) - 0.5 * cosine - 0.3 * (longest / np.maximum(shortest, 1e-6) - 1)
    order = np.argsort(-score)
    best: NDArray[np.int64] = threes[order[sound[order]]]
    return best


def _versioned(light: Floats, peaks: Floats) -> list[tuple[float, Outline]]:
    """The outlines of the two likeliest versions through three finder patterns, and how far they agree."""
    origin = peaks[0, :2]
    across, down = peaks[1, :2] - origin, peaks[2, :2] - origin
    modules = (float(np.hypot(*across)) + float(np.hypot(*down))) / 2 / float(peaks[:, 2].mean()) + 7
    middle = round((modules - 17) / 4)
    found: list[tuple[float, Outline]] = []
    reach = 1 if middle < 5 else 2  # the module's size is known to a tenth
    for version in range(max(1, middle - reach), min(_LARGEST_VERSION, middle + reach) + 1):
        n = modules_of(version)
        right, below = across / (n - 7), down / (n - 7)
        corner = origin - np.float32(3.5) * (right + below)
        points, expected = template(version)
        places = corner + points[:, :1] * right + points[:, 1:] * below
        seen = cv2.remap(light, places[:, :1].copy(), places[:, 1:].copy(), cv2.INTER_LINEAR)[:, 0]
        agreement = correlation(seen.astype(np.float32, copy=False), expected)
        if agreement > _LEAST_AGREEMENT:
            square = np.array([corner, corner + right * n, corner + (right + below) * n, corner + below * n])
            found.append((agreement, Outline(square.astype(np.float32), version)))
    return sorted(found, key=lambda entry: -entry[0])[:2]
