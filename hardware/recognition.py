"""Tells of a place in a frame how much it looks like a QR code: at a glance, before anything is spent on it.

A small convolutional network (recognition.onnx) looks at the place, brought to one size, with light and contrast made
even. It was trained on drawn codes in all kinds of light, and on drawn things that are none; tests/training makes it.
"""

from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from hardware.evening import Floats, evened

SIDE_PX = 80
_AROUND = 1.25  # so much of the place is shown, as a multiple of its longer side
_EVEN_OVER_PX = 27
_NOISE = 4.0  # grey levels
_NETWORK = Path(__file__).with_name("recognition.onnx")

Grey = NDArray[np.uint8]


def likeness(grey: Grey, left: int, top: int, width: int, height: int) -> float:
    """How likely it is that the rectangle is about where a code lies, 0 to 1."""
    return recognised(evened_patch(patch(grey, left, top, width, height)))


def likeness_within(grey: Grey, corners: NDArray[np.float32]) -> float:
    """How likely it is that a code lies with its corners there, shape (4, 2), clockwise; 0 where that is no place."""
    upright = upright_patch(grey, corners)
    return 0.0 if upright is None else recognised(evened_patch(upright))


def upright_patch(grey: Grey, corners: NDArray[np.float32]) -> Grey | None:
    """What lies within the corners, set upright, with as much around as `patch` shows, shape (80, 80)."""
    high, wide = grey.shape
    side = float(np.sqrt(cv2.contourArea(corners)))
    if not 1 <= side <= 2 * max(high, wide):  # or not a number
        return None
    scale = min(1.0, SIDE_PX / _AROUND / side)
    around = round(side * (_AROUND - 1) / 2) + 2
    x, y, width, height = cv2.boundingRect(corners)
    left, top = max(0, x - around), max(0, y - around)
    cut = grey[top : max(0, y + height + around), left : max(0, x + width + around)]
    if not cut.size:
        return None
    small = cv2.resize(cut, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) if scale < 1 else cut
    near, far = SIDE_PX * (1 - 1 / _AROUND) / 2, SIDE_PX * (1 + 1 / _AROUND) / 2
    square = np.array([[near, near], [far, near], [far, far], [near, far]], np.float32)
    placed = ((corners - (left, top)) * scale).astype(np.float32)
    matrix = cv2.getPerspectiveTransform(placed, square)
    upright = cv2.warpPerspective(small, matrix, (SIDE_PX, SIDE_PX), borderMode=cv2.BORDER_REPLICATE)
    return upright.astype(np.uint8, copy=False)


def patch(grey: Grey, left: int, top: int, width: int, height: int) -> Grey:
    """The rectangle in the middle of a square, shape (80, 80); beyond the picture its edge goes on."""
    side = max(4, round(_AROUND * max(width, height)))
    left, top = left + (width - side) // 2, top + (height - side) // 2
    high, wide = grey.shape
    cut = grey[max(0, top) : top + side, max(0, left) : left + side]
    beyond = max(0, -top), max(0, top + side - high), max(0, -left), max(0, left + side - wide)
    square = cv2.copyMakeBorder(cut, *beyond, cv2.BORDER_REPLICATE) if any(beyond) else cut
    interpolation = cv2.INTER_AREA if side > SIDE_PX else cv2.INTER_LINEAR
    return cv2.resize(square, (SIDE_PX, SIDE_PX), interpolation=interpolation).astype(np.uint8, copy=False)


def evened_patch(shown: Grey) -> Floats:
    """As the network sees it."""
    return evened(shown.astype(np.float32), _EVEN_OVER_PX, _NOISE)


def recognised(even: Floats) -> float:
    """What the network tells of an evened patch: a probability."""
    network = _network()
    network.setInput(even[None, None])
    return float(1 / (1 + np.exp(-np.clip(network.forward().item(), -30, 30))))


@lru_cache(maxsize=1)
def _network() -> cv2.dnn.Net:
    # OpenCV 5 has a new engine beside the only one of OpenCV 4: for a network as small as this it takes longer.
    engine = (cv2.dnn.ENGINE_CLASSIC,) if hasattr(cv2.dnn, "ENGINE_CLASSIC") else ()
    return cv2.dnn.readNetFromONNX(str(_NETWORK), *engine)
