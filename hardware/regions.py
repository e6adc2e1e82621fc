"""Where in a frame a code may be: places that change a lot both across and down, as hardly anything but a code does."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from hardware.recognition import likeness

Grey = NDArray[np.uint8]
Glance = Callable[[Grey, int, int, int, int], float]

_BLOCK_PX = 16  # of the frame, a side of one cell of the density map
_HALF_BLOCK = _BLOCK_PX // 2
_SMALLEST_BLOCKS = 6
_FAINTEST = 1.0  # grey levels above the frame's floor
_LEAST_STANDING_OUT = 6.0  # among generated door scenes, hardly a code was below; most of what else is there is
_LEAST_LIKENESS = 0.05  # below, not even a cheap attempt is worth it
_ALIKE = 0.5  # a larger region that is so likely, too, is taken instead
_SIZE_COUNTS = 0.4  # to the power of this, in blocks
_LONGEST = 2.6  # width to height, or height to width: a tilted code is not longer
_SHARES = (0.28, 0.42, 0.58)  # of the strongest place's density: what belongs to a region, narrowly and widely

_MORE = 2  # places are compared with the last frame than are asked for: a small code moves beside large posters
_STILL_S, _HARDLY_S = 0.5, 0.25  # so long a likeness holds: of what has not moved, and of what was hardly a code
_HARDLY = 0.3  # likeness, below which that is so
_SAME = 0.5  # of two regions together, what both share: more, and they are the same place
UNLIKELY = 0.8
"""Likeness, below which a place hardly has a code in it."""

_MOVED = 0.5  # change since the last frame, against the difference of neighbouring pixels


@dataclass(frozen=True, slots=True)
class Region:
    """A rectangle of the frame in pixels, and how likely a code lies in it, 0 to 1.

    moved: its picture has changed about as much as it varies; None where there is nothing to compare it with.
    """

    left: int
    top: int
    width: int
    height: int
    likeness: float
    moved: bool | None = None

    @property
    def area(self) -> int:
        """In pixels."""
        return self.width * self.height

    def cut(self, grey: Grey) -> tuple[Grey, int, int]:
        """The region with a margin around it, copied out of the frame, and the place of its top left corner."""
        around = int(max(self.width, self.height) * 0.25) + 12
        left, top = max(0, self.left - around), max(0, self.top - around)
        cut = grey[top : self.top + self.height + around, left : self.left + self.width + around]
        return np.ascontiguousarray(cut), left, top

    def same_as(self, other: "Region") -> bool:
        """Whether they overlap, and neither is twice as large as the other."""
        return self.overlaps(other) and 2 * min(self.area, other.area) > max(self.area, other.area)

    def overlaps(self, other: "Region") -> bool:
        """Whether most of the smaller of two regions lies in the other."""
        return self._both(other) > 0.5 * min(self.area, other.area)

    def shared(self, other: "Region") -> float:
        """The share of both regions together that lies in both, 0 to 1."""
        both = self._both(other)
        return both / max(1, self.area + other.area - both)

    def _both(self, other: "Region") -> int:
        width = min(self.left + self.width, other.left + other.width) - max(self.left, other.left)
        height = min(self.top + self.height, other.top + other.height) - max(self.top, other.top)
        return max(0, width) * max(0, height)


def around(corners: NDArray[np.float32], likeness: float = 0.0) -> Region:
    """The upright rectangle around some points, shape (k, 2)."""
    left, top, width, height = cv2.boundingRect(corners.astype(np.float32))
    return Region(left, top, width, height, likeness)


class RegionFinder:
    """Finds regions in frame after frame of one camera: what stands still is rather a poster than a code in a hand.

    glance: tells the likeness of a place in a frame at half its size; what is told of it holds for a moment.
    """

    def __init__(self, glance: Glance = likeness) -> None:
        self._look = glance
        self._half: Grey | None = None
        self._half_at = float("nan")
        self._before: Grey | None = None
        self._glances: list[_Glance] = []

    def find(self, grey: Grey, most: int, at: float) -> list[Region]:
        """Up to `most` places that look like a code, likeliest first; `at`: the frame's monotonic time in seconds."""
        height, width = grey.shape
        if min(height, width) < 4 * _BLOCK_PX:
            return []
        half = self.half(grey, at)
        before, self._before = self._before, half
        found = dense_regions(half, most + _MORE)
        if before is not None and before.shape != half.shape:
            self._glances = []
        elif before is not None and not _changed(half, before, np.s_[::6, ::6]):
            found = [replace(region, moved=_changed(half, before, _place(region))) for region in found]
        # else there is nothing to compare with: the camera moved, or the light was switched
        self._glances = glances = [self._glance(half, region, at) for region in found]
        likely = [glance.region for glance in glances if glance.region.likeness > _LEAST_LIKENESS]
        likely.sort(key=lambda region: (region.likeness < UNLIKELY, not region.moved, -region.likeness))
        return likely[:most]

    def half(self, grey: Grey, at: float) -> Grey:
        """The frame of this time at half its size, made once."""
        size = grey.shape[0] // 2, grey.shape[1] // 2
        if self._half is None or self._half_at != at or self._half.shape != size:
            half = cv2.resize(grey, size[::-1], interpolation=cv2.INTER_AREA)
            self._half, self._half_at = half.astype(np.uint8, copy=False), at
        return self._half

    def _glance(self, half: Grey, region: Region, at: float) -> "_Glance":
        """At what may be a code, unless what was told a moment ago still holds."""
        for old in self._glances:
            if old.holds_for(region, at):
                return _Glance(replace(region, likeness=old.region.likeness), old.at)
        left, top, width, height = (side // 2 for side in (region.left, region.top, region.width, region.height))
        return _Glance(replace(region, likeness=self._look(half, left, top, width, height)), at)


@dataclass(frozen=True, slots=True)
class _Glance:
    """A region with its likeness, and when that was told."""

    region: Region
    at: float

    def holds_for(self, region: Region, at: float) -> bool:
        """Whether it tells of this region, too: it is as it was, or moves and was hardly a code."""
        if region.moved is False:  # what has just come to rest is sharper than it was
            lasts_s = _STILL_S if self.region.moved is not True else 0.0
        else:
            lasts_s = _HARDLY_S if self.region.likeness < _HARDLY else 0.0
        return 0 <= at - self.at < lasts_s and self.region.shared(region) > _SAME


def _place(region: Region) -> tuple[slice, slice]:
    """Every other row of the region in a frame at half its size."""
    rows = slice(region.top // 2, (region.top + region.height) // 2, 2)
    return rows, slice(region.left // 2, (region.left + region.width) // 2)


def _changed(half: Grey, before: Grey, place: tuple[slice, slice]) -> bool:
    """Whether a part has changed about as much as it varies; getting lighter or darker as a whole is no change."""
    now, then = half[place].astype(np.int16), before[place].astype(np.int16)
    change = now - then
    changed = float(np.abs(change - round(float(change.mean()))).mean())
    varied = float(np.abs(np.diff(now, axis=1)).mean())
    return changed > _MOVED * varied


def dense_regions(half: Grey, most: int) -> list[Region]:
    """Up to `most` places of a frame that are dense; `half` is the frame at half its size.

    Their likeness is by how much they stand out, the highest first; what is in them nobody has looked at.
    """
    density = _density(half)
    floor = float(np.partition(density.ravel()[::2], density.size // 4)[density.size // 4])  # the median, nearly
    above = float(density.max()) - floor
    found = [region for share in _SHARES for region in _denser(density, floor, max(_FAINTEST, above * share))]
    likely: list[Region] = []
    for region in sorted(found, key=lambda region: -region.likeness):
        same = next((other for other in likely if region.same_as(other)), None)
        if same is not None:
            if region.area > same.area and region.likeness > _ALIKE * same.likeness:
                likely[likely.index(same)] = region  # rather more than the code than less
        elif len(likely) <= most:
            likely.append(region)
    return sorted(likely, key=lambda region: -region.likeness)[:most]


def _denser(density: NDArray[np.float32], floor: float, by: float) -> Iterator[Region]:
    """The parts that are denser than the floor by so many grey levels."""
    denser = (density > floor + by).astype(np.uint8)
    count, labels, boxes, _ = cv2.connectedComponentsWithStats(denser, connectivity=4)
    large = [label for label in np.flatnonzero(boxes[:, cv2.CC_STAT_AREA] >= _SMALLEST_BLOCKS).tolist() if label > 0]
    if not large:
        return
    summed = np.bincount(labels.ravel(), density.ravel(), count)
    for label in large:
        left, top, wide, high, blocks = boxes[label].tolist()
        longest = max(wide, high) / min(wide, high)
        if longest > _LONGEST:
            continue
        strength = float(summed[label]) / blocks - floor
        # Size counts little: what is dense all around a code, as a screen with waves in it, is larger.
        stands_out = blocks**_SIZE_COUNTS * min(blocks / (wide * high), 0.8) / longest * strength
        if stands_out >= _LEAST_STANDING_OUT:
            yield Region(left * _BLOCK_PX, top * _BLOCK_PX, wide * _BLOCK_PX, high * _BLOCK_PX, stands_out)


def _density(half: Grey) -> NDArray[np.float32]:
    """How much neighbouring pixels differ, across or down, whichever is less; one value a block."""
    height, width = half.shape
    # Whole blocks only: averaging over an even number of pixels is ten times as fast.
    high, wide = (height - 1) // _HALF_BLOCK, (width - 1) // _HALF_BLOCK
    within = half[: high * _HALF_BLOCK, : wide * _HALF_BLOCK]
    right = half[: high * _HALF_BLOCK, 1 : wide * _HALF_BLOCK + 1]
    below = half[1 : high * _HALF_BLOCK + 1, : wide * _HALF_BLOCK]
    across = cv2.resize(cv2.absdiff(within, right), (wide, high), interpolation=cv2.INTER_AREA)
    down = cv2.resize(cv2.absdiff(within, below), (wide, high), interpolation=cv2.INTER_AREA)
    return cv2.blur(cv2.min(across, down).astype(np.float32), (3, 3)).astype(np.float32, copy=False)
