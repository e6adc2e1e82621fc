"""Mending a store in use: what only its memory holds comes first, locks are kept, and what fails is tried again."""

import os
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from kiosk.adapters import salvage as salvage_module
from kiosk.adapters import store as store_module
from kiosk.adapters.clock import TerminalClock
from kiosk.adapters.journal import SqliteJournal
from kiosk.adapters.journal_rows import is_sound
from kiosk.adapters.salvage import Salvage
from kiosk.adapters.store import Store
from kiosk.adapters.store_errors import StoreError
from kiosk.core.credential import VisitorReference
from kiosk.core.ports import JournalError
from kiosk.core.visit import Passage, Visit
from tests.adapters.damaged_journals import PAGE_BYTES
from tests.adapters.test_journal_sealed import PUBLIC

MakeVisit = Callable[..., Visit]

ENDLESS = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n"


@pytest.fixture
def journal(store: Store) -> SqliteJournal:
    return SqliteJournal(store, TerminalClock())


@pytest.fixture
def salvage(store: Store) -> Salvage:
    return Salvage(store, is_sound)


def ids(journal: SqliteJournal) -> set[str]:
    return {visit.id for visit in journal.visits()}


def test_a_removed_file_gives_what_was_not_sent_first(
    store: Store, journal: SqliteJournal, salvage: Salvage, make_visit: MakeVisit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many visits central has already: there is time for one of those, and for all of the others."""
    visits = [make_visit(number, passage=Passage.TAKEN) for number in range(60)]
    for visit in visits:
        journal.record(visit)
    journal.acknowledge([visit.id for visit in visits[:50]])
    monkeypatch.setattr(salvage_module, "_LOOK_S", 0.0)
    store.path.unlink()
    journal.probe()
    assert ids(journal) == {visit.id for visit in visits[50:]}


def test_a_key_that_can_not_be_kept_again_costs_no_visit(
    store: Store, journal: SqliteJournal, salvage: Salvage, make_visit: MakeVisit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the old file's memory held is written in any case, and the key with the next examination."""
    journal.record(make_visit(1))
    store.keep("a key", b"value")

    def full(name: str, _value: bytes) -> None:
        raise StoreError(f"no room for {name}")

    store.path.unlink()
    with monkeypatch.context() as patched, capture_logs() as lines:
        patched.setattr(salvage, "_trusted", lambda _kept: {})
        patched.setattr(store, "keep", full)
        journal.probe()
    assert "not_kept_again" in [line["event"] for line in lines]
    assert ids(journal) == {make_visit(1).id}
    assert store.kept("a key") is None
    assert store.examine() is None
    assert store.kept("a key") == b"value"


def test_a_file_that_is_emptied_keeps_its_log(store: Store, journal: SqliteJournal, make_visit: MakeVisit) -> None:
    """SQLite removes a log that stands beside an empty file; what is in it comes over even where memory is lost."""
    for number in range(40):
        journal.record(make_visit(number))
    os.truncate(store.path, 0)
    assert store.examine() is not None
    journal.probe()
    assert store.kept_aside is not None
    assert Salvage(store, is_sound).run() == 40


def test_an_older_version_of_a_visit_learns_what_became_of_it(
    store: Store, journal: SqliteJournal, salvage: Salvage, make_visit: MakeVisit
) -> None:
    """A log that is cut off leaves visits without passage and acknowledgement; memory still has both."""
    visits = [make_visit(number) for number in range(40)]
    for visit in visits:
        journal.record(visit)
    log = store.path.with_name("kiosk.db-wal")
    place = log.stat().st_size + 3 * (PAGE_BYTES + 24) + 3000
    for visit in visits:
        journal.settle(visit.id, Passage.TAKEN)
    journal.acknowledge([visit.id for visit in visits[:10]])
    with log.open("r+b") as stream:
        stream.seek(place)
        stream.write(b"x" * 50)
    assert store.examine() is not None
    journal.probe()
    counts = journal.counts()
    assert (counts.unsettled, counts.unsent, counts.acknowledged) == (0, 30, 10)
    assert {visit.passage for visit in journal.visits()} == {Passage.TAKEN}


@contextmanager
def somebody_reading_all(store: Store, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str | None]]:
    """An examination that does not end by itself; gives what came of it."""
    reading, found = threading.Event(), list[str | None]()

    def check_content(path: Path, begun: Callable[[sqlite3.Connection], None]) -> None:
        with closing(sqlite3.connect(path, isolation_level=None, check_same_thread=False)) as connection:
            connection.execute("BEGIN")
            connection.execute("SELECT count(*) FROM visits").fetchone()
            begun(connection)
            reading.set()
            connection.execute(ENDLESS).fetchone()

    monkeypatch.setattr(store_module, "check_content", check_content)
    thread = threading.Thread(target=lambda: found.append(store.examine()))
    thread.start()
    assert reading.wait(10.0)
    yield found
    thread.join(10.0)
    assert not thread.is_alive()


def test_mending_while_everything_is_read_keeps_the_lock(
    store: Store, journal: SqliteJournal, make_visit: MakeVisit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reading ends first; a command beside the terminal does not take itself for the last and remove the log."""
    journal.record(make_visit(1))
    with somebody_reading_all(store, monkeypatch) as found:
        store._damaged = True
        store.mend()
    assert found == [None]
    journal.record(make_visit(2))
    code = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute('SELECT * FROM visits'); c.close()"
    subprocess.run([sys.executable, "-c", code, str(store.path)], check=True, timeout=60)
    assert store.path.with_name("kiosk.db-wal").exists()
    journal.record(make_visit(3))


def test_closing_and_stopping_end_a_long_reading(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stop has no time for a large file; and what was closed is not opened again by whoever comes later."""
    with somebody_reading_all(store, monkeypatch) as found:
        store.interrupt()
        store.close()
    assert found == [None]
    store.path.unlink()
    with pytest.raises(StoreError, match="was closed"):
        store.mend()
    assert not store.path.exists()


def test_too_many_open_files_are_an_error_of_the_journal(
    store: Store, journal: SqliteJournal, make_visit: MakeVisit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It recovers by itself, and holds no file any more than before."""
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208  # numbers, not files
    with monkeypatch.context() as patched:

        def pread(*_: object) -> bytes:
            raise OSError(24, "Too many open files")

        store.path.unlink()
        patched.setattr(os, "pread", pread)
        for _ in range(3):
            with pytest.raises(JournalError, match="Too many open files"):
                journal.probe()
    journal.probe()
    journal.record(make_visit(1))
    assert len(os.listdir("/proc/self/fd")) == before  # noqa: PTH208


def test_a_reader_beside_delays_forgetting_and_nobody_else(
    store: Store, journal: SqliteJournal, make_visit: MakeVisit
) -> None:
    """References in clear leave the files as soon as he has ended, and sealing does not wait for him."""
    somebody = VisitorReference(bytes(range(100, 116)))
    for number in range(20):
        journal.record(replace(make_visit(number), reference=somebody))
    with store.reading() as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        timeout_ms = connection.execute("PRAGMA busy_timeout").fetchone()
    with closing(sqlite3.connect(store.path, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM visits").fetchone()
        assert journal.seal_to(PUBLIC) == 20
    files = [store.path, store.path.with_name("kiosk.db-wal")]
    assert somebody.value in b"".join(file.read_bytes() for file in files)
    assert store.examine() is None
    assert somebody.value not in b"".join(file.read_bytes() for file in files)
    with store.reading() as connection:
        assert connection.execute("PRAGMA busy_timeout").fetchone() == timeout_ms


def test_damage_that_a_transaction_meets_at_its_begin_is_damage(store: Store) -> None:
    """The next transaction is refused, and the probe mends."""

    class Bad:
        def execute(self, statement: str) -> None:
            if statement.startswith("BEGIN"):
                error = sqlite3.DatabaseError("database disk image is malformed")
                error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
                raise error

    connection = store._connection
    store._connection = Bad()  # type: ignore[assignment]
    with pytest.raises(StoreError):
        store.keep("name", b"value")
    store._connection = connection
    with pytest.raises(StoreError, match="found damaged while in use"):
        store.keep("name", b"value")


def test_a_log_that_is_begun_anew_while_it_is_read_is_no_damage(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """A command beside the terminal writes between a look at the log's index and one at the log."""
    for number in range(20):
        store.keep(str(number), os.urandom(2000))
    true_pread, done = os.pread, list[int]()

    def pread(descriptor: int, size: int, place: int) -> bytes:
        if size > 10_000 and not done:
            done.append(size)
            with closing(sqlite3.connect(store.path, isolation_level=None)) as beside:
                beside.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                beside.execute("INSERT INTO kept VALUES ('beside', randomblob(5000))")
        return true_pread(descriptor, size, place)

    monkeypatch.setattr(os, "pread", pread)
    assert store.examine() is None
    assert done


def test_a_vacuum_beside_is_no_damage(store: Store) -> None:
    """A database that SQLite itself made smaller has lost nothing."""
    for number in range(50):
        store.keep(str(number), os.urandom(3000))
    with store.transaction() as connection:
        connection.execute("DELETE FROM kept")
    store.forget_what_was_overwritten()
    store.keep("one", b"value")
    before = store.path.stat().st_size
    with closing(sqlite3.connect(store.path, isolation_level=None)) as beside:
        beside.execute("VACUUM")
        beside.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert store.path.stat().st_size < before
    store.keep("two", b"value")
    assert store.examine() is None


def test_a_journal_that_must_seal_is_mended_before_it_has_a_key(store: Store) -> None:
    """It is still the key that is missing afterwards, and no longer the file."""
    journal = SqliteJournal(store, TerminalClock(), must_seal=True)
    store.path.unlink()
    with pytest.raises(JournalError, match=r"set storage\.sealing_key_file"):
        journal.probe()
    store.keep("name", b"value")
