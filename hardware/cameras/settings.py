"""What is wanted of a camera: plain values, which cross the pipe to the scanner process."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

PixelFormat = Literal["MJPG", "YUYV", "NV12", "YU12"]
AtEnd = Literal["hold", "loop", "exit"]
SourceKind = Literal["device", "csi", "stream", "film", "folder"]

_STREAMS = ("http://", "https://", "rtsp://", "rtsps://")
_CSI = "csi:"


@dataclass(frozen=True, slots=True)
class Region:
    """The part of the upright picture that is looked at, as fractions from 0 to 1 of its width and height."""

    left: float = 0.0
    top: float = 0.0
    width: float = 1.0
    height: float = 1.0

    def before_turning(self, degrees: int) -> "Region":
        """The same part in the picture as the camera gives it, which is turned by 0, 90, 180 or 270 degrees afterwards.

        Degrees clockwise.
        """
        right, bottom = 1 - self.left - self.width, 1 - self.top - self.height
        match degrees:
            case 90:
                return Region(self.top, right, self.height, self.width)
            case 180:
                return Region(right, bottom, self.width, self.height)
            case 270:
                return Region(bottom, self.left, self.height, self.width)
            case _:
                return self

    def pixels(self, width: int, height: int) -> tuple[int, int, int, int]:
        """(left, top, right, bottom) in a picture of this size in pixels; even, since colours come in pairs."""
        left, right = _span(self.left, self.width, width)
        top, bottom = _span(self.top, self.height, height)
        return left, top, right, bottom


def _span(start: float, size: float, pixels: int) -> tuple[int, int]:
    first = max(0, min(2 * round(start * pixels / 2), pixels - 2))
    if start + size > 1 - 1e-9:
        return first, pixels
    return first, max(first + 2, min(2 * round((start + size) * pixels / 2), pixels))


@dataclass(frozen=True, slots=True)
class CameraSettings:
    """What is wanted of the camera; the driver may give another size, rate or format.

    rotate: degrees clockwise, 0, 90, 180 or 270. exposure_ms, gain, focus: None leaves them to the camera; gain and
    focus are in the driver's own units: of a CSI camera the gain's factor, and dioptres. power_line_hz: 50, 60 or None.
    still_after_s: after so many seconds without any change few frames are read; None: all of them, always.
    """

    source: int | str
    width: int = 1280
    height: int = 720
    fps: int = 30
    pixel_format: PixelFormat = "MJPG"
    rotate: int = 0
    at_end: AtEnd = "hold"
    region: Region | None = None
    exposure_ms: float | None = None
    gain: float | None = None
    focus: float | None = None
    power_line_hz: int | None = None
    still_after_s: float | None = 3.0

    @classmethod
    def from_values(cls, values: Mapping[str, Any]) -> "CameraSettings":
        """The settings that dataclasses.asdict has taken apart."""
        region = values.get("region")
        return cls(**{**values, "region": None if region is None else Region(**region)})


def kind_of(source: int | str) -> SourceKind:
    """What opens this source."""
    if isinstance(source, int) or source.startswith("/dev/"):
        return "device"
    if source.startswith(_CSI):
        return "csi"
    if source.startswith(_STREAMS):
        return "stream"
    return "folder" if Path(source).is_dir() else "film"


def csi_number(source: str) -> int:
    """The N of csi:N."""
    return int(source.removeprefix(_CSI))


def without_credentials(source: int | str) -> str:
    """A source as it may be logged: a URL's user name and password are left out."""
    text = str(source)
    scheme, separator, rest = text.partition("://")
    return f"{scheme}://{rest.rsplit('@', 1)[-1]}" if separator else text
