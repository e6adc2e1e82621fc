"""From the core's views to the screen's models, and the terminal's own state."""

import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kiosk.core.admission import Reason, because
from kiosk.core.credential import ForeignKind
from kiosk.core.status import Source, Status, StatusAnswer, StatusRecord
from kiosk.core.views import Checking, CouldNotCheck, Fault, Idle, NotOurs, OutOfOrder, Sound, Unchecked, Verdict, View
from kiosk.screens.model import ScreenModel, TerminalModel
from kiosk.showing import Showing, screen_model

NOW = datetime(2021, 6, 1, 12, 0, tzinfo=UTC)


class StillClock:
    """Stands still, unless it is set."""

    def __init__(self) -> None:
        self.at, self.trusted = NOW, True

    def monotonic(self) -> float:
        return 50.0

    def now(self) -> datetime:
        return self.at

    def is_trusted(self) -> bool:
        return self.trusted


@dataclass
class FakeScreen:
    """Remembers what it was told."""

    shown: list[ScreenModel] = field(default_factory=list)
    updates: list[TerminalModel] = field(default_factory=list)
    played: list[str] = field(default_factory=list)
    pictures: list[str] = field(default_factory=list)
    taken: threading.Event = field(default_factory=threading.Event)

    def show(self, model: ScreenModel) -> None:
        self.shown.append(model)

    def update(self, terminal: TerminalModel) -> None:
        self.updates.append(terminal)

    def play(self, sound: str) -> None:
        self.played.append(sound)

    def screenshot(self, path: Path, timeout_s: float = 5.0) -> bool:
        self.pictures.append(path.name)
        self.taken.set()
        return True


def verdict(source: Source, minutes: int = 90) -> Verdict:
    """Blue, confirmed some minutes ago."""
    answer = StatusAnswer(StatusRecord(Status.BLUE, NOW), source, NOW - timedelta(minutes=minutes))
    return Verdict(because(Reason.ADMITTED, answer), "ru", 54.0)


@pytest.mark.parametrize(
    ("view", "model"),
    [
        (Idle(), ScreenModel("idle")),
        (Checking("kk"), ScreenModel("checking", language="kk")),
        (
            verdict(Source.ONLINE),
            ScreenModel("verdict", "blue", "granted", "admitted", "ru", None, 50.0, 54.0),
        ),
        (
            verdict(Source.CACHE),
            ScreenModel("verdict", "blue", "granted", "admitted", "ru", 5400.0, 50.0, 54.0),
        ),
        (
            Verdict(because(Reason.PASS_FORGED, None), None, 54.0),
            ScreenModel("verdict", None, "denied", "pass_forged", None, None, 50.0, 54.0),
        ),
        (
            CouldNotCheck(Unchecked.TOO_OLD, "en", 56.0),
            ScreenModel("could_not_check", reason="too_old", language="en", shown_at=50.0, until=56.0),
        ),
        (NotOurs(ForeignKind.URL, 53.0), ScreenModel("not_a_credential", reason="url", shown_at=50.0, until=53.0)),
        (OutOfOrder(Fault.DOOR), ScreenModel("out_of_order", reason="door")),
    ],
    ids=lambda value: type(value).__name__,
)
def test_models(view: View, model: ScreenModel) -> None:
    """Each view has its model; the age is told where the answer is a stored one."""
    assert screen_model(view, 50.0, StillClock()) == model


def test_the_connection_is_shown_with_the_time_it_was_lost() -> None:
    """Once for each change; what waits to be sent is shown beside it."""
    screen = FakeScreen()
    showing = Showing(screen, StillClock(), lambda _: None)
    for is_online in (True, True, False, False):
        showing.online(is_online)
    showing.waiting(3, 0)
    showing.online(True)
    assert screen.updates == [
        TerminalModel(online=True),
        TerminalModel(online=False, offline_since="12:00"),
        TerminalModel(online=False, offline_since="12:00", waiting_visits=3),
        TerminalModel(online=True, waiting_visits=3),
    ]


def test_the_state_is_shown_when_it_changes_only() -> None:
    """What the rounds tell again and again draws nothing anew; an age that has grown does."""
    screen = FakeScreen()
    showing = Showing(screen, StillClock(), lambda _: None)
    for _ in range(3):
        showing.clock(False)
        showing.data_age(60.0, 600.0, False)
        showing.data_age(119.9, 540.1, False)
        showing.storage(None)
        showing.waiting(0, 0)
    showing.data_age(120.0, 540.0, True)
    assert screen.updates == [
        TerminalModel(clock_trusted=False),
        TerminalModel(clock_trusted=False, data_age_s=60.0, data_left_s=600.0),
        TerminalModel(clock_trusted=False, data_age_s=120.0, data_left_s=540.0, data_ageing=True),
    ]
    assert [state.needs_staff for state in screen.updates] == [True] * 3
    assert not TerminalModel(online=False, waiting_visits=500).needs_staff


def test_offline_since_another_day_is_told_with_the_day() -> None:
    """After a week without network "since 12:00" would say nothing; a clock that may be wrong says no time at all."""
    clock = StillClock()
    screen = FakeScreen()
    showing = Showing(screen, clock, lambda _: None)
    showing.online(False)
    clock.at += timedelta(days=8)
    showing.waiting(1, 0)
    assert [state.offline_since for state in screen.updates] == ["12:00", f"{NOW:%d.%m.} 12:00"]
    clock.trusted = False
    unsure = Showing(screen, clock, lambda _: None)
    unsure.online(False)
    assert screen.updates[-1] == TerminalModel(online=False)


def test_what_codes_are_shown_to_is_told_with_the_idle_screen() -> None:
    """The invitation follows the reader that works; one that does not is the staff's, and it passes."""
    screen = FakeScreen()
    showing = Showing(screen, StillClock(), lambda _: None)
    for view in (Idle(), Idle(Fault.SCANNER, Fault.CAMERA), Idle(Fault.CAMERA, Fault.SCANNER), Idle()):
        showing.show(view)
    assert [(state.reader, state.broken_reader, state.needs_staff) for state in screen.updates] == [
        ("scanner", "camera", True),
        ("camera", "scanner", True),
        ("camera", None, False),
    ]
    assert screen.shown == [ScreenModel("idle")] * 4


def test_sounds_go_to_buzzer_and_loudspeaker() -> None:
    """A terminal without a screen still buzzes."""
    buzzed: list[str] = []
    screen = FakeScreen()
    Showing(screen, StillClock(), buzzed.append).play(Sound.DENIED)
    silent = Showing(None, StillClock(), buzzed.append)
    silent.play(Sound.GRANTED)
    silent.show(Idle())
    silent.online(False)
    silent.waiting(1, 0)
    silent.close()
    assert (buzzed, screen.played) == (["denied", "granted"], ["denied"])


def test_an_album_keeps_a_picture_of_each_result(tmp_path: Path) -> None:
    """Numbered and named by what is shown; checking is over too soon for a picture."""
    screen = FakeScreen()
    showing = Showing(screen, StillClock(), lambda _: None, tmp_path / "album")
    showing.show(Checking(None))
    showing.show(verdict(Source.ONLINE))
    assert screen.taken.wait(10)
    showing.close()
    assert screen.pictures == ["01-verdict-granted-blue-admitted.png"]
