"""A CSI camera of a Raspberry Pi, through Picamera2 (libcamera): OpenCV can't open these.

Picamera2 comes with apt, not with pip: it has to fit the system's libcamera. Written after its source and
manual (https://github.com/raspberrypi/picamera2, https://datasheets.raspberrypi.com/camera/picamera2-manual.pdf) and
tried with a stand-in of the same interface only.
"""

import importlib
import time
from collections.abc import Callable
from concurrent.futures import TimeoutError as JobTimeoutError
from typing import Any

import numpy as np

from hardware.cameras.settings import CameraSettings, csi_number
from hardware.cameras.source import InForce
from hardware.cameras.times import FrameTimes
from hardware.errors import CameraError
from hardware.frames import Pixels, Planar

_WAIT_S = 10.0  # the program notices sooner, and replaces the process when another one is ready
_BUFFERS = 3  # one that is filled, one that is ready, one that is being copied
_MAINS_PERIOD_US = {50: 10_000, 60: 8_333}  # light pulses twice in a period of the mains
_ON, _MANUAL_FLICKER, _MANUAL_FOCUS, _CONTINUOUS_FOCUS = True, 1, 0, 2


class CsiCamera:
    """An open CSI camera. Raises CameraError when Picamera2 is missing, or there is no such camera, or it is in use.

    library: the module picamera2, or what has its interface.
    """

    def __init__(
        self, settings: CameraSettings, *, monotonic: Callable[[], float] = time.monotonic, library: Any = None
    ) -> None:
        self._monotonic = monotonic
        self._name = str(settings.source)
        library = library or _library()
        try:
            self._camera = library.Picamera2(csi_number(self._name))
        except (RuntimeError, IndexError, OSError) as error:
            raise CameraError(
                f"camera.source: {self._name} can't be opened: {_reason(error)}; `rpicam-hello --list-cameras` shows "
                "what is connected",
                "unplugged",
            ) from error
        try:
            self.in_force = self._configure(settings)
            self._camera.start()
        except (RuntimeError, ValueError, OSError) as error:
            self.close()
            raise CameraError(f"camera.source: {self._name} can't be started: {_reason(error)}", "format") from error
        self._times = FrameTimes(monotonic(), 1 / settings.fps, queue=1)

    def next(self) -> tuple[Pixels, float]:
        request, began_at, ended_at = self._request()
        try:
            planes = request.make_array("main")  # a copy: the buffer goes back to the camera
            captured_at = self._captured_at(request, began_at, ended_at)
        finally:
            request.release()
        if planes.ndim != 2 or planes.shape[0] != self._height * 3 // 2 or planes.shape[1] < self._width:
            raise CameraError(f"camera.source: {self._name} gives no YUV420 but an array {planes.shape}", "format")
        return Planar(planes.astype(np.uint8, copy=False), self._width, "YU12"), captured_at

    def skip(self) -> float:
        request, began_at, ended_at = self._request()
        try:
            return self._captured_at(request, began_at, ended_at)
        finally:
            request.release()

    def rewind(self) -> None:
        pass

    def close(self) -> None:
        self._camera.close()

    def _configure(self, settings: CameraSettings) -> InForce:
        wanted = _controls(settings)
        offered = self._camera.camera_controls
        refused = [f"{name}: this camera has none to set" for name, _, asked in wanted if asked and name not in offered]
        configuration = self._camera.create_video_configuration(
            # Width and height must be even: what is asked for is rounded, and said below.
            main={"format": "YUV420", "size": (settings.width // 2 * 2, settings.height // 2 * 2)},
            buffer_count=_BUFFERS,
            queue=False,  # a frame that lies ready is an old one
            controls={name: value for name, value, _ in wanted if name in offered},
        )
        self._camera.configure(configuration)
        stream = self._camera.stream_configuration("main")
        self._width, self._height = stream["size"]
        if stream["format"] != "YUV420":
            raise ValueError(f"it gives {stream['format']}, not YUV420")
        size = f"{self._width}x{self._height}"
        if (self._width, self._height) != (settings.width, settings.height):
            refused.append(f"width, height: {settings.width}x{settings.height} is not taken, {size} is in force")
        return InForce(f"{self._name}: {size}, YUV420, {settings.fps} a second", tuple(refused))

    def _request(self) -> tuple[Any, float, float]:
        began_at = self._monotonic()
        try:
            request = self._camera.capture_request(wait=_WAIT_S)
        except (TimeoutError, JobTimeoutError) as error:
            raise CameraError(
                f"camera.source: {self._name} has given no picture for {_WAIT_S:g} s; it hangs"
            ) from error
        except (RuntimeError, OSError) as error:
            raise CameraError(f"camera.source: {self._name} gives no picture: {_reason(error)}", "unplugged") from error
        return request, began_at, self._monotonic()

    def _captured_at(self, request: Any, began_at: float, ended_at: float) -> float:
        stamp_ns = request.get_metadata().get("SensorTimestamp")  # on the monotonic clock
        return self._times.captured_at(began_at, ended_at, None if stamp_ns is None else stamp_ns / 1e9)


def _library() -> Any:
    try:
        return importlib.import_module("picamera2")
    except ModuleNotFoundError as error:
        raise CameraError(
            f"camera.source: csi cameras need Picamera2 ({error}): apt install python3-picamera2, and a virtual "
            "environment made with --system-site-packages"
        ) from error
    except Exception as error:  # a module built for another numpy raises ValueError, a missing library ImportError
        raise CameraError(
            f"camera.source: Picamera2 can't be loaded ({_reason(error)}): does apt's python3-picamera2 fit the numpy "
            "of this virtual environment? pip install 'numpy<2' on Debian 12"
        ) from error


def _controls(settings: CameraSettings) -> list[tuple[str, Any, bool]]:
    """libcamera's names, values, and whether the technician asked for it."""
    period_us = round(1_000_000 / settings.fps)
    wanted: list[tuple[str, Any, bool]] = [("FrameDurationLimits", (period_us, period_us), False)]
    if settings.exposure_ms is not None:
        wanted.append(("ExposureTime", round(settings.exposure_ms * 1000), True))
    if settings.gain is not None:
        wanted.append(("AnalogueGain", float(settings.gain), True))
    if settings.exposure_ms is None and settings.gain is None:
        wanted.append(("AeEnable", _ON, False))
    if settings.focus is not None:
        wanted += [("AfMode", _MANUAL_FOCUS, True), ("LensPosition", float(settings.focus), True)]
    else:
        wanted.append(("AfMode", _CONTINUOUS_FOCUS, False))
    if settings.power_line_hz is not None:
        flicker = _MAINS_PERIOD_US[settings.power_line_hz]
        wanted += [("AeFlickerMode", _MANUAL_FLICKER, False), ("AeFlickerPeriod", flicker, True)]
    return wanted


def _reason(error: BaseException) -> str:
    cause = error.__cause__
    return f"{error}" if cause is None else f"{error} ({cause})"
