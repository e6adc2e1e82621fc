"""Stand-ins for cameras that no test machine has: OpenCV's capture of a V4L2 device, and the module picamera2."""

import errno
import struct
from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np

from hardware.frames import Picture


def fourcc(name: str) -> float:
    return float(cv2.VideoWriter.fourcc(*name))


class FakeCapture:
    """As cap_v4l.cpp behaves: a format that the camera has not is answered with another one, without a word.

    formats: what the camera has; size: its only one, or None for any; frames: what `retrieve` gives, in turn, for ever.
    """

    def __init__(
        self, formats: tuple[str, ...], frames: list[Picture], *, size: tuple[int, int] | None = None, fps: float = 30
    ) -> None:
        self._formats, self._frames, self._size, self._fps = formats, frames, size, fps
        self._values: dict[int, float] = {cv2.CAP_PROP_FOURCC: fourcc(formats[0])}
        self._grabbed = -1
        self.stamps_ms: list[float] = []
        self.retrieved = 0
        self.fails = False
        self.is_open = True

    def isOpened(self) -> bool:  # noqa: N802  # OpenCV's name
        return self.is_open

    def set(self, name: int, value: float) -> bool:
        if name == cv2.CAP_PROP_FOURCC:
            has = [known for known in self._formats if fourcc(known) == value]
            self._values[name] = fourcc((has or list(self._formats))[0])
            return True
        self._values[name] = value
        return True

    def get(self, name: int) -> float:
        if name == cv2.CAP_PROP_FPS:
            return self._fps
        if name == cv2.CAP_PROP_POS_MSEC:
            return self.stamps_ms[self._grabbed] if self.stamps_ms else 0.0
        if self._size and name == cv2.CAP_PROP_FRAME_WIDTH:
            return self._size[0]
        if self._size and name == cv2.CAP_PROP_FRAME_HEIGHT:
            return self._size[1]
        return self._values.get(name, -1.0)

    def grab(self) -> bool:
        self._grabbed += 1
        return not self.fails

    def retrieve(self) -> tuple[bool, Any]:
        self.retrieved += 1
        return True, self._frames[self._grabbed % len(self._frames)]

    def release(self) -> None:
        self.is_open = False


class FakeControls:
    """A V4L2 driver's controls: id -> [least, most, value]; a value outside is refused, as the kernel does."""

    def __init__(self, controls: dict[int, list[int]], *, clamps: bool = False) -> None:
        self.controls, self._clamps = controls, clamps

    def __call__(self, number: int, structure: bytes) -> bytes:
        [control] = struct.unpack_from("=I", structure)
        if control not in self.controls:
            raise OSError(errno.EINVAL, "Invalid argument")
        least, most, value = self.controls[control]
        match number:
            case 0xC0445624:
                return struct.pack("=II32siiiiI2I", control, 1, b"a control", least, most, 1, least, 0, 0, 0)
            case 0xC008561C:
                [_, wanted] = struct.unpack("=Ii", structure)
                if not least <= wanted <= most and not self._clamps:
                    raise OSError(errno.ERANGE, "Numerical result out of range")
                self.controls[control][2] = min(max(wanted, least), most)
                return structure
            case _:
                return struct.pack("=Ii", control, value)


class FakePicamera2:
    """The part of Picamera2's interface that is used; records what it was asked for.

    https://github.com/raspberrypi/picamera2/blob/main/picamera2/picamera2.py
    """

    def __init__(
        self,
        planes: Picture,
        *,
        offered: tuple[str, ...] = (),
        size: tuple[int, int] | None = None,
        fmt: str = "YUV420",
    ) -> None:
        self._planes, self._size, self._format = planes, size, fmt
        self.camera_controls = dict.fromkeys(offered, (0, 1, 0))
        self.configuration: dict[str, Any] = {}
        self.started = self.closed = False
        self.held = 0
        self.fails: Exception | None = None
        self.stamp_ns: int | None = None

    def create_video_configuration(self, **wanted: Any) -> dict[str, Any]:
        return wanted

    def configure(self, configuration: dict[str, Any]) -> None:
        for name in configuration["controls"]:
            if name not in self.camera_controls:
                raise RuntimeError(f"Control {name} is not advertised by libcamera")
        self.configuration = configuration

    def stream_configuration(self, name: str = "main") -> dict[str, Any]:
        size = self._size or self.configuration[name]["size"]
        return {"format": self._format, "size": size, "stride": self._planes.shape[1]}

    def start(self) -> None:
        self.started = True

    def capture_request(self, wait: float | None = None) -> "FakePicamera2":
        if self.fails is not None:
            raise self.fails
        self.held += 1
        return self

    def make_array(self, name: str) -> Picture:
        assert name == "main"
        return np.array(self._planes)

    def get_metadata(self) -> dict[str, Any]:
        return {} if self.stamp_ns is None else {"SensorTimestamp": self.stamp_ns}

    def release(self) -> None:
        self.held -= 1

    def close(self) -> None:
        self.closed = True

    def library(self) -> Any:
        """The module, with this camera as its number 0."""

        def camera(number: int) -> "FakePicamera2":
            if number != 0:
                raise RuntimeError(f'No camera number {number} found - use "rpicam-hello --list-cameras" to check')
            return self

        return SimpleNamespace(Picamera2=camera)
