"""Makes light and contrast even, so that what lies in a shadow compares with what lies in the light."""

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


def evened(light: Floats, over_px: int, floor: float) -> Floats:
    """Mean 0 and deviation 1 around each place, over a square of `over_px`; floor: grey levels that are mere noise."""
    size = (over_px, over_px)
    mean = cv2.blur(light, size)
    deviation = np.sqrt(np.maximum(cv2.blur(light * light, size) - mean * mean, 1.0))
    return ((light - mean) / (deviation + floor)).astype(np.float32)
