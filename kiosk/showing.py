"""Between the core's views and the screen's models: the screens see primitives only."""

import queue
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Protocol

import structlog

from kiosk.core.ports import Clock
from kiosk.core.status import Source
from kiosk.core.views import Checking, CouldNotCheck, Idle, NotOurs, OutOfOrder, Sound, Verdict, View
from kiosk.screens.model import ScreenModel, TerminalModel


class Screen(Protocol):
    """What `kiosk.screens.app.Face` offers; callable from any thread."""

    def show(self, model: ScreenModel) -> None: ...
    def update(self, terminal: TerminalModel) -> None: ...
    def play(self, sound: str) -> None: ...
    def screenshot(self, path: Path, timeout_s: float = 5.0) -> bool: ...


def screen_model(view: View, at: float, now: "Clock") -> ScreenModel:
    """The model of a view that is shown from the monotonic time `at` on."""
    match view:
        case Idle():
            return ScreenModel("idle")
        case Checking(language=language):
            return ScreenModel("checking", language=language)
        case Verdict(decision=decision, language=language, until=until):
            answer = decision.answer
            record = None if answer is None else answer.record
            age_s = None
            if answer is not None and answer.source is not Source.ONLINE:
                age_s = answer.age(now.now()).total_seconds()
            return ScreenModel(
                "verdict",
                None if record is None else record.status.value,
                decision.outcome.value,
                decision.reason.value,
                language,
                age_s,
                at,
                until,
            )
        case CouldNotCheck(why=why, language=language, until=until):
            return ScreenModel("could_not_check", reason=why.value, language=language, shown_at=at, until=until)
        case NotOurs(kind=kind, until=until):
            return ScreenModel("not_a_credential", reason=kind.value, shown_at=at, until=until)
        case OutOfOrder(fault=fault):
            return ScreenModel("out_of_order", reason=fault.value)


class Showing:
    """Fits `kiosk.core.ports.Display` and `Sounds`; also keeps the terminal's own state on the idle screen."""

    def __init__(
        self, screen: Screen | None, clock: Clock, buzz: Callable[[str], None], screenshots: Path | None = None
    ) -> None:
        """screen: None for a terminal without one; buzz: the buzzer's `play`."""
        self._screen, self._clock, self._buzz = screen, clock, buzz
        self._terminal = TerminalModel()
        self._lock = threading.Lock()
        self._album = None if screenshots is None or screen is None else Album(screen, screenshots)

    def show(self, view: View) -> None:
        """Put a view on the screen."""
        if self._screen is None:
            return
        model = screen_model(view, self._clock.monotonic(), self._clock)
        self._screen.show(model)
        if self._album is not None:
            self._album.add(model)

    def play(self, sound: Sound) -> None:
        """Let the visitor hear it, from loudspeaker and buzzer."""
        self._buzz(sound.value)
        if self._screen is not None:
            self._screen.play(sound.value)

    def online(self, is_online: bool) -> None:  # noqa: FBT001  # a callback's one argument
        """Central was reached, or was not."""
        with self._lock:
            if self._terminal.online == is_online:
                return
            since = None if is_online else self._clock.now().strftime("%H:%M")
            self._terminal = replace(self._terminal, online=is_online, offline_since=since)
            terminal = self._terminal
        structlog.get_logger(__name__).info("online" if is_online else "offline")
        if self._screen is not None:
            self._screen.update(terminal)

    def waiting(self, count: int) -> None:
        """So many visits wait to be sent."""
        with self._lock:
            self._terminal = replace(self._terminal, waiting_visits=count)
            terminal = self._terminal
        if self._screen is not None:
            self._screen.update(terminal)

    def storage(self, percent: int | None) -> None:
        """The card is so full; None: there is room."""
        with self._lock:
            self._terminal = replace(self._terminal, storage_percent=percent)
            terminal = self._terminal
        if self._screen is not None:
            self._screen.update(terminal)

    def close(self) -> None:
        """End what was begun here."""
        if self._album is not None:
            self._album.close()


class Album:
    """Keeps a picture of every screen that differs from the one before, numbered, on a thread of its own."""

    def __init__(self, screen: Screen, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._screen, self._folder = screen, folder
        self._models: queue.SimpleQueue[ScreenModel | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="album", daemon=True)
        self._thread.start()

    def add(self, model: ScreenModel) -> None:
        """Take a picture of this one soon."""
        self._models.put(model)

    def close(self) -> None:
        """No more pictures."""
        self._models.put(None)

    def _run(self) -> None:
        number = 0
        while (model := self._models.get()) is not None:
            if model.screen == "checking":
                continue  # over before the picture is taken
            number += 1
            words = [model.screen, model.outcome, model.status, model.reason]
            name = "-".join(word for word in words if word)
            self._screen.screenshot(self._folder / f"{number:02d}-{name}.png")
