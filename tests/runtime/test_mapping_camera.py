"""From the camera options that a technician writes to the settings that the camera takes."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from config import Settings
from hardware.cameras.settings import CameraSettings, Region
from kiosk.mapping import scanner_of


def camera_of(options: Mapping[str, Any]) -> CameraSettings:
    venue = {"category": "cinema", "area": "a", "zone": "green"}
    central = {"url": "https://c.kz", "token_file": "token"}
    scanner = scanner_of(Settings.model_validate({"venue": venue, "central": central, "camera": options}))
    assert scanner is not None
    return scanner.camera


def test_nothing_set_leaves_everything_to_the_camera() -> None:
    """But the frequency of the mains: it is known."""
    camera = camera_of({})
    assert (camera.exposure_ms, camera.gain, camera.focus, camera.power_line_hz) == (None, None, None, 50)
    assert camera.region == Region()
    assert camera.still_after_s == 3.0


def test_everything_set_arrives_in_its_unit() -> None:
    """Times as milliseconds and seconds; whole numbers count as fractions, too."""
    camera = camera_of(
        {
            "source": "csi:1",
            "format": "NV12",
            "region": {"left": 0, "top": 0.25, "width": 1, "height": 0.5},
            "exposure": "8 ms",
            "gain": 2,
            "focus": 5.5,
            "power_line": None,
            "still_after": None,
        }
    )
    assert (camera.source, camera.pixel_format) == ("csi:1", "NV12")
    assert camera.region == Region(0.0, 0.25, 1.0, 0.5)
    assert (camera.exposure_ms, camera.gain, camera.focus, camera.power_line_hz) == (8.0, 2.0, 5.5, None)
    assert camera.still_after_s is None
    assert camera_of({"exposure": timedelta(milliseconds=5)}).exposure_ms == 5.0
