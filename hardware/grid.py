"""Reads a QR code that was located: module by module, as a modem reads a line.

A decoder asks of each module whether it is dark. Here the modules are measured instead. The code is set upright; the
patterns that every code of its version has (finder, timing, alignment) say how the picture must be shifted, tilted and
bent to lie on the modules' grid; and the same known modules train an equaliser, a small filter that undoes what blur
and motion did to them, which is then applied to the unknown ones. What comes out is soft: how light each module is, and
how sure. Soft modules of successive frames can be added up. The bits are zxing-cpp's to decode.
"""

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
import zxingcpp
from numpy.typing import NDArray

from hardware.qr_layout import Floats, fixed_modules, modules_of, template
from hardware.symbols import Outline

Grey = NDArray[np.uint8]
Doubles = NDArray[np.float64]

_MODULE_PX = 4  # of a module in the upright view
_MARGIN = 3  # modules around the code in the upright view
_COARSE, _FINE = 0.5, 0.25  # blur while fitting, in modules: wide to be drawn from afar, narrow to be exact
_HOLD = np.array([1.0] * 8 + [0.3] * 4)  # of the fit's parameters: so much of the mean curvature is added
_TAPS = 2  # the equaliser looks so many half modules to each side
_RIDGES = (
    0.02,
    0.3,
    0.005,
)  # how firmly the equaliser is held to a plain blur: blur needs freedom, noise needs firmness
_SURROUNDINGS = 5  # modules: no code leaves so many in one shade
_AGREEMENT = 0.3  # a fit that agrees less with the fixed patterns lies elsewhere
# `QRCode`, since zxing-cpp reads pure symbols under no narrower name; the size says that it is no micro QR code.
_PURE = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)


@dataclass(frozen=True, slots=True)
class Modules:
    """A measured code: `light`, shape (n, n), about 1 where a module is light and -1 where it is dark.

    trust: shape (n, n), 0 to 1: low where all around is of one shade, as under a reflection, a logo or a finger;
    agreement: correlation of the fixed patterns with what was seen, 0 to 1; error: mean square over the fixed modules.
    """

    version: int
    light: Floats
    trust: Floats
    agreement: float
    error: float

    @property
    def sure(self) -> Floats:
        """`light`, drawn towards 0 where it is not to be trusted."""
        return self.light * self.trust


def measure(grey: Grey, outline: Outline) -> tuple[Modules, ...]:
    """The modules of a located code, by each of some equalisers; empty where no code of this version lies."""
    n = modules_of(outline.version)
    upright = _upright(grey, outline.corners, n)
    view = _even(upright)
    fit = _Fit(n)
    soft = cv2.blur(view, (_MODULE_PX, _MODULE_PX)).astype(np.float32, copy=False)
    if fit.agreement(soft, outline.version) < 0:
        view = -view  # light on dark
    agreement = fit.refine(view, outline.version)
    if agreement < _AGREEMENT:
        return ()
    windows, trust = _windows(view, fit, n), _trust(upright, fit, n)
    measured = []
    for ridge in _RIDGES:
        light, error = _equalised(windows, fixed_modules(outline.version), ridge)
        measured.append(Modules(outline.version, light, trust, agreement, error))
    return tuple(measured)


def decode(version: int, light: Floats) -> bytes | None:
    """The payload of measured modules, or None where there are more errors than the code corrects."""
    fixed = fixed_modules(version)
    dark = np.where(fixed != 0, fixed, light) < 0
    drawn = np.pad(np.where(dark, 0, 255).astype(np.uint8), 1, constant_values=255)
    codes = zxingcpp.read_barcodes(
        drawn, formats=_PURE, is_pure=True, try_rotate=False, try_downscale=False, try_invert=False,
        binarizer=zxingcpp.Binarizer.BoolCast,
    )  # fmt: skip
    return next((bytes(code.bytes) for code in codes if code.valid), None)


def _upright(grey: Grey, corners: Floats, n: int) -> Grey:
    """The code seen straight on, `_MODULE_PX` a module, with a margin."""
    left, top, width, height = cv2.boundingRect(corners)
    module_px = float(np.sqrt(cv2.contourArea(corners)) / n)
    around = int(module_px * (_MARGIN + 2)) + 4
    x, y = max(0, left - around), max(0, top - around)
    cut = grey[y : top + height + around, x : left + width + around]
    if module_px > _MODULE_PX * 1.6:  # else thin lines between the points would be missed, or taken for all
        cut = cv2.GaussianBlur(cut, (0, 0), 0.4 * module_px / _MODULE_PX).astype(np.uint8, copy=False)
    low, high = _MARGIN * _MODULE_PX - 0.5, (_MARGIN + n) * _MODULE_PX - 0.5
    target = np.array([[low, low], [high, low], [high, high], [low, high]], np.float32)
    onto = cv2.getPerspectiveTransform(corners - np.array([x, y], np.float32), target)
    side = (n + 2 * _MARGIN) * _MODULE_PX
    how = cv2.INTER_CUBIC if module_px < _MODULE_PX else cv2.INTER_LINEAR
    upright = cv2.warpPerspective(cut, onto, (side, side), flags=how, borderMode=cv2.BORDER_REPLICATE)
    return upright.astype(np.uint8, copy=False)


def _even(view: Grey) -> Floats:
    """Light and contrast made even: mean 0 and deviation 1 around each place, over some modules."""
    size = (8 * _MODULE_PX + 1, 8 * _MODULE_PX + 1)
    light = view.astype(np.float32)
    mean = cv2.blur(light, size)
    deviation = np.sqrt(np.maximum(cv2.blur(light * light, size) - mean * mean, 1.0))
    return ((light - mean) / (deviation + 2.0)).astype(np.float32)


class _Fit:
    """Maps modules to pixels of the upright view: a homography, and a bend for paper that is not flat.

    Twelve parameters, found by Gauss-Newton on the difference between the fixed patterns and what is seen (as in
    Baker and Matthews, Lucas-Kanade 20 Years On, 2004).
    """

    def __init__(self, n: int) -> None:
        half = n * _MODULE_PX / 2
        middle = half + _MARGIN * _MODULE_PX - 0.5
        self._n = n
        self._parameters = np.array([half, 0, middle, 0, half, middle, 0, 0, 0, 0, 0, 0], np.float64)
        # A step of one unit in each moves the corners by about one pixel.
        self._units = np.array([1, 1, 1, 1, 1, 1, 1 / half, 1 / half, 1, 1, 1, 1], np.float64)

    def places(self, points: Floats) -> tuple[Floats, Floats]:
        """Pixels (x, y) of points in modules, shape (k, 2)."""
        u, v = self._spread(points)
        p = self._parameters.astype(np.float32)
        depth = 1 / np.maximum(p[6] * u + p[7] * v + 1, 0.1)
        wide, tall = u * u - 1, v * v - 1
        x = (p[0] * u + p[1] * v + p[2]) * depth + p[8] * wide + p[9] * tall
        y = (p[3] * u + p[4] * v + p[5]) * depth + p[10] * wide + p[11] * tall
        return x, y

    def agreement(self, soft: Floats, version: int) -> float:
        """Correlation of the fixed patterns with what lies under them, -1 to 1."""
        points, expected = template(version)
        return correlation(_seen(soft, *self.places(points)), expected)

    def refine(self, view: Floats, version: int) -> float:
        """Move the grid onto the patterns; returns the agreement reached."""
        fine = _Slopes(view, _FINE * _MODULE_PX)
        start = (self.agreement(fine.soft, version), self._parameters.copy())
        best = start
        coarse = _Slopes(view, _COARSE * _MODULE_PX)
        for slopes in (coarse, coarse, fine, fine):
            if not self._step(slopes, *template(version)):
                break
            reached = self.agreement(fine.soft, version)
            if reached > best[0]:
                best = (reached, self._parameters.copy())
        self._parameters = best[1]
        return best[0]

    def _step(self, slopes: "_Slopes", points: Floats, expected: Floats) -> bool:
        at = self.places(points)
        seen = _seen(slopes.soft, *at)
        varied = expected - expected.mean()
        gain = float(seen @ varied / (varied @ varied))
        if gain < 0.03:
            return False
        off = seen - seen.mean() - gain * varied
        # A finger or a reflection over a pattern must not draw the grid: what is far off counts less (Huber).
        weight = 1 / np.maximum(1, np.abs(off) / (1.5 * float(np.median(np.abs(off))) + 1e-6))
        change = self._changes(points, _seen(slopes.right, *at), _seen(slopes.down, *at))
        weighted = change * weight
        normal = (weighted @ change.T).astype(np.float64)
        # The bend is held back a little: the corners say little of it.
        damping = _HOLD * (1e-3 * float(np.trace(normal[:6, :6])) / 6 + 1e-9)
        move = np.linalg.solve(normal + np.diag(damping), -(weighted @ off))
        longest = float(np.abs(move[:6]).max())
        if not np.isfinite(longest):
            return False
        self._parameters += move * self._units * min(1.0, 1.5 * _MODULE_PX / max(longest, 1e-9))
        return True

    def _spread(self, points: Floats) -> tuple[Floats, Floats]:
        """Modules as -1 to 1 across the code."""
        spread = points.T * np.float32(2 / self._n) - np.float32(1)
        return spread[0], spread[1]

    def _changes(self, points: Floats, right: Floats, down: Floats) -> Floats:
        """How the picture under each point changes with a unit of each parameter, shape (12, k)."""
        u, v = self._spread(points)
        p = self._parameters.astype(np.float32)
        depth = 1 / np.maximum(p[6] * u + p[7] * v + 1, 0.1)
        flat_x, flat_y = (p[0] * u + p[1] * v + p[2]) * depth, (p[3] * u + p[4] * v + p[5]) * depth
        wide, tall = u * u - 1, v * v - 1
        by_x, by_y = right * depth, down * depth
        tilt = -(flat_x * by_x + flat_y * by_y) * np.float32(self._units[6])
        changes = (
            by_x * u, by_x * v, by_x, by_y * u, by_y * v, by_y, tilt * u, tilt * v,
            right * wide, right * tall, down * wide, down * tall,
        )  # fmt: skip
        return np.stack(changes)


class _Slopes:
    """A view blurred by `blur_px`, and its slopes to the right and downwards."""

    def __init__(self, view: Floats, blur_px: float) -> None:
        self.soft = cv2.GaussianBlur(view, (0, 0), blur_px).astype(np.float32, copy=False)
        self.right = cv2.Sobel(self.soft, cv2.CV_32F, 1, 0, scale=1 / 8).astype(np.float32, copy=False)
        self.down = cv2.Sobel(self.soft, cv2.CV_32F, 0, 1, scale=1 / 8).astype(np.float32, copy=False)


def _seen(view: Floats, x: Floats, y: Floats) -> Floats:
    seen = cv2.remap(view, x.reshape(-1, 1), y.reshape(-1, 1), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return seen[:, 0].astype(np.float32, copy=False)


def correlation(first: Floats, second: Floats) -> float:
    """Pearson's correlation of two rows of numbers, -1 to 1; 0 where one of them does not vary."""
    first, second = first - first.mean(), second - second.mean()
    return float(first @ second / np.sqrt(max(float((first @ first) * (second @ second)), 1e-9)))


@lru_cache(maxsize=40)
def _half_modules(n: int) -> Floats:
    """Points half a module apart over the whole code and `_TAPS` beyond, shape (m * m, 2)."""
    line = (np.arange(2 * n - 1 + 2 * _TAPS) - _TAPS) / 2 + 0.5
    right, down = np.meshgrid(line, line)
    return np.column_stack([right.ravel(), down.ravel()]).astype(np.float32)


def _windows(view: Floats, fit: _Fit, n: int) -> Floats:
    """What lies around each module: shape (n, n, taps), half a module apart."""
    m = 2 * n - 1 + 2 * _TAPS
    x, y = (place.reshape(m, m) for place in fit.places(_half_modules(n)))
    soft = cv2.GaussianBlur(view, (0, 0), 0.25 * _MODULE_PX)
    points = cv2.remap(soft, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    wide = 2 * _TAPS + 1
    windows = np.lib.stride_tricks.sliding_window_view(points, (wide, wide))[::2, ::2]
    seen: Floats = windows.reshape(n, n, wide * wide).astype(np.float32)
    return seen


def _trust(upright: Grey, fit: _Fit, n: int) -> Floats:
    """How far each module's surroundings vary, against what is usual in this code."""
    calm = cv2.blur(upright, (_MODULE_PX, _MODULE_PX))
    around = np.ones((_SURROUNDINGS * _MODULE_PX,) * 2, np.uint8)
    span = cv2.subtract(cv2.dilate(calm, around), cv2.erode(calm, around))
    x, y = (place.reshape(n, n) for place in fit.places(_centres(n)))
    seen = cv2.remap(span, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE).astype(np.float32)
    trust: Floats = np.clip((seen / max(float(np.median(seen)), 1.0) - 0.15) / 0.35, 0.02, 1.0).astype(np.float32)
    return trust


@lru_cache(maxsize=40)
def _centres(n: int) -> Floats:
    right, down = np.meshgrid(np.arange(n) + 0.5, np.arange(n) + 0.5)
    return np.column_stack([right.ravel(), down.ravel()]).astype(np.float32)


def _bell() -> Floats:
    line = np.exp(-((np.arange(2 * _TAPS + 1) - _TAPS) ** 2))
    bell = np.outer(line, line).ravel()
    return np.append(bell / bell.sum(), 0.0).astype(np.float32)


_BELL = _bell()


def _equalised(windows: Floats, fixed: Floats, ridge: float) -> tuple[Floats, float]:
    """All modules through the filter that brings the fixed ones nearest to their known values, and its mean error.

    Ridge regression towards a plain blur: with some 200 known modules, 26 free coefficients would fit noise.
    """
    known = fixed != 0
    seen = np.column_stack([windows[known], np.ones(int(known.sum()), np.float32)])
    wanted = fixed[known]
    plain = seen @ _BELL
    start = _BELL * float((plain @ wanted) / max(float(plain @ plain), 1e-6))
    hold = ridge * float((seen[:, :-1] ** 2).sum()) / (seen.shape[1] - 1)
    normal = seen.T @ seen + hold * np.eye(seen.shape[1], dtype=np.float32)
    taps = start + np.linalg.solve(normal, seen.T @ (wanted - seen @ start))
    error = float(np.mean((seen @ taps - wanted) ** 2))
    return (windows @ taps[:-1] + taps[-1]).astype(np.float32), error
