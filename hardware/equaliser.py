"""Undoes what blur and motion did to a code's modules: a small filter, trained on modules that are known.

As in a modem: the filter is first trained on the patterns that every code has, then on all modules as they came out,
each by how sure it is, which are many times as many (decision-directed equalisation; Lucky, Bell System Technical
Journal 45, 1966).
"""

from functools import lru_cache

import cv2
import numpy as np

from hardware.grid import MODULE_PX, Grid
from hardware.qr_layout import Floats

_TAPS = 2  # the filter looks so many half modules to each side
_RIDGE = 0.02  # how firmly it is held to where it started: blur needs freedom, noise needs firmness
_SOFT = 0.25  # blur of what it is applied to, in modules


def _bell() -> Floats:
    line = np.exp(-((np.arange(2 * _TAPS + 1) - _TAPS) ** 2))
    bell = np.outer(line, line).ravel()
    return np.append(bell / bell.sum(), 0.0).astype(np.float32)


_BELL = _bell()


def windows(even: Floats, grid: Grid, n: int) -> Floats:
    """What lies around each module: shape (n, n, taps), half a module apart."""
    m = 2 * n - 1 + 2 * _TAPS
    x, y = (place.reshape(m, m) for place in grid.places(_half_modules(n)))
    soft = cv2.GaussianBlur(even, (0, 0), _SOFT * MODULE_PX)
    points = cv2.remap(soft, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    wide = 2 * _TAPS + 1
    around = np.lib.stride_tricks.sliding_window_view(points, (wide, wide))[::2, ::2]
    seen: Floats = around.reshape(n, n, wide * wide).astype(np.float32)
    return seen


def trained_on_patterns(around: Floats, fixed: Floats) -> Floats:
    """All modules, about 1 where light and -1 where dark, by the filter that suits the fixed ones; shape (n, n).

    Ridge regression towards a plain blur: with some 200 known modules, 26 free coefficients would fit noise.
    """
    known = fixed != 0
    seen, wanted = _rows(around[known]), fixed[known]
    plain = seen @ _BELL
    start = _BELL * float((plain @ wanted) / max(float(plain @ plain), 1e-6))
    return _filtered(around, _taps(seen, wanted, np.ones(len(wanted), np.float32), start))


def trained_on_all(around: Floats, modules: Floats, weights: Floats) -> Floats:
    """All modules by the filter that suits these modules best, shape (n, n), each counted by its weight."""
    seen = _rows(around.reshape(-1, around.shape[2]))
    return _filtered(around, _taps(seen, modules.ravel(), weights.ravel(), np.zeros_like(_BELL)))


def _rows(around: Floats) -> Floats:
    return np.column_stack([around, np.ones(len(around), np.float32)])


def _taps(seen: Floats, wanted: Floats, weights: Floats, start: Floats) -> Floats:
    weighted = seen * weights[:, None]
    hold = _RIDGE * float((weighted[:, :-1] * seen[:, :-1]).sum()) / (seen.shape[1] - 1) + 1e-6
    normal = weighted.T @ seen + hold * np.eye(seen.shape[1], dtype=np.float32)
    change = np.linalg.solve(normal, weighted.T @ (wanted - seen @ start))
    taps: Floats = np.add(start, change, dtype=np.float32)
    return taps


def _filtered(around: Floats, taps: Floats) -> Floats:
    filtered: Floats = around @ taps[:-1] + taps[-1]
    return filtered


@lru_cache(maxsize=40)
def _half_modules(n: int) -> Floats:
    """Points half a module apart over the whole code and `_TAPS` beyond, shape (m * m, 2)."""
    line = (np.arange(2 * n - 1 + 2 * _TAPS) - _TAPS) / 2 + 0.5
    right, down = np.meshgrid(line, line)
    return np.column_stack([right.ravel(), down.ravel()]).astype(np.float32)
