"""Takes frames as fast as the camera gives them, on a thread of its own; the latest frame wins."""

import threading

import cv2

from hardware.camera import Camera, EndOfPictures, Frame
from hardware.errors import CameraError


class LatestFrame:
    """A place for one frame: a newer one takes the place of one that nobody has taken."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._frame: Frame | None = None
        self.error: str | None = None
        self.ended = False

    def put(self, frame: Frame) -> None:
        """Offer a frame; one that nobody took in time is forgotten."""
        with self._condition:
            self._frame = frame
            self._condition.notify()

    def finish(self, error: str | None) -> None:
        """No more frames: the end of a file (None), or what broke."""
        with self._condition:
            self.error, self.ended = error, error is None
            self._condition.notify()

    def take(self, wait_s: float) -> Frame | None:
        """The latest frame that nobody has taken, waiting up to `wait_s` seconds for it."""
        with self._condition:
            if self._frame is None:
                self._condition.wait(wait_s)
            frame, self._frame = self._frame, None
            return frame


def grab(camera: Camera, latest: LatestFrame) -> None:
    """Put the frames of an open camera into `latest` until it ends or breaks."""
    try:
        while True:
            latest.put(camera.read())
    except EndOfPictures:
        latest.finish(None)
    except (CameraError, cv2.error, MemoryError) as error:
        latest.finish(str(error) or type(error).__name__)
