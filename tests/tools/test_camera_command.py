"""`ashyq-kiosk camera`, on real films and in a real window."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner, Result

from kiosk.__main__ import app
from kiosk.exits import Exit
from kiosk.tools.camera_users import users_of
from tests.hardware.conftest import Studio

EMPTY = np.full((480, 640), 130, np.uint8)
PAYLOAD = b"ASHYQ:a visitor's own code"


def camera(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, ["camera", *map(str, arguments)])


def off_screen(*arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", *arguments],
        env={**os.environ, "SDL_VIDEODRIVER": "offscreen", **environment},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


@pytest.fixture
def film(studio: Studio) -> Path:
    """A second with a code in it."""
    return studio.film(*[studio.frame(studio.code(PAYLOAD))] * 20)


def test_a_film_is_judged_and_nothing_secret_told(film: Path, tmp_path: Path) -> None:
    """Rate, size, light, sharpness, and what was read; the last picture is written for its owner alone."""
    snapshot = tmp_path / "last.png"
    done = camera("--source", film, "--no-window", "--snapshot", snapshot)
    assert done.exit_code == 0, done.output
    for words in (" a second | ", "picture: 640x480", "light: good", "sharpness: good", "a QR code of 26 bytes"):
        assert words in done.stdout
    assert "modules 6.0 px, large enough" in done.stdout
    assert PAYLOAD.decode() not in done.output
    assert PAYLOAD.hex() not in done.output
    written = cv2.imread(str(snapshot))
    assert written is not None
    assert written.shape == (480, 640, 3)
    assert snapshot.stat().st_mode & 0o777 == 0o600


def test_it_ends_by_itself_and_says_what_is_dark(studio: Studio) -> None:
    """A long film of a covered lens, half a second of it."""
    done = camera("--source", studio.film(*[EMPTY // 20] * 60), "--no-window", "--seconds", "0.5")
    assert done.exit_code == 0
    assert "light: too dark" in done.stdout
    assert "nothing yet" in done.stdout
    assert done.stdout.count("frames: ") == 1


def test_a_film_of_one_frame_is_judged(studio: Studio) -> None:
    """However short it is, something is told."""
    done = camera("--source", studio.film(EMPTY), "--no-window")
    assert "picture: 640x480" in done.stdout
    assert "sharpness: can't be told" in done.stdout


def test_a_code_that_can_not_be_read_gets_a_hint(studio: Studio) -> None:
    """What a visitor would be told is told to the technician."""
    code = studio.code(PAYLOAD * 3)
    middle = code.shape[0] // 2
    code[middle - 60 : middle + 60, middle - 60 : middle + 60] = 130  # more than its error correction can mend
    done = camera("--source", studio.film(*[studio.frame(code)] * 8), "--no-window")
    assert "in view: a code that can't be read" in done.stdout


def test_a_camera_that_is_not_there_is_named() -> None:
    """With the exit status of a part that is missing; so is a file that is none."""
    done = camera("--source", "/dev/video-none", "--no-window")
    assert done.exit_code == Exit.UNAVAILABLE
    assert "camera.source: there is no /dev/video-none" in done.stderr
    assert camera("--source", "/nowhere/film.mp4", "--no-window").exit_code == Exit.UNAVAILABLE


def test_a_picture_that_breaks_in_between_is_named(studio: Studio) -> None:
    """What was seen before is told, and then what is wrong."""
    folder = studio.pictures(*[EMPTY] * 10)
    (folder / "009.png").write_bytes(b"no picture")
    done = camera("--source", folder, "--no-window")
    assert done.exit_code == Exit.UNAVAILABLE
    assert "009.png is no picture" in done.stderr
    assert "frames: " in done.stdout


def test_a_wrong_configuration_is_told(tmp_path: Path) -> None:
    """Every problem, with its place."""
    path = tmp_path / "kiosk.yaml"
    path.write_text("camera: {indx: 1}\n")
    done = camera("--config", path)
    assert done.exit_code == Exit.CONFIGURATION
    assert "kiosk.yaml:1:" in done.stderr


@pytest.mark.parametrize(
    ("name", "words", "status"),
    [("picture.doc", "no kind of picture", os.EX_USAGE), ("none/a.png", "no folder", os.EX_CANTCREAT)],
)
def test_a_snapshot_that_can_not_be_written_is_told_first(
    film: Path, tmp_path: Path, name: str, words: str, status: int
) -> None:
    """Before anything is opened, and not when everybody has gone."""
    done = camera("--source", film, "--no-window", "--snapshot", tmp_path / name)
    assert (done.exit_code, words in done.stderr) == (status, True)


def test_who_uses_a_camera_is_found(tmp_path: Path) -> None:
    """By the name and number of the process; nobody, where nobody has it open."""
    device = tmp_path / "video0"
    device.touch()
    assert users_of(device) == ()
    with device.open():
        [user] = users_of(device)
    assert user.endswith(f"({os.getpid()})")


def test_a_camera_in_use_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its user is named, and the command that stops the terminal."""
    device = tmp_path / "video0"
    device.touch()
    monkeypatch.setattr("kiosk.tools.camera_command._device_of", lambda _: device)
    with device.open():
        done = camera("--source", device, "--no-window")
    assert done.exit_code == Exit.UNAVAILABLE
    assert f"({os.getpid()})" in done.stderr
    assert "systemctl stop ashyq-kiosk" in done.stderr


def test_the_window_shows_until_the_film_is_over(film: Path) -> None:
    """The same lines are printed beside it."""
    done = off_screen("kiosk", "camera", "--source", str(film))
    assert done.returncode == 0, done.stderr
    assert "a QR code of 26 bytes" in done.stdout
    assert "--no-window" not in done.stderr


@pytest.fixture
def ctrl_c() -> Iterator[None]:
    """Processes that are started here take it, though the tests may run in the background, where nothing does."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("ctrl_c")
@pytest.mark.parametrize("options", [[], ["--no-window"]])
def test_ctrl_c_ends_it_and_the_picture_is_kept(studio: Studio, tmp_path: Path, options: list[str]) -> None:
    """In the midst of a long film, with a window and without."""
    snapshot = tmp_path / "last.png"
    film = studio.film(*[EMPTY] * 1200)
    with subprocess.Popen(
        [sys.executable, "-m", "kiosk", "camera", "--source", str(film), "--snapshot", str(snapshot), *options],
        env={**os.environ, "SDL_VIDEODRIVER": "offscreen"}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as running:  # fmt: skip
        assert running.stdout is not None
        running.stdout.readline()  # what was opened
        running.stdout.readline()  # the first second
        running.send_signal(signal.SIGINT)
        out, err = running.communicate(timeout=30)
    assert running.returncode == 0, err
    assert "Traceback" not in err
    assert "the last picture" in out
    assert snapshot.exists()


def test_without_a_screen_there_are_lines(film: Path) -> None:
    """As over ssh: it is said, and the camera is judged all the same."""
    done = off_screen("kiosk", "camera", "--source", str(film), SDL_VIDEODRIVER="x11", DISPLAY="")
    assert done.returncode == 0, done.stderr
    assert "no window can be opened" in done.stderr
    assert "a QR code of 26 bytes" in done.stdout


@pytest.mark.parametrize("size", ["800x480", "480x800"])
def test_everything_in_the_window_fits(size: str, tmp_path: Path) -> None:
    """The longest words, on a terminal's display upright and lying; and the code is outlined."""
    picture = tmp_path / "window.png"
    done = off_screen("tests.tools.window_probe", size, str(picture))
    assert done.returncode == 0, done.stderr
    told: list[dict[str, Any]] = json.loads(done.stdout)
    assert len(told) == 14
    assert [one for one in told if not (one["legible"] and one["fits"] and one["inside"])] == []
    drawn = cv2.imread(str(picture))
    assert drawn is not None
    assert (np.abs(drawn.astype(int) - (0xFF, 0xC2, 0x4C)).sum(axis=2) < 12).sum() > 100  # the outline's blue
