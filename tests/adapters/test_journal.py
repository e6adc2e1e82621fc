"""The journal: what it promises is on disk; what central answered is remembered; faults are JournalErrors."""

import os
import resource
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kiosk.adapters.clock import TerminalClock
from kiosk.adapters.journal import SqliteJournal
from kiosk.adapters.store import Store
from kiosk.adapters.visit_ids import new_visit_id
from kiosk.core.admission import Decision, Outcome, Reason
from kiosk.core.credential import CredentialKind, VisitorReference
from kiosk.core.ports import Journal, JournalError, Outbox
from kiosk.core.status import Source, Status, StatusAnswer, StatusRecord
from kiosk.core.visit import Passage, Visit

MakeVisit = Callable[..., Visit]

# Zones of fixed offset: an hour that a clock change repeats is by definition equal to no time of another zone.
_zones = st.integers(-12 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
_times = st.datetimes(datetime(1970, 1, 2), datetime(2100, 1, 1), timezones=_zones)  # noqa: DTZ001  # the strategy adds the zone
_records = st.builds(
    StatusRecord, st.sampled_from(Status), _times, st.none() | _times, st.none() | st.text(max_size=64)
)
_answers = st.builds(StatusAnswer, st.none() | _records, st.sampled_from(Source), _times)
_visits = st.builds(
    Visit,
    st.builds(new_visit_id),
    _times,
    st.sampled_from(CredentialKind),
    st.none() | st.binary(min_size=16, max_size=16).map(VisitorReference),
    st.builds(Decision, st.sampled_from(Outcome), st.sampled_from(Reason), st.none() | _answers),
    st.none() | st.sampled_from(Passage),
)


@pytest.fixture
def journal(store: Store) -> SqliteJournal:
    """A journal in an open store."""
    return SqliteJournal(store, TerminalClock())


@contextmanager
def _no_file_grows_beyond(size: int) -> Iterator[None]:
    """Let writes fail as they do on a full disk; by the kernel, so that nothing of ours is replaced."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_fits_its_ports(journal: SqliteJournal) -> None:
    """One object is the controller's journal and the sync's outbox."""
    as_journal: Journal = journal
    as_outbox: Outbox = journal
    assert (as_journal, as_outbox) == (journal, journal)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(visit=_visits)
def test_a_visit_comes_back_as_it_was(journal: SqliteJournal, visit: Visit) -> None:
    """Every field of every visit survives the way to the disk and back."""
    journal.record(visit)
    back = next(found for found in journal.visits() if found.id == visit.id)
    assert back == visit


def test_a_visit_without_its_passage_is_not_sent(journal: SqliteJournal, make_visit: MakeVisit) -> None:
    """Only a visit whose passage is known goes to central."""
    journal.record(make_visit(1))
    assert (list(journal.unsent(10)), journal.unsent_count()) == ([], 0)
    journal.settle(make_visit(1).id, Passage.TAKEN)
    assert list(journal.unsent(10)) == [make_visit(1, passage=Passage.TAKEN)]
    assert journal.unsent_count() == 1


def test_the_first_passage_noted_stays(journal: SqliteJournal, make_visit: MakeVisit) -> None:
    """A later note does not change what was noted; one for a visit that is not here changes nothing."""
    journal.record(make_visit(1))
    journal.settle(make_visit(1).id, Passage.TAKEN)
    journal.settle(make_visit(1).id, Passage.NOT_TAKEN)
    journal.settle(make_visit(2).id, Passage.NOT_TAKEN)
    assert [visit.passage for visit in journal.visits()] == [Passage.TAKEN]


def test_the_oldest_are_sent_first(journal: SqliteJournal, make_visit: MakeVisit) -> None:
    """In the order of recording, whatever the ids are; not more than asked for."""
    for number in (3, 1, 2):
        journal.record(make_visit(number, passage=Passage.TAKEN))
    assert [visit.id[-1] for visit in journal.unsent(2)] == ["3", "1"]


def test_acknowledged_visits_stay_and_are_not_sent_again(journal: SqliteJournal, make_visit: MakeVisit) -> None:
    """What central has stays in the journal until it is purged."""
    for number in (1, 2):
        journal.record(make_visit(number, passage=Passage.TAKEN))
    journal.acknowledge(iter([make_visit(1).id, "unknown"]))
    assert [visit.id for visit in journal.unsent(10)] == [make_visit(2).id]
    assert len(journal.visits()) == 2
    assert (journal.counts().acknowledged, journal.counts().unsent) == (1, 1)


def test_refused_visits_are_kept_with_the_reason(journal: SqliteJournal, make_visit: MakeVisit) -> None:
    """A quarantined visit is visible, is not sent, and does not hold up the next one."""
    for number in (1, 2):
        journal.record(make_visit(number, passage=Passage.TAKEN))
    journal.quarantine(make_visit(1).id, "id taken " + "x" * 1000)
    assert [visit.id for visit in journal.unsent(10)] == [make_visit(2).id]
    assert journal.quarantined() == {make_visit(1).id: ("id taken " + "x" * 1000)[:500]}
    assert journal.counts().quarantined == 1


def test_an_acknowledged_visit_can_not_be_quarantined(journal: SqliteJournal, make_visit: MakeVisit) -> None:
    """A refusal that comes after the acknowledgement is about a repetition."""
    journal.record(make_visit(1, passage=Passage.TAKEN))
    journal.acknowledge([make_visit(1).id])
    journal.quarantine(make_visit(1).id, "other content")
    assert journal.quarantined() == {}


def test_only_old_acknowledged_visits_are_purged(store: Store, make_visit: MakeVisit) -> None:
    """What central has not, or has only just, acknowledged is never dropped; the clock's zone makes no difference."""
    now = datetime(2021, 5, 1, tzinfo=UTC)
    journal = SqliteJournal(store, TerminalClock(system_time=lambda: now))
    for number in (1, 2, 3, 4):
        journal.record(make_visit(number, passage=Passage.TAKEN))
    journal.acknowledge([make_visit(1).id])
    now += timedelta(days=2)
    journal.acknowledge([make_visit(2).id])
    journal.quarantine(make_visit(3).id, "no")
    from_kazakhstan = datetime.fromisoformat("2021-05-02T05:00:00+05:00")
    assert journal.purge(from_kazakhstan) == 1
    assert [visit.id[-1] for visit in journal.visits()] == ["2", "3", "4"]


def test_leftovers_of_a_former_run_are_settled_as_unknown(journal: SqliteJournal, make_visit: MakeVisit) -> None:
    """A visit whose passage nobody will ever tell goes to central as such; settled ones stay as they are."""
    journal.record(make_visit(1))
    journal.record(make_visit(2, passage=Passage.TAKEN))
    assert journal.settle_leftovers() == 1
    assert journal.settle_leftovers() == 0
    assert [visit.passage for visit in journal.unsent(10)] == [Passage.UNKNOWN, Passage.TAKEN]


def test_a_second_visit_with_the_same_id_is_refused(journal: SqliteJournal, make_visit: MakeVisit) -> None:
    """Ids are permanent: the first visit stays untouched."""
    journal.record(make_visit(1, passage=Passage.TAKEN))
    with pytest.raises(JournalError, match="UNIQUE"):
        journal.record(make_visit(1, passage=Passage.NOT_TAKEN))
    assert [visit.passage for visit in journal.visits()] == [Passage.TAKEN]


def test_one_that_can_not_be_read_does_not_block_the_others(
    journal: SqliteJournal, store: Store, make_visit: MakeVisit
) -> None:
    """A row with a word that this version does not know goes to quarantine."""
    for number in (1, 2):
        journal.record(make_visit(number, passage=Passage.TAKEN))
    with store.transaction() as connection:
        connection.execute("UPDATE visits SET outcome = 'maybe' WHERE id = ?", (make_visit(1).id,))
    assert [visit.id for visit in journal.unsent(10)] == [make_visit(2).id]
    assert make_visit(1).id in journal.quarantined()


def test_a_full_disk_is_a_journal_error_and_mends(
    journal: SqliteJournal, database: Path, make_visit: MakeVisit
) -> None:
    """Neither record nor probe claims success while nothing can be written; afterwards both work on the same file."""
    journal.record(make_visit(1))
    with _no_file_grows_beyond(database.with_name("kiosk.db-wal").stat().st_size):
        with pytest.raises(JournalError, match="check free space"):
            journal.record(make_visit(2))
        with pytest.raises(JournalError):
            journal.probe()
    journal.probe()
    journal.record(make_visit(3))
    assert [visit.id[-1] for visit in journal.visits()] == ["1", "3"]


def test_a_passage_that_could_not_be_noted_is_noted_once_it_can(
    journal: SqliteJournal, database: Path, make_visit: MakeVisit
) -> None:
    """The visit does not wait for the next start to be sent."""
    journal.record(make_visit(1))
    with (
        _no_file_grows_beyond(database.with_name("kiosk.db-wal").stat().st_size),
        pytest.raises(JournalError, match="check free space"),
    ):
        journal.settle(make_visit(1).id, Passage.TAKEN)
    assert journal.unsent_count() == 0
    journal.probe()
    assert list(journal.unsent(10)) == [make_visit(1, passage=Passage.TAKEN)]


def test_a_removed_file_is_a_journal_error_and_mends(
    journal: SqliteJournal, database: Path, make_visit: MakeVisit
) -> None:
    """Nobody is admitted into a file that is gone; the probe begins a new one."""
    journal.record(make_visit(1))
    database.unlink()
    with pytest.raises(JournalError, match="removed or replaced"):
        journal.record(make_visit(2))
    journal.probe()
    journal.record(make_visit(3))
    assert [visit.id[-1] for visit in journal.visits()] == ["3"]


def test_a_file_that_can_not_be_begun_anew_stays_a_journal_error(
    journal: SqliteJournal, database: Path, make_visit: MakeVisit
) -> None:
    """The probe goes on failing, with a reason, until the place is free again."""
    database.unlink()
    database.mkdir()
    for _ in range(2):
        with pytest.raises(JournalError, match="can't be opened"):
            journal.probe()
    with pytest.raises(JournalError):
        journal.record(make_visit(1))
    database.rmdir()
    journal.probe()
    journal.record(make_visit(1))


_RECORDER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from kiosk.adapters.clock import TerminalClock
from kiosk.adapters.journal import SqliteJournal
from kiosk.adapters.store import Store
from kiosk.adapters.visit_ids import new_visit_id
from kiosk.core.admission import Reason, because
from kiosk.core.credential import CredentialKind, VisitorReference
from kiosk.core.visit import Visit
journal = SqliteJournal(Store(Path(sys.argv[1])), TerminalClock())
while True:
    visit_id = new_visit_id()
    decision = because(Reason.PASS_EXPIRED)
    journal.record(Visit(visit_id, datetime.now(UTC), CredentialKind.PASS, VisitorReference(bytes(16)), decision))
    print(visit_id, flush=True)
"""


@pytest.mark.parametrize("promised_before_the_end", [1, 7, 60])
def test_nothing_promised_is_lost_when_the_program_is_killed(database: Path, promised_before_the_end: int) -> None:
    """After kill -9 every visit whose record() had returned is there, and the file is sound."""
    command = [sys.executable, "-c", _RECORDER, str(database)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as recorder:
        assert recorder.stdout is not None
        promised = [recorder.stdout.readline().strip() for _ in range(promised_before_the_end)]
        os.kill(recorder.pid, signal.SIGKILL)
        promised += [line.strip() for line in recorder.stdout if line.endswith("\n")]
    with closing(Store(database)) as store:
        assert store.kept_aside is None
        recorded = {visit.id for visit in SqliteJournal(store, TerminalClock()).visits()}
    assert len(promised) >= promised_before_the_end
    assert set(promised) <= recorded
