"""The checker: one answer to each question, within the budget, online first, else from the cache."""

import queue
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from kiosk.adapters.central_errors import CentralUnreachable
from kiosk.adapters.clock import SystemClock
from kiosk.core.credential import VisitorReference
from kiosk.core.status import NoAnswer, Source, Status, StatusAnswer, StatusRecord
from kiosk.services.checker import Checker

PATIENCE_S = 10.0
ALIYA, BOLAT = VisitorReference(b"A" * 16), VisitorReference(b"B" * 16)
MAXIMUM_AGE = {Status.GREEN: timedelta(days=3), Status.RED: timedelta(days=14)}


class FakeCache:
    """A cache in memory that can be broken."""

    def __init__(self) -> None:
        self.known: dict[VisitorReference, StatusAnswer] = {}
        self.broken = False
        self.written = threading.Event()

    def get(self, reference: VisitorReference) -> StatusAnswer | None:
        if self.broken:
            raise OSError("the disk is gone")
        return self.known.get(reference)

    def put(self, reference: VisitorReference, record: StatusRecord, confirmed_at: datetime) -> None:
        self.written.set()
        if self.broken:
            raise OSError("the disk is gone")
        self.known[reference] = StatusAnswer(record, Source.CACHE, confirmed_at)

    def forget(self, reference: VisitorReference) -> None:
        self.known.pop(reference, None)
        self.written.set()


class Bench:
    """A started checker; `ask` gives the answer that came."""

    def __init__(self, central: Any, budget_s: float = 0.3) -> None:
        self.central, self.cache, self.copy = central, FakeCache(), FakeCache()
        self.clock = SystemClock(ZoneInfo("UTC"))
        self.online: list[bool] = []
        self.answers: queue.SimpleQueue[tuple[str, StatusAnswer | NoAnswer]] = queue.SimpleQueue()
        self.checker = Checker(
            central,
            self.cache,
            self.clock,
            budget_s=budget_s,
            maximum_age=MAXIMUM_AGE,
            copy=self.copy,
            on_online=self.online.append,
        )
        self.checker.start()

    def knows(self, reference: VisitorReference, age: timedelta, status: Status = Status.GREEN) -> None:
        confirmed_at = self.clock.now() - age
        self.cache.put(reference, StatusRecord(status, confirmed_at), confirmed_at)
        self.cache.written.clear()

    def look_up(self, scan_id: str, reference: VisitorReference = ALIYA) -> None:
        self.checker.look_up(scan_id, reference, lambda scan, answer: self.answers.put((scan, answer)))

    def ask(self, reference: VisitorReference = ALIYA) -> StatusAnswer | NoAnswer:
        self.look_up("scan", reference)
        return self.answers.get(timeout=PATIENCE_S)[1]


@pytest.fixture
def bench(central: Any) -> Iterator[Bench]:
    bench = Bench(central)
    yield bench
    if central.gate is not None:
        central.gate.set()
    assert bench.checker.stop(PATIENCE_S)


def test_central_answers_and_the_cache_learns(bench: Bench) -> None:
    """The answer says that it came online."""
    answer = bench.ask()
    assert isinstance(answer, StatusAnswer)
    assert (answer.source, answer.record) == (Source.ONLINE, bench.central.checks[0])
    assert bench.cache.written.wait(PATIENCE_S)
    assert bench.checker.connection.online is True


def test_an_unknown_visitor_is_an_answer_and_forgotten(bench: Bench) -> None:
    """What central no longer knows must not be answered from the cache later."""
    bench.knows(ALIYA, timedelta(hours=1))
    bench.central.checks = [None]
    answer = bench.ask()
    assert isinstance(answer, StatusAnswer)
    assert answer.record is None
    assert bench.cache.written.wait(PATIENCE_S)
    assert bench.cache.known == {}


@pytest.mark.parametrize("error", [CentralUnreachable("refused"), ZeroDivisionError("a defect")])
def test_the_cache_answers_when_central_can_not(bench: Bench, error: Exception) -> None:
    """The answer says that it came from the cache, and since when it is known."""
    bench.central.checks = [error]
    bench.knows(ALIYA, timedelta(hours=30))
    answer = bench.ask()
    assert isinstance(answer, StatusAnswer)
    assert answer.source is Source.CACHE
    assert answer.age(bench.clock.now()) >= timedelta(hours=30)
    assert bench.online == [False]


def test_a_stranger_gets_no_answer(bench: Bench) -> None:
    """Could not check, which is no refusal."""
    bench.central.checks = [CentralUnreachable("refused")]
    assert bench.ask() is NoAnswer.UNREACHABLE


@pytest.mark.parametrize(("status", "age"), [(Status.GREEN, timedelta(days=4)), (Status.BLUE, timedelta(0))])
def test_what_is_too_old_or_has_no_limit_does_not_decide(bench: Bench, status: Status, age: timedelta) -> None:
    """Each status has its own limit; none is as good as zero."""
    bench.central.checks = [CentralUnreachable("refused")]
    bench.knows(ALIYA, age, status)
    assert bench.ask() is NoAnswer.TOO_OLD


def test_the_copy_knows_strangers(bench: Bench) -> None:
    """Whom the cache has never seen the copy answers for; one that breaks takes nothing from the other."""
    bench.central.checks = [CentralUnreachable("refused")]
    now = bench.clock.now()
    bench.copy.known[BOLAT] = StatusAnswer(StatusRecord(Status.GREEN, now), Source.COPY, now)
    assert bench.ask(BOLAT) == bench.copy.known[BOLAT]
    bench.cache.broken = True
    assert bench.ask(BOLAT) == bench.copy.known[BOLAT]
    bench.cache.broken, bench.copy.broken = False, True
    bench.knows(ALIYA, timedelta(hours=1))
    assert bench.ask(ALIYA) == bench.cache.known[ALIYA]


def test_red_in_the_copy_wins_over_an_older_green(bench: Bench) -> None:
    """Who has fallen ill since the last visit here is not let in by it."""
    bench.central.checks = [CentralUnreachable("refused")]
    bench.knows(ALIYA, timedelta(hours=2))
    at = bench.clock.now() - timedelta(hours=1)
    bench.copy.known[ALIYA] = StatusAnswer(StatusRecord(Status.RED, at), Source.COPY, at)
    assert bench.ask(ALIYA) == bench.copy.known[ALIYA]


def test_a_central_that_hangs_costs_the_budget_once(bench: Bench) -> None:
    """The first visitor waits for the budget; the next is answered from the cache while central still hangs."""
    bench.central.gate = threading.Event()
    bench.knows(ALIYA, timedelta(hours=1))
    bench.knows(BOLAT, timedelta(hours=1))
    began = bench.clock.monotonic()
    assert isinstance(bench.ask(ALIYA), StatusAnswer)
    waited_s = bench.clock.monotonic() - began
    assert waited_s >= 0.25
    began = bench.clock.monotonic()
    assert isinstance(bench.ask(BOLAT), StatusAnswer)
    assert bench.clock.monotonic() - began < waited_s


def test_a_newer_question_supersedes_the_older(bench: Bench) -> None:
    """Both get exactly one answer."""
    bench.central.gate = threading.Event()
    bench.look_up("first", ALIYA)
    assert bench.central.entered.get(timeout=PATIENCE_S) == ALIYA
    bench.look_up("second", BOLAT)
    assert bench.answers.get(timeout=PATIENCE_S) == ("first", NoAnswer.UNREACHABLE)
    assert bench.answers.get(timeout=PATIENCE_S) == ("second", NoAnswer.UNREACHABLE)
    assert bench.answers.empty()


def test_it_recovers_by_itself(bench: Bench) -> None:
    """After a failure the next visitor whom the cache does not know is asked for online."""
    bench.central.checks = [CentralUnreachable("refused"), bench.central.checks[0]]
    assert bench.ask() is NoAnswer.UNREACHABLE
    assert isinstance(bench.ask(), StatusAnswer)
    assert bench.online == [False, True]


def test_a_broken_cache_is_as_good_as_an_empty_one(bench: Bench) -> None:
    """Central's answer counts all the same."""
    bench.cache.broken = True
    assert isinstance(bench.ask(), StatusAnswer)
    assert bench.cache.written.wait(PATIENCE_S)
    bench.central.checks = [CentralUnreachable("refused")]
    assert bench.ask() is NoAnswer.UNREACHABLE


def test_after_stop_whoever_asks_is_answered_at_once(central: Any) -> None:
    """Nobody waits for a thread that has gone; whoever waited is told, too."""
    central.gate = threading.Event()
    bench = Bench(central, budget_s=5.0)
    bench.look_up("waiting")
    assert central.entered.get(timeout=PATIENCE_S) == ALIYA
    central.gate.set()
    assert bench.checker.stop(PATIENCE_S)
    bench.answers.get(timeout=PATIENCE_S)
    assert bench.ask() is NoAnswer.UNREACHABLE


def test_an_asker_that_raises_ends_nothing(bench: Bench) -> None:
    """The next question is answered."""

    def raise_(_scan: str, _answer: StatusAnswer | NoAnswer) -> None:
        raise RuntimeError("a defect")

    bench.checker.look_up("scan", ALIYA, raise_)
    assert isinstance(bench.ask(), StatusAnswer)
