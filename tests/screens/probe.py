"""Looks at the real screens from inside, in a process of its own since Kivy has one window; prints JSON.

`layout SIZE`: every text of every screen in every language, and whether it fits. `glyphs`: letters that the font lacks.
`window FOLDER`: what keys, threads, sounds and pictures do to a window that is running.
"""

import json
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from kiosk.screens import words
from kiosk.screens.gallery import SCREENS, VENUE, Hall, terminal_of
from kiosk.screens.model import ScreenModel, ScreenSettings, TerminalModel
from kiosk.screens.start import prepare_kivy, require_window

ALL = ("kk", "ru", "en")
LONG_NAMES = {
    "kk": "Шымкент қаласының Абай атындағы орталық емханасы",
    "ru": "Центральная городская поликлиника имени Абая города Шымкент",
    "en": "Abai Central City Polyclinic of Shymkent",
}
EVERYTHING = replace(terminal_of("idle-staff"), waiting_visits=123_456, storage_percent=100, broken_reader="scanner")
BY_SCANNER = replace(EVERYTHING, reader="scanner", broken_reader="camera")


def settings(size: str, names: dict[str, str]) -> ScreenSettings:
    width, height = (int(side) for side in size.split("x"))
    return ScreenSettings(ALL, names, "Asia/Almaty", fullscreen=False, width=width, height=height)


def layout(size: str) -> list[dict[str, Any]]:
    """Every text that is shown."""
    chosen = settings(size, LONG_NAMES)
    prepare_kivy(chosen)
    require_window()
    from kivy.clock import Clock  # noqa: PLC0415  # after the window
    from kivy.core.window import Window  # noqa: PLC0415

    from kiosk.screens.fit import SMALLEST_PX, FitLabel, fits  # noqa: PLC0415
    from kiosk.screens.kivy_app import KioskApp  # noqa: PLC0415

    hall = Hall()
    app = KioskApp(chosen, hall.picture, lambda: None, hall.monotonic)
    root = app.build()
    Window.add_widget(root)
    found: list[dict[str, Any]] = []
    for name, model in SCREENS.items():
        hall.turn_to(name)
        for language in ALL:
            shown = ScreenModel(
                model.screen, model.status, model.outcome, model.reason, language, model.data_age_s,
                model.shown_at, model.until,
            )  # fmt: skip
            app.show(shown, BY_SCANNER if name == "idle-scanner" else EVERYTHING)
            while not hall.wait(0):
                app.tick()
            for _ in range(10):  # boxes are laid out from outside in, and texts after their boxes
                Clock.tick_draw()
            for label in _labels(root, FitLabel):
                x, y = label.to_window(*label.pos)
                found.append(
                    {
                        "screen": f"{name} in {language}",
                        "text": label.text,
                        "font_px": label.font_size,
                        "smallest_px": SMALLEST_PX,
                        "fits": fits(
                            label.text, label.font_name, (int(label.width), int(label.height)), int(label.font_size),
                            bold=label.bold,
                        ),
                        "inside": x >= -1 and y >= -1 and x + label.width <= Window.width + 1
                        and y + label.height <= Window.height + 1,
                    }
                )  # fmt: skip
    return found


def _labels(widget: Any, kind: type[Any]) -> Iterator[Any]:
    if isinstance(widget, kind) and widget.text:
        yield widget
    for child in widget.children:
        yield from _labels(child, kind)


def glyphs() -> str:
    """Letters of the catalogues, and of Kazakh, that the screens' font draws as a box for want of a glyph."""
    prepare_kivy(settings("800x480", VENUE))
    require_window()
    from kivy.core.text import Label  # noqa: PLC0415

    from kiosk.screens.fit import FitLabel  # noqa: PLC0415

    def drawn(text: str, *, bold: bool) -> bytes:
        label = Label(text=text, font_name=FitLabel().font_name, font_size=40, bold=bold)
        label.refresh()
        return bytes(label.texture.pixels)

    letters = set("ӘәҒғҚқҢңӨөҰұҮүҺһІіЁё0123456789«»–…·")
    for language in ALL:
        for text in [*words.TITLES.values(), *words.STATUSES.values(), *words.REASONS.values(), *words.HINTS.values()]:
            letters |= set(words.translator(language)(text))
    missing = {bold: drawn("\U0010fffe", bold=bold) for bold in (False, True)}
    return "".join(
        sorted(
            letter
            for letter in letters - {" "}
            if any(drawn(letter, bold=bold) == missing[bold] for bold in (False, True))
        )
    )


def window(folder: Path) -> dict[str, Any]:
    """Run the window as the terminal does, and do to it what happens to terminals."""
    from kiosk.screens.app import Face  # noqa: PLC0415

    ready = threading.Event()
    hall = Hall()
    face = Face(settings("800x480", VENUE), hall.picture, on_ready=ready.set, monotonic=hall.monotonic)
    told: dict[str, Any] = {}
    thread = threading.Thread(target=_visit, args=(face, hall, ready, folder, told))
    thread.start()
    face.run()
    thread.join()
    face.show(SCREENS["granted-green"])  # after the end: nobody waits, nothing breaks
    told["picture_after_the_end"] = face.screenshot(folder / "late.png", timeout_s=0.1)
    return told


def _visit(face: Any, hall: Hall, ready: threading.Event, folder: Path, told: dict[str, Any]) -> None:
    from kivy.clock import Clock  # noqa: PLC0415
    from kivy.core.window import Window  # noqa: PLC0415

    try:
        told["ready"] = ready.wait(30)
        told["clock_can_be_interrupted"] = hasattr(Clock, "interupt_next_only")  # as Kivy spells it
        face.update(EVERYTHING)
        face.show(SCREENS["denied-red"])
        told["before"] = face.screenshot(folder / "before.png", timeout_s=30)
        pressed = threading.Event()

        def press(_: float) -> None:
            for key in (27, 282, 291, 292, 293, 13, 9, 113, 96):  # ESC, F1, F10 to F12, Enter, Tab, Q, `
                for modifiers in ([], ["ctrl"], ["alt"], ["meta"]):
                    if not Window.dispatch("on_key_down", key, 0, None, modifiers):
                        Window.dispatch("on_keyboard", key, 0, None, modifiers)
                    Window.dispatch("on_key_up", key, 0)
            pressed.set()

        Clock.schedule_once(press, 0)
        told["pressed"] = pressed.wait(30)
        told["after"] = face.screenshot(folder / "after.png", timeout_s=30)
        crowd = [threading.Thread(target=_show_often, args=(face, number)) for number in range(6)]
        for one in crowd:
            one.start()
        for one in crowd:
            one.join(30)
        told["crowd_done"] = not any(one.is_alive() for one in crowd)
        for name in SCREENS:
            hall.turn_to(name)
            face.update(terminal_of(name))
            face.show(SCREENS[name])
            hall.wait(30)
            told[name] = face.screenshot(folder / f"{name}.png", timeout_s=30)
    finally:
        face.stop()


def _show_often(face: Any, number: int) -> None:
    models = list(SCREENS.values())
    for turn in range(200):
        face.show(models[(turn + number) % len(models)])
        face.update(TerminalModel(online=turn % 2 == 0, waiting_visits=turn))
        face.play(("granted", "denied", "call_staff", "no such sound")[turn % 4])


def main() -> None:
    match sys.argv[1:]:
        case ["layout", size]:
            told: object = layout(size)
        case ["glyphs"]:
            told = glyphs()
        case ["window", folder]:
            told = window(Path(folder))
        case other:
            raise SystemExit(f"unknown: {other}")
    print(json.dumps(told))  # noqa: T201  # this is its answer


if __name__ == "__main__":
    main()
