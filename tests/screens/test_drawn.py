"""The screens as they are drawn, on every display in every language; each in a process of its own, off screen."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from kiosk.screens import look
from kiosk.screens.gallery import SCREENS, SIZES
from kiosk.screens.model import ScreenModel

Picture = NDArray[np.uint8]
WITHOUT_FILL = {"idle", "idle-offline"}


def probe(*arguments: str) -> Any:
    """What the probe has found out."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.screens.probe", *arguments],
        env={**os.environ, "SDL_VIDEODRIVER": "offscreen", "SDL_AUDIODRIVER": "dummy"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("size", SIZES)
def test_every_text_fits(size: str) -> None:
    """Every text of every screen, in three languages, with a long venue name: whole, inside the window, legible."""
    shortest_px = min(int(side) for side in size.split("x"))
    texts = probe("layout", size)
    assert {text["screen"].split(" in ")[0] for text in texts} == set(SCREENS)
    for text in texts:
        assert text["fits"], text
        assert text["inside"], text
        assert text["font_px"] >= max(text["smallest_px"] + 1, 0.022 * shortest_px), text


def test_the_font_has_every_letter() -> None:
    """Kazakh has nine letters that many fonts lack, and draw as boxes."""
    assert probe("glyphs") == ""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pictures of a window that was running."""
    return tmp_path_factory.mktemp("window")


@pytest.fixture(scope="module")
def told(folder: Path) -> dict[str, Any]:
    """What became of a window that was running."""
    result: dict[str, Any] = probe("window", str(folder))
    return result


def read(folder: Path, name: str) -> Picture:
    picture = cv2.imread(str(folder / f"{name}.png"))
    assert picture is not None
    assert picture.shape == (480, 800, 3)
    return picture.astype(np.uint8, copy=False)


def test_a_keyboard_does_nothing(told: dict[str, Any], folder: Path) -> None:
    """ESC, F1, F11 and others, with and without Ctrl, Alt and Meta: not a pixel changes, and the window stays."""
    assert (told["ready"], told["before"], told["pressed"], told["after"]) == (True, True, True, True)
    assert np.array_equal(read(folder, "before"), read(folder, "after"))


def test_a_crowd_of_threads(told: dict[str, Any]) -> None:
    """Screens, states and sounds from six threads at once: nothing hangs, and what is shown last is shown."""
    assert told["crowd_done"]
    assert all(told[name] for name in SCREENS)


def test_an_order_wakes_the_screen(told: dict[str, Any]) -> None:
    """Kivy's default clock would sleep until its frame is over, a thirtieth of a second."""
    assert told["clock_can_be_interrupted"]


def test_a_window_that_is_gone(told: dict[str, Any]) -> None:
    """Orders after the end wait for nobody."""
    assert told["picture_after_the_end"] is False


@pytest.mark.parametrize(("name", "model"), [entry for entry in SCREENS.items() if entry[0] not in WITHOUT_FILL])
def test_the_colour_fills_the_screen(told: dict[str, Any], folder: Path, name: str, model: ScreenModel) -> None:
    """Most of the picture has the colour that stands for it: seen from metres away."""
    assert told[name]
    wanted = np.array([round(channel * 255) for channel in reversed(look.fill(model))])
    near = np.abs(read(folder, name).astype(int) - wanted).max(axis=2) <= 3
    assert near.mean() > 0.6


def test_screens_differ(told: dict[str, Any], folder: Path) -> None:
    """No two screens look alike."""
    assert all(told[name] for name in SCREENS)
    assert len({read(folder, name).tobytes() for name in SCREENS}) == len(SCREENS)
