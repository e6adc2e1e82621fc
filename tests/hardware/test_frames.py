"""Frames of every format: decoded by the cheapest road, when somebody looks, and only then."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.cameras.settings import Region
from hardware.errors import CameraError
from hardware.frames import Frame, Jpeg, Picture, Pixels, Plain, Planar, Yuyv

FORMATS = ("jpeg", "yuyv", "nv12", "yu12", "padded", "bgr", "grey")


def scene(width: int = 320, height: int = 240) -> Picture:
    """A picture in colour, blue first: four fields, soft, so that no format loses much of it."""
    picture = np.zeros((height, width, 3), np.uint8)
    picture[: height // 2, : width // 2] = (200, 60, 40)
    picture[: height // 2, width // 2 :] = (50, 180, 60)
    picture[height // 2 :, : width // 2] = (60, 60, 190)
    picture[height // 2 :, width // 2 :] = (150, 150, 150)
    return cv2.GaussianBlur(picture, (0, 0), 5).astype(np.uint8)


def nv12(bgr: Picture) -> Picture:
    """The planes of I420, their colours in turn."""
    height, width = bgr.shape[:2]
    flat = cv2.cvtColor(bgr, cv2.COLOR_BGR2YUV_I420).reshape(-1)
    brightness, blue, red = np.split(flat, [width * height, width * height * 5 // 4])
    return np.concatenate([brightness, np.stack([blue, red], axis=1).reshape(-1)]).reshape(-1, width)


def pixels_of(kind: str, bgr: Picture) -> Pixels:
    """What a camera with this format would have given."""
    height, width = bgr.shape[:2]
    i420 = cv2.cvtColor(bgr, cv2.COLOR_BGR2YUV_I420).astype(np.uint8)
    match kind:
        case "jpeg":
            _, data = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, 95])
            return Jpeg(data.reshape(-1).astype(np.uint8), width, height)
        case "yuyv":
            return Yuyv(cv2.cvtColor(bgr, cv2.COLOR_BGR2YUV_YUYV).astype(np.uint8))
        case "nv12":
            return Planar(nv12(bgr), width, "NV12")
        case "yu12":
            return Planar(i420, width, "YU12")
        case "padded":
            return Planar(padded(i420, width, height, 64), width, "YU12")
        case "bgr":
            return Plain(bgr)
        case _:
            return Plain(cv2.cvtColor(bgr, cv2.COLOR_BGR2GRAY).astype(np.uint8))


def padded(i420: Picture, width: int, height: int, by: int) -> Picture:
    """The same planes with filling at the end of each line, as libcamera lays them out: half of it for the colours."""
    flat = i420.reshape(-1)
    brightness, colours = np.split(flat, [width * height])
    wide = np.pad(brightness.reshape(height, width), ((0, 0), (0, by)), constant_values=255)
    narrow = np.pad(colours.reshape(height, width // 2), ((0, 0), (0, by // 2)), constant_values=255)
    return np.concatenate([wide.reshape(-1), narrow.reshape(-1)]).reshape(height * 3 // 2, width + by)


def differs(one: Any, other: Any) -> float:
    return float(np.abs(one.astype(int) - other.astype(int)).mean())


@pytest.mark.parametrize("kind", FORMATS)
def test_every_format_gives_the_same_picture(kind: str) -> None:
    """In grey, coarse and small: what a camera's format loses is less than what anybody sees."""
    bgr = scene()
    grey = cv2.cvtColor(bgr, cv2.COLOR_BGR2GRAY)
    frame = Frame(pixels_of(kind, bgr), 1.0, 1)
    # Raw formats keep brightness between 16 and 235.
    expected = grey if kind in ("jpeg", "bgr", "grey") else grey * (219 / 255) + 16
    assert frame.grey().shape == (240, 320)
    assert differs(frame.grey(), expected) < 2
    assert frame.coarse().shape == (30, 40)
    assert differs(frame.coarse(), cv2.resize(expected.astype(np.uint8), (40, 30), interpolation=cv2.INTER_AREA)) < 3
    small = frame.preview(160, 160)
    if kind == "grey":
        assert small.shape == (120, 160)
        return
    assert small.shape == (120, 160, 3)
    rgb = cv2.resize(bgr, (160, 120), interpolation=cv2.INTER_AREA)[:, :, ::-1]
    assert differs(small, rgb) < 4


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("rotate", [0, 90, 180, 270])
def test_the_region_is_of_the_upright_picture(kind: str, rotate: int) -> None:
    """Whichever way the camera is mounted: a part is what one sees upright, in grey, coarse and small alike."""
    region = Region(0.25, 0.5, 0.5, 0.4)
    bgr = scene()
    whole = Frame(pixels_of(kind, bgr), 1.0, 1, rotate=rotate)
    part = Frame(pixels_of(kind, bgr), 1.0, 1, rotate=rotate, region=region)
    left, top, right, bottom = region.pixels(whole.grey().shape[1], whole.grey().shape[0])
    assert differs(part.grey(), whole.grey()[top:bottom, left:right]) < 1
    assert abs(part.coarse().shape[0] - part.grey().shape[0] / 8) <= 2
    assert abs(part.coarse().shape[1] - part.grey().shape[1] / 8) <= 2
    shown = part.preview(10_000, 10_000)
    assert shown.shape[:2] == part.grey().shape
    assert differs(shown, whole.preview(10_000, 10_000)[top:bottom, left:right]) < 1


@given(
    st.floats(0, 0.95), st.floats(0, 0.95), st.floats(0.05, 1), st.floats(0.05, 1),
    st.sampled_from([0, 90, 180, 270]), st.integers(16, 4000), st.integers(16, 4000),
)  # fmt: skip
def test_every_region_lies_within_the_picture(
    left: float, top: float, width: float, height: float, rotate: int, across: int, down: int
) -> None:
    """Of every size, turned any way, and never empty."""
    region = Region(left, top, min(width, 1 - left), min(height, 1 - top)).before_turning(rotate)
    x, y, right, bottom = region.pixels(across, down)
    assert 0 <= x < right <= across
    assert 0 <= y < bottom <= down


@pytest.mark.parametrize(("width", "height"), [(1280, 720), (1920, 1080), (640, 480), (100, 70), (722, 1282)])
@pytest.mark.parametrize("kind", ["jpeg", "yuyv", "yu12", "bgr"])
def test_a_preview_is_never_larger_than_asked_and_keeps_its_proportions(kind: str, width: int, height: int) -> None:
    """Whatever the decoder can shrink by itself."""
    small = Frame(pixels_of(kind, scene(width, height)), 1.0, 1).preview(640, 400)
    assert small.shape[1] <= 640
    assert small.shape[0] <= 400
    assert small.shape[1] / small.shape[0] == pytest.approx(width / height, rel=0.03)


def test_both_roads_to_a_coarse_jpeg_agree() -> None:
    """Whether a frame was decoded before or not: else a scene would change by being looked at."""
    noisy = np.random.default_rng(3).integers(0, 255, (240, 320, 3), np.uint8)
    straight, after_grey = (Frame(pixels_of("jpeg", noisy), 1.0, 1) for _ in range(2))
    after_grey.grey()
    assert np.abs(straight.coarse().astype(int) - after_grey.coarse().astype(int)).max() <= 2


def test_nothing_is_decoded_before_somebody_looks() -> None:
    """Bytes that are no picture raise when they are looked at, with the way out; a frame nobody takes costs nothing."""
    frame = Frame(Jpeg(np.frombuffer(b"\xff\xd8 no picture", np.uint8), 64, 48), 1.0, 1)
    for look in (frame.grey, frame.coarse, lambda: frame.preview(10, 10)):
        with pytest.raises(CameraError, match="try YUYV") as caught:
            look()
        assert caught.value.fault == "format"
    with pytest.raises(CameraError):
        Frame(Jpeg(np.empty(0, np.uint8), 64, 48), 1.0, 1).grey()


def test_the_plane_of_brightness_is_not_copied() -> None:
    """Planar formats: the grey picture is the camera's own memory."""
    data = cv2.cvtColor(scene(), cv2.COLOR_BGR2YUV_I420).astype(np.uint8)
    frame = Frame(Planar(data, 320, "YU12"), 1.0, 1)
    assert np.shares_memory(frame.grey(), data)
    assert frame.grey() is frame.grey()


@pytest.mark.parametrize("kind", FORMATS)
def test_frames_are_equal_only_byte_for_byte(kind: str) -> None:
    """One pixel that no sampled line holds makes another frame."""
    bgr = scene()
    changed = bgr.copy()
    changed[101:109, 33:41] += 40
    frame, same, other = (Frame(pixels_of(kind, picture), 1.0, 1) for picture in (bgr, bgr, changed))
    assert frame.is_equal(same)
    assert not frame.is_equal(other)
    assert not frame.is_equal(Frame(pixels_of(kind, scene(64, 48)), 1.0, 1))


def test_threads_that_look_at_once_have_it_decoded_once() -> None:
    """One grabs, one reads, one shows: whoever comes second waits for the first one's picture."""
    frame = Frame(Plain(scene()), 0.0, 1)
    expected = frame.grey(), frame.coarse(), frame.preview(160, 120)
    for _ in range(20):
        frame = Frame(Plain(scene()), 0.0, 1)
        with ThreadPoolExecutor(4) as threads:
            greys = [threads.submit(frame.grey) for _ in range(2)]
            coarse, small = threads.submit(frame.coarse), threads.submit(frame.preview, 160, 120)
            assert greys[0].result() is greys[1].result()
            for got, wanted in zip((greys[0], coarse, small), expected, strict=True):
                assert np.array_equal(got.result(), wanted)
