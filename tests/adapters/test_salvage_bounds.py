"""Salvage within bounds: of time, of what one transaction holds, and of how long damaged files stay."""

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from kiosk.adapters import raw_pages
from kiosk.adapters.clock import TerminalClock
from kiosk.adapters.journal import SqliteJournal
from kiosk.adapters.journal_rows import is_sound
from kiosk.adapters.salvage import Salvage
from kiosk.adapters.store import Store
from kiosk.adapters.store_asides import kept_aside
from kiosk.core.ports import JournalError
from kiosk.core.visit import Passage, Visit

MakeVisit = Callable[..., Visit]

COUNT = 450


@pytest.fixture
def aside(database: Path, make_visit: MakeVisit) -> Path:
    """A file that was put aside, with visits."""
    with closing(Store(database)) as store:
        journal = SqliteJournal(store, TerminalClock())
        for number in range(COUNT):
            journal.record(make_visit(number, passage=Passage.TAKEN))
    return Path(shutil.move(database, aside_name(database, datetime(2021, 4, 14, 9, tzinfo=UTC))))


def aside_name(database: Path, at: datetime) -> Path:
    """As `keep_aside` does it."""
    return Path(f"{database}.damaged-{at:%Y%m%dT%H%M%S.%fZ}")


def count(store: Store) -> int:
    return len(SqliteJournal(store, TerminalClock()).visits())


def test_what_there_was_no_time_for_comes_with_the_next_run(database: Path, aside: Path) -> None:
    """A start has a few seconds; the rest comes later, and only then is the file done with."""
    with closing(Store(database)) as store:
        salvage = Salvage(store, is_sound)
        salvage.run(0.0)
        assert count(store) < COUNT
        salvage.run()
        assert count(store) == COUNT
        with store.transaction() as connection:
            connection.execute("DELETE FROM visits")
        salvage.run()
        assert Salvage(store, is_sound).run() == 0


def test_a_run_that_is_stopped_ends_and_the_next_start_begins_again(database: Path, aside: Path) -> None:
    """A stop has no time for a large file."""
    with closing(Store(database)) as store:
        salvage = Salvage(store, is_sound)
        salvage.stop()
        assert salvage.run() == 0
        assert Salvage(store, is_sound).run() == COUNT


def test_visits_come_over_a_few_at_a_time(database: Path, aside: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A visitor waits for no more rows than one transaction holds; each is judged before it begins."""
    with closing(Store(database)) as store:
        changed, is_open = list[int](), list[bool]()
        true_transaction = store.transaction

        @contextmanager
        def transaction() -> Iterator[sqlite3.Connection]:
            with true_transaction() as connection:
                before = connection.total_changes
                is_open.append(True)
                yield connection
                is_open.clear()
                changed.append(connection.total_changes - before)

        monkeypatch.setattr(store, "transaction", transaction)
        assert Salvage(store, lambda row: not is_open and is_sound(row)).run() == COUNT
    assert max(changed) <= 200


def test_what_is_seen_while_other_rows_are_written_is_not_lost(
    store: Store, database: Path, make_visit: MakeVisit, tmp_path: Path
) -> None:
    """Two threads may have lost a file each."""
    (tmp_path / "other").mkdir()
    with closing(Store(tmp_path / "other" / "kiosk.db")) as other:
        SqliteJournal(other, TerminalClock()).record(make_visit(2, passage=Passage.TAKEN))
        looks = [other]

        def judged(row: object) -> bool:
            while looks:
                with looks.pop().reading() as connection:
                    salvage.look(connection)
            return is_sound(row)  # type: ignore[arg-type]

        salvage = Salvage(store, judged)
        SqliteJournal(store, TerminalClock()).record(make_visit(1, passage=Passage.TAKEN))
        database.unlink()
        store.mend()
        salvage.run()
    assert count(store) == 2


def test_sealing_that_fails_is_tried_again(database: Path, aside: Path) -> None:
    """Rows that came over in clear do not stay so until the next start."""
    fails, told = [JournalError("disk full")], list[str]()

    def brought_over() -> None:
        if fails:
            raise fails.pop()
        told.append("sealed")

    with closing(Store(database)) as store, capture_logs() as lines:
        salvage = Salvage(store, is_sound, brought_over=brought_over)
        salvage.run()
        salvage.run()
        salvage.run()
    assert "salvage_failed" in [line["event"] for line in lines]
    assert told == ["sealed"]


def test_a_damaged_file_goes_with_the_visits_that_were_in_it(database: Path, aside: Path) -> None:
    """It may hold references in clear; but one that was not read to its end stays."""
    with closing(Store(database)) as store:
        salvage = Salvage(store, is_sound, keep=timedelta(days=7))
        salvage.run(0.0)
        assert kept_aside(database) == [aside]
        salvage.run()
        assert kept_aside(database) == []
        assert count(store) == COUNT


def test_a_few_damaged_files_stay(database: Path, aside: Path) -> None:
    """A card that fails every day does not fill itself with them."""
    now = datetime.now(UTC)
    newer = [Path(shutil.copy(aside, aside_name(database, now - timedelta(hours=hours)))) for hours in range(8)]
    with closing(Store(database)) as store:
        Salvage(store, is_sound, keep=timedelta(days=7)).run()
    assert kept_aside(database) == sorted(newer)[-5:]


def test_a_large_log_is_opened_a_few_times(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not for each of its frames."""
    (tmp_path / "kiosk.db-wal").write_bytes(bytes(32 + 1000 * (24 + 4096)))
    opened, true_open = list[Path](), Path.open

    def counted(path: Path, mode: str) -> object:
        opened.append(path)
        return true_open(path, mode)

    monkeypatch.setattr(Path, "open", counted)
    assert list(raw_pages.rows_of(tmp_path / "kiosk.db", lambda: False)) == []
    assert len(opened) < 5
