"""The rounds, and what is looked at on them: the clock, and the age of everybody's statuses."""

import threading
from datetime import datetime, timedelta
from typing import Any

import pytest

from kiosk.services.ageing import AgeWatch
from kiosk.services.clock_watch import ClockWatch
from kiosk.services.rounds import Rounds

HOUR = timedelta(hours=1)


def test_a_look_that_fails_takes_nothing_from_the_others() -> None:
    """At the start, and again and again; it stops at once."""
    looked = threading.Semaphore(0)

    def fails() -> None:
        raise ZeroDivisionError

    rounds = Rounds((fails, looked.release), every_s=0.001)
    rounds.start()
    for _ in range(3):
        assert looked.acquire(timeout=10)
    assert rounds.stop(10)
    never = Rounds((looked.release,), every_s=1e6)
    never.start()
    assert looked.acquire(timeout=10)
    assert never.stop(10)


def test_the_clock_is_told_when_it_changes_and_kept_now_and_then(
    clock: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing is kept of a time that nobody knows; else at once, and then seldom, since each is a write to the card."""
    told: list[bool] = []
    kept: list[bytes] = []
    watch = ClockWatch(clock, to_keep=lambda: b"time", keep=kept.append, on_trusted=told.append)
    clock.trusted = False
    for _ in range(3):
        watch.look()
    assert (told, kept) == ([False], [])
    clock.trusted = True
    for _ in range(120):
        watch.look()
        clock.advance(10)
    assert (told, len(kept)) == ([False, True], 2)
    out = capsys.readouterr().out
    assert (out.count("clock_not_trusted"), out.count("clock_trusted")) == (1, 1)


def test_a_time_that_could_not_be_kept_is_kept_later(clock: Any) -> None:
    """A full card is no reason to forget it for good."""
    kept: list[bytes] = []
    full = [True]

    def keep(value: bytes) -> None:
        if full.pop() if full else False:
            raise OSError(28, "No space left on device")
        kept.append(value)

    watch = ClockWatch(clock, to_keep=lambda: b"time", keep=keep, on_trusted=lambda _: None)
    with pytest.raises(OSError, match="No space"):
        watch.look()
    watch.look()
    assert kept == [b"time"]


class Ages:
    """A watch over a copy that central confirmed when the test says."""

    def __init__(self, clock: Any) -> None:
        self.confirmed_at: datetime | None = clock.now()
        self.told: list[tuple[float | None, float | None, bool]] = []
        self.watch = AgeWatch(
            lambda: self.confirmed_at, clock, limit=72 * HOUR, warn_before=24 * HOUR, on_age=self._tell
        )

    def _tell(self, *age: Any) -> None:
        self.told.append(age)


def test_the_copys_age_in_three_stages(clock: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """Each stage is logged once; how long it may still decide is told all the time."""
    ages = Ages(clock)
    for _ in range(80):
        ages.watch.look()
        clock.advance(3600)
    assert ages.told[0] == (0.0, 72 * 3600.0, False)
    assert [ageing for _, _, ageing in ages.told] == [False] * 48 + [True] * 32
    assert [left for _, left, _ in ages.told[72:]] == [0.0] * 8
    ages.confirmed_at = clock.now()
    ages.watch.look()
    out = capsys.readouterr().out
    assert [out.count(word) for word in ("copy_ages", "copy_too_old", "copy_fresh")] == [1, 1, 1]


def test_an_age_that_nobody_can_tell_is_not_told(clock: Any) -> None:
    """No copy yet, or a clock that may be wrong."""
    ages = Ages(clock)
    clock.trusted = False
    ages.watch.look()
    clock.trusted, ages.confirmed_at = True, None
    ages.watch.look()
    assert ages.told == [(None, None, False)] * 2
