"""Frames from a V4L2 camera, a network stream, a video file or a folder of pictures, through OpenCV.

A file or folder plays at its own rate in real time, as a camera would: a reader that is slow misses frames.
"""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from hardware.errors import CameraError
from hardware.preview import shrunk

Picture = NDArray[np.uint8]
PixelFormat = Literal["MJPG", "YUYV"]
AtEnd = Literal["hold", "loop", "exit"]
SourceKind = Literal["device", "stream", "film", "folder"]

_PICTURES = {".jpg", ".jpeg", ".png", ".bmp", ".webp"}
_STREAMS = ("http://", "https://", "rtsp://", "rtsps://")
_STREAM_TIMEOUT_MS = 3000
_ROTATIONS = {90: cv2.ROTATE_90_CLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_COUNTERCLOCKWISE}


@dataclass(frozen=True, slots=True)
class CameraSettings:
    """What is wanted of the camera. rotate: degrees clockwise, 0, 90, 180 or 270; the driver may give another size."""

    source: int | str
    width: int = 1280
    height: int = 720
    fps: int = 30
    pixel_format: PixelFormat = "MJPG"
    rotate: int = 0
    at_end: AtEnd = "hold"


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture: `bgr` of shape (height, width, 3), blue first; captured_at: monotonic seconds; number from 1."""

    bgr: Picture
    captured_at: float
    number: int

    def grey(self) -> Picture:
        """The picture in grey, shape (height, width)."""
        return cv2.cvtColor(self.bgr, cv2.COLOR_BGR2GRAY).astype(np.uint8, copy=False)

    def preview(self, max_width: int, max_height: int) -> Picture:
        """The picture to look at, shape (height, width, 3), red first; at most so large in pixels."""
        small = shrunk(self.bgr, max_width, max_height)
        return cv2.cvtColor(small, cv2.COLOR_BGR2RGB).astype(np.uint8, copy=False)


class EndOfPictures(Exception):  # noqa: N818  # no error: a file has an end
    """A file or folder has no more frames."""


class _Pictures(Protocol):
    """Where pictures come from. `next` blocks until there is one; raises EndOfPictures or CameraError.

    `rewind` begins again, without opening anything; what has no end needs none.
    """

    def next(self) -> Picture: ...
    def rewind(self) -> None: ...
    def close(self) -> None: ...


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
        self._monotonic = monotonic
        self._sleep = sleep
        self._number = 0
        self._pictures = self._open()

    def read(self) -> Frame:
        """The next frame, waiting for it; raises EndOfPictures at the end of a file, CameraError when nothing comes.

        A V4L2 camera that has stalled blocks this for seconds: call it on a thread of its own.
        """
        try:
            picture = self._pictures.next()
        except EndOfPictures:
            if self._settings.at_end != "loop" or self._number == 0:
                raise
            picture = self._begin_again()
        captured_at = self._monotonic()
        rotation = _ROTATIONS.get(self._settings.rotate)
        if rotation is not None:
            picture = cv2.rotate(picture, rotation).astype(np.uint8, copy=False)
        self._number += 1
        return Frame(picture, captured_at, self._number)

    def close(self) -> None:
        """Give the device back."""
        self._pictures.close()

    def _begin_again(self) -> Picture:
        """The first picture of what is open: the scanner process may not open anything any more."""
        self._pictures.rewind()
        try:
            return self._pictures.next()
        except EndOfPictures as end:
            raise CameraError(f"camera.source: {self._settings.source} can't be played again; another format?") from end

    def _open(self) -> _Pictures:
        source = self._settings.source
        kind = kind_of(source)
        if kind == "device":
            return _Device(self._settings)
        if kind == "stream":
            return _Stream(str(source))
        path = Path(str(source))
        pacer = _Pacer(self._monotonic, self._sleep)
        if kind == "folder":
            return _Folder(path, self._settings.fps, pacer)
        if not path.exists():
            raise CameraError(f"camera.source: no such file: {path}")
        return _Video(path, pacer)


def kind_of(source: int | str) -> SourceKind:
    """What opens this source."""
    if isinstance(source, int) or source.startswith("/dev/"):
        return "device"
    if source.startswith(_STREAMS):
        return "stream"
    return "folder" if Path(source).is_dir() else "film"


def without_credentials(source: int | str) -> str:
    """A source as it may be logged: a URL's user name and password are left out."""
    text = str(source)
    scheme, separator, rest = text.partition("://")
    return f"{scheme}://{rest.rsplit('@', 1)[-1]}" if separator else text


class _Pacer:
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


class _Device:
    """A V4L2 camera."""

    def __init__(self, settings: CameraSettings) -> None:
        source = settings.source
        path = Path(f"/dev/video{source}") if isinstance(source, int) else Path(source)
        if not path.exists():
            others = ", ".join(sorted(str(other) for other in Path("/dev").glob("video*"))) or "none"
            raise CameraError(f"camera.source: there is no {path}; cameras here: {others}")
        if not os.access(path, os.R_OK | os.W_OK):
            raise CameraError(f"camera.source: {path} may not be used; add the user to the group 'video'")
        number = _device_number(path)
        self._capture = cv2.VideoCapture(number if number is not None else str(path.resolve()), cv2.CAP_V4L2)
        if not self._capture.isOpened():
            raise CameraError(f"camera.source: {path} can't be opened; another program may be using it")
        capture = self._capture
        capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*settings.pixel_format))
        capture.set(cv2.CAP_PROP_FRAME_WIDTH, settings.width)
        capture.set(cv2.CAP_PROP_FRAME_HEIGHT, settings.height)
        capture.set(cv2.CAP_PROP_FPS, settings.fps)
        capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)  # four by default: every frame would be a tenth of a second old
        self._path = path

    def next(self) -> Picture:
        return _read(self._capture, f"{self._path} gives no picture; is it plugged in?")

    def rewind(self) -> None:
        pass

    def close(self) -> None:
        self._capture.release()


def _device_number(path: Path) -> int | None:
    """OpenCV takes /dev/videoN by number only; names such as /dev/v4l/by-id/... are links to it."""
    name = path.resolve().name
    return int(name.removeprefix("video")) if name.removeprefix("video").isdecimal() else None


class _Stream:
    """An http or rtsp stream."""

    def __init__(self, url: str) -> None:
        self._name = without_credentials(url)
        timeouts = [
            cv2.CAP_PROP_OPEN_TIMEOUT_MSEC,
            _STREAM_TIMEOUT_MS,
            cv2.CAP_PROP_READ_TIMEOUT_MSEC,
            _STREAM_TIMEOUT_MS,
        ]
        self._capture = cv2.VideoCapture(url, cv2.CAP_FFMPEG, timeouts)
        if not self._capture.isOpened():
            raise CameraError(f"camera.source: {self._name} can't be opened; check address and network")

    def next(self) -> Picture:
        return _read(self._capture, f"{self._name} gives no picture any more")

    def rewind(self) -> None:
        pass

    def close(self) -> None:
        self._capture.release()


def _read(capture: cv2.VideoCapture, otherwise: str) -> Picture:
    ok, picture = capture.read()
    if not ok or picture is None:
        raise CameraError(f"camera.source: {otherwise}")
    return picture.astype(np.uint8, copy=False)


class _Video:
    """A video file."""

    def __init__(self, path: Path, pacer: _Pacer) -> None:
        self._capture = cv2.VideoCapture(str(path))
        if not self._capture.isOpened():
            raise CameraError(f"camera.source: {path} is no video that can be read")
        fps = self._capture.get(cv2.CAP_PROP_FPS)
        self._frame_s = 1 / fps if 0 < fps <= 240 else 1 / 30
        self._pacer = pacer
        self._position = 0

    def next(self) -> Picture:
        late_s = self._pacer.late_s(self._position * self._frame_s)
        for _ in range(int(late_s / self._frame_s)):  # a camera would not have waited either
            self._position += 1
            if not self._capture.grab():
                raise EndOfPictures
        self._position += 1
        ok, picture = self._capture.read()
        if not ok or picture is None:
            raise EndOfPictures
        return picture.astype(np.uint8, copy=False)

    def rewind(self) -> None:
        self._capture.set(cv2.CAP_PROP_POS_FRAMES, 0)
        self._position = 0
        self._pacer.begin_again()

    def close(self) -> None:
        self._capture.release()


class _Folder:
    """A folder of pictures, in the order of their names; all are opened at once and stay so."""

    def __init__(self, path: Path, fps: int, pacer: _Pacer) -> None:
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

    def next(self) -> Picture:
        late_s = self._pacer.late_s(self._position / self._fps)
        self._position += int(late_s * self._fps)
        if self._position >= len(self._descriptors):
            raise EndOfPictures
        picture = _decoded(self._descriptors[self._position])
        if picture is None:
            raise CameraError(f"camera.source: {self._paths[self._position]} is no picture that can be read")
        self._position += 1
        return picture.astype(np.uint8, copy=False)

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
