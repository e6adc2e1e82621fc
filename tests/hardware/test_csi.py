"""CSI cameras through a stand-in with Picamera2's interface: what is asked of it, and what is made of its answers."""

import sys
from concurrent.futures import TimeoutError as JobTimeoutError
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from hardware.camera import Camera
from hardware.cameras.csi import CsiCamera
from hardware.cameras.settings import CameraSettings
from hardware.errors import CameraError
from hardware.frames import Frame
from tests.hardware.capture import FakePicamera2

ALL = (
    "FrameDurationLimits", "ExposureTime", "AnalogueGain", "AeEnable", "AfMode", "LensPosition", "AeFlickerMode",
    "AeFlickerPeriod",
)  # fmt: skip


def planes(width: int = 60, height: int = 40, stride: int = 64) -> Any:
    """Brightness 100 in the picture, 255 in what fills the lines."""
    data = np.full((height * 3 // 2, stride), 128, np.uint8)
    data[:height, :width], data[:height, width:] = 100, 255
    return data


def opened(fake: FakePicamera2, **options: Any) -> CsiCamera:
    return CsiCamera(CameraSettings("csi:0", 60, 40, **options), monotonic=lambda: 50.0, library=fake.library())


def test_the_plane_of_brightness_is_taken_without_what_fills_its_lines() -> None:
    """libcamera lays lines out to a multiple of 64."""
    fake = FakePicamera2(planes(), offered=ALL)
    camera = opened(fake)
    pixels, _ = camera.next()
    frame = Frame(pixels, 0.0, 1)
    assert frame.grey().shape == (40, 60)
    assert set(np.unique(frame.grey())) == {100}
    assert frame.preview(30, 30).shape == (20, 30, 3)
    assert fake.held == 0
    camera.close()
    assert fake.closed


def test_what_is_asked_of_the_camera() -> None:
    """The format whose first plane is grey, few buffers, none of them queued, the rate; the rest is the camera's."""
    fake = FakePicamera2(planes(), offered=ALL)
    opened(fake, fps=25)
    asked = fake.configuration
    assert asked["main"] == {"format": "YUV420", "size": (60, 40)}
    assert (asked["buffer_count"], asked["queue"]) == (3, False)
    assert asked["controls"] == {"FrameDurationLimits": (40_000, 40_000), "AeEnable": True, "AfMode": 2}
    assert fake.started


def test_controls_are_set_by_hand() -> None:
    """In libcamera's names and units: microseconds, dioptres, the period of flickering light."""
    fake = FakePicamera2(planes(), offered=ALL)
    opened(fake, exposure_ms=8.0, gain=2, focus=5, power_line_hz=50)
    assert fake.configuration["controls"] == {
        "FrameDurationLimits": (33_333, 33_333),
        "ExposureTime": 8000,
        "AnalogueGain": 2.0,
        "AfMode": 0,
        "LensPosition": 5.0,
        "AeFlickerMode": 1,
        "AeFlickerPeriod": 10_000,
    }


def test_what_the_camera_has_not_is_said() -> None:
    """A camera of fixed focus, and a size that was changed to what it can."""
    fake = FakePicamera2(planes(), offered=("FrameDurationLimits", "ExposureTime"), size=(60, 40))
    camera = CsiCamera(
        CameraSettings("csi:0", 61, 41, focus=5, exposure_ms=5), monotonic=lambda: 50.0, library=fake.library()
    )
    assert camera.in_force.refused == (
        "AfMode: this camera has none to set",
        "LensPosition: this camera has none to set",
        "width, height: 61x41 is not taken, 60x40 is in force",
    )


def test_the_sensors_time_is_the_frames() -> None:
    """In nanoseconds of the monotonic clock."""
    fake, clock = FakePicamera2(planes(), offered=ALL), [50.0]
    camera = CsiCamera(CameraSettings("csi:0", 60, 40), monotonic=lambda: clock[0], library=fake.library())
    fake.stamp_ns, clock[0] = 50_010_000_000, 53.0
    assert camera.next()[1] == pytest.approx(50.01)
    assert camera.skip() == pytest.approx(50.01)
    assert fake.held == 0


@pytest.mark.parametrize(
    ("error", "fault"),
    [(TimeoutError(), "no_picture"), (JobTimeoutError(), "no_picture"), (RuntimeError("gone"), "unplugged")],
)
def test_a_camera_that_gives_nothing_is_named(error: Exception, fault: str) -> None:
    """It hangs, or its cable is out."""
    fake = FakePicamera2(planes(), offered=ALL)
    camera = opened(fake)
    fake.fails = error
    with pytest.raises(CameraError, match="csi:0") as caught:
        camera.next()
    assert caught.value.fault == fault


def test_a_camera_that_is_not_there_is_named() -> None:
    """With the command that lists them."""
    with pytest.raises(CameraError, match=r"csi:3 can't be opened.*rpicam-hello --list-cameras"):
        CsiCamera(CameraSettings("csi:3"), library=FakePicamera2(planes()).library())


def test_another_format_is_refused() -> None:
    """What is not YUV420 would be read as noise."""
    with pytest.raises(CameraError, match="gives XBGR8888, not YUV420") as caught:
        opened(FakePicamera2(planes(), offered=ALL, fmt="XBGR8888"))
    assert caught.value.fault == "format"
    with pytest.raises(CameraError, match="gives no YUV420"):
        opened(FakePicamera2(np.zeros((40, 64), np.uint8), offered=ALL)).next()


def test_without_picamera2_the_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """It can't come from pip."""
    monkeypatch.setitem(sys.modules, "picamera2", None)
    with pytest.raises(CameraError, match=r"apt install python3-picamera2.*--system-site-packages"):
        Camera(CameraSettings("csi:0"))


def test_a_picamera2_that_does_not_fit_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Built for another numpy, it raises whatever it likes while it is imported."""

    class Finder:
        def find_spec(self, name: str, *_: object) -> None:
            if name == "picamera2":
                raise ValueError("numpy.dtype size changed, may indicate binary incompatibility")

    monkeypatch.delitem(sys.modules, "picamera2", raising=False)
    monkeypatch.setattr(sys, "meta_path", [Finder(), *sys.meta_path])
    with pytest.raises(CameraError, match=r"numpy\.dtype size changed.*fit the numpy"):
        Camera(CameraSettings("csi:0"))


def test_the_camera_takes_the_installed_module(monkeypatch: pytest.MonkeyPatch) -> None:
    """csi:0 is opened with Picamera2, and read as any camera."""
    module = ModuleType("picamera2")
    monkeypatch.setattr(module, "Picamera2", FakePicamera2(planes(), offered=ALL).library().Picamera2, raising=False)
    monkeypatch.setitem(sys.modules, "picamera2", module)
    camera = Camera(CameraSettings("csi:0", 60, 40, rotate=90))
    assert camera.read().grey().shape == (60, 40)
    assert camera.in_force.what == "csi:0: 60x40, YUV420, 30 a second"
