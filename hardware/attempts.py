"""Ways of looking at a cut out of a frame where a code seems to be, and what each costs."""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from hardware import symbols
from hardware.locating import outlines_by_finders
from hardware.symbols import Grey, Outline, Symbol

Look = Callable[[Grey], tuple[list[Symbol], list[Outline]]]


@dataclass(frozen=True, slots=True)
class Attempt:
    """One way. decoder: whose failure it is when it raises; scale: of the picture that it looks at, to the cut.

    price: what it costs for a pixel of the cut, as a multiple of what zxing-cpp's look at a frame costs for one;
    fixed: what it costs for any cut, in such looks; judges: whether what it locates nothing in is hardly a code.
    """

    name: str
    decoder: str
    look: Look
    price: float
    scale: float = 1.0
    fixed: float = 0.0
    judges: bool = False

    def looks(self, share: float) -> float:
        """The cost for a cut that is this share of the frame."""
        return self.fixed + self.price * share


def thresholded(cut: Grey) -> cv2.typing.MatLike:
    """Dark and light against the mean of 25 pixels around: shadows, reflections and faint screens even out."""
    return _against_mean(cv2.GaussianBlur(cut, (0, 0), 1.0), 25)


def _against_mean(grey: cv2.typing.MatLike, side_px: int) -> cv2.typing.MatLike:
    return cv2.adaptiveThreshold(grey, 255, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY, side_px, 0)


def _enlarged(cut: Grey) -> cv2.typing.MatLike:
    return cv2.resize(cut, None, fx=2, fy=2, interpolation=cv2.INTER_LINEAR)


def _sharpened(grey: cv2.typing.MatLike) -> cv2.typing.MatLike:
    return cv2.addWeighted(grey, 3.0, cv2.GaussianBlur(grey, (0, 0), 4.0), -2.0, 0)


def _halved(frame: Grey) -> cv2.typing.MatLike:
    """Half the size, dark and light against the mean around: zxing-cpp takes 24 levels between them for nothing."""
    half = cv2.resize(frame, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    return _against_mean(cv2.GaussianBlur(half, (0, 0), 0.5), 15)


def _zxing(prepare: Callable[[Grey], cv2.typing.MatLike]) -> Look:
    return lambda cut: symbols.with_zxing(prepare(cut).astype(np.uint8, copy=False))


def _zbar(prepare: Callable[[Grey], cv2.typing.MatLike]) -> Look:
    return lambda cut: (symbols.with_zbar(prepare(cut).astype(np.uint8, copy=False)), [])


FAINT = Attempt("halved", "zxing", _zxing(_halved), 0.35, 0.5)  # at whole frames: faint codes make no region
ATTEMPTS = (  # the best one first
    Attempt("thresholded", "zxing", _zxing(thresholded), 1.7),
    Attempt("finders", "grid", lambda cut: ([], outlines_by_finders(cut)), 0.2, fixed=3.0, judges=True),
    Attempt("thresholded", "zbar", _zbar(thresholded), 6.0),
    Attempt("enlarged", "zxing", _zxing(lambda cut: _against_mean(_enlarged(cut), 51)), 6.0, 2.0),
    Attempt("sharpened", "zxing", _zxing(lambda cut: _against_mean(_sharpened(_enlarged(cut)), 51)), 10.0, 2.0),
    Attempt("plain, enlarged", "zxing", _zxing(_enlarged), 3.0, 2.0),
    Attempt("blurred", "zxing", _zxing(lambda cut: _against_mean(cv2.GaussianBlur(cut, (0, 0), 2.0), 51)), 2.0),
)
