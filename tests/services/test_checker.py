"""The checker: one answer to each question, within the budget, online first, else from the cache."""

import queue
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from kiosk.adapters.central_errors import CentralBusy, CentralUnreachable
from kiosk.adapters.clock import TerminalClock
from kiosk.core.credential import VisitorReference
from kiosk.core.link import LinkRules
from kiosk.core.status import NoAnswer, Source, Status, StatusAnswer, StatusRecord
from kiosk.services.checker import Checker
from kiosk.services.stored import StoredAnswers, StoredRules

PATIENCE_S = 10.0
ALIYA, BOLAT = VisitorReference(b"A" * 16), VisitorReference(b"B" * 16)
MAXIMUM_AGE = {Status.GREEN: timedelta(days=3), Status.RED: timedelta(days=14)}


NO_PROBES = LinkRules(probe_s=1e6, doubt_s=1e6)
QUICK_PROBES = LinkRules(probe_s=0.01, doubt_s=0.01)


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

    def __init__(self, central: Any, budget_s: float = 0.3, rules: LinkRules = NO_PROBES) -> None:
        self.changes: queue.SimpleQueue[bool] = queue.SimpleQueue()
        self.central, self.cache, self.copy = central, FakeCache(), FakeCache()
        self.clock = TerminalClock()
        self.online: list[bool] = []
        self.answers: queue.SimpleQueue[tuple[str, StatusAnswer | NoAnswer]] = queue.SimpleQueue()
        self.checker = Checker(
            central,
            self.cache,
            StoredAnswers((self.cache, self.copy), self.clock, StoredRules(MAXIMUM_AGE)),
            self.clock,
            budget_s=budget_s,
            rules=rules,
            on_online=self._link_changed,
        )
        self.checker.start()
        if rules is NO_PROBES:  # but the one at the start
            assert self.changes.get(timeout=PATIENCE_S) is True
            self.online.clear()

    def _link_changed(self, online: bool) -> None:
        self.online.append(online)
        self.changes.put(online)

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
    assert bench.checker.link.online is True


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
    """The first visitor waits for the budget; after that neither a known one nor a stranger does, while it hangs."""
    bench.central.gate = threading.Event()
    bench.knows(ALIYA, timedelta(hours=1))
    bench.knows(BOLAT, timedelta(hours=1))
    began = bench.clock.monotonic()
    assert isinstance(bench.ask(ALIYA), StatusAnswer)
    waited_s = bench.clock.monotonic() - began
    assert waited_s >= 0.25
    began = bench.clock.monotonic()
    assert isinstance(bench.ask(BOLAT), StatusAnswer)
    assert bench.ask(VisitorReference(b"C" * 16)) is NoAnswer.UNREACHABLE
    assert bench.clock.monotonic() - began < waited_s


def test_a_probe_finds_a_dead_network_before_a_visitor_does(central: Any) -> None:
    """Two probes without an answer, and the first visitor after it waits for nothing."""
    central.probes = [None, None, CentralUnreachable("refused")]
    central.checks = [AssertionError("this visitor pays for nothing")]
    bench = Bench(central, budget_s=PATIENCE_S, rules=QUICK_PROBES)
    assert [bench.changes.get(timeout=PATIENCE_S) for _ in range(2)] == [True, False]
    bench.knows(ALIYA, timedelta(hours=1))
    assert bench.ask() == bench.cache.known[ALIYA]
    assert bench.checker.stop(PATIENCE_S)


def test_a_slow_handshake_does_not_keep_it_offline(central: Any) -> None:
    """The connection gets more time than a visitor would wait; what counts is the call over it."""
    bench = Bench(central, budget_s=0.4)
    assert [central.probed.get(timeout=PATIENCE_S) for _ in range(2)] == [5.0, 0.4]
    assert bench.checker.stop(PATIENCE_S)


def test_probes_bring_it_back_online_without_a_visitor(central: Any) -> None:
    """Not with the first good answer, but by itself."""
    bad = CentralUnreachable("refused")
    central.probes = [bad, bad, None, bad, None]
    bench = Bench(central, rules=QUICK_PROBES)
    assert [bench.changes.get(timeout=PATIENCE_S) for _ in range(2)] == [False, True]
    assert bench.checker.stop(PATIENCE_S)
    # Five bad or lonely answers came first.
    assert bench.central.probed.qsize() >= 6


def test_an_attempt_behind_the_visitors_back_may_bring_it_back(bench: Bench) -> None:
    """A stranger waits for central again as soon as it has answered anybody."""
    bench.central.checks = [CentralUnreachable("refused"), bench.central.checks[0]]
    bench.knows(ALIYA, timedelta(hours=1))
    assert bench.ask(BOLAT) is NoAnswer.UNREACHABLE
    assert isinstance(bench.ask(ALIYA), StatusAnswer)
    assert bench.cache.written.wait(PATIENCE_S)
    answer = bench.ask(BOLAT)
    assert isinstance(answer, StatusAnswer)
    assert answer.source is Source.ONLINE
    assert bench.changes.get(timeout=PATIENCE_S) is False
    assert bench.changes.get(timeout=PATIENCE_S) is True


def test_central_that_asks_for_patience_is_not_asked(bench: Bench) -> None:
    """Neither for a visitor nor by a probe; who is known on board is answered at once."""
    bench.central.checks = [CentralBusy("later", 600.0)]
    bench.knows(ALIYA, timedelta(hours=1))
    assert isinstance(bench.ask(), StatusAnswer)
    assert isinstance(bench.ask(), StatusAnswer)
    assert bench.ask(BOLAT) is NoAnswer.UNREACHABLE
    assert bench.central.asked == [ALIYA]


def test_a_hint_makes_it_look(central: Any) -> None:
    """Another part that can't reach central is no proof, but reason enough for a probe."""
    rules = LinkRules(probe_s=1e6, doubt_s=0.01)
    central.probes = [None, None, CentralUnreachable("refused")]
    bench = Bench(central, rules=rules)
    assert bench.changes.get(timeout=PATIENCE_S) is True
    bench.checker.noticed(True)
    assert bench.checker.link.online is True
    bench.checker.noticed(False)
    assert bench.changes.get(timeout=PATIENCE_S) is False
    assert bench.checker.stop(PATIENCE_S)


def test_a_newer_question_supersedes_the_older(bench: Bench) -> None:
    """Both get exactly one answer."""
    bench.central.gate = threading.Event()
    bench.look_up("first", ALIYA)
    assert bench.central.entered.get(timeout=PATIENCE_S) == ALIYA
    bench.look_up("second", BOLAT)
    assert bench.answers.get(timeout=PATIENCE_S) == ("first", NoAnswer.UNREACHABLE)
    assert bench.answers.get(timeout=PATIENCE_S) == ("second", NoAnswer.UNREACHABLE)
    assert bench.answers.empty()


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
