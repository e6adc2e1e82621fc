"""The readers that are compared: the decoders that can be had, each as it comes, and the terminal's own reader."""

from collections.abc import Callable

import cv2
import zxingcpp
from pyzbar import pyzbar

from hardware.reader import SymbolReader
from tests.bench.scene import Grey

Read = Callable[[Grey, float], set[bytes]]
"""The payloads of one frame, given its time in seconds."""

OURS, MEASURE = "the terminal's reader", "zxing-cpp"
FPS = 30


def rivals() -> dict[str, Read]:
    """Readers that have seen nothing yet, for one picture or one sequence."""
    return {"pyzbar": _pyzbar(), "OpenCV": _opencv(), MEASURE: _zxing(), OURS: _terminal()}


def _pyzbar() -> Read:
    def read(grey: Grey, _at: float) -> set[bytes]:
        try:
            return {bytes(code.data) for code in pyzbar.decode(grey, symbols=[pyzbar.ZBarSymbol.QRCODE])}
        except ValueError:  # https://github.com/NaturalHistoryMuseum/pyzbar/issues/139
            return set()

    return read


def _opencv() -> Read:
    detector = cv2.QRCodeDetector()

    def read(grey: Grey, _at: float) -> set[bytes]:
        try:
            text, _, _ = detector.detectAndDecode(grey)
        except (cv2.error, UnicodeDecodeError):  # it raises on some ordinary frames of little contrast
            return set()
        return {text.encode()} if text else set()

    return read


def _zxing() -> Read:
    model_2 = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCodeModel2)
    return lambda grey, _at: {bytes(code.bytes) for code in zxingcpp.read_barcodes(grey, formats=model_2) if code.valid}


def _terminal() -> Read:
    reader = SymbolReader(bar_codes=False)
    return lambda grey, at: {symbol.payload for symbol in reader.read(grey, at).symbols}
