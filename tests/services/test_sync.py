"""The sync with a real journal: nothing is lost, nothing blocks what comes after it, and nobody is stormed."""

from collections.abc import Callable, Sequence
from dataclasses import replace
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
from kiosk.core.visit import Visit
from tests.services.syncing import HOUR_S, Syncing, failing


def test_visits_are_sent_oldest_first_in_batches(syncing: Syncing) -> None:
    """A backlog of weeks goes up at once, a hundred at a time."""
    ids = syncing.record(250)
    syncing.run()
    assert [len(batch) for batch in syncing.central.batches] == [100, 100, 50]
    assert [visit_id for batch in syncing.central.batches for visit_id in batch] == ids
    assert syncing.journal.counts().acknowledged == 250
    assert syncing.pending[-1] == (0, 0)


def test_a_visit_that_is_not_settled_stays(syncing: Syncing) -> None:
    """Central hears of a visit when it is known whether the visitor passed."""
    visit = syncing.make_visit(1)
    syncing.journal.record(replace(visit, passage=None))
    syncing.run()
    assert syncing.central.batches == []


def test_what_central_refuses_is_quarantined_and_the_rest_acknowledged(syncing: Syncing) -> None:
    """The refused one is kept with central's words, and not sent again."""
    ids = syncing.record(3)
    syncing.central.take = lambda visits: [VisitResult(v.id, v.id != ids[1], "no such venue") for v in visits]
    syncing.run_for(HOUR_S)
    assert syncing.journal.quarantined() == {ids[1]: "no such venue"}
    assert syncing.journal.counts().acknowledged == 2
    assert syncing.pending[-1] == (0, 1)
    assert sum(ids[1] in batch for batch in syncing.central.batches) == 1


@pytest.mark.parametrize("error", [CentralFailed("500"), CentralRejected("422"), CentralNonsense("no JSON")])
def test_one_visit_that_central_stumbles_over_blocks_no_other(syncing: Syncing, error: Exception) -> None:
    """Smaller batches find it; it is set aside, kept, and tried again later."""
    ids = syncing.record(40)

    def stumble(visits: Sequence[Visit]) -> Sequence[VisitResult]:
        if any(visit.id == ids[17] for visit in visits):
            raise error
        return [VisitResult(visit.id, accepted=True) for visit in visits]

    syncing.central.take = stumble
    syncing.run_for(HOUR_S)
    assert [visit.id for visit in syncing.journal.unsent(10)] == [ids[17]]
    assert syncing.journal.counts().acknowledged == 39
    syncing.central.take = lambda visits: [VisitResult(visit.id, accepted=True) for visit in visits]
    syncing.run_for(HOUR_S)
    assert syncing.journal.counts().acknowledged == 40


@pytest.mark.parametrize(
    "error", [CentralTimeout("late"), CentralUnreachable("refused"), CentralUnauthorised("401"), CentralFailed("503")]
)
def test_while_central_is_away_it_is_asked_less_and_less(syncing: Syncing, error: Exception) -> None:
    """Not more than about once a minute, and everything is sent when it is back."""
    syncing.record(5)
    syncing.central.keys = error

    def fail(_visits: Sequence[Visit]) -> Sequence[VisitResult]:
        raise error

    syncing.central.take = fail
    syncing.run_for(HOUR_S)
    assert 20 <= len(syncing.central.batches) <= 80
    assert syncing.online
    assert not any(syncing.online)
    syncing.central.take, syncing.central.keys = type(syncing.central)().take, b"keys"
    syncing.run_for(HOUR_S)
    assert syncing.journal.counts().acknowledged == 5
    assert syncing.online[-1] is True


def test_central_may_ask_for_patience(syncing: Syncing) -> None:
    """Retry-After is kept, up to a quarter of an hour."""
    syncing.record(1)

    def busy(_visits: Sequence[Visit]) -> Sequence[VisitResult]:
        raise CentralBusy("busy", 86_400)

    syncing.central.take = busy
    syncing.run()
    syncing.run_for(899)
    assert len(syncing.central.batches) == 1
    syncing.run_for(2)
    assert len(syncing.central.batches) == 2


def test_a_hurry_does_not_break_the_patience(syncing: Syncing) -> None:
    """Each visitor wakes the sync; a dead central is not asked for each of them."""
    syncing.record(1)
    syncing.central.take = lambda _visits: []
    syncing.run()
    asked = len(syncing.central.batches)
    for number in range(20):
        syncing.record(1, first=number + 1)
        syncing.sync.wake()
        syncing.run()
    assert len(syncing.central.batches) == asked


def test_a_new_visit_is_sent_at_once_while_central_answers(syncing: Syncing) -> None:
    """Nobody waits for the next interval."""
    syncing.run()
    ids = syncing.record(1)
    syncing.sync.wake()
    syncing.run()
    assert syncing.central.batches == [ids]


def test_visits_without_a_result_are_sent_again(syncing: Syncing) -> None:
    """What is not answered for has not been taken over; results for others change nothing."""
    ids = syncing.record(2)
    syncing.central.take = lambda _visits: [VisitResult(ids[0], accepted=True), VisitResult("stranger", accepted=True)]
    syncing.run()
    assert [visit.id for visit in syncing.journal.unsent(10)] == [ids[1]]
    syncing.central.take = lambda visits: [VisitResult(visit.id, accepted=True) for visit in visits]
    syncing.run_for(61)
    assert syncing.journal.unsent_count() == 0


def test_keys_are_fetched_in_their_own_rhythm(syncing: Syncing) -> None:
    """At once, then every interval."""
    syncing.run_for(HOUR_S * 2.5)
    assert syncing.keys == [b"keys"] * 3


def test_keys_that_are_refused_stop_nothing(syncing: Syncing) -> None:
    """The former keys stay, visits go on."""
    syncing.keys_error = ValueError("no key in it")
    ids = syncing.record(1)
    syncing.run()
    assert syncing.central.batches == [ids]


def test_what_has_failed_is_tried_at_once_when_central_is_back(syncing: Syncing) -> None:
    """Another part has reached central: a backlog does not wait for its pause to end, except where central asked so."""
    accept = syncing.central.take
    syncing.central.take = failing(CentralUnreachable("refused"))
    syncing.record(3)
    for _ in range(8):
        syncing.run_for(60)
    syncing.central.take = accept
    syncing.sync.noticed_online()
    syncing.run()
    assert syncing.journal.unsent_count() == 0
    syncing.central.take = failing(CentralBusy("later", 500.0))
    syncing.record(1, first=10)
    syncing.clock.advance(60)
    syncing.run()
    syncing.central.take = accept
    syncing.sync.noticed_online()
    syncing.run()
    assert syncing.journal.unsent_count() == 1
    syncing.clock.advance(500)
    syncing.run()
    assert syncing.journal.unsent_count() == 0


def test_a_defect_in_the_client_ends_nothing(syncing: Syncing) -> None:
    """The thread that hands visits over must outlive every exception."""
    syncing.record(1)

    def defect(_visits: Sequence[Visit]) -> Sequence[VisitResult]:
        raise ZeroDivisionError

    syncing.central.take = defect
    syncing.run()
    syncing.central.take = type(syncing.central)().take
    syncing.run_for(HOUR_S)
    assert syncing.journal.counts().acknowledged == 1


def test_stop_sends_what_is_there_once_more(syncing: Syncing) -> None:
    """Whatever the pace was: the terminal may be about to be switched off."""
    syncing.sync.start()
    ids = syncing.record(2)
    assert syncing.sync.stop(5.0)
    assert [visit_id for batch in syncing.central.batches for visit_id in batch] == ids


BEHAVIOUR = st.sampled_from(["take", "part", "none", "timeout", "500", "422", "defect"])


def test_what_central_has_is_dropped_after_its_time(syncing: Syncing) -> None:
    """Acknowledged visits go after a week; what waits and what was refused stays, however old."""
    sent = syncing.record(3)
    refused = sent[1]
    syncing.central.take = lambda visits: [VisitResult(visit.id, visit.id != refused) for visit in visits]
    syncing.run()
    syncing.central.take = lambda _: []
    waiting = syncing.record(1, first=50)
    syncing.run_for(6.9 * 24 * HOUR_S)
    assert len(syncing.journal.visits()) == 4
    syncing.run_for(0.2 * 24 * HOUR_S)
    assert [visit.id for visit in syncing.journal.visits()] == [refused, *waiting]


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
        syncing = Syncing(type(clock)(), type(central)(), SqliteJournal(store, TerminalClock()), make_visit)
        ids = syncing.record(count)
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

        syncing.central.take = take
        syncing.run_for(4 * HOUR_S)
        assert accepted == set(ids) - bad
        assert set(syncing.journal.quarantined()) == bad
        assert syncing.journal.unsent_count() == 0
        assert [visit.id for visit in syncing.journal.visits()] == ids
    finally:
        store.close()
