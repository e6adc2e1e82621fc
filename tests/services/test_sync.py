"""The sync with a real journal: nothing is lost, nothing blocks what comes after it, and nobody is stormed."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kiosk.adapters.central_errors import (
    CentralBusy,
    CentralFailed,
    CentralNonsense,
    CentralRejected,
    CentralTimeout,
    CentralUnauthorised,
    CentralUnreachable,
)
from kiosk.adapters.clock import TerminalClock
from kiosk.adapters.journal import SqliteJournal
from kiosk.adapters.store import Store
from kiosk.core.ports import VisitResult
from kiosk.core.visit import Visit, VisitTime
from kiosk.services.sync import Sync

HOUR_S = 3600.0


class Bench:
    """A sync whose clock and central are in the test's hand; `run` lets it do what is due."""

    def __init__(self, clock: Any, central: Any, journal: SqliteJournal, make_visit: Callable[[int], Visit]) -> None:
        self.clock, self.central, self.journal, self.make_visit = clock, central, journal, make_visit
        self.keys: list[bytes] = []
        self.online: list[bool] = []
        self.pending: list[tuple[int, int]] = []
        self.keys_error: Exception | None = None
        self.sync = Sync(
            central,
            journal,
            clock,
            interval_s=30.0,
            keys_interval_s=HOUR_S,
            keep=timedelta(days=7),
            on_keys=self._take_keys,
            on_online=self.online.append,
            on_pending=lambda *counts: self.pending.append(counts),
            jitter=lambda: 1.0,
        )

    def _take_keys(self, jwks: bytes) -> None:
        if self.keys_error is not None:
            raise self.keys_error
        self.keys.append(jwks)

    def record(self, count: int, first: int = 0) -> list[str]:
        visits = [self.make_visit(number) for number in range(first, first + count)]
        for visit in visits:
            self.journal.record(visit)
            assert visit.passage is not None
            self.journal.settle(visit.id, visit.passage)
        return [visit.id for visit in visits]

    def run(self) -> float:
        return self.sync.run_once()

    def run_for(self, seconds: float) -> None:
        until = self.clock.monotonic() + seconds
        while self.clock.monotonic() < until:
            self.clock.advance(max(0.01, self.run()))


def failing(error: Exception) -> Callable[[Sequence[Visit]], Sequence[VisitResult]]:
    """A central that takes nothing."""

    def take(_: Sequence[Visit]) -> Sequence[VisitResult]:
        raise error

    return take


@pytest.fixture
def journal(tmp_path: Path, clock: Any) -> Iterator[SqliteJournal]:
    store = Store(tmp_path / "kiosk.db")
    yield SqliteJournal(store, clock)
    store.close()


@pytest.fixture
def bench(clock: Any, central: Any, journal: SqliteJournal, make_visit: Callable[[int], Visit]) -> Bench:
    return Bench(clock, central, journal, make_visit)


def test_visits_are_sent_oldest_first_in_batches(bench: Bench) -> None:
    """A backlog of weeks goes up at once, a hundred at a time."""
    ids = bench.record(250)
    bench.run()
    assert [len(batch) for batch in bench.central.batches] == [100, 100, 50]
    assert [visit_id for batch in bench.central.batches for visit_id in batch] == ids
    assert bench.journal.counts().acknowledged == 250
    assert bench.pending[-1] == (0, 0)


def test_a_visit_that_is_not_settled_stays(bench: Bench) -> None:
    """Central hears of a visit when it is known whether the visitor passed."""
    visit = bench.make_visit(1)
    bench.journal.record(replace(visit, passage=None))
    bench.run()
    assert bench.central.batches == []


def test_what_central_refuses_is_quarantined_and_the_rest_acknowledged(bench: Bench) -> None:
    """The refused one is kept with central's words, and not sent again."""
    ids = bench.record(3)
    bench.central.take = lambda visits: [VisitResult(v.id, v.id != ids[1], "no such venue") for v in visits]
    bench.run_for(HOUR_S)
    assert bench.journal.quarantined() == {ids[1]: "no such venue"}
    assert bench.journal.counts().acknowledged == 2
    assert bench.pending[-1] == (0, 1)
    assert sum(ids[1] in batch for batch in bench.central.batches) == 1


@pytest.mark.parametrize("error", [CentralFailed("500"), CentralRejected("422"), CentralNonsense("no JSON")])
def test_one_visit_that_central_stumbles_over_blocks_no_other(bench: Bench, error: Exception) -> None:
    """Smaller batches find it; it is set aside, kept, and tried again later."""
    ids = bench.record(40)

    def stumble(visits: Sequence[Visit]) -> Sequence[VisitResult]:
        if any(visit.id == ids[17] for visit in visits):
            raise error
        return [VisitResult(visit.id, accepted=True) for visit in visits]

    bench.central.take = stumble
    bench.run_for(HOUR_S)
    assert [visit.id for visit in bench.journal.unsent(10)] == [ids[17]]
    assert bench.journal.counts().acknowledged == 39
    bench.central.take = lambda visits: [VisitResult(visit.id, accepted=True) for visit in visits]
    bench.run_for(HOUR_S)
    assert bench.journal.counts().acknowledged == 40


@pytest.mark.parametrize(
    "error", [CentralTimeout("late"), CentralUnreachable("refused"), CentralUnauthorised("401"), CentralFailed("503")]
)
def test_while_central_is_away_it_is_asked_less_and_less(bench: Bench, error: Exception) -> None:
    """Not more than about once a minute, and everything is sent when it is back."""
    bench.record(5)
    bench.central.keys = error

    def fail(_visits: Sequence[Visit]) -> Sequence[VisitResult]:
        raise error

    bench.central.take = fail
    bench.run_for(HOUR_S)
    assert 20 <= len(bench.central.batches) <= 80
    assert bench.online
    assert not any(bench.online)
    bench.central.take, bench.central.keys = type(bench.central)().take, b"keys"
    bench.run_for(HOUR_S)
    assert bench.journal.counts().acknowledged == 5
    assert bench.online[-1] is True


def test_central_may_ask_for_patience(bench: Bench) -> None:
    """Retry-After is kept, up to a quarter of an hour."""
    bench.record(1)

    def busy(_visits: Sequence[Visit]) -> Sequence[VisitResult]:
        raise CentralBusy("busy", 86_400)

    bench.central.take = busy
    bench.run()
    bench.run_for(899)
    assert len(bench.central.batches) == 1
    bench.run_for(2)
    assert len(bench.central.batches) == 2


def test_a_hurry_does_not_break_the_patience(bench: Bench) -> None:
    """Each visitor wakes the sync; a dead central is not asked for each of them."""
    bench.record(1)
    bench.central.take = lambda _visits: []
    bench.run()
    asked = len(bench.central.batches)
    for number in range(20):
        bench.record(1, first=number + 1)
        bench.sync.wake()
        bench.run()
    assert len(bench.central.batches) == asked


def test_a_new_visit_is_sent_at_once_while_central_answers(bench: Bench) -> None:
    """Nobody waits for the next interval."""
    bench.run()
    ids = bench.record(1)
    bench.sync.wake()
    bench.run()
    assert bench.central.batches == [ids]


def test_visits_without_a_result_are_sent_again(bench: Bench) -> None:
    """What is not answered for has not been taken over; results for others change nothing."""
    ids = bench.record(2)
    bench.central.take = lambda _visits: [VisitResult(ids[0], accepted=True), VisitResult("stranger", accepted=True)]
    bench.run()
    assert [visit.id for visit in bench.journal.unsent(10)] == [ids[1]]
    bench.central.take = lambda visits: [VisitResult(visit.id, accepted=True) for visit in visits]
    bench.run_for(61)
    assert bench.journal.unsent_count() == 0


def test_keys_are_fetched_in_their_own_rhythm(bench: Bench) -> None:
    """At once, then every interval."""
    bench.run_for(HOUR_S * 2.5)
    assert bench.keys == [b"keys"] * 3


def test_keys_that_are_refused_stop_nothing(bench: Bench) -> None:
    """The former keys stay, visits go on."""
    bench.keys_error = ValueError("no key in it")
    ids = bench.record(1)
    bench.run()
    assert bench.central.batches == [ids]


def test_what_has_failed_is_tried_at_once_when_central_is_back(bench: Bench) -> None:
    """Another part has reached central: a backlog does not wait for its pause to end, except where central asked so."""
    accept = bench.central.take
    bench.central.take = failing(CentralUnreachable("refused"))
    bench.record(3)
    for _ in range(8):
        bench.run_for(60)
    bench.central.take = accept
    bench.sync.noticed_online()
    bench.run()
    assert bench.journal.unsent_count() == 0
    bench.central.take = failing(CentralBusy("later", 500.0))
    bench.record(1, first=10)
    bench.clock.advance(60)
    bench.run()
    bench.central.take = accept
    bench.sync.noticed_online()
    bench.run()
    assert bench.journal.unsent_count() == 1
    bench.clock.advance(500)
    bench.run()
    assert bench.journal.unsent_count() == 0


def test_undated_visits_wait_for_centrals_time(bench: Bench) -> None:
    """Central's first answer sets the clock; then they go up with their right time, and each once."""
    bench.clock.trusted = False
    bench.journal.record(replace(bench.make_visit(1), monotonic_s=90.0))
    assert bench.journal.undated_count() == 1

    def fetch_keys(_: float) -> bytes:
        bench.clock.trusted = True
        return b"keys"

    bench.central.fetch_keys = fetch_keys
    bench.run()
    [sent] = bench.journal.visits()
    assert (sent.time, sent.decided_at) == (VisitTime.CORRECTED, bench.clock.time_at(90.0))
    assert bench.journal.counts().acknowledged == 1


def test_undated_visits_go_as_they_are_where_no_time_is_to_be_had(bench: Bench) -> None:
    """Central is there and its time can't be used: the visit is not kept back for ever, and says what it is worth."""
    bench.clock.trusted = False
    bench.journal.record(replace(bench.make_visit(1), monotonic_s=90.0))
    bench.run()
    [sent] = bench.journal.visits()
    assert (sent.time, sent.decided_at) == (VisitTime.GUESSED, bench.make_visit(1).decided_at)
    bench.clock.trusted = True
    bench.run_for(60)
    assert bench.journal.visits() == [sent]
    assert bench.journal.counts().acknowledged == 1


def test_undated_visits_wait_while_central_is_away(bench: Bench) -> None:
    """Their time may still become known."""
    bench.clock.trusted = False
    bench.central.keys = CentralUnreachable("refused")
    bench.journal.record(replace(bench.make_visit(1), monotonic_s=90.0))
    bench.run_for(600)
    assert (bench.journal.undated_count(), bench.central.batches) == (1, [])


def test_a_defect_in_the_client_ends_nothing(bench: Bench) -> None:
    """The thread that hands visits over must outlive every exception."""
    bench.record(1)

    def defect(_visits: Sequence[Visit]) -> Sequence[VisitResult]:
        raise ZeroDivisionError

    bench.central.take = defect
    bench.run()
    bench.central.take = type(bench.central)().take
    bench.run_for(HOUR_S)
    assert bench.journal.counts().acknowledged == 1


def test_stop_sends_what_is_there_once_more(bench: Bench) -> None:
    """Whatever the pace was: the terminal may be about to be switched off."""
    bench.sync.start()
    ids = bench.record(2)
    assert bench.sync.stop(5.0)
    assert [visit_id for batch in bench.central.batches for visit_id in batch] == ids


BEHAVIOUR = st.sampled_from(["take", "part", "none", "timeout", "500", "422", "defect"])


def test_what_central_has_is_dropped_after_its_time(bench: Bench) -> None:
    """Acknowledged visits go after a week; what waits and what was refused stays, however old."""
    sent = bench.record(3)
    refused = sent[1]
    bench.central.take = lambda visits: [VisitResult(visit.id, visit.id != refused) for visit in visits]
    bench.run()
    bench.central.take = lambda _: []
    waiting = bench.record(1, first=50)
    bench.run_for(6.9 * 24 * HOUR_S)
    assert len(bench.journal.visits()) == 4
    bench.run_for(0.2 * 24 * HOUR_S)
    assert [visit.id for visit in bench.journal.visits()] == [refused, *waiting]


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(behaviours=st.lists(BEHAVIOUR, max_size=30), count=st.integers(1, 12), poison=st.sets(st.integers(0, 11)))
def test_whatever_central_does_no_visit_is_lost(
    behaviours: list[str],
    count: int,
    poison: set[int],
    clock: Any,
    central: Any,
    tmp_path_factory: pytest.TempPathFactory,
    make_visit: Callable[[int], Visit],
) -> None:
    """Once central behaves, each visit is acknowledged or quarantined, and central has accepted each good one."""
    store = Store(tmp_path_factory.mktemp("journal") / "kiosk.db")
    try:
        bench = Bench(type(clock)(), type(central)(), SqliteJournal(store, TerminalClock()), make_visit)
        ids = bench.record(count)
        bad = {ids[number] for number in poison if number < count}
        script, accepted = list(behaviours), set[str]()

        def take(visits: Sequence[Visit]) -> Sequence[VisitResult]:
            behaviour = script.pop(0) if script else "take"
            if behaviour in ("timeout", "500", "422", "defect"):
                raise {"timeout": CentralTimeout, "500": CentralFailed, "422": CentralRejected}.get(
                    behaviour, RuntimeError
                )(behaviour)
            upto = {"take": len(visits), "part": (len(visits) + 1) // 2, "none": 0}[behaviour]
            accepted.update(visit.id for visit in visits[:upto] if visit.id not in bad)
            return [VisitResult(visit.id, visit.id not in bad, "bad") for visit in visits[:upto]]

        bench.central.take = take
        bench.run_for(4 * HOUR_S)
        assert accepted == set(ids) - bad
        assert set(bench.journal.quarantined()) == bad
        assert bench.journal.unsent_count() == 0
        assert [visit.id for visit in bench.journal.visits()] == ids
    finally:
        store.close()
