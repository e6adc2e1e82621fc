"""Between the core's views and the screen's models: the screens see primitives only."""

import queue
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

import structlog

from kiosk.core.ports import Clock
from kiosk.core.status import Source
from kiosk.core.views import Checking, CouldNotCheck, Fault, Idle, NotOurs, OutOfOrder, Sound, Verdict, View
from kiosk.screens.model import Reader, ScreenModel, TerminalModel

_MINUTE_S = 60.0


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
                data_ageing=answer is not None and answer.ageing,
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
        self._terminal = self._told = TerminalModel()
        self._offline_at: datetime | None = None
        self._lock = threading.Lock()
        self._album = None if screenshots is None or screen is None else Album(screen, screenshots)

    def show(self, view: View) -> None:
        """Put a view on the screen."""
        if isinstance(view, Idle):
            self._tell(reader=_reader(view.reader), broken_reader=None if view.broken is None else view.broken.value)
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
        """Central can be reached, or can't."""
        with self._lock:
            if self._terminal.online is is_online:
                return
            self._offline_at = None if is_online or not self._clock.is_trusted() else self._clock.now()
            self._terminal = replace(self._terminal, online=is_online)
        structlog.get_logger(__name__).info("online" if is_online else "offline")
        self._tell()

    def waiting(self, count: int, refused: int) -> None:
        """So many visits wait to be sent, and so many does central refuse."""
        self._tell(waiting_visits=count, refused_visits=refused)

    def storage(self, percent: int | None) -> None:
        """The card is so full; None: there is room."""
        self._tell(storage_percent=percent)

    def clock(self, is_trusted: bool) -> None:  # noqa: FBT001  # a callback's one argument
        """The clock is known to be right, or not."""
        self._tell(clock_trusted=is_trusted)

    def data_age(self, age_s: float | None, left_s: float | None, is_ageing: bool) -> None:  # noqa: FBT001  # a callback's
        """Everybody's statuses on board are so old, and may decide for so long; ageing: not for long any more."""
        # In whole minutes, so that the screen is not drawn anew for each second.
        age_s = None if age_s is None else age_s // _MINUTE_S * _MINUTE_S
        left_s = None if left_s is None else -(-left_s // _MINUTE_S) * _MINUTE_S
        self._tell(data_age_s=age_s, data_left_s=left_s, data_ageing=is_ageing)

    def _tell(self, **changes: Any) -> None:
        """Put the terminal's state on the idle screen, if anything in it has changed."""
        with self._lock:
            since = None if self._offline_at is None else _since(self._offline_at, self._clock.now())
            self._terminal = replace(self._terminal, offline_since=since, **changes)
            terminal, news = self._terminal, self._terminal != self._told
            self._told = terminal
            if self._screen is not None and news:
                self._screen.update(terminal)  # in the order in which it became so

    def close(self) -> None:
        """End what was begun here."""
        if self._album is not None:
            self._album.close()


def _reader(fault: Fault) -> Reader:
    """The reader that a fault takes away."""
    return "scanner" if fault is Fault.SCANNER else "camera"


def _since(at: datetime, now: datetime) -> str:
    """A time of day, with its day where that is not today."""
    return at.strftime("%H:%M" if at.date() == now.date() else "%d.%m. %H:%M")


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
