"""A camera: frames from a V4L2 device, a CSI camera, a network stream, a video file or a folder of pictures."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from hardware.cameras.csi import CsiCamera
from hardware.cameras.files import Film, Folder, Pacer
from hardware.cameras.settings import CameraSettings, Region, kind_of, without_credentials
from hardware.cameras.source import EndOfPictures, InForce, Pictures
from hardware.cameras.stream import Stream
from hardware.cameras.v4l2 import Device
from hardware.errors import CameraError
from hardware.frames import Frame

_T = TypeVar("_T")

__all__ = ["Camera", "CameraSettings", "EndOfPictures", "Frame", "Region", "kind_of", "without_credentials"]


class Camera:
    """Opens the source on construction; raises CameraError when it can't be opened."""

    def __init__(
        self,
        settings: CameraSettings,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._settings = settings
        self._number = 0
        self._pictures = _open(settings, monotonic, sleep)

    @property
    def in_force(self) -> InForce:
        """What it gives, and what it refuses."""
        return self._pictures.in_force

    def read(self) -> Frame:
        """The next frame, waiting for it; raises EndOfPictures at the end of a file, CameraError when nothing comes.

        A V4L2 camera that has stalled blocks this for seconds: call it on a thread of its own. Nothing is decoded yet.
        """
        pixels, captured_at = self._from_the_source(self._pictures.next)
        settings = self._settings
        return Frame(pixels, captured_at, self._number, region=settings.region, rotate=settings.rotate)

    def skip(self) -> float:
        """Let one frame go by as cheaply as can be; returns when it was captured. Raises as `read` does."""
        return self._from_the_source(self._pictures.skip)

    def close(self) -> None:
        """Give the device back."""
        self._pictures.close()

    def _from_the_source(self, take: Callable[[], _T]) -> _T:
        try:
            taken = take()
        except EndOfPictures:
            if self._settings.at_end != "loop" or self._number == 0:
                raise
            taken = self._begin_again(take)
        self._number += 1
        return taken

    def _begin_again(self, take: Callable[[], _T]) -> _T:
        """The first picture of what is open: the scanner process may not open anything any more."""
        self._pictures.rewind()
        try:
            return take()
        except EndOfPictures as end:
            raise CameraError(f"camera.source: {self._settings.source} can't be played again; another format?") from end


def _open(settings: CameraSettings, monotonic: Callable[[], float], sleep: Callable[[float], None]) -> Pictures:
    source = settings.source
    match kind_of(source):
        case "device":
            return Device(settings, monotonic=monotonic)
        case "csi":
            return CsiCamera(settings, monotonic=monotonic)
        case "stream":
            return Stream(str(source), monotonic=monotonic)
        case "folder":
            return Folder(Path(str(source)), settings.fps, Pacer(monotonic, sleep))
        case _:
            return Film(Path(str(source)), Pacer(monotonic, sleep))
