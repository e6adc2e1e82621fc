"""What is read off a picture, and the two decoders that read it: zxing-cpp and zbar.

zxing-cpp reads most codes for little time, with exact bytes, and says where it located one that it could not decode.
zbar reads some that zxing-cpp misses, but costs ten times as much and knows no inverted codes.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

import cv2
import numpy as np
import zxingcpp
from numpy.typing import NDArray
from pyzbar import pyzbar

from hardware.qr_layout import modules_of

Grey = NDArray[np.uint8]
"""A grey picture, shape (height, width), dtype uint8."""

Symbology = Literal["qr", "bar"]
BarKind = Literal["goods", "stacked", "matrix"]
ReaderName = Literal["zxing", "zbar"]
Corners = tuple[tuple[int, int], ...]

# Model 2 alone: `QRCode` also means micro QR, which has given false reads on ordinary frames.
_QR = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCodeModel2)
# The symbologies of goods, cards and parcels. ITF and Codabar are left out: they "read" railings and stripes.
_BAR_FORMATS: dict[BarKind, zxingcpp.BarcodeFormats] = {
    "goods": zxingcpp.BarcodeFormats(
        [
            zxingcpp.BarcodeFormat.EAN13,
            zxingcpp.BarcodeFormat.EAN8,
            zxingcpp.BarcodeFormat.UPCA,
            zxingcpp.BarcodeFormat.Code128,
        ]
    ),
    "stacked": zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.PDF417),
    "matrix": zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.DataMatrix),
}
_BAR_WIDTH_PX = 640  # about: whole pixels are averaged, which takes a tenth of the time
_LEAST_MODULE_PX = 0.8  # what is smaller is no code


@dataclass(frozen=True, slots=True)
class Symbol:
    """One code in a picture. corners: four (x, y) points in pixels, clockwise; step: which way of looking found it.

    Its repr hides the payload.
    """

    payload: bytes
    symbology: Symbology
    reader: ReaderName
    corners: Corners
    step: str = "whole"

    def __repr__(self) -> str:
        return f"Symbol(<{len(self.payload)} bytes hidden>, {self.symbology!r}, {self.reader!r}, {self.step!r})"

    def placed(self, scale: float, left: int, top: int, step: str) -> "Symbol":
        """The symbol as it lies in the frame, when it was found in an enlarged cut out of it."""
        corners = tuple((round(x / scale) + left, round(y / scale) + top) for x, y in self.corners)
        return replace(self, corners=corners, step=step)


Hint = Literal["closer", "hold_still", "brighter"]
"""What would make a code readable that was located: how the visitor should hold it."""


@dataclass(frozen=True, slots=True)
class Outline:
    """Where a code was located that could not be decoded.

    corners: shape (4, 2), pixels, clockwise from the symbol's own top left; version: 1 to 40, as it was estimated.
    """

    corners: NDArray[np.float32]
    version: int

    @property
    def module_px(self) -> float:
        """The side of a module, in pixels."""
        return float(np.sqrt(cv2.contourArea(self.corners)) / modules_of(self.version))

    def same_as(self, other: "Outline") -> bool:
        """Whether both would be fitted onto the same modules."""
        apart = float(np.abs(self.corners - other.corners).max())
        return self.version == other.version and apart < self.module_px

    def placed(self, scale: float, left: int, top: int) -> "Outline":
        """The outline as it lies in the frame, when it was found in an enlarged cut out of it."""
        return replace(self, corners=self.corners / np.float32(scale) + np.array([left, top], np.float32))


@dataclass(frozen=True, slots=True)
class Located:
    """A code that is there and can't be decoded (yet). corners: as of a Symbol; hint: None where nothing stands out."""

    corners: Corners
    hint: Hint | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """What one frame gave: the codes that were decoded, and, where none was, one that was only located."""

    symbols: tuple[Symbol, ...] = ()
    located: Located | None = None


def with_zxing(
    grey: Grey, *, small: bool = False, binary: bool = False, inverted: bool = True
) -> tuple[list[Symbol], list[Outline]]:
    """The QR codes that zxing-cpp decodes, and those that it only located.

    small: no downscaled copies are searched. binary: black and white alone, so that no threshold need be found.
    inverted: codes that are light on dark, too.
    """
    symbols, outlines = [], []
    for code, outline in _sampled(grey, small=small, binary=binary, inverted=inverted):
        if code.valid:
            symbols.append(Symbol(bytes(code.bytes), "qr", "zxing", _corners(code.position)))
        elif outline.module_px >= _LEAST_MODULE_PX and cv2.isContourConvex(outline.corners):
            outlines.append(outline)
    return symbols, outlines


def module_px(grey: Grey) -> float | None:
    """The side of a module in pixels of the first QR code in a picture; None where there is none that can be sized."""
    return next((outline.module_px for _, outline in _sampled(grey)), None)


def _sampled(
    grey: Grey, *, small: bool = False, binary: bool = False, inverted: bool = True
) -> Iterator[tuple[zxingcpp.Barcode, Outline]]:
    """The QR codes that zxing-cpp has sized, decoded or not."""
    threshold = zxingcpp.Binarizer.FixedThreshold if binary else zxingcpp.Binarizer.LocalAverage
    for code in zxingcpp.read_barcodes(
        grey, formats=_QR, return_errors=True, try_downscale=not small, try_invert=inverted, binarizer=threshold
    ):
        version = str(_extra(code).get("Version", ""))
        if version.isdecimal():  # micro QR codes have the letter M in it, and nothing sampled has none
            yield code, Outline(np.array(_corners(code.position), np.float32), int(version))


def _extra(code: zxingcpp.Barcode) -> dict[str, object]:
    """What else zxing-cpp says of a symbol; nothing of one that it could not even size."""
    return code.extra if isinstance(code.extra, dict) else {}


def with_zbar(grey: Grey) -> list[Symbol]:
    """The QR codes with ASCII payloads that zbar decodes."""
    try:
        codes = pyzbar.decode(grey, symbols=[pyzbar.ZBarSymbol.QRCODE])
    except ValueError:
        # A structured-append code has an orientation that pyzbar does not know:
        # https://github.com/NaturalHistoryMuseum/pyzbar/issues/139
        return []
    # zbar rewrites bytes above 0x7F; ours are ASCII, and what is not exact is not read.
    return [
        Symbol(bytes(code.data), "qr", "zbar", tuple((point.x, point.y) for point in code.polygon))
        for code in codes
        if bytes(code.data).isascii() and len(code.polygon) > 2
    ]


def bar_codes(grey: Grey, *kinds: BarKind) -> list[Symbol]:
    """The bar codes of goods, cards and parcels: of these kinds, or of all."""
    small, scale = _shrunk(grey, _BAR_WIDTH_PX)
    found = []
    for kind in kinds or _BAR_FORMATS:
        codes = zxingcpp.read_barcodes(small, formats=_BAR_FORMATS[kind], try_downscale=False, try_invert=False)
        found += [Symbol(bytes(code.bytes), "bar", "zxing", _corners(code.position)) for code in codes if code.valid]
    return [symbol.placed(1 / scale, 0, 0, "bar") for symbol in found]


def _shrunk(grey: Grey, width_px: int) -> tuple[Grey, float]:
    """The picture about `width_px` wide, or as it is if it is no wider, and the factor that leads back."""
    by = max(1, round(grey.shape[1] / width_px))
    size = max(1, grey.shape[1] // by), max(1, grey.shape[0] // by)
    small = cv2.resize(grey[: size[1] * by, : size[0] * by], size, interpolation=cv2.INTER_AREA)
    return small.astype(np.uint8, copy=False), float(by)


def _corners(position: zxingcpp.Position) -> tuple[tuple[int, int], ...]:
    points = (position.top_left, position.top_right, position.bottom_right, position.bottom_left)
    return tuple((point.x, point.y) for point in points)
