"""The door relay with its real keeper process, on mock pins whose edges the keeper reports."""

import contextlib
import json
import os
import queue
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from hardware.door import Door, RelaySettings, drive_to_rest
from hardware.errors import PinError

SETTINGS = RelaySettings(pin=17, factory="mock", log="json")
PATIENCE_S = 10.0


class Keeper:
    """A keeper process, driven by hand as the program would drive it."""

    def __init__(self, settings: RelaySettings = SETTINGS) -> None:
        self._answers, answers = os.pipe()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "hardware.door_keeper", settings.arguments(answers)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            pass_fds=(answers,),
        )
        os.close(answers)
        assert self.answer() == "ready"

    def answer(self) -> str:
        assert select.select([self._answers], [], [], PATIENCE_S)[0]
        return os.read(self._answers, 100).decode().strip()

    def order(self, text: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(text.encode() + b"\n")
        self.process.stdin.flush()

    def edge(self) -> tuple[int, float]:
        """The next edge's level and its monotonic time."""
        assert self.process.stdout is not None
        assert select.select([self.process.stdout], [], [], PATIENCE_S)[0]
        line = json.loads(self.process.stdout.readline())
        assert line["line"] == "door.relay"
        return line["value"], line["monotonic_s"]

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self._answers)
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                with contextlib.suppress(BrokenPipeError):
                    pipe.close()


@pytest.fixture
def start() -> Iterator[Callable[..., Keeper]]:
    """Starts keepers, and ends them with the test."""
    keepers: list[Keeper] = []

    def begin(**changes: object) -> Keeper:
        keepers.append(Keeper(RelaySettings(**{"pin": 17, "factory": "mock", "log": "json", **changes})))  # type: ignore[arg-type]  # by name
        return keepers[-1]

    yield begin
    for keeper in keepers:
        keeper.close()


def test_rests_when_the_ordered_time_is_up(start: Callable[..., Keeper]) -> None:
    """By itself, without a further order."""
    keeper = start()
    keeper.order("release 0.2")
    (on, since), (off, until) = keeper.edge(), keeper.edge()
    assert (on, off) == (1, 0)
    assert until - since >= 0.2


def test_rests_at_its_hard_maximum_whatever_is_ordered(start: Callable[..., Keeper]) -> None:
    """Orders that come while the relay is energised prolong nothing beyond the maximum."""
    keeper = start(maximum_on_s=0.3)
    for _ in range(3):
        keeper.order("release 60")
    assert [keeper.edge()[0], keeper.edge()[0]] == [1, 0]


def test_rests_when_the_program_falls_silent(start: Callable[..., Keeper]) -> None:
    """A program that hangs, or is stopped by a debugger, gives no signs of life."""
    keeper = start()
    keeper.order("release 60")
    (_, since), (off, until) = keeper.edge(), keeper.edge()
    assert off == 0
    assert 2.0 <= until - since < 6.0


@pytest.mark.parametrize(
    "order", ["lock", "quit", "releese 5", "release", "release much", "release nan", "", "\x00" * 300]
)
def test_rests_on_every_other_order(start: Callable[..., Keeper], order: str) -> None:
    """Whatever is not understood is no reason to leave a door open."""
    keeper = start()
    keeper.order("release 60")
    assert keeper.edge()[0] == 1
    keeper.order(order)
    assert keeper.edge()[0] == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_rests_on_a_signal(start: Callable[..., Keeper], number: signal.Signals) -> None:
    """And ends in order."""
    keeper = start()
    keeper.order("release 60")
    assert keeper.edge()[0] == 1
    keeper.process.send_signal(number)
    assert keeper.edge()[0] == 0
    assert keeper.process.wait(PATIENCE_S) == 0


@pytest.mark.parametrize("_attempt", range(8))
def test_rests_when_the_end_of_orders_and_a_signal_come_together(start: Callable[..., Keeper], _attempt: int) -> None:
    """As they do when the program is killed; neither may interrupt what the other began."""
    keeper = start()
    keeper.order("release 60")
    assert keeper.edge()[0] == 1
    assert keeper.process.stdin is not None
    keeper.process.stdin.close()
    for _ in range(20):
        keeper.process.send_signal(signal.SIGTERM)
    assert keeper.edge()[0] == 0
    assert keeper.process.wait(PATIENCE_S) == 0


def test_an_active_low_relay_rests_high(start: Callable[..., Keeper]) -> None:
    """It goes to its resting level with the claim, and is energised by the low level."""
    keeper = start(active_high=False)
    assert keeper.edge()[0] == 1
    keeper.order("release 60")
    assert keeper.edge()[0] == 0
    keeper.order("lock")
    assert keeper.edge()[0] == 1


def test_a_log_that_nobody_reads_does_not_keep_the_door_open(start: Callable[..., Keeper]) -> None:
    """The keeper goes on when its standard output has no reader left."""
    keeper = start()
    assert keeper.process.stdout is not None
    keeper.process.stdout.close()
    for order in ("release 60", "lock", "release 60", "quit"):
        keeper.order(order)
    assert keeper.process.wait(PATIENCE_S) == 0


# --- the program's side -------------------------------------------------------------------------------------------


class Watched:
    """A door whose news are noted and whose edges go to a file."""

    def __init__(self) -> None:
        self.news: queue.SimpleQueue[str] = queue.SimpleQueue()
        self.door = Door(SETTINGS, lambda why: self.news.put(f"broken: {why}"), lambda: self.news.put("mended"))
        self.door.start()


@contextmanager
def watched_door() -> Iterator[Watched]:
    """A door that has started. Within the test itself: its keeper inherits the standard output of that moment."""
    watched = Watched()
    try:
        yield watched
    finally:
        stopped = watched.door.stop()
    assert stopped


def edges(capfd: pytest.CaptureFixture[str], count: int) -> list[int]:
    """The levels of the next `count` edges that the keeper reported."""
    text, deadline = "", time.monotonic() + PATIENCE_S
    while text.count("door.relay") < count and time.monotonic() < deadline:
        threading.Event().wait(0.01)
        text += capfd.readouterr().out
    return [json.loads(line)["value"] for line in text.splitlines() if "door.relay" in line]


def test_release_and_lock(capfd: pytest.CaptureFixture[str]) -> None:
    """What is ordered is done."""
    with watched_door() as watched:
        watched.door.release(5)
        assert edges(capfd, 1) == [1]
        watched.door.lock()
        assert edges(capfd, 1) == [0]


def test_a_release_longer_than_the_silence_is_kept_alive(capfd: pytest.CaptureFixture[str]) -> None:
    """Signs of life go to the keeper as long as the release lasts."""
    with watched_door() as watched:
        began = time.monotonic()
        watched.door.release(2.6)
        assert edges(capfd, 2) == [1, 0]
        assert time.monotonic() - began >= 2.6


def test_a_killed_keeper_is_told_and_replaced_with_the_door_at_rest(capfd: pytest.CaptureFixture[str]) -> None:
    """Broken once, mended once; the release does not come back by itself, a new one works."""
    with watched_door() as watched:
        watched.door.release(5)
        assert edges(capfd, 1) == [1]
        assert watched.door.process_id is not None
        os.kill(watched.door.process_id, signal.SIGKILL)
        assert watched.news.get(timeout=PATIENCE_S).startswith("broken: the door keeper has ended")
        assert watched.news.get(timeout=PATIENCE_S) == "mended"
        assert "door.relay" not in capfd.readouterr().out
        watched.door.release(5)
        assert edges(capfd, 1) == [1]


def test_a_keeper_that_does_not_answer_is_replaced(capfd: pytest.CaptureFixture[str]) -> None:
    """A stopped process keeps its line as it is: it is killed, and the line driven to rest."""
    with watched_door() as watched:
        assert watched.door.process_id is not None
        os.kill(watched.door.process_id, signal.SIGSTOP)
        watched.door.release(5)
        assert watched.news.get(timeout=PATIENCE_S) == "broken: the door keeper does not answer"
        assert watched.news.get(timeout=PATIENCE_S) == "mended"


def test_stop_brings_the_relay_to_rest(capfd: pytest.CaptureFixture[str]) -> None:
    """And nothing is left running."""
    watched = Watched()
    watched.door.release(60)
    assert edges(capfd, 1) == [1]
    keeper = watched.door.process_id
    assert watched.door.stop()
    assert edges(capfd, 1) == [0]
    assert not Path(f"/proc/{keeper}").exists()


def test_a_missing_chip_is_an_error_with_the_way_out() -> None:
    """Never a silent mock."""
    door = Door(RelaySettings(pin=17, factory="lgpio", chip=31), lambda _why: None, lambda: None)
    with pytest.raises(PinError, match=r"pins\.factory: mock"):
        door.start()
    assert not drive_to_rest(RelaySettings(pin=17, factory="lgpio", chip=31))


def test_without_a_relay_there_is_nothing_to_do() -> None:
    """A terminal that only shows verdicts."""
    door = Door(RelaySettings(pin=None), lambda _why: None, lambda: None)
    door.start()
    door.release(5)
    door.lock()
    assert door.stop()
    assert drive_to_rest(RelaySettings(pin=None))
