"""Draws every screen in every language to PNG files: `python -m kiosk.screens.gallery FOLDER [--size 800x480]...`."""

import argparse
import os
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

from kiosk.screens.model import ScreenModel, ScreenSettings, TerminalModel

if TYPE_CHECKING:  # importing it opens a window
    from kiosk.screens.app import Face

SIZES = ("800x480", "1024x600", "1920x1080", "480x800", "1080x1920")
VENUE = {"kk": "«Алатау» кинотеатры", "ru": "Кинотеатр «Алатау»", "en": "Alatau Cinema"}
NOW = 1000.0
_SETTLED_AFTER_PICTURES = 25  # hints come and go within 2 s of the hall's time
_CODES = {"idle-read": 18.0, "idle-closer": 7.0, "idle-still": 16.0, "idle-brighter": 18.0}
_HINTS = {"idle-closer": "closer", "idle-still": "hold_still", "idle-brighter": "brighter"}


def _verdict(status: str | None, outcome: str, reason: str, age_s: float | None = None) -> ScreenModel:
    return ScreenModel("verdict", status, outcome, reason, None, age_s, NOW - 2, NOW + 2)


SCREENS: dict[str, ScreenModel] = {
    "idle": ScreenModel(),
    "idle-offline": ScreenModel(),
    "idle-staff": ScreenModel(),
    "idle-scanner": ScreenModel(),
    "idle-read": ScreenModel(),
    "idle-closer": ScreenModel(),
    "idle-still": ScreenModel(),
    "idle-brighter": ScreenModel(),
    "checking": ScreenModel("checking"),
    "granted-green": _verdict("green", "granted", "admitted"),
    "granted-blue": _verdict("blue", "granted", "admitted"),
    "granted-offline": _verdict("green", "granted", "admitted", age_s=7_500),
    "granted-ageing": replace(_verdict("green", "granted", "admitted", age_s=200_000), data_ageing=True),
    "granted-yellow": _verdict("yellow", "granted", "near_home"),
    "granted-proof": _verdict("blue", "granted", "proof_accepted"),
    "proof-needed": _verdict("blue", "proof_needed", "pcr_compulsory"),
    "denied-red": _verdict("red", "denied", "status_not_admitted"),
    "denied-yellow-far": _verdict("yellow", "denied", "not_near_home"),
    "denied-home-unknown": _verdict("yellow", "denied", "home_area_unknown"),
    "denied-zone": _verdict("green", "denied", "zone_not_allowed"),
    "denied-unknown": _verdict(None, "denied", "visitor_unknown"),
    "denied-expired": _verdict(None, "denied", "pass_expired"),
    "denied-forged": _verdict(None, "denied", "pass_forged"),
    "could-not-check": ScreenModel("could_not_check", reason="unreachable", shown_at=NOW - 2, until=NOW + 4),
    "could-not-check-clock": ScreenModel(
        "could_not_check", reason="clock_not_trusted", shown_at=NOW - 2, until=NOW + 4
    ),
    "not-a-pass": ScreenModel("not_a_credential", reason="url", shown_at=NOW - 1, until=NOW + 2),
    "damaged": ScreenModel("not_a_credential", reason="damaged", shown_at=NOW - 1, until=NOW + 2),
    "out-of-order": ScreenModel("out_of_order", reason="camera"),
    "out-of-order-journal": ScreenModel("out_of_order", reason="journal"),
}


def main() -> None:
    """One process for each size: Kivy has one window."""
    parser = argparse.ArgumentParser(prog="python -m kiosk.screens.gallery", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--size", action="append", choices=SIZES, help="default: all")
    parser.add_argument("--only", action="append", choices=sorted(SCREENS), help="default: all")
    parser.add_argument("--drawn", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    sizes = options.size or list(SIZES)
    options.folder.mkdir(parents=True, exist_ok=True)
    if options.drawn:
        draw(options.folder, sizes[0], options.only or list(SCREENS))
        return
    environment = {"SDL_VIDEODRIVER": "offscreen", **os.environ}
    for position, size in enumerate(sizes, 1):
        print(f"{size} ({position} of {len(sizes)}) ...", flush=True)  # noqa: T201  # a tool for the command line
        only = [word for name in options.only or () for word in ("--only", name)]
        command = [sys.executable, "-m", "kiosk.screens.gallery", str(options.folder), "--size", size, "--drawn", *only]
        subprocess.run(command, env=environment, check=True)  # noqa: S603  # ourselves


def draw(folder: Path, size: str, names: list[str]) -> None:
    """Draw the named screens at one size: all languages together, and each as the visitor's own."""
    from kiosk.screens.app import Face  # noqa: PLC0415  # opens a window

    width, height = (int(side) for side in size.split("x"))
    settings = ScreenSettings(
        ("kk", "ru", "en"), VENUE, "Asia/Almaty", fullscreen=False, width=width, height=height, sounds=False
    )
    hall = Hall()
    face = Face(settings, preview=hall.picture, monotonic=hall.monotonic)
    thread = threading.Thread(target=_walk_through, args=(face, hall, folder, size, names))
    thread.start()
    face.run()
    thread.join()


def _walk_through(face: "Face", hall: "Hall", folder: Path, size: str, names: list[str]) -> None:
    try:
        for name in names:
            hall.turn_to(name)
            face.update(terminal_of(name))
            for language in ("all",) if name.startswith("idle") else ("kk", "ru", "en"):
                face.show(_for_visitor(SCREENS[name], language))
                hall.wait(30)
                path = folder / f"{name}-{language}-{size}.png"
                if not face.screenshot(path, timeout_s=30):
                    raise TimeoutError(f"{path} was not drawn in time")
    finally:
        face.stop()


def _for_visitor(model: ScreenModel, language: str) -> ScreenModel:
    return replace(model, language=language)


def terminal_of(name: str) -> TerminalModel:
    """The terminal's own state that belongs to a screen of the gallery."""
    offline = TerminalModel(
        online=False, offline_since="09:41", waiting_visits=12, data_age_s=7_500, data_left_s=250_000
    )
    match name:
        case "idle-offline":
            return offline
        case "idle-staff":  # all that staff may have to see to, at once
            return replace(
                offline,
                offline_since="28.05. 09:41",
                waiting_visits=12_345,
                refused_visits=12,
                storage_percent=91,
                clock_trusted=False,
                data_age_s=200_000,
                data_left_s=59_000,
                data_ageing=True,
            )
        case "idle-scanner":
            return TerminalModel(online=True, reader="scanner", broken_reader="camera")
        case _:
            return TerminalModel(online=True)


class Hall:
    """A stand-in for the camera, with a clock of its own: it moves with each picture, for hints take their time."""

    def __init__(self) -> None:
        self._screen = "idle"
        self._number, self._left = 0, 0
        self._settled = threading.Event()

    def turn_to(self, screen: str) -> None:
        """Show what belongs to this screen of the gallery."""
        self._settled.clear()
        self._left = _SETTLED_AFTER_PICTURES
        self._screen = screen

    def wait(self, timeout_s: float) -> bool:
        """Whether an idle screen has seen enough pictures within `timeout_s` seconds to say what it has to say."""
        return not self._screen.startswith("idle") or self._settled.wait(timeout_s)

    def monotonic(self) -> float:
        """Seconds; they stand still where a screen counts down."""
        return NOW + self._number * 0.1 if self._screen.startswith("idle") else NOW

    def picture(self) -> SimpleNamespace:
        """A soft grey gradient, and in it, where the screen is about that, a code."""
        width, height, code_px = 64, 36, _CODES.get(self._screen)
        self._number += 1
        self._left -= 1
        if self._left < 0:
            self._settled.set()
        rows = bytearray()
        for row in range(height):
            for column in range(width):
                shade = 60 + column + row
                rows += bytes((shade, shade + 6, shade + 12))
        marks = () if code_px is None else (_mark(self._screen, code_px, width, height),)
        return SimpleNamespace(
            number=self._number, width=width, height=height, channels=3, pixels=bytes(rows), marks=marks,
            captured_at=self.monotonic(),
        )  # fmt: skip


def _mark(name: str, code_px: float, width: int, height: int) -> SimpleNamespace:
    """A code in the middle, held a little aslant."""
    half, lean = code_px / 2, code_px * 0.06
    corners = ((-half, -half + lean), (half - lean, -half), (half, half - lean), (-half + lean, half))
    return SimpleNamespace(
        kind="decoded" if name not in _HINTS else "located",
        hint=_HINTS.get(name),
        corners=tuple((0.5 + x / width, 0.5 + y / height) for x, y in corners),
    )


if __name__ == "__main__":
    main()
