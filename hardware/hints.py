"""What would make a code readable that was located: how its visitor should hold it."""

import cv2
import numpy as np

from hardware.symbols import Grey, Hint, Outline

_SMALL_MODULE_PX = 2.3  # zxing-cpp and zbar read codes down to about this size
_DARK = 70  # the lightest of a code, of 255
_FAINT = 35  # between its dark and its light
_ROWS = 24  # are looked at
_BLURRED = 0.9  # modules that an edge is wide


def hint_for(grey: Grey, outline: Outline) -> Hint | None:
    """Judge the size, light and sharpness of a located code; None where none of them is bad."""
    if outline.module_px < _SMALL_MODULE_PX:
        return "closer"
    left, top, width, height = cv2.boundingRect(outline.corners)
    cut = grey[max(0, top) : top + height, max(0, left) : left + width]
    if min(cut.shape) < 8:
        return "closer"
    rows = cut[:: max(1, len(cut) // _ROWS)]
    ordered = np.sort(rows[:, ::3], axis=None)
    dark, light = (int(ordered[int(share * (len(ordered) - 1))]) for share in (0.05, 0.95))
    if light < _DARK or light - dark < _FAINT:
        return "brighter"
    steps = np.sort(np.abs(np.diff(rows.astype(np.int16), axis=1)), axis=None)
    edge_px = (light - dark) / max(int(steps[int(0.98 * len(steps))]), 1)
    return "hold_still" if edge_px > _BLURRED * outline.module_px else None
