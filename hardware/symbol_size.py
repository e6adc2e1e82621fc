"""How large the modules of a code in view are: what decides whether a camera is near enough."""

import cv2
import numpy as np
import zxingcpp

from hardware.regions import around
from hardware.symbols import Corners, Grey

_QR = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCodeModel2)


def module_px(grey: Grey, corners: Corners) -> float | None:
    """The side of a module in pixels of the QR code with these corners; None where its version can't be told."""
    if len(corners) != 4:
        return None
    cut, _, _ = around(np.array(corners, np.float32)).cut(grey)
    for code in zxingcpp.read_barcodes(cut, formats=_QR, return_errors=True):
        version = str(code.extra.get("Version", "")) if isinstance(code.extra, dict) else ""
        if version.isdecimal():
            place = code.position
            points = (place.top_left, place.top_right, place.bottom_right, place.bottom_left)
            area = cv2.contourArea(np.array([(point.x, point.y) for point in points], np.float32))
            return float(np.sqrt(area)) / (17 + 4 * int(version))
    return None
