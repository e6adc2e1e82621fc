"""The watch over the journal's file: what is damaged is mended, and reading takes little of the time."""

import threading
from collections.abc import Callable

import pytest
from structlog.testing import capture_logs

from kiosk.core.ports import JournalError
from kiosk.services.soundness import SoundnessWatch


class Bench:
    """A store that says what the test wants, and a clock that each examination moves on."""

    def __init__(self) -> None:
        self.wrong: str | None = None
        self.fails: Exception | None = None
        self.takes_s, self.at_s = 0.0, 0.0
        self.did: list[str] = []
        self.watch = SoundnessWatch(self.examine, self._does("mend"), self._does("salvage"), lambda: self.at_s)

    def examine(self) -> str | None:
        self.at_s += self.takes_s
        return self.wrong

    def _does(self, what: str) -> Callable[..., None]:
        def do(*_: object) -> None:
            if self.fails is not None:
                raise self.fails
            self.did.append(what)

        return do


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_a_sound_file_is_left_alone(bench: Bench) -> None:
    """Nothing is begun anew; the next look is in ten seconds."""
    assert bench.watch.look() == 10.0
    assert bench.did == ["salvage"]


def test_a_damaged_file_is_mended_and_what_it_held_saved(bench: Bench) -> None:
    """Both are said in the log, and mending comes first."""
    bench.wrong = "was truncated while in use"
    with capture_logs() as lines:
        bench.watch.look()
    assert bench.did == ["mend", "salvage"]
    assert [line["event"] for line in lines] == ["journal_damaged", "journal_mended"]


def test_a_large_file_is_read_less_often(bench: Bench) -> None:
    """Reading takes a hundredth of the time at most."""
    bench.takes_s = 2.0
    assert bench.watch.look() == 200.0


def test_what_can_not_be_mended_is_tried_again(bench: Bench) -> None:
    """A full disk does not end the thread."""
    bench.wrong, bench.fails = "was removed", JournalError("no space")
    with capture_logs() as lines:
        assert bench.watch.look() == 10.0
    assert lines[-1]["event"] == "journal_not_examined"
    bench.fails = None
    bench.watch.look()
    assert bench.did == ["mend", "salvage"]


def test_it_stops_when_told(bench: Bench) -> None:
    """Started or not."""
    assert bench.watch.stop(1.0)
    other = Bench()
    other.watch.start()
    assert other.watch.stop(5.0)


def test_a_reading_that_takes_long_is_ended_by_a_stop() -> None:
    """It is told so until it ends, and nothing is mended for what it then says."""
    reading, told, did = threading.Event(), threading.Event(), list[str]()

    def examine() -> None:
        reading.set()
        assert told.wait(10.0)

    watch = SoundnessWatch(examine, lambda: did.append("mend"), lambda: did.append("salvage"), interrupt=told.set)
    watch.start()
    assert reading.wait(10.0)
    assert watch.stop(10.0)
    assert did == []
