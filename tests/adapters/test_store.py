"""Opening the database: sound, damaged, foreign, newer, in use, out of reach; and losing it while in use."""

import os
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from kiosk.adapters.clock import TerminalClock
from kiosk.adapters.journal import SqliteJournal
from kiosk.adapters.store import Store
from kiosk.adapters.store_errors import StoreError


def _pragma(store: Store, name: str) -> object:
    with store.reading() as connection:
        return connection.execute(f"PRAGMA {name}").fetchone()[0]


def test_commits_reach_the_disk_and_readers_do_not_block(store: Store) -> None:
    """The file is in WAL mode, and a durable transaction runs with synchronous=FULL (2)."""
    with store.transaction() as connection:
        assert connection.execute("PRAGMA synchronous").fetchone()[0] == 2
    assert _pragma(store, "journal_mode") == "wal"


def test_a_durable_transaction_is_durable_after_one_that_was_not(store: Store) -> None:
    """Sparing the sync once has no effect on the next transaction."""
    with store.transaction(durable=False) as connection:
        assert connection.execute("PRAGMA synchronous").fetchone()[0] == 1
    with store.transaction() as connection:
        assert connection.execute("PRAGMA synchronous").fetchone()[0] == 2


def test_files_are_readable_to_their_owner_only(store: Store, database: Path) -> None:
    """Database, write-ahead log and lock have mode 0600, whatever the umask is."""
    store.keep("name", b"value")
    for suffix in ("", "-wal", ".lock"):
        mode = database.with_name(database.name + suffix).stat().st_mode
        assert stat.S_IMODE(mode) == 0o600, suffix


def test_what_is_kept_outlives_the_program(database: Path) -> None:
    """A value is found again after closing and opening."""
    with closing(Store(database)) as store:
        store.keep("name", b"old")
        store.keep("name", b"value")
    with closing(Store(database)) as store:
        assert store.kept("name") == b"value"
        assert store.kept("other") is None
        assert store.kept_aside is None


def test_a_block_that_raises_leaves_nothing_behind(store: Store) -> None:
    """A transaction is undone as a whole."""
    with pytest.raises(sqlite3.IntegrityError), store.transaction() as connection:
        connection.executemany("INSERT INTO kept VALUES (?, x'00')", [("name",), ("name",)])
    assert store.kept("name") is None


def test_closing_twice_is_harmless(database: Path) -> None:
    """The second close does nothing, and the file can be opened again."""
    store = Store(database)
    store.close()
    store.close()
    Store(database).close()


@pytest.mark.parametrize(
    "content", [b"not a database at all, only words" * 200, b"SQLite format 3\x00" + b"\xff" * 8000]
)
def test_a_damaged_file_is_kept_aside_and_a_new_one_begun(database: Path, content: bytes) -> None:
    """The old bytes stay beside the new file, which works."""
    database.write_bytes(content)
    with closing(Store(database)) as store:
        store.keep("name", b"value")
        aside = store.kept_aside
    assert aside is not None
    assert aside.name.startswith("kiosk.db.damaged-20")
    assert aside.read_bytes() == content


def test_a_file_with_destroyed_pages_is_found_damaged(database: Path) -> None:
    """Pages overwritten in the middle are found by the check at opening."""
    with closing(Store(database)) as store:
        for number in range(200):
            store.keep(f"name {number}", b"x" * 500)
    content = bytearray(database.read_bytes())
    content[8192:40960] = os.urandom(40960 - 8192)
    database.write_bytes(content)
    with closing(Store(database)) as store:
        assert store.kept_aside is not None
        assert store.kept("name 1") is None


def test_a_file_of_a_newer_version_is_refused_and_not_touched(database: Path) -> None:
    """The message says so, and not one byte changes."""
    Store(database).close()
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
        connection.execute("ALTER TABLE visits ADD COLUMN weather TEXT")
        connection.execute("PRAGMA user_version = 99")
        connection.commit()
    before = database.read_bytes()
    with pytest.raises(StoreError, match="newer version of this program"):
        Store(database)
    assert database.read_bytes() == before


def test_another_programs_database_is_refused_and_not_touched(database: Path) -> None:
    """A technician's slip must not move somebody else's data away."""
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("CREATE TABLE theirs (value)")
    before = database.read_bytes()
    with pytest.raises(StoreError, match="another program's database; name another file"):
        Store(database)
    assert database.read_bytes() == before


def test_an_empty_file_is_a_new_one(database: Path) -> None:
    """A file that was made and never written is no damage."""
    database.touch()
    with closing(Store(database)) as store:
        assert store.kept_aside is None


def test_a_second_program_is_refused(store: Store, database: Path) -> None:
    """Another process on the same file gets a clear message; the first goes on."""
    code = f"from pathlib import Path; from kiosk.adapters.store import Store; Store(Path({str(database)!r}))"
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60)
    assert other.returncode != 0
    assert "another terminal is running on" in other.stderr
    store.keep("name", b"value")


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    """The message names the folder's part and what must be true."""
    with pytest.raises(StoreError, match="the folder must exist and be writable"):
        Store(tmp_path / "missing" / "kiosk.db")


def test_a_folder_in_the_files_place_is_named(database: Path) -> None:
    """A path that is a folder can't be opened, and the lock is given back."""
    database.mkdir()
    with pytest.raises(StoreError, match="can't be opened"):
        Store(database)
    database.rmdir()
    Store(database).close()


def test_a_file_removed_while_in_use_is_no_place_for_visits(store: Store, database: Path) -> None:
    """Writes fail at once, instead of going into a file that nobody can open again; mending begins a new file."""
    database.unlink()
    with pytest.raises(StoreError, match="removed or replaced while in use"):
        store.keep("name", b"value")
    store.mend()
    store.keep("name", b"value")
    assert store.kept("name") == b"value"
    assert database.exists()


def test_mending_leaves_a_sound_file_alone(store: Store) -> None:
    """Nothing is opened anew without need."""
    store.keep("name", b"value")
    store.mend()
    assert store.kept("name") == b"value"
    assert store.kept_aside is None


def test_damage_found_while_in_use_is_mended_by_the_probe(database: Path) -> None:
    """Once a transaction has met the damage, the journal's probe keeps the file aside and begins a new one."""
    rows = [(f"{n}", b"x" * 50_000) for n in range(100)]  # more than SQLite keeps in memory
    with closing(Store(database)) as store, store.transaction() as connection:
        connection.executemany("INSERT INTO kept VALUES (?, ?)", rows)
    with closing(Store(database)) as store:
        with database.open("r+b") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(4096)
            file.write(os.urandom(size - 4096))
        with pytest.raises(sqlite3.DatabaseError), store.transaction() as connection:
            connection.execute("SELECT sum(instr(value, x'01')) FROM kept").fetchone()
        SqliteJournal(store, TerminalClock()).probe()
        assert store.kept_aside is not None
        assert store.kept("1") is None


def test_a_store_that_was_closed_says_so(database: Path) -> None:
    """Writing after the end is an error of the store's own kind."""
    store = Store(database)
    store.close()
    with pytest.raises(StoreError, match="can't be written"):
        store.keep("name", b"value")
    with pytest.raises(StoreError, match="can't be read"):
        store.kept("name")
