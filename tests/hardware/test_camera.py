"""Frames from files and folders, in time; and what is said of a camera that is not there."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hardware.camera import Camera, CameraSettings, EndOfPictures, without_credentials
from hardware.errors import CameraError


class Time:
    """A clock that moves by sleeping."""

    def __init__(self) -> None:
        self.now = 50.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def camera(source: Path | str, time: Time, **options: Any) -> Camera:
    return Camera(CameraSettings(str(source), **options), monotonic=time.monotonic, sleep=time.sleep)


def shades(studio: Any, count: int) -> list[Any]:
    return [np.full((60, 80), 10 * number, np.uint8) for number in range(count)]


@pytest.mark.parametrize("kind", ["film", "pictures"])
def test_a_file_plays_at_its_own_rate(studio: Any, kind: str) -> None:
    """Frame by frame, a twentieth of a second apart, to the end."""
    clock = Time()
    source = studio.film(*shades(studio, 5)) if kind == "film" else studio.pictures(*shades(studio, 5))
    with_rate = camera(source, clock, fps=20)
    frames = [with_rate.read() for _ in range(5)]
    assert [frame.captured_at for frame in frames] == pytest.approx([50.0, 50.05, 50.1, 50.15, 50.2])
    assert [frame.number for frame in frames] == [1, 2, 3, 4, 5]
    assert [int(frame.grey().mean()) for frame in frames] == pytest.approx([0, 10, 20, 30, 40], abs=3)
    with pytest.raises(EndOfPictures):
        with_rate.read()
    with_rate.close()


@pytest.mark.parametrize("kind", ["film", "pictures"])
def test_a_slow_reader_misses_frames(studio: Any, kind: str) -> None:
    """A file does not wait for its reader: after a pause the frame of now comes, not the next one."""
    clock = Time()
    source = studio.film(*shades(studio, 10)) if kind == "film" else studio.pictures(*shades(studio, 10))
    slow = camera(source, clock, fps=20)
    slow.read()
    clock.sleep(0.31)
    assert int(slow.read().grey().mean()) == pytest.approx(60, abs=3)


def test_a_file_can_loop(studio: Any) -> None:
    """at_end loop: after the last frame comes the first."""
    endless = camera(studio.film(*shades(studio, 3)), Time(), at_end="loop")
    means = [int(endless.read().grey().mean()) for _ in range(7)]
    assert means == pytest.approx([0, 10, 20, 0, 10, 20, 0], abs=3)


@pytest.mark.parametrize(("degrees", "corner"), [(0, (0, 0)), (90, (0, 79)), (180, (59, 79)), (270, (59, 0))])
def test_frames_are_turned_clockwise(studio: Any, degrees: int, corner: tuple[int, int]) -> None:
    """A camera that is mounted on its side gives upright pictures."""
    picture = np.zeros((80, 60) if degrees in (90, 270) else (60, 80), np.uint8)
    picture[:10, :10] = 255
    grey = camera(studio.pictures(picture), Time(), rotate=degrees).read().grey()
    assert grey.shape == (60, 80)
    assert grey[corner] == 255


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("/dev/video97", "there is no /dev/video97; cameras here:"),
        ("nowhere.avi", "no such file: nowhere.avi"),
        ("http://user:geheim@127.0.0.1:9/stream", "http://127.0.0.1:9/stream can't be opened"),
    ],
)
def test_a_source_that_is_not_there_is_named(source: str, words: str) -> None:
    """The error names the source and the way out, and no password."""
    with pytest.raises(CameraError) as caught:
        Camera(CameraSettings(source))
    assert words in str(caught.value)
    assert "geheim" not in str(caught.value)


def test_a_file_that_is_no_video_and_a_folder_without_pictures_are_named(tmp_path: Path) -> None:
    """Damaged input is an error, not an empty film."""
    (tmp_path / "film.avi").write_bytes(b"no film at all")
    with pytest.raises(CameraError, match="no video that can be read"):
        Camera(CameraSettings(str(tmp_path / "film.avi")))
    (tmp_path / "empty").mkdir()
    with pytest.raises(CameraError, match="no pictures in"):
        Camera(CameraSettings(str(tmp_path / "empty")))
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "1.png").write_bytes(b"no picture")
    with pytest.raises(CameraError, match=r"1\.png is no picture"):
        Camera(CameraSettings(str(tmp_path / "bad"))).read()


def test_a_device_without_permission_names_the_group(tmp_path: Path) -> None:
    """A number is /dev/videoN; what is missing is said with what there is."""
    with pytest.raises(CameraError, match="there is no /dev/video96"):
        Camera(CameraSettings(96))


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        (0, "0"),
        ("/dev/video0", "/dev/video0"),
        ("rtsp://u:p@cam.local/1", "rtsp://cam.local/1"),
        ("http://cam.local/1", "http://cam.local/1"),
    ],
)
def test_a_source_is_shown_without_its_password(source: int | str, shown: str) -> None:
    """A URL's user name and password stay out of the log."""
    assert without_credentials(source) == shown
