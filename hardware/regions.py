"""Where in a frame a code may be: places that change a lot both across and down, as hardly anything but a code does."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.uint8]

_BLOCK_PX = 16  # of the frame, a side of one cell of the density map
_HALF_BLOCK = _BLOCK_PX // 2
_SMALLEST_BLOCKS = 6
_FAINTEST = 1.0  # grey levels above the frame's floor
_LEAST_LIKENESS = 15.0  # among generated door scenes, no code was below; most of what else is there is
_LONGEST = 2.6  # width to height, or height to width: a tilted code is not longer
_SHARE = 0.3  # of the strongest place's density: what belongs to a region


@dataclass(frozen=True, slots=True)
class Region:
    """A rectangle of the frame in pixels, and how much it looks like a code: the higher the more."""

    left: int
    top: int
    width: int
    height: int
    likeness: float

    def cut(self, grey: Grey) -> tuple[Grey, int, int]:
        """The region with a margin around it, copied out of the frame, and the place of its top left corner."""
        around = int(max(self.width, self.height) * 0.25) + 12
        left, top = max(0, self.left - around), max(0, self.top - around)
        cut = grey[top : self.top + self.height + around, left : self.left + self.width + around]
        return np.ascontiguousarray(cut), left, top

    def overlaps(self, other: "Region") -> bool:
        """Whether most of the smaller of two regions lies in the other."""
        width = min(self.left + self.width, other.left + other.width) - max(self.left, other.left)
        height = min(self.top + self.height, other.top + other.height) - max(self.top, other.top)
        smaller = min(self.width * self.height, other.width * other.height)
        return width > 0 and height > 0 and width * height > 0.5 * smaller


def around(corners: NDArray[np.float32], likeness: float = 0.0) -> Region:
    """The upright rectangle around some points, shape (k, 2)."""
    left, top, width, height = cv2.boundingRect(corners.astype(np.float32))
    return Region(left, top, width, height, likeness)


def likely_regions(grey: Grey, most: int) -> list[Region]:
    """Up to `most` places that look like a code, likeliest first. A frame of 1280x720 takes about 0.2 ms."""
    height, width = grey.shape
    if min(height, width) < 4 * _BLOCK_PX:
        return []
    density = _density(grey)
    floor = float(np.median(density))
    threshold = floor + max(_FAINTEST, (float(density.max()) - floor) * _SHARE)
    _, labels, boxes, _ = cv2.connectedComponentsWithStats((density > threshold).astype(np.uint8), connectivity=4)
    found = []
    for label, (left, top, wide, high, blocks) in enumerate(boxes.tolist()):
        longest = max(wide, high) / min(wide, high)
        if label == 0 or blocks < _SMALLEST_BLOCKS or longest > _LONGEST:
            continue
        inside = labels[top : top + high, left : left + wide] == label
        strength = float(density[top : top + high, left : left + wide][inside].mean()) - floor
        likeness = blocks**0.5 * min(blocks / (wide * high), 0.8) / longest * strength
        if likeness >= _LEAST_LIKENESS:
            found.append(Region(left * _BLOCK_PX, top * _BLOCK_PX, wide * _BLOCK_PX, high * _BLOCK_PX, likeness))
    return sorted(found, key=lambda region: -region.likeness)[:most]


def _density(grey: Grey) -> NDArray[np.float32]:
    """How much neighbouring pixels differ, across or down, whichever is less; one value a block."""
    height, width = grey.shape
    half = cv2.resize(grey, (width // 2, height // 2), interpolation=cv2.INTER_AREA)
    # Whole blocks only: averaging over an even number of pixels is ten times as fast.
    high, wide = (height // 2 - 1) // _HALF_BLOCK, (width // 2 - 1) // _HALF_BLOCK
    within = half[: high * _HALF_BLOCK, : wide * _HALF_BLOCK]
    right = half[: high * _HALF_BLOCK, 1 : wide * _HALF_BLOCK + 1]
    below = half[1 : high * _HALF_BLOCK + 1, : wide * _HALF_BLOCK]
    across = cv2.resize(cv2.absdiff(within, right), (wide, high), interpolation=cv2.INTER_AREA)
    down = cv2.resize(cv2.absdiff(within, below), (wide, high), interpolation=cv2.INTER_AREA)
    return cv2.blur(cv2.min(across, down).astype(np.float32), (3, 3)).astype(np.float32, copy=False)
