"""The program from camera to face, in a process of its own since Kivy has one window; prints times as JSON.

Real: the scanner process on a film, its pipe and picture memory, the controller on its thread, the window (off screen).
Stand-ins: checker, journal, door, lights and buzzer, which note when they are called.
"""

import json
import logging
import queue
import resource
import sys
import threading
import time
from pathlib import Path
from typing import Any

import structlog

from hardware.camera import CameraSettings
from hardware.errors import CameraFault
from hardware.scanner import Scanner
from hardware.scanner_wire import ScannerSettings, Sighting
from kiosk.adapters.clock import TerminalClock
from kiosk.core.door import DoorRules
from kiosk.core.phases import SessionRules
from kiosk.core.status import Status
from kiosk.core.venue import CategoryRule, Policy, Venue, Zone
from kiosk.core.views import LightPattern
from kiosk.facts import CodeGone, CodeSeen, Fact
from kiosk.reading import PassRules
from kiosk.runtime import Controller, Parts
from kiosk.screens.app import Face
from kiosk.screens.model import ScreenModel, ScreenSettings, TerminalModel
from kiosk.showing import Showing

_PATIENCE_S = 120.0


class Notes:
    """What happened when: monotonic seconds, one dictionary for each code seen."""

    def __init__(self) -> None:
        self.scans: list[dict[str, float]] = []
        self.pictures: list[float] = []

    def note(self, what: str) -> None:
        """Note the first time that this happens after a code was seen."""
        if self.scans:
            self.scans[-1].setdefault(what, time.monotonic())


class Devices:
    """Checker, journal, passes, door and lights: they answer nobody, so that the session stays at checking."""

    def __init__(self, notes: Notes) -> None:
        self._notes = notes
        self.answer: Any = None

    def look_up(self, scan_id: str, _reference: object, answered: Any) -> None:
        self._notes.note("look_up")

    def record(self, visit: object) -> None: ...
    def settle(self, visit_id: str, passage: object) -> None: ...
    def probe(self) -> None: ...
    def verify(self, signed_pass: object) -> Any: ...
    def release(self, seconds: float) -> None: ...
    def lock(self) -> None: ...

    def show(self, pattern: LightPattern) -> None:
        if pattern is LightPattern.CHECKING:
            self._notes.note("light")


class Listener:
    """As the program's own, with the time noted."""

    def __init__(self, notes: Notes, facts: Any) -> None:
        self._notes, self._facts = notes, facts

    def symbol_seen(self, sighting: Sighting) -> None:
        now = time.monotonic()
        self._notes.scans.append({"captured": sighting.captured_at, "decoded": sighting.decoded_at, "message": now})
        self._post(CodeSeen(sighting.payload, sighting.symbology == "qr", sighting.reader, sighting.captured_at))

    def symbol_gone(self) -> None:
        self._post(CodeGone())

    def _post(self, fact: Fact) -> None:
        self._facts.put(fact)

    def camera_lost(self, _why: str, _fault: CameraFault) -> None: ...
    def camera_found(self) -> None: ...
    def camera_ended(self) -> None: ...
    def not_confined(self, _why: str) -> None: ...


def run(film: Path, scans: int) -> dict[str, Any]:
    """Show the film until so many codes were acknowledged."""
    notes = Notes()
    facts: queue.SimpleQueue[Fact] = queue.SimpleQueue()
    scanner = Scanner(
        ScannerSettings(CameraSettings(str(film), at_end="loop"), forget_after_s=0.3), Listener(notes, facts)
    )
    settings = ScreenSettings(
        ("kk", "ru", "en"), {"kk": "A", "ru": "B", "en": "C"}, "Asia/Almaty", fullscreen=False, sounds=False
    )
    ready = threading.Event()
    face = Face(settings, preview=scanner.preview, on_ready=ready.set)
    clock = TerminalClock()
    showing = Showing(face, clock, lambda sound: notes.note("beep") if sound == "acknowledged" else None)
    devices = Devices(notes)
    policy = Policy({"cinema": CategoryRule(frozenset({Status.GREEN}))})
    ids = iter(range(10**9))
    parts = Parts(
        clock=clock, checker=devices, journal=devices, passes=devices, door=devices, lights=devices, sounds=showing,
        display=showing, new_id=lambda: f"scan-{next(ids)}",
    )  # fmt: skip
    rules = SessionRules(Venue("cinema", "a/b", Zone.GREEN), policy, answer_s=0.3, notice_s=0.3)
    controller = Controller(parts, rules, DoorRules(release_s=1.0), passes=PassRules(), facts=facts)
    watched(face, notes)
    threads = [threading.Thread(target=controller.run)]
    result: dict[str, Any] = {}
    started = time.monotonic()

    def stuck() -> bool:
        return time.monotonic() - started > _PATIENCE_S

    def watch() -> None:
        ready.wait(30)
        scanner.start()
        while scanner.preview() is None and not stuck():
            time.sleep(0.1)
        began, cpu = time.monotonic(), time.process_time()
        while len(notes.scans) < scans and not stuck():
            time.sleep(0.1)
        seconds = time.monotonic() - began
        result.update(program_cores=(time.process_time() - cpu) / seconds, seconds=seconds)
        scanner.stop(3.0)
        controller.stop()
        face.stop()

    threads.append(threading.Thread(target=watch))
    for thread in threads:
        thread.start()
    face.run()
    for thread in threads:
        thread.join()
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    result["scanner_cores"] = (used.ru_utime + used.ru_stime) / result["seconds"]
    return {**result, "scans": notes.scans, "pictures": notes.pictures}


def watched(face: Face, notes: Notes) -> None:
    """Note when the idle screen takes a camera picture, and when "checking" is taken by the screen, and drawn."""
    from kivy.core.window import Window  # noqa: PLC0415  # after the window

    app = face._app  # when it was told what is nobody's business but this measurement's
    number, show = -1, app.show

    def showing(model: ScreenModel, terminal: TerminalModel) -> None:
        show(model, terminal)
        if model.screen == "checking":
            notes.note("screen")

    def flipped(*_: object) -> None:
        nonlocal number
        if app._model is not None and app._model.screen == "checking":
            notes.note("drawn")
        picture = app.idle.ids.picture
        if app.idle.parent is not None and picture._number not in (-1, number):
            number = picture._number
            notes.pictures.append(time.monotonic())

    app.show = showing  # type: ignore[method-assign]  # to be told, as above
    Window.bind(on_flip=flipped)


if __name__ == "__main__":
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    print(json.dumps(run(Path(sys.argv[1]), int(sys.argv[2]))))  # noqa: T201  # this is its answer
