"""A V4L2 camera, through OpenCV: the driver's own bytes, undecoded.

Read with https://github.com/opencv/opencv/blob/4.x/modules/videoio/src/cap_v4l.cpp beside you: it takes another
format in silence when the one asked for is not to be had, `isOpened` stays true after an unplug, and `read` waits for
10 s by default.
"""

import os
import time
from collections.abc import Callable
from typing import Any, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from hardware.cameras import v4l2_controls, v4l2_nodes
from hardware.cameras.settings import CameraSettings
from hardware.cameras.source import InForce
from hardware.cameras.stream import fourcc_text
from hardware.cameras.times import FrameTimes
from hardware.errors import CameraError, NoPictureYet
from hardware.frames import Jpeg, Pixels, Plain, Planar, Yuyv

_FALLBACKS = ("MJPG", "YUYV", "NV12", "YU12")
_READABLE = {*_FALLBACKS, "JPEG", "YV12", "GREY", "BGR3"}
_GONE_S = 1.0  # a camera that was unplugged says so at once; one that hangs does not


class Device:
    """An open V4L2 camera. Raises CameraError when it is not there, may not be used, or gives no format that is read.

    capture: opens it; OpenCV's VideoCapture, or what has its interface.
    """

    def __init__(
        self,
        settings: CameraSettings,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        capture: Callable[[int | str], Any] | None = None,
    ) -> None:
        self._monotonic = monotonic
        path = v4l2_nodes.choose(settings.source, v4l2_nodes.cameras())
        if not os.access(path, os.R_OK | os.W_OK):
            raise CameraError(f"camera.source: {path} may not be used; add the user to the group 'video'")
        self._path = path
        number = v4l2_nodes.number_of(path)
        open_capture = capture or (lambda source: cv2.VideoCapture(source, cv2.CAP_V4L2))
        self._capture = open_capture(number if number is not None else str(path.resolve()))
        if not self._capture.isOpened():
            raise CameraError(f"camera.source: {path} can't be opened; another program may be using it")
        refused = []
        if isinstance(settings.source, int) and settings.source != number:
            refused.append(f"source: /dev/video{settings.source} is not there, {path} is taken, the only camera here")
        self._format = self._agree_on_format(settings.pixel_format)
        self._agree_on_size(settings)
        self._capture.set(cv2.CAP_PROP_CONVERT_RGB, 0)
        self._capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)  # four by default: every frame would be a tenth of a second old
        self._format = self._read_back()  # setting the size or the buffers may have changed it
        self.in_force = self._describe(settings, refused)
        fps = self._fps(settings)
        self._times = FrameTimes(monotonic(), 1 / fps, queue=max(1, int(self._capture.get(cv2.CAP_PROP_BUFFERSIZE))))

    def next(self) -> tuple[Pixels, float]:
        captured_at = self.skip()
        ok, data = self._capture.retrieve()
        if not ok or data is None:
            raise self._lost(0.0)
        return self._pixels(np.asarray(data)), captured_at

    def skip(self) -> float:
        began_at = self._monotonic()
        ok = self._capture.grab()
        ended_at = self._monotonic()
        if not ok:
            raise self._lost(ended_at - began_at)
        stamp_s = self._capture.get(cv2.CAP_PROP_POS_MSEC) / 1000  # the driver's own time of capture
        return self._times.captured_at(began_at, ended_at, stamp_s if stamp_s > 0 else None)

    def rewind(self) -> None:
        pass

    def close(self) -> None:
        self._capture.release()

    def _agree_on_format(self, wanted: str) -> str:
        """The format asked for, else the first of the others that the camera has."""
        for name in (wanted, *_FALLBACKS):
            self._capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*name))
            if self._read_back() == name:
                return name
        return self._read_back()

    def _agree_on_size(self, settings: CameraSettings) -> None:
        self._capture.set(cv2.CAP_PROP_FRAME_WIDTH, settings.width)
        self._capture.set(cv2.CAP_PROP_FRAME_HEIGHT, settings.height)
        self._capture.set(cv2.CAP_PROP_FPS, settings.fps)

    def _read_back(self) -> str:
        return fourcc_text(self._capture.get(cv2.CAP_PROP_FOURCC))

    def _describe(self, settings: CameraSettings, refused: list[str]) -> InForce:
        if self._format not in _READABLE:
            raise CameraError(
                f"camera.format: {self._path} gives {self._format}, which is not read; a camera with "
                f"{', '.join(_FALLBACKS[:-1])} or {_FALLBACKS[-1]} is needed",
                "format",
            )
        width, height = self._size()
        fps = self._capture.get(cv2.CAP_PROP_FPS)
        if self._format != settings.pixel_format:
            refused.append(f"format: {settings.pixel_format} is not taken, {self._format} is in force")
        if (width, height) != (settings.width, settings.height):
            refused.append(
                f"width, height: {settings.width}x{settings.height} is not taken, {width}x{height} is in force"
            )
        if fps > 0 and abs(fps - settings.fps) > 1:
            refused.append(f"fps: {settings.fps} is not taken, {fps:g} is in force")
        refused.extend(v4l2_controls.set_controls(settings, self._path))
        return InForce(f"{self._path}: {width}x{height}, {self._format}, {fps:g} a second", tuple(refused))

    def _size(self) -> tuple[int, int]:
        get = self._capture.get
        return int(get(cv2.CAP_PROP_FRAME_WIDTH)), int(get(cv2.CAP_PROP_FRAME_HEIGHT))

    def _fps(self, settings: CameraSettings) -> float:
        fps = self._capture.get(cv2.CAP_PROP_FPS)
        return fps if 1 <= fps <= 240 else float(settings.fps)

    def _pixels(self, data: NDArray[Any]) -> Pixels:
        """The bytes as the format has them; their shape is checked, since a driver may have changed its mind."""
        width, height = self._size()
        if data.dtype == np.uint8:
            match self._format:
                case "MJPG" | "JPEG":
                    return Jpeg(data.reshape(-1), width, height)
                case "YUYV" if data.shape == (height, width, 2):
                    return Yuyv(data)
                case "NV12" | "YU12" | "YV12" as order if data.shape[:2] == (height * 3 // 2, width):
                    planes: Literal["NV12", "YU12", "YV12"] = order
                    return Planar(data.reshape(data.shape[:2]), width, planes)
                case "GREY" if data.shape[:2] == (height, width):
                    return Plain(data.reshape(height, width))
                case "BGR3" if data.shape == (height, width, 3):
                    return Plain(data)
        raise CameraError(
            f"camera.format: {self._path} promises {self._format} of {width}x{height} and gives an array {data.shape}; "
            "set another camera.format",
            "format",
        )

    def _lost(self, after_s: float) -> CameraError:
        if after_s < _GONE_S:
            return CameraError(f"camera.source: {self._path} gives no picture; is it plugged in?", "unplugged")
        return NoPictureYet(f"camera.source: {self._path} has given no picture for {after_s:.0f} s; it hangs")
