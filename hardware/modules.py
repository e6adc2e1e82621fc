"""Reads a QR code that was located: module by module, as a modem reads a line.

A decoder asks of each module whether it is dark. Here the modules are measured instead. The code is set upright; the
patterns that every code of its version has (finder, timing, alignment) say how the picture must be shifted, tilted and
bent to lie on the modules' grid (hardware.grid), and train a filter that undoes blur and motion (hardware.equaliser).
What comes out, right for the most part, serves as pattern and training for the next round: all modules instead of some
200. They are soft: how light each module is, and how sure. Soft modules of successive frames can be added up.
"""

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import cv2
import numpy as np
import zxingcpp
from numpy.typing import NDArray

from hardware.equaliser import trained_on_all, trained_on_patterns, windows
from hardware.evening import evened
from hardware.grid import MARGIN, MODULE_PX, Grid, View, decided, fixed_patterns
from hardware.qr_layout import Floats, fixed_modules, modules_of
from hardware.symbols import Outline

Grey = NDArray[np.uint8]
Matrix = NDArray[np.float64]

EVEN_OVER = (11, 5)
"""Modules over which light and contrast are made even: many leave the code's own balance alone, few follow the edge of
a shadow."""

_ROUNDS = 6  # of laying the grid and training the filter anew
_STEPS = 3  # of the grid in a round
_LARGEST_VERSION = 25  # that is worth more than one round: larger ones are no passes, and cost much
_SURROUNDINGS = 5  # modules: no code leaves so many in one shade
_LARGEST_AREA = 4  # of the frame's: a code of which no more is in view is none, and its blur would take minutes
_AGREEMENT = 0.3  # a grid that agrees less with the fixed patterns lies elsewhere
_LEAST_SURE, _LIKELY = 2.2, 0.5  # sureness and agreement after the first round: below, guesses stay guesses
_SURE = 3.5  # sureness, above which another view shows the same
_GAIN = 1.01  # of sureness in a round: after less, no other one helps
_ODDS, _LIMIT = 5.0, 4.0  # natural logarithm of the odds for a module that came out as 1, and at most
# `QRCode`, since zxing-cpp reads pure symbols under no narrower name; the size says that it is no micro QR code.
_PURE = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)


@dataclass(frozen=True, slots=True)
class Modules:
    """A measured code: `light`, shape (n, n), about 1 where a module is light and -1 where it is dark.

    trust: shape (n, n), 0 to 1: low where all around is of one shade, as under a reflection, a logo or a finger;
    agreement: correlation of the fixed patterns with what was seen, 0 to 1; outline: where the grid lies.
    """

    outline: Outline
    light: Floats
    trust: Floats
    agreement: float

    @property
    def version(self) -> int:
        """Of the code, 1 to 40."""
        return self.outline.version

    @property
    def log_odds(self) -> Floats:
        """Natural logarithm of the odds that a module is light, shape (n, n)."""
        odds: Floats = np.clip(self.light * self.trust * np.float32(_ODDS), -_LIMIT, _LIMIT)
        return odds

    @property
    def sureness(self) -> float:
        """Mean size of all odds: of several measurements of one code the highest is rather right."""
        return float(np.abs(self.log_odds).mean())


def measured(grey: Grey, outline: Outline, even_over: Sequence[int] = EVEN_OVER) -> Iterator[Modules]:
    """The modules of a located code, round by round; none where no code of this version lies.

    even_over: see `EVEN_OVER`, one after the other, as long as what comes out is not sure.
    """
    if not cv2.contourArea(outline.corners) <= _LARGEST_AREA * grey.size:  # or not a number
        return
    n = modules_of(outline.version)
    upright, back = _upright(grey, outline.corners, n)
    grid = Grid(n)
    for over in even_over:
        if not (yield from _rounds(upright, back, _even(upright, over), outline.version, grid)):
            return


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


def _rounds(upright: Grey, back: Matrix, even: Floats, version: int, grid: Grid) -> Generator[Modules, None, bool]:
    """Returns whether the grid lies on a code, so that it may be worth looking otherwise."""
    n, fixed = modules_of(version), fixed_modules(version)
    soft = cv2.blur(even, (MODULE_PX, MODULE_PX)).astype(np.float32, copy=False)
    view = View(-even if grid.agreement(soft, fixed_patterns(version)) < 0 else even)  # light on dark, or dark on light
    agreement = grid.lay(view, version)
    if agreement < _AGREEMENT:
        return False
    trust = _trust(upright, grid, n)
    light = np.zeros((n, n), np.float32)
    now = before = Modules(_outline(grid, back, version), light, trust, agreement)
    for number in range(_ROUNDS if version <= _LARGEST_VERSION else 1):
        if number:
            grid.shift(view, decided(*_decisions(light, fixed, trust)), _STEPS)
        around = windows(view.even, grid, n)
        light = trained_on_patterns(around, fixed)
        now = replace(before, outline=_outline(grid, back, version), light=light)
        yield now
        light = trained_on_all(around, *_decisions(light, fixed, trust))
        now = replace(now, light=light)
        yield now
        if np.array_equal(light < 0, before.light < 0):
            break  # it would come out the same again
        if not number and (now.sureness < _LEAST_SURE or agreement < _LIKELY):
            return False
        if number > 1 and now.sureness < _GAIN * before.sureness:
            break
        before = now
    return now.sureness < _SURE


def _decisions(light: Floats, fixed: Floats, trust: Floats) -> tuple[Floats, Floats]:
    """Each module as light or dark, 1 or -1, and what that is worth, 0 to 1."""
    modules = np.where(fixed != 0, fixed, np.where(light < 0, np.float32(-1), np.float32(1)))
    weights = np.where(fixed != 0, np.float32(1), np.minimum(np.abs(light), 1) ** 2 * trust)
    return modules.astype(np.float32, copy=False), weights.astype(np.float32, copy=False)


def _outline(grid: Grid, back: Matrix, version: int) -> Outline:
    """Where the grid lies in the frame."""
    n = modules_of(version)
    x, y = grid.places(np.array([[0, 0], [n, 0], [n, n], [0, n]], np.float32))
    corners = cv2.perspectiveTransform(np.column_stack([x, y])[None], back)[0]
    return Outline(corners.astype(np.float32), version)


def _upright(grey: Grey, corners: Floats, n: int) -> tuple[Grey, Matrix]:
    """The code seen straight on, `MODULE_PX` a module, with a margin; and what leads back to the frame."""
    left, top, width, height = cv2.boundingRect(corners)
    module_px = float(np.sqrt(cv2.contourArea(corners)) / n)
    around = int(module_px * (MARGIN + 2)) + 4
    x, y = max(0, left - around), max(0, top - around)
    cut = grey[y : top + height + around, x : left + width + around]
    if module_px > MODULE_PX * 1.6:  # else thin lines between the points would be missed, or taken for all
        cut = cv2.GaussianBlur(cut, (0, 0), 0.4 * module_px / MODULE_PX).astype(np.uint8, copy=False)
    low, high = MARGIN * MODULE_PX - 0.5, (MARGIN + n) * MODULE_PX - 0.5
    target = np.array([[low, low], [high, low], [high, high], [low, high]], np.float32)
    onto = cv2.getPerspectiveTransform(corners - np.array([x, y], np.float32), target)
    side = (n + 2 * MARGIN) * MODULE_PX
    how = cv2.INTER_CUBIC if module_px < MODULE_PX else cv2.INTER_LINEAR
    upright = cv2.warpPerspective(cut, onto, (side, side), flags=how, borderMode=cv2.BORDER_REPLICATE)
    shift = np.array([[1, 0, x], [0, 1, y], [0, 0, 1]], np.float64)
    return upright.astype(np.uint8, copy=False), shift @ np.linalg.inv(onto)


def _even(view: Grey, over: int) -> Floats:
    """Light and contrast made even over so many modules."""
    return evened(view.astype(np.float32), over * MODULE_PX + 1, 2.0)


def _trust(upright: Grey, grid: Grid, n: int) -> Floats:
    """How far each module's surroundings vary, against what is usual in this code."""
    calm = cv2.blur(upright, (MODULE_PX, MODULE_PX))
    around = np.ones((_SURROUNDINGS * MODULE_PX,) * 2, np.uint8)
    span = cv2.subtract(cv2.dilate(calm, around), cv2.erode(calm, around))
    x, y = (place.reshape(n, n) for place in grid.places(_centres(n)))
    seen = cv2.remap(span, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE).astype(np.float32)
    trust: Floats = np.clip((seen / max(float(np.median(seen)), 1.0) - 0.15) / 0.35, 0.02, 1.0).astype(np.float32)
    return trust


@lru_cache(maxsize=40)
def _centres(n: int) -> Floats:
    right, down = np.meshgrid(np.arange(n) + 0.5, np.arange(n) + 0.5)
    return np.column_stack([right.ravel(), down.ravel()]).astype(np.float32)
