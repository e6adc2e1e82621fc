"""Light and sharpness of a picture, as little as can be by what is in it, and the size of its code. Pure."""

import cv2
import numpy as np
from numpy.typing import NDArray

from hardware import symbols
from hardware.regions import around
from hardware.symbols import Corners
from kiosk.tools.camera_words import Light

Grey = NDArray[np.uint8]

_BURNT, _BLACK = 250, 5  # grey levels
_TOGETHER = 4  # lines that are averaged: noise goes, and an edge that crosses them stays
_AROUND_PX = 31  # an edge's lightest and darkest lie within
_CONTRAST = 40  # grey levels that an edge must have
_ABOVE_NOISE = 5.0  # times the noise that an edge's steepest step must be
_WIDEST_PX = 20.0  # what is wider is no edge, but a shade
_LEAST_EDGES = 40
_SHARPER = 0.2  # the share of edges that is the sharpest: a background may well be out of focus
_SIGMA = 1.4826  # of a normal distribution, by its median absolute deviation


def light_of(grey: Grey) -> Light:
    """grey: shape (height, width)."""
    few = grey[::2, ::2]
    return Light(float(few.mean()), float((few >= _BURNT).mean()), float((few <= _BLACK).mean()))


def edge_px(grey: Grey) -> float | None:
    """How many pixels the sharper edges are wide; None where there are too few. grey: shape (height, width).

    An edge's width is its contrast by its steepest step: contrast itself, and how many edges there are, cancels out.
    It is 2 at the least; of an edge that a Gaussian blur of sigma pixels (more than 1) has widened it is 2.5 sigma.
    """
    widths = np.concatenate([_widths(grey), _widths(np.ascontiguousarray(grey.T))])
    return float(np.quantile(widths, _SHARPER)) if widths.size >= _LEAST_EDGES else None


def module_px(grey: Grey, corners: Corners) -> float | None:
    """The side of a module in pixels of the QR code with these corners; None where its version can't be told."""
    if len(corners) != 4:
        return None
    cut, _, _ = around(np.array(corners, np.float32)).cut(grey)
    return symbols.module_px(cut)


def _widths(grey: Grey) -> NDArray[np.float32]:
    """The widths of all edges that cross the rows."""
    height, width = grey.shape
    if width <= _AROUND_PX or height < _TOGETHER:
        return np.zeros(0, np.float32)
    rows = cv2.resize(grey, (width, height // _TOGETHER), interpolation=cv2.INTER_AREA).astype(np.float32)
    # A step over two pixels, by two: less noise than between neighbours.
    steps = np.zeros(rows.shape, np.float32)
    steps[:, 1:-1] = np.abs(rows[:, 2:] - rows[:, :-2]) / 2
    # What bends within three pixels is mostly noise, in most places of a picture.
    bends = np.abs(rows[:, 2:] - 2 * rows[:, 1:-1] + rows[:, :-2])[:, ::3]
    noise = _SIGMA * float(np.median(bends)) / np.sqrt(12)  # of a step: sigma / sqrt(2), of a bend: sigma * sqrt(6)
    beside = np.ones((1, _AROUND_PX), np.uint8)
    contrast = cv2.dilate(rows, beside) - cv2.erode(rows, beside)
    is_edge = (contrast >= _CONTRAST) & (steps >= cv2.dilate(steps, beside))
    is_edge &= (steps > _ABOVE_NOISE * noise) & (steps * _WIDEST_PX > contrast)
    # Where the picture is cut off, so is the edge.
    is_edge[:, : _AROUND_PX // 2] = False
    is_edge[:, -(_AROUND_PX // 2) :] = False
    return (contrast[is_edge] / steps[is_edge]).astype(np.float32)
