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


def _enlarged(cut: cv2.typing.MatLike) -> cv2.typing.MatLike:
    return cv2.resize(cut, None, fx=2, fy=2, interpolation=cv2.INTER_LINEAR)


def _blurred(grey: cv2.typing.MatLike, second_px: int) -> cv2.typing.MatLike:
    """Two means one after the other come near a Gaussian, in half the time."""
    return cv2.blur(cv2.blur(grey, (5, 5)), (second_px, second_px))


def _sharpened(cut: Grey) -> cv2.typing.MatLike:
    return cv2.addWeighted(cut, 3.0, _blurred(cut, 5), -2.0, 0)


def _faint(half: Grey) -> tuple[list[Symbol], list[Outline]]:
    """Dark and light against the mean around, since zxing-cpp takes 24 levels between them for nothing.

    Modules must be narrower than what is around: so larger ones are sought in a picture of half the size.
    """
    for scale in (1.0, 0.5):
        small = cv2.resize(half, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) if scale < 1 else half
        drawn = _against_mean(cv2.GaussianBlur(small, (3, 3), 0.5), 15).astype(np.uint8, copy=False)
        read, outlines = symbols.with_zxing(drawn, small=True, binary=True)
        if read or outlines:
            break
    return [one.placed(scale, 0, 0, one.step) for one in read], [outline.placed(scale, 0, 0) for outline in outlines]


def _zxing(prepare: Callable[[Grey], cv2.typing.MatLike], *, binary: bool = True) -> Look:
    return lambda cut: symbols.with_zxing(prepare(cut).astype(np.uint8, copy=False), binary=binary)


def _zbar(prepare: Callable[[Grey], cv2.typing.MatLike]) -> Look:
    return lambda cut: (symbols.with_zbar(prepare(cut).astype(np.uint8, copy=False)), [])


# At whole frames, given at half their size: faint codes make no region.
FAINT = Attempt("halved", "zxing", _faint, 1.9, 0.5)
ATTEMPTS = (  # the best one first
    Attempt("thresholded", "zxing", _zxing(thresholded), 2.2),
    Attempt("finders", "grid", lambda cut: ([], outlines_by_finders(cut)), 0.2, fixed=3.0, judges=True),
    Attempt("thresholded", "zbar", _zbar(thresholded), 7.5),
    Attempt("enlarged", "zxing", _zxing(lambda cut: _against_mean(_enlarged(cut), 51)), 6.0, 2.0),
    Attempt("sharpened", "zxing", _zxing(lambda cut: _against_mean(_enlarged(_sharpened(cut)), 51)), 6.5, 2.0),
    Attempt("plain, enlarged", "zxing", _zxing(_enlarged, binary=False), 3.0, 2.0),
    Attempt("blurred", "zxing", _zxing(lambda cut: _against_mean(_blurred(cut, 3), 51)), 1.4),
)
