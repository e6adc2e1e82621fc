"""V4L2 cameras: which one, what it gives, what it refuses, when it has gone. There is no /dev/video here: stand-ins."""

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from hardware.cameras import v4l2, v4l2_controls, v4l2_nodes
from hardware.cameras.settings import CameraSettings
from hardware.cameras.v4l2 import Device
from hardware.errors import CameraError, NoPictureYet
from hardware.frames import Frame, Picture
from tests.hardware.capture import FakeCapture, FakeControls

EXPOSURE_AUTO, EXPOSURE, GAIN, FOCUS_AUTO, FOCUS, POWER_LINE = (
    0x009A0901, 0x009A0902, 0x00980913, 0x009A090C, 0x009A090A, 0x00980918,
)  # fmt: skip


@pytest.fixture
def node(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Something that has the place of /dev/video0: a file is opened, and knows no requests."""
    path = tmp_path / "video0"
    path.touch()
    monkeypatch.setattr(v4l2_nodes, "choose", lambda _source, _here: path)
    return path


def picture(width: int = 64, height: int = 48) -> Picture:
    ramp = np.tile(np.linspace(20, 230, width).astype(np.uint8), (height, 1))
    return cv2.cvtColor(ramp, cv2.COLOR_GRAY2BGR).astype(np.uint8)


def raw(name: str) -> Picture:
    """What retrieve gives of each format without conversion, as seen with a real driver."""
    bgr = picture()
    match name:
        case "MJPG":
            _, data = cv2.imencode(".jpg", bgr)
            return data.reshape(1, -1).astype(np.uint8)
        case "YUYV":
            return cv2.cvtColor(bgr, cv2.COLOR_BGR2YUV_YUYV).astype(np.uint8)
        case "GREY":
            return cv2.cvtColor(bgr, cv2.COLOR_BGR2GRAY).astype(np.uint8)
        case "BGR3":
            return bgr
        case _:
            return cv2.cvtColor(bgr, cv2.COLOR_BGR2YUV_I420).astype(np.uint8)


def open_device(capture: FakeCapture, clock: list[float] | None = None, **options: Any) -> Device:
    settings = CameraSettings(0, 64, 48, **options)
    if clock is None:
        return Device(settings, capture=lambda _source: capture)
    return Device(settings, capture=lambda _source: capture, monotonic=lambda: clock[0])


@pytest.mark.parametrize("name", ["MJPG", "YUYV", "NV12", "YU12", "YV12", "GREY", "BGR3"])
def test_every_format_is_taken_as_the_driver_gives_it(node: Path, name: str) -> None:
    """Unconverted, one buffer; in grey it is the picture that was filmed."""
    capture = FakeCapture((name,), [raw(name)])
    pixels, _ = open_device(capture).next()
    assert capture.get(cv2.CAP_PROP_CONVERT_RGB) == 0
    assert capture.get(cv2.CAP_PROP_BUFFERSIZE) == 1
    grey = Frame(pixels, 0.0, 1).grey().astype(int)
    assert np.abs(grey - cv2.cvtColor(picture(), cv2.COLOR_BGR2GRAY)).mean() < 12
    assert grey[:, -1].mean() > grey[:, 0].mean() + 150


def test_a_format_that_the_camera_has_not_is_replaced_and_said(node: Path) -> None:
    """The first of the others in a fixed order; likewise its size and rate."""
    capture = FakeCapture(("BGR3", "YU12", "YUYV"), [raw("YUYV")], size=(64, 40), fps=10)
    in_force = open_device(capture, pixel_format="MJPG").in_force
    assert in_force.what == f"{node}: 64x40, YUYV, 10 a second"
    assert in_force.refused[:3] == (
        "format: MJPG is not taken, YUYV is in force",
        "width, height: 64x48 is not taken, 64x40 is in force",
        "fps: 30 is not taken, 10 is in force",
    )


def test_a_camera_without_any_format_that_is_read_is_named(node: Path) -> None:
    """The error says what it gives, and what is needed."""
    with pytest.raises(CameraError, match="gives H264, which is not read; a camera with MJPG, YUYV, NV12") as caught:
        open_device(FakeCapture(("H264",), []))
    assert caught.value.fault == "format"


@pytest.mark.parametrize(
    "data", [np.zeros((48, 60, 2), np.uint8), np.zeros((48, 64, 3), np.uint8), np.zeros((48, 64), np.uint16)]
)
def test_a_driver_that_gives_something_else_than_it_promises_is_named(node: Path, data: Any) -> None:
    """Never decoded as what it is not."""
    with pytest.raises(CameraError, match=r"promises YUYV of 64x48 and gives an array .*set another camera\.format"):
        open_device(FakeCapture(("YUYV",), [data]), pixel_format="YUYV").next()


def test_a_frame_that_is_skipped_is_not_fetched(node: Path) -> None:
    """It costs its turn in the queue, and nothing else."""
    capture = FakeCapture(("YUYV",), [raw("YUYV")])
    device = open_device(capture, pixel_format="YUYV")
    device.skip()
    device.skip()
    assert capture.retrieved == 0
    device.next()
    assert capture.retrieved == 1


def test_a_frame_has_the_drivers_time(node: Path) -> None:
    """A frame that lay ready while the program stood still is recognised as old."""
    clock = [100.0]
    capture = FakeCapture(("YUYV",), [raw("YUYV")])
    device = open_device(capture, clock, pixel_format="YUYV")
    capture.stamps_ms = [100_010.0, 100_050.0]
    clock[0] = 100.02
    assert device.next()[1] == pytest.approx(100.01)
    clock[0] = 105.0
    assert device.next()[1] == pytest.approx(100.05)


@pytest.mark.parametrize(
    ("seconds", "fault", "words"), [(0.0, "unplugged", "plugged in"), (3.1, "no_picture", "hangs")]
)
def test_a_camera_that_has_gone_is_told_from_one_that_hangs(node: Path, seconds: float, fault: str, words: str) -> None:
    """The one fails at once, the other after the time limit, and may be waited for on."""
    clock = [100.0]

    class Failing(FakeCapture):
        def grab(self) -> bool:
            clock[0] += seconds
            return False

    device = open_device(Failing(("YUYV",), []), clock, pixel_format="YUYV")
    with pytest.raises(CameraError, match=words) as caught:
        device.next()
    assert caught.value.fault == fault
    assert isinstance(caught.value, NoPictureYet) == (seconds > 1)
    device.close()


def test_a_camera_that_another_program_has_is_named(node: Path) -> None:
    """Opened in vain."""
    capture = FakeCapture(("YUYV",), [])
    capture.is_open = False
    with pytest.raises(CameraError, match="another program may be using it"):
        open_device(capture)


# --- which one ------------------------------------------------------------------------------------------------------


@pytest.fixture
def dev(tmp_path: Path) -> Path:
    """A /dev with two nodes of one USB camera, and a codec of a Raspberry Pi."""
    for name in ("video1", "video2", "video10"):
        (tmp_path / name).touch()
    (tmp_path / "v4l/by-id").mkdir(parents=True)
    (tmp_path / "v4l/by-id/usb-Cam-video-index0").symlink_to(tmp_path / "video1")
    return tmp_path


def cards(path: Path) -> str | None:
    return {"video1": "HD Webcam", "video3": "Other"}.get(path.name)


def test_what_is_no_camera_is_left_out(dev: Path) -> None:
    """A webcam's second node, and what a Raspberry Pi has beside; each camera with its lasting path."""
    [camera] = v4l2_nodes.cameras(dev, cards)
    assert (camera.path, camera.by_id) == (dev / "video1", dev / "v4l/by-id/usb-Cam-video-index0")
    assert str(camera) == f"{dev}/video1 = {dev}/v4l/by-id/usb-Cam-video-index0 (HD Webcam)"
    assert v4l2_nodes.number_of(dev / "v4l/by-id/usb-Cam-video-index0") == 1


def test_the_only_camera_is_taken_when_its_number_has_changed(dev: Path) -> None:
    """Plugged in again while its old node was held, /dev/video0 is /dev/video1."""
    here = v4l2_nodes.cameras(dev, cards)
    assert v4l2_nodes.choose(0, here, dev) == dev / "video1"
    assert v4l2_nodes.choose(2, here, dev) == dev / "video2"


def test_of_two_cameras_none_is_guessed(dev: Path) -> None:
    """The error lists them, and names the way out."""
    (dev / "video3").touch()
    with pytest.raises(CameraError, match=r"there is no .*/video0; cameras here: .*video1 .*video3.*by-id") as caught:
        v4l2_nodes.choose(0, v4l2_nodes.cameras(dev, cards), dev)
    assert caught.value.fault == "unplugged"


def test_a_path_is_never_replaced(dev: Path) -> None:
    """Who names a camera means that one."""
    with pytest.raises(CameraError, match="is it plugged in"):
        v4l2_nodes.choose(str(dev / "v4l/by-id/gone"), v4l2_nodes.cameras(dev, cards), dev)


def test_a_file_is_no_camera(tmp_path: Path) -> None:
    """Asked what it is, it does not answer."""
    (tmp_path / "video0").touch()
    assert v4l2_nodes.cameras(tmp_path) == ()


def test_a_number_that_was_replaced_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that the technician writes down the path."""
    (tmp_path / "video1").touch()
    monkeypatch.setattr(v4l2_nodes, "choose", lambda _source, _here: tmp_path / "video1")
    refused = open_device(FakeCapture(("YUYV",), []), pixel_format="YUYV").in_force.refused
    assert refused[0] == f"source: /dev/video0 is not there, {tmp_path}/video1 is taken, the only camera here"


# --- controls -------------------------------------------------------------------------------------------------------


def controls() -> FakeControls:
    return FakeControls(
        {
            EXPOSURE_AUTO: [0, 3, 3],
            EXPOSURE: [3, 2047, 250],
            GAIN: [0, 100, 20],
            FOCUS_AUTO: [0, 1, 1],
            FOCUS: [0, 250, 0],
            POWER_LINE: [0, 2, 2],
        }
    )


def values(camera: FakeControls) -> dict[int, int]:
    return {control: value for control, (_, _, value) in camera.controls.items()}


def test_controls_are_set_by_hand() -> None:
    """Exposure in tenths of a millisecond; what sees to it by itself is switched off before."""
    camera = controls()
    settings = CameraSettings(0, exposure_ms=8.0, gain=40, focus=30, power_line_hz=50)
    assert v4l2_controls.apply(settings, camera) == ()
    assert values(camera) == {EXPOSURE_AUTO: 1, EXPOSURE: 80, GAIN: 40, FOCUS_AUTO: 0, FOCUS: 30, POWER_LINE: 1}


def test_what_is_left_to_the_camera_is_given_back_to_it() -> None:
    """A camera keeps its controls while it has power: yesterday's exposure must not stay."""
    camera = controls()
    v4l2_controls.apply(CameraSettings(0, exposure_ms=8.0, focus=30), camera)
    assert v4l2_controls.apply(CameraSettings(0), camera) == ()
    assert (values(camera)[EXPOSURE_AUTO], values(camera)[FOCUS_AUTO]) == (3, 1)


@pytest.mark.parametrize(
    ("clamps", "words"),
    [
        (
            False,
            "exposure: 500 ms is not taken (Numerical result out of range), 25 ms is in force, of 0.3 ms to 204.7 ms",
        ),
        (True, "exposure: 500 ms is not taken, 204.7 ms is in force, of 0.3 ms to 204.7 ms"),
    ],
)
def test_what_the_driver_refuses_is_said_with_what_is_in_force(clamps: bool, words: str) -> None:
    """Some refuse a value out of range, some take the nearest."""
    camera = FakeControls(controls().controls, clamps=clamps)
    assert v4l2_controls.apply(CameraSettings(0, exposure_ms=500), camera) == (words,)


def test_a_camera_without_controls_is_asked_for_nothing_by_default() -> None:
    """What nobody asked for is not reported as missing; what was asked for is."""
    assert v4l2_controls.apply(CameraSettings(0), FakeControls({})) == ()
    assert v4l2_controls.apply(CameraSettings(0, focus=3, power_line_hz=50), FakeControls({})) == (
        "focus: this camera has none to set",
        "power_line: this camera has none to set",
    )


def test_a_node_that_can_not_be_asked_is_no_obstacle(tmp_path: Path) -> None:
    """The camera has just gone: reading will tell."""
    assert v4l2_controls.set_controls(CameraSettings(0), tmp_path / "gone") == ("controls: No such file or directory",)


def test_the_fallbacks_can_be_read() -> None:
    """What is tried must be something that frames know."""
    assert set(v4l2._FALLBACKS) <= v4l2._READABLE  # the tables are the subject
