"""A network camera: an http or rtsp stream, decoded by FFmpeg."""

import time
from collections.abc import Callable

import cv2
import numpy as np

from hardware.cameras.settings import without_credentials
from hardware.cameras.source import InForce
from hardware.cameras.times import FrameTimes
from hardware.errors import CameraError
from hardware.frames import Pixels, Plain

_TIMEOUT_MS = 3000
_USUAL_FPS = 25.0
_WHOLE_PICTURES = {"MJPG", "JPEG"}


class Stream:
    """An open stream. Connecting and every picture are waited for 3 seconds at most."""

    def __init__(self, url: str, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._name = without_credentials(url)
        self._monotonic = monotonic
        timeouts = [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, _TIMEOUT_MS, cv2.CAP_PROP_READ_TIMEOUT_MSEC, _TIMEOUT_MS]
        self._capture = cv2.VideoCapture(url, cv2.CAP_FFMPEG, timeouts)
        if not self._capture.isOpened():
            raise CameraError(f"camera.source: {self._name} can't be opened; check address and network")
        capture = self._capture
        fps = capture.get(cv2.CAP_PROP_FPS)
        fps = fps if 1 <= fps <= 240 else _USUAL_FPS
        codec = fourcc_text(capture.get(cv2.CAP_PROP_FOURCC))
        width, height = int(capture.get(cv2.CAP_PROP_FRAME_WIDTH)), int(capture.get(cv2.CAP_PROP_FRAME_HEIGHT))
        self._times = FrameTimes(monotonic(), 1 / fps)
        self.in_force = InForce(f"{self._name}: {width}x{height}, {codec}", whole_pictures=codec in _WHOLE_PICTURES)

    def next(self) -> tuple[Pixels, float]:
        captured_at = self.skip()
        ok, picture = self._capture.retrieve()
        if not ok or picture is None:
            raise self._lost()
        return Plain(picture.astype(np.uint8, copy=False)), captured_at

    def skip(self) -> float:
        began_at = self._monotonic()
        if not self._capture.grab():
            raise self._lost()
        return self._times.captured_at(began_at, self._monotonic())

    def rewind(self) -> None:
        pass

    def close(self) -> None:
        self._capture.release()

    def _lost(self) -> CameraError:
        return CameraError(f"camera.source: {self._name} gives no picture any more; check the camera and the network")


def fourcc_text(code: float) -> str:
    """The four letters of a format's number (https://www.kernel.org/doc/html/latest/userspace-api/media/v4l/)."""
    number = int(code) & 0xFFFFFFFF
    return number.to_bytes(4, "little").decode("latin-1").strip("\0 ").upper() or "?"
