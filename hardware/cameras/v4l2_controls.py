"""What a V4L2 camera lets itself be told: exposure, gain, focus, mains frequency.

By its own requests instead of OpenCV's: these name the range that the driver takes, and OpenCV knows no mains
frequency.
Numbers: linux/v4l2-controls.h, https://www.kernel.org/doc/html/latest/userspace-api/media/v4l/control.html
"""

import fcntl
import os
import struct
from collections.abc import Callable
from pathlib import Path

from hardware.cameras.settings import CameraSettings

Request = Callable[[int, bytes], bytes]
"""An ioctl on the open camera: its number and structure, the answered structure; raises OSError."""

_QUERYCTRL, _G_CTRL, _S_CTRL = 0xC0445624, 0xC008561B, 0xC008561C
_QUERY = struct.Struct("=II32siiiiI2I")  # id, type, name, least, most, step, default, flags, reserved
_CONTROL = struct.Struct("=Ii")
_DISABLED = 0x0001

_GAIN, _AUTOGAIN, _POWER_LINE = 0x00980913, 0x00980912, 0x00980918
_EXPOSURE_AUTO, _EXPOSURE = 0x009A0901, 0x009A0902
_FOCUS, _FOCUS_AUTO = 0x009A090A, 0x009A090C
_MANUAL, _BY_APERTURE, _AUTOMATIC = 1, 3, 0
_POWER_LINES = {50: 1, 60: 2}


def set_controls(settings: CameraSettings, path: Path) -> tuple[str, ...]:
    """Tell the camera what is wanted; returns what it refuses, each with the value that is in force."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_NONBLOCK)
    except OSError as error:
        return (f"controls: {error.strerror}",)
    try:
        return apply(settings, lambda number, structure: fcntl.ioctl(descriptor, number, structure))
    finally:
        os.close(descriptor)


def apply(settings: CameraSettings, request: Request) -> tuple[str, ...]:
    """As `set_controls`, with the requests given.

    A camera keeps its controls while it has power: what is left to it is told so, too, lest yesterday's value stays.
    """
    camera = _Controls(request)
    if settings.exposure_ms is None:
        # Webcams call it "aperture priority": they have no iris, and change the time.
        _ = camera.has(_EXPOSURE_AUTO) and (
            camera.takes(_EXPOSURE_AUTO, _BY_APERTURE) or camera.takes(_EXPOSURE_AUTO, _AUTOMATIC)
        )
    else:
        camera.takes(_EXPOSURE_AUTO, _MANUAL)
        camera.want("exposure", _EXPOSURE, settings.exposure_ms * 10, lambda units: f"{units / 10:g} ms")
    if settings.gain is None:
        camera.takes(_AUTOGAIN, 1)
    else:
        camera.takes(_AUTOGAIN, 0)
        camera.want("gain", _GAIN, settings.gain, str)
    if settings.focus is None:
        camera.takes(_FOCUS_AUTO, 1)
    else:
        camera.takes(_FOCUS_AUTO, 0)
        camera.want("focus", _FOCUS, settings.focus, str)
    if settings.power_line_hz is not None:
        names = {number: f"{hertz} Hz" for hertz, number in _POWER_LINES.items()}
        wanted = _POWER_LINES[settings.power_line_hz]
        camera.want("power_line", _POWER_LINE, wanted, lambda value: names.get(value, "off or automatic"))
    return tuple(camera.refused)


class _Controls:
    def __init__(self, request: Request) -> None:
        self._request = request
        self.refused: list[str] = []

    def has(self, control: int) -> bool:
        """Whether the camera knows it at all."""
        return self._range(control) is not None

    def takes(self, control: int, value: int) -> bool:
        """Whether the camera has taken a value that nobody insists on."""
        if not self.has(control):
            return False
        try:
            self._request(_S_CTRL, _CONTROL.pack(control, value))
        except OSError:
            return False
        return self.value(control) == value

    def want(self, option: str, control: int, value: float, shown: Callable[[int], str]) -> None:
        """A value that was asked for by name: if it is not in force afterwards, that is said."""
        limits = self._range(control)
        if limits is None:
            self.refused.append(f"{option}: this camera has none to set")
            return
        wanted = round(value)
        try:
            self._request(_S_CTRL, _CONTROL.pack(control, wanted))
            why = ""
        except OSError as error:
            why = f" ({error.strerror})"
        in_force = self.value(control)
        if in_force != wanted:
            is_so = "unknown" if in_force is None else shown(in_force)
            span = f"{shown(limits[0])} to {shown(limits[1])}"
            self.refused.append(f"{option}: {shown(wanted)} is not taken{why}, {is_so} is in force, of {span}")

    def value(self, control: int) -> int | None:
        """What is in force."""
        try:
            answer = self._request(_G_CTRL, _CONTROL.pack(control, 0))
        except OSError:
            return None
        return int(_CONTROL.unpack(answer)[1])

    def _range(self, control: int) -> tuple[int, int] | None:
        query = _QUERY.pack(control, 0, b"", 0, 0, 0, 0, 0, 0, 0)
        try:
            answer = _QUERY.unpack(self._request(_QUERYCTRL, query))
        except OSError:
            return None
        return None if answer[7] & _DISABLED else (answer[3], answer[4])
