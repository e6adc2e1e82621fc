"""Visits that were taken before the time was known: dated later, exactly, or marked as guesses."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from kiosk import contract
from kiosk.adapters import journal as journal_module
from kiosk.adapters.clock import TerminalClock
from kiosk.adapters.journal import SqliteJournal
from kiosk.adapters.store import Store
from kiosk.adapters.wire_visits import wire_visit
from kiosk.core.visit import Passage, Visit, VisitTime

MakeVisit = Callable[..., Visit]
BOOTS = ("8f1c2d3e-0000-4000-8000-000000000001", "8f1c2d3e-0000-4000-8000-000000000002")
TRUE = datetime(2027, 3, 1, 12, tzinfo=UTC)


class Machine:
    """A terminal that was switched on with a wrong time."""

    def __init__(self, boot: str = BOOTS[0]) -> None:
        self.monotonic_s = 100.0
        self.clock = TerminalClock(
            is_synchronised=lambda: False,
            boot=boot,
            system_time=lambda: datetime(2026, 1, 1, tzinfo=UTC),
            monotonic=lambda: self.monotonic_s,
        )

    def learns_the_time(self) -> None:
        """Central says so: TRUE, at this moment."""
        self.clock.heard_date(TRUE, self.monotonic_s, self.monotonic_s)


def decided(make_visit: MakeVisit, number: int, machine: Machine) -> Visit:
    """A settled visit of this moment."""
    visit: Visit = make_visit(number, passage=Passage.TAKEN)
    return replace(visit, decided_at=machine.clock.now(), monotonic_s=machine.monotonic_s)


def test_dated_once_the_time_is_known(store: Store, make_visit: MakeVisit) -> None:
    """Kept back until then; then the right moment, to a second, and order and distance exactly."""
    machine = Machine()
    journal = SqliteJournal(store, machine.clock)
    for number in (1, 2):
        journal.record(decided(make_visit, number, machine))
        machine.monotonic_s += 600
    assert (journal.unsent(9), journal.undated_count(), journal.unsent_count()) == ([], 2, 2)
    assert journal.correct_times() == 0
    machine.learns_the_time()
    journal.record(decided(make_visit, 3, machine))
    assert journal.correct_times() == 2
    first, second, third = journal.unsent(9)
    assert [one.time for one in (first, second, third)] == [VisitTime.CORRECTED] * 2 + [VisitTime.TRUSTED]
    assert abs(first.decided_at - (TRUE - timedelta(seconds=1200))) <= timedelta(seconds=1)
    assert second.decided_at - first.decided_at == timedelta(seconds=600)
    assert third.decided_at - second.decided_at == timedelta(seconds=600)
    assert journal.undated_count() == 0


def test_those_of_an_earlier_boot_stay_guesses(store: Store, make_visit: MakeVisit) -> None:
    """Nothing tells how long the machine was off; they are sent, and say what they are worth."""
    before = Machine(BOOTS[0])
    SqliteJournal(store, before.clock).record(decided(make_visit, 1, before))
    machine = Machine(BOOTS[1])
    journal = SqliteJournal(store, machine.clock)
    journal.record(decided(make_visit, 2, machine))
    journal.settle_leftovers()
    machine.learns_the_time()
    assert journal.correct_times() == 1
    assert [one.time for one in journal.unsent(9)] == [VisitTime.GUESSED, VisitTime.CORRECTED]


def test_what_was_given_up_stays_as_it_was_sent(store: Store, make_visit: MakeVisit) -> None:
    """Central keeps the first content of an id: after it has gone out nothing in it may change."""
    machine = Machine()
    journal = SqliteJournal(store, machine.clock)
    journal.record(decided(make_visit, 1, machine))
    assert journal.give_up_times() == 1
    sent = journal.unsent(9)
    machine.learns_the_time()
    assert journal.correct_times() == 0
    assert journal.unsent(9) == sent


def test_one_without_a_monotonic_time_keeps_no_other_from_being_dated(store: Store, make_visit: MakeVisit) -> None:
    """Its row is spoilt; all others get their time."""
    machine = Machine()
    journal = SqliteJournal(store, machine.clock)
    for number in (1, 2):
        journal.record(decided(make_visit, number, machine))
    with store.transaction() as connection:
        connection.execute("UPDATE visits SET monotonic_s = NULL WHERE position = 1")
    machine.learns_the_time()
    assert journal.correct_times() == 1


def test_on_the_wire(store: Store, make_visit: MakeVisit) -> None:
    """Central hears boot, monotonic time, and how far the time can be believed."""
    machine = Machine()
    journal = SqliteJournal(store, machine.clock)
    journal.record(decided(make_visit, 1, machine))
    journal.give_up_times()
    [visit] = journal.unsent(9)
    sent = contract.Visit.model_validate_json(wire_visit(visit).model_dump_json())
    assert (str(sent.boot_id), sent.monotonic_s, sent.time) == (BOOTS[0], 100.0, contract.VisitTime.GUESSED)


def test_a_journal_of_the_version_before_is_taken_over(database: Path, make_visit: MakeVisit) -> None:
    """Its visits stay, as visits whose time was trusted, and go up in the form in which they may have gone before."""
    with closing(Store(database)) as store:
        SqliteJournal(store, TerminalClock()).record(make_visit(1, passage=Passage.TAKEN))
    with closing(sqlite3.connect(database)) as connection:
        for index in ("visits_undated", "visits_refused"):
            connection.execute(f"DROP INDEX {index}")
        for column in ("time", "boot_id", "monotonic_s"):
            connection.execute(f"ALTER TABLE visits DROP COLUMN {column}")
        connection.execute("PRAGMA user_version = 1")
        connection.commit()
    with closing(Store(database)) as store:
        assert store.kept_aside is None
        journal = SqliteJournal(store, TerminalClock())
        assert journal.unsent(9) == [make_visit(1, passage=Passage.TAKEN)]
        journal.record(make_visit(2))


def test_counting_reads_no_other_visit(store: Store) -> None:
    """What is counted every few seconds is found by an index, however many visits the journal holds."""
    for condition in (
        journal_module._TO_SEND,
        journal_module._REFUSED,
        journal_module._UNDATED,
    ):
        with store.reading() as connection:
            query = f"EXPLAIN QUERY PLAN SELECT count(*) FROM visits WHERE {condition}"  # noqa: S608  # constants
            plan = connection.execute(query).fetchall()
        assert "INDEX visits_" in str(plan), plan
