"""Pixels -> payloads: zxing-cpp first, zbar second, bar codes now and then.

zxing-cpp reads most codes for little time, with exact bytes. zbar reads some that zxing-cpp misses, but costs ten times
as much and knows no inverted codes, so that it is asked at intervals only, for the picture and its inverse in turn.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
import zxingcpp
from numpy.typing import NDArray
from pyzbar import pyzbar

Grey = NDArray[np.uint8]
"""A grey picture, shape (height, width), dtype uint8."""

Symbology = Literal["qr", "bar"]
ReaderName = Literal["zxing", "zbar"]

# Model 2 alone: `QRCode` also means micro QR, which has given false reads on ordinary frames.
_QR = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCodeModel2)
# The symbologies of goods, cards and parcels. ITF and Codabar are left out: they "read" railings and stripes.
_BAR_FORMATS = zxingcpp.BarcodeFormats(
    [
        zxingcpp.BarcodeFormat.EAN13,
        zxingcpp.BarcodeFormat.EAN8,
        zxingcpp.BarcodeFormat.UPCA,
        zxingcpp.BarcodeFormat.Code128,
        zxingcpp.BarcodeFormat.PDF417,
        zxingcpp.BarcodeFormat.DataMatrix,
    ]
)
_ZBAR_WIDTH_PX = 960
_BAR_WIDTH_PX = 800


@dataclass(frozen=True, slots=True)
class Symbol:
    """One code in a picture. corners: four (x, y) points in pixels, clockwise. Its repr hides the payload."""

    payload: bytes
    symbology: Symbology
    reader: ReaderName
    corners: tuple[tuple[int, int], ...]

    def __repr__(self) -> str:
        return f"Symbol(<{len(self.payload)} bytes hidden>, {self.symbology!r}, {self.reader!r})"


Hint = Literal["closer", "hold_still", "brighter"]
"""What would make a code readable that was located: how the visitor should hold it."""


@dataclass(frozen=True, slots=True)
class Located:
    """A code that is there and can't be decoded (yet). corners: as of a Symbol; hint: None where nothing stands out."""

    corners: tuple[tuple[int, int], ...]
    hint: Hint | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """What one frame gave: the codes that were decoded, and, where none was, one that was only located."""

    symbols: tuple[Symbol, ...] = ()
    located: Located | None = None


class SymbolReader:
    """Reads frame after frame; spends the dear decoders' time at intervals.

    zbar_every_s, bar_every_s: least seconds between two tries. on_failure: told the name of a decoder that raised, and
    the name of its error; a decoder that fails on one picture never stops the reading.
    """

    def __init__(
        self,
        *,
        bar_codes: bool = True,
        zbar_every_s: float = 0.15,
        bar_every_s: float = 0.4,
        on_failure: Callable[[str, str], None] = lambda _decoder, _error: None,
    ) -> None:
        self._bar_codes = bar_codes
        self._zbar_every_s, self._bar_every_s = zbar_every_s, bar_every_s
        self._zbar_at, self._bar_at = float("-inf"), float("-inf")
        self._invert = False
        self._bar_seen: bytes | None = None
        self._on_failure = on_failure

    def read(self, grey: Grey, at: float) -> Reading:
        """The codes of one frame; `at` is its monotonic time in seconds. Total: no picture raises."""
        return Reading(tuple(self._symbols(grey, at)))

    def _symbols(self, grey: Grey, at: float) -> list[Symbol]:
        symbols = self._guarded("zxing", lambda: _zxing(grey))
        if symbols:
            return symbols
        if at - self._zbar_at >= self._zbar_every_s:
            self._zbar_at, self._invert = at, not self._invert
            symbols = self._guarded("zbar", lambda: _zbar(grey, invert=not self._invert))
            if symbols:
                return symbols
        if self._bar_codes and at - self._bar_at >= self._bar_every_s:
            self._bar_at = at
            return self._confirmed(self._guarded("bar", lambda: _bar(grey)))
        return []

    def _confirmed(self, symbols: list[Symbol]) -> list[Symbol]:
        """A bar code counts when two tries in a row read the same: stripes of all kinds look like one for a moment."""
        seen = symbols[0].payload if symbols else None
        confirmed = symbols[:1] if seen is not None and seen == self._bar_seen else []
        self._bar_seen = seen
        return confirmed

    def _guarded(self, decoder: str, decode: Callable[[], list[Symbol]]) -> list[Symbol]:
        try:
            return decode()
        except Exception as error:  # noqa: BLE001  # whatever a native decoder raises, the next frame must be read
            self._on_failure(decoder, type(error).__name__)
            return []


def _zxing(grey: Grey) -> list[Symbol]:
    return [
        Symbol(bytes(code.bytes), "qr", "zxing", _corners(code.position))
        for code in zxingcpp.read_barcodes(grey, formats=_QR)
        if code.valid
    ]


def _zbar(grey: Grey, *, invert: bool) -> list[Symbol]:
    small, scale = _shrunk(grey, _ZBAR_WIDTH_PX)
    if invert:
        small = cv2.bitwise_not(small).astype(np.uint8, copy=False)
    try:
        codes = pyzbar.decode(small, symbols=[pyzbar.ZBarSymbol.QRCODE])
    except ValueError:
        # A structured-append code has an orientation that pyzbar does not know:
        # https://github.com/NaturalHistoryMuseum/pyzbar/issues/139
        return []
    # zbar rewrites bytes above 0x7F; our credentials are ASCII, so that such a payload is foreign either way.
    return [
        Symbol(
            bytes(code.data),
            "qr",
            "zbar",
            tuple((round(point.x * scale), round(point.y * scale)) for point in code.polygon),
        )
        for code in codes
    ]


def _bar(grey: Grey) -> list[Symbol]:
    small, _ = _shrunk(grey, _BAR_WIDTH_PX)
    codes = zxingcpp.read_barcodes(small, formats=_BAR_FORMATS, try_downscale=False, try_invert=False)
    return [Symbol(bytes(code.bytes), "bar", "zxing", _corners(code.position)) for code in codes if code.valid]


def _shrunk(grey: Grey, width_px: int) -> tuple[Grey, float]:
    """The picture at most `width_px` wide, and the factor that leads back."""
    height, width = grey.shape
    if width <= width_px:
        return grey, 1.0
    scale = width / width_px
    small = cv2.resize(grey, (width_px, max(1, round(height / scale))), interpolation=cv2.INTER_AREA)
    return small.astype(np.uint8, copy=False), scale


def _corners(position: zxingcpp.Position) -> tuple[tuple[int, int], ...]:
    points = (position.top_left, position.top_right, position.bottom_right, position.bottom_left)
    return tuple((point.x, point.y) for point in points)
