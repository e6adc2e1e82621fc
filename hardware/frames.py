"""A frame as the camera gave it, decoded by whoever looks at it: in grey, coarse, or small and in colour.

What decoding costs depends on the format, so that each has its own cheapest road (tests/bench/test_camera_bench.py). A
frame that nobody takes is never decoded.
"""

import threading
from typing import Literal, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from hardware.cameras.settings import Region
from hardware.errors import CameraError

Picture = NDArray[np.uint8]
"""Grey: shape (height, width); in colour: (height, width, 3). dtype uint8."""

COARSE = 8
"""One cell of a coarse picture stands for so many pixels in each direction."""

_WHOLE = Region()
_TURNS = {90: cv2.ROTATE_90_CLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_COUNTERCLOCKWISE}
_REDUCED = {
    1: 0,
    2: cv2.IMREAD_REDUCED_GRAYSCALE_2,
    4: cv2.IMREAD_REDUCED_GRAYSCALE_4,
    8: cv2.IMREAD_REDUCED_GRAYSCALE_8,
}
_PLANES_TO_RGB = {"NV12": cv2.COLOR_YUV2RGB_NV12, "YU12": cv2.COLOR_YUV2RGB_I420, "YV12": cv2.COLOR_YUV2RGB_YV12}
_AS_IT_STANDS = cv2.IMREAD_IGNORE_ORIENTATION  # a camera is turned by `camera.rotate` alone


class Pixels(Protocol):
    """One picture in the form in which it came.

    All take the part of it that is wanted. `small` is about so large in pixels or larger: (height, width, 3), red
    first, or grey. Each raises CameraError where the data is no picture.
    """

    def grey(self, region: Region) -> Picture: ...
    def coarse(self, region: Region) -> Picture: ...
    def small(self, region: Region, width: int, height: int) -> Picture: ...
    def data(self) -> Picture: ...
    def size(self) -> tuple[int, int]: ...


class Frame:
    """One picture. captured_at: monotonic seconds; number: from 1 on.

    Three threads look at it at once: one grabs, one reads, one shows. `grey` and `coarse` are decoded once, whoever
    comes first; `preview` keeps nothing and so waits for nobody.
    """

    def __init__(
        self, pixels: Pixels, captured_at: float, number: int, *, region: Region | None = None, rotate: int = 0
    ) -> None:
        self.captured_at = captured_at
        self.number = number
        self._pixels = pixels
        self._region = (region or _WHOLE).before_turning(rotate)
        self._rotate = rotate
        self._lock = threading.Lock()
        self._grey: Picture | None = None
        self._coarse: Picture | None = None

    def grey(self) -> Picture:
        """The upright picture, or its part that is wanted, in grey; decoded once. Raises CameraError."""
        with self._lock:
            if self._grey is None:
                self._grey = np.ascontiguousarray(self._turned(self._pixels.grey(self._region)))
            return self._grey

    def coarse(self) -> Picture:
        """The mean of every 8x8 pixels, in grey: enough to see whether anything changes. Raises CameraError."""
        with self._lock:
            if self._coarse is None:
                self._coarse = self._turned(self._pixels.coarse(self._region))
            return self._coarse

    def preview(self, max_width: int, max_height: int) -> Picture:
        """The picture for people, at most so large in pixels: (height, width, 3), red first, or (height, width) grey.

        The same part as `grey`, with its proportions. Raises CameraError.
        """
        if self._rotate in (90, 270):
            max_width, max_height = max_height, max_width
        left, top, right, bottom = self._region.pixels(*self._pixels.size())
        width, height = right - left, bottom - top
        scale = min(max_width / width, max_height / height, 1.0)
        size = (max(1, int(width * scale)), max(1, int(height * scale)))
        small = self._pixels.small(self._region, *size)
        if (small.shape[1], small.shape[0]) != size:
            halved = small.shape[1] == 2 * size[0] and small.shape[0] == 2 * size[1]
            # By half, averaging costs as little as picking pixels; by anything else ten times as much.
            small = _u8(cv2.resize(small, size, interpolation=cv2.INTER_AREA if halved else cv2.INTER_LINEAR))
        return self._turned(small)

    def is_equal(self, other: "Frame") -> bool:
        """Whether both came as the same bytes: the noise of a sensor makes each frame another one."""
        mine, others = self._pixels.data(), other._pixels.data()  # noqa: SLF001  # of the same class
        if mine.shape != others.shape:
            return False
        # A few lines tell almost always; only where these are equal, all of them are compared.
        return np.array_equal(mine[::16], others[::16]) and np.array_equal(mine, others)

    def _turned(self, picture: Picture) -> Picture:
        turn = _TURNS.get(self._rotate)
        return picture if turn is None else _u8(cv2.rotate(picture, turn))


class Jpeg:
    """A JPEG as a camera sends it. data: shape (bytes,). It is decoded as a whole: the part is cut out afterwards."""

    def __init__(self, data: Picture, width: int, height: int) -> None:
        self._data = data
        self._width, self._height = width, height
        self._grey: Picture | None = None

    def grey(self, region: Region) -> Picture:
        self._grey = self._decoded(cv2.IMREAD_GRAYSCALE)
        return _part(self._grey, region)

    def coarse(self, region: Region) -> Picture:
        # Both roads give the same picture: a JPEG holds the mean of every 8x8 pixels; to decode that alone is cheaper.
        if self._grey is not None:
            return _part(averaged(self._grey), region)
        reduced = self._decoded(cv2.IMREAD_REDUCED_GRAYSCALE_8)
        return _part(reduced[: max(1, self._height // COARSE), : max(1, self._width // COARSE)], region)

    def small(self, region: Region, width: int, height: int) -> Picture:
        # The decoder halves for less than nothing: it leaves out what it does not need.
        left, top, right, bottom = region.pixels(self._width, self._height)
        shrink = min((right - left) // width, (bottom - top) // height)
        factor = max(factor for factor in _REDUCED if factor <= max(1, shrink))
        return _part(self._decoded(_REDUCED[factor] | cv2.IMREAD_COLOR_RGB), region)

    def data(self) -> Picture:
        return self._data

    def size(self) -> tuple[int, int]:
        return self._width, self._height

    def _decoded(self, how: int) -> Picture:
        picture = cv2.imdecode(self._data, how | _AS_IT_STANDS) if self._data.size else None
        if picture is None:
            raise CameraError("camera.format: what the camera gives as MJPG is no JPEG picture; try YUYV", "format")
        return _u8(picture)


class Yuyv:
    """Two pixels in four bytes: brightness, blue, brightness, red. data: shape (height, width, 2)."""

    def __init__(self, data: Picture) -> None:
        self._data = data

    def grey(self, region: Region) -> Picture:
        return _u8(cv2.extractChannel(self._cut(region), 0))

    def coarse(self, region: Region) -> Picture:
        return averaged(_u8(cv2.extractChannel(self._cut(region)[1::4], 0)), rows=COARSE // 4)

    def small(self, region: Region, width: int, height: int) -> Picture:
        cut = self._cut(region)
        rows = max(1, min(cut.shape[0] // height, cut.shape[1] // width))
        return _u8(cv2.cvtColor(np.ascontiguousarray(cut[::rows]), cv2.COLOR_YUV2RGB_YUYV))

    def data(self) -> Picture:
        return self._data

    def size(self) -> tuple[int, int]:
        return self._data.shape[1], self._data.shape[0]

    def _cut(self, region: Region) -> Picture:
        return _part(self._data, region)


class Planar:
    """All brightness first, then the colours at a quarter of the size. data: shape (height * 3 / 2, stride).

    width: pixels of a line, at most `stride`: what is beyond is filling. order: NV12, YU12 (I420) or YV12.
    """

    def __init__(self, data: Picture, width: int, order: Literal["NV12", "YU12", "YV12"]) -> None:
        self._data, self._width = data, width
        self._height = data.shape[0] * 2 // 3
        self._order = order

    def grey(self, region: Region) -> Picture:
        return _part(self._data[: self._height, : self._width], region)

    def coarse(self, region: Region) -> Picture:
        return averaged(self.grey(region)[1::4], rows=COARSE // 4)

    def small(self, region: Region, width: int, height: int) -> Picture:  # noqa: ARG002  # there is no cheaper road
        rgb = _u8(cv2.cvtColor(self._data, _PLANES_TO_RGB[self._order]))
        return _part(rgb[:, : self._width], region)

    def data(self) -> Picture:
        return self._data

    def size(self) -> tuple[int, int]:
        return self._width, self._height


class Plain:
    """A picture that is decoded already: shape (height, width, 3), blue first, or (height, width), grey."""

    def __init__(self, data: Picture) -> None:
        self._data = data

    def grey(self, region: Region) -> Picture:
        cut = _part(self._data, region)
        return cut if cut.ndim == 2 else _u8(cv2.cvtColor(cut, cv2.COLOR_BGR2GRAY))

    def coarse(self, region: Region) -> Picture:
        cut = _part(self._data, region)[1::4]
        return averaged(cut if cut.ndim == 2 else _u8(cv2.cvtColor(cut, cv2.COLOR_BGR2GRAY)), rows=COARSE // 4)

    def small(self, region: Region, width: int, height: int) -> Picture:
        cut = _part(self._data, region)
        factor = max(1, min(cut.shape[1] // width, cut.shape[0] // height))
        if factor > 1:
            size = (cut.shape[1] // factor, cut.shape[0] // factor)
            # By half, averaging costs as little as picking pixels; by anything else ten times as much.
            cut = _u8(cv2.resize(cut, size, interpolation=cv2.INTER_AREA if factor == 2 else cv2.INTER_LINEAR))
        return cut if cut.ndim == 2 else _u8(cv2.cvtColor(cut, cv2.COLOR_BGR2RGB))

    def data(self) -> Picture:
        return self._data

    def size(self) -> tuple[int, int]:
        return self._data.shape[1], self._data.shape[0]


def averaged(grey: Picture, *, rows: int = COARSE) -> Picture:
    """The mean of every `rows` lines of 8 pixels."""
    height, width = grey.shape
    size = (max(1, width // COARSE), max(1, height // rows))
    return _u8(cv2.resize(grey, size, interpolation=cv2.INTER_AREA))


def _part(picture: Picture, region: Region) -> Picture:
    """A part of a picture: the same memory."""
    if region == _WHOLE:
        return picture
    left, top, right, bottom = region.pixels(picture.shape[1], picture.shape[0])
    return picture[top:bottom, left:right]


def _u8(picture: cv2.typing.MatLike) -> Picture:
    return picture.astype(np.uint8, copy=False)
