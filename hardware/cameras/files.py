"""A video file or a folder of pictures.

They play at their own rate in real time, as a camera would: a reader that is slow misses frames.
"""

import os
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from hardware.cameras.source import EndOfPictures, InForce
from hardware.errors import CameraError
from hardware.frames import Pixels, Plain

_PICTURES = {".jpg", ".jpeg", ".png", ".bmp", ".webp"}


class Pacer:
    """Keeps a file's frames to their time."""

    def __init__(self, monotonic: Callable[[], float], sleep: Callable[[float], None]) -> None:
        self._monotonic, self._sleep = monotonic, sleep
        self._start: float | None = None

    def begin_again(self) -> None:
        """The next frame is the first one."""
        self._start = None

    def late_s(self, due_s: float) -> float:
        """Wait until a frame is due, `due_s` seconds after the first; returns by how much it is late."""
        now = self._monotonic()
        if self._start is None:
            self._start = now
        wait_s = self._start + due_s - now
        if wait_s > 0:
            self._sleep(wait_s)
            return 0.0
        return -wait_s

    def now(self) -> float:
        """Monotonic seconds."""
        return self._monotonic()


class Film:
    """A video file."""

    def __init__(self, path: Path, pacer: Pacer) -> None:
        if not path.exists():
            raise CameraError(f"camera.source: no such file: {path}")
        self._capture = cv2.VideoCapture(str(path))
        if not self._capture.isOpened():
            raise CameraError(f"camera.source: {path} is no video that can be read")
        fps = self._capture.get(cv2.CAP_PROP_FPS)
        self._frame_s = 1 / fps if 0 < fps <= 240 else 1 / 30
        self._pacer = pacer
        self._position = 0
        self.in_force = InForce(f"film {path}")

    def next(self) -> tuple[Pixels, float]:
        captured_at = self.skip()
        ok, picture = self._capture.retrieve()
        if not ok or picture is None:
            raise EndOfPictures
        return Plain(picture.astype(np.uint8, copy=False)), captured_at

    def skip(self) -> float:
        late_s = self._pacer.late_s(self._position * self._frame_s)
        for _ in range(int(late_s / self._frame_s) + 1):  # a camera would not have waited either
            self._position += 1
            if not self._capture.grab():
                raise EndOfPictures
        return self._pacer.now()

    def rewind(self) -> None:
        self._capture.set(cv2.CAP_PROP_POS_FRAMES, 0)
        self._position = 0
        self._pacer.begin_again()

    def close(self) -> None:
        self._capture.release()


class Folder:
    """A folder of pictures, in the order of their names; all are opened at once and stay so."""

    def __init__(self, path: Path, fps: int, pacer: Pacer) -> None:
        self._paths = sorted(file for file in path.iterdir() if file.suffix.lower() in _PICTURES)
        if not self._paths:
            raise CameraError(f"camera.source: no pictures in {path} (jpg, png, bmp or webp)")
        self._descriptors: list[int] = []
        try:
            for file in self._paths:
                self._descriptors.append(os.open(file, os.O_RDONLY))
        except OSError as error:
            self.close()
            raise CameraError(f"camera.source: {error.filename} can't be opened: {error.strerror}") from error
        self._fps = fps
        self._pacer = pacer
        self._position = 0
        self.in_force = InForce(f"{len(self._paths)} pictures in {path}")

    def next(self) -> tuple[Pixels, float]:
        captured_at = self.skip()
        picture = _decoded(self._descriptors[self._position - 1])
        if picture is None:
            raise CameraError(f"camera.source: {self._paths[self._position - 1]} is no picture that can be read")
        return Plain(picture.astype(np.uint8, copy=False)), captured_at

    def skip(self) -> float:
        late_s = self._pacer.late_s(self._position / self._fps)
        self._position += int(late_s * self._fps)
        if self._position >= len(self._descriptors):
            raise EndOfPictures
        self._position += 1
        return self._pacer.now()

    def rewind(self) -> None:
        self._position = 0
        self._pacer.begin_again()

    def close(self) -> None:
        while self._descriptors:
            os.close(self._descriptors.pop())


def _decoded(descriptor: int) -> cv2.typing.MatLike | None:
    """The picture in an open file, or None where it is none."""
    content, part = bytearray(), b"-"
    while part:
        part = os.pread(descriptor, 1 << 20, len(content))
        content += part
    return cv2.imdecode(np.frombuffer(content, dtype=np.uint8), cv2.IMREAD_COLOR) if content else None
