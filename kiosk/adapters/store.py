"""The terminal's SQLite file: journal, status cache, keys. WAL with synchronous=FULL: a commit survives a power cut.

A damaged file is kept aside and a new one begun: an entrance that can't open its file serves nobody, and what is in the
damaged one may still be saved by hand.
"""

import contextlib
import fcntl
import os
import sqlite3
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import structlog

_SCHEMA_VERSION = 2
_APPLICATION_ID = 0x41534851  # "ASHQ": tells our file from anybody else's
_BUSY_S = 1.0

_SCHEMA = """
CREATE TABLE visits (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    decided_at TEXT NOT NULL,
    credential_kind TEXT NOT NULL,
    reference BLOB,
    outcome TEXT NOT NULL,
    reason TEXT NOT NULL,
    known INTEGER,
    status TEXT,
    as_of TEXT,
    valid_until TEXT,
    home_area TEXT,
    source TEXT,
    confirmed_at TEXT,
    passage TEXT,
    acknowledged_at TEXT,
    quarantined_at TEXT,
    quarantine_detail TEXT,
    time TEXT NOT NULL DEFAULT 'trusted',
    boot_id TEXT,
    monotonic_s REAL
) STRICT;
CREATE INDEX visits_to_send ON visits (position)
    WHERE passage IS NOT NULL AND acknowledged_at IS NULL AND quarantined_at IS NULL;
CREATE INDEX visits_undated ON visits (position) WHERE time = 'undated';
CREATE INDEX visits_refused ON visits (position) WHERE quarantined_at IS NOT NULL AND acknowledged_at IS NULL;
CREATE TABLE statuses (
    visitor BLOB PRIMARY KEY,
    status TEXT NOT NULL,
    as_of TEXT NOT NULL,
    valid_until TEXT,
    home_area TEXT,
    confirmed_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE kept (
    name TEXT PRIMARY KEY,
    value BLOB NOT NULL
) STRICT, WITHOUT ROWID;
"""


_MIGRATIONS = {
    1: """
    ALTER TABLE visits ADD COLUMN time TEXT NOT NULL DEFAULT 'trusted';
    ALTER TABLE visits ADD COLUMN boot_id TEXT;
    ALTER TABLE visits ADD COLUMN monotonic_s REAL;
    CREATE INDEX visits_undated ON visits (position) WHERE time = 'undated';
    CREATE INDEX visits_refused ON visits (position) WHERE quarantined_at IS NOT NULL AND acknowledged_at IS NULL;
    """,
}
"""From each version to the next; all that is needed runs in one transaction."""


class StoreError(OSError):
    """The database can't be opened or is gone; the message says why and what to do."""


class Store:
    """An open database file, this program's alone. Thread-safe: one connection behind one lock."""

    def __init__(self, path: Path, *, beside: bool = False) -> None:
        """Open or begin the file; raises StoreError. A damaged one is kept aside: see `kept_aside`.

        beside: for a command beside a running terminal; the file must be there, and is neither begun nor kept aside.
        """
        self.path = path
        self.kept_aside: Path | None = None
        self._lock = threading.RLock()
        self._log = structlog.get_logger(__name__)
        self._damaged = False
        self._guard = None if beside else _lock_file(path)
        try:
            self._connection = _join(path) if beside else self._open()
        except BaseException:
            if self._guard is not None:
                os.close(self._guard)
            raise
        self._file = _identity(path)

    @contextlib.contextmanager
    def transaction(self, *, durable: bool = True) -> Iterator[sqlite3.Connection]:
        """One write transaction: committed to disk when the block ends, undone when it raises.

        durable=False spares the disk's sync: a power cut may undo it, never half of it. For what can be had again.
        Raises sqlite3.Error, and StoreError when the file is not there any more.
        """
        with self._lock:
            self._check_present()
            # NORMAL may lose committed rows at a power cut: https://www.sqlite.org/pragma.html#pragma_synchronous
            self._connection.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException as error:
                self._damaged = self._damaged or _tells_of_damage(error)
                with contextlib.suppress(sqlite3.Error):  # what went wrong first is what is told
                    self._connection.execute("ROLLBACK")
                raise

    @contextlib.contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """The connection, for queries."""
        with self._lock:
            yield self._connection

    def keep(self, name: str, value: bytes) -> None:
        """Keep a small value under a name; raises StoreError."""
        try:
            with self.transaction() as connection:
                connection.execute("INSERT OR REPLACE INTO kept VALUES (?, ?)", (name, value))
        except sqlite3.Error as error:
            raise StoreError(f"{self.path} can't be written: {error}; check free space, mount and owner") from error

    def kept(self, name: str) -> bytes | None:
        """The value kept under a name, or None; raises StoreError."""
        try:
            with self.reading() as connection:
                row = connection.execute("SELECT value FROM kept WHERE name = ?", (name,)).fetchone()
        except sqlite3.Error as error:
            raise StoreError(f"{self.path} can't be read: {error}; check mount and owner") from error
        return None if row is None else bytes(row[0])

    def forget_what_was_overwritten(self) -> None:
        """Let nothing of older versions of rows stay in the write-ahead log; raises sqlite3.Error."""
        with self._lock:
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def mend(self) -> None:
        """Open the file again if it was found damaged or gone while in use; raises StoreError. Else does nothing."""
        with self._lock:
            if self._damaged or _identity(self.path) != self._file:
                self._connection.close()
                self._connection = self._open()
                self._file, self._damaged = _identity(self.path), False

    def close(self) -> None:
        """Close the file; it can then be opened by another program."""
        with self._lock:
            self._connection.close()
            if self._guard is not None:
                os.close(self._guard)
                self._guard = None

    def _check_present(self) -> None:
        # SQLite goes on writing into a file that has been deleted, and all of it is lost at the end.
        if _identity(self.path) != self._file:
            raise StoreError(f"{self.path} was removed or replaced while in use")

    def _open(self) -> sqlite3.Connection:
        try:
            return _begin(self.path)
        except _ForeignFileError as error:
            raise StoreError(f"storage.path: {self.path} {error}; name another file") from None
        except sqlite3.OperationalError as error:
            raise self._not_opened(error) from None
        except sqlite3.DatabaseError as error:
            why = str(error)
        try:
            self.kept_aside = _keep_aside(self.path)
            self._log.error("database_damaged", kept_aside=str(self.kept_aside), why=why)
            return _begin(self.path)
        except (sqlite3.Error, OSError) as error:
            raise self._not_opened(error) from None

    def _not_opened(self, error: Exception) -> StoreError:
        return StoreError(
            f"storage.path: {self.path} can't be opened for writing: {error}; check folder, owner and free space"
        )


class _ForeignFileError(Exception):
    """A sound database that is not ours to write."""


def _lock_file(path: Path) -> int:
    """Keep a second program away from the file for as long as this one lives."""
    lock = path.with_name(path.name + ".lock")
    try:
        descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise StoreError(
            f"storage.path: {lock} can't be made: {error.strerror}; the folder must exist and be writable for this user"
        ) from None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise StoreError(
            f"storage.path: another terminal is running on {path}; stop it, or name another file"
        ) from None
    return descriptor


def _identity(path: Path) -> tuple[int, int] | None:
    """Which file stands at `path`: device and inode; None: none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _tells_of_damage(error: BaseException) -> bool:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # without the extension that some codes have
    return isinstance(error, sqlite3.Error) and code in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}


def _begin(path: Path) -> sqlite3.Connection:
    """Open the file, or make it; nothing is written to it before it has been found sound and ours."""
    try:
        # SQLite would make it readable to others, and its -wal and -shm follow it in that.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    except OSError as error:
        raise sqlite3.OperationalError(error.strerror) from None
    connection = sqlite3.connect(path, timeout=_BUSY_S, isolation_level=None, check_same_thread=False)
    try:
        _check_sound(connection)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA secure_delete = ON")  # what was dropped must not be found on a stolen card
        _prepare(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _join(path: Path) -> sqlite3.Connection:
    """Open a file that another process has open."""
    connection = None
    try:
        connection = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode=rw", uri=True, timeout=_BUSY_S, isolation_level=None
        )
        application_id = connection.execute("PRAGMA application_id").fetchone()[0]
        version = connection.execute("PRAGMA user_version").fetchone()[0]
    except sqlite3.Error as error:
        if connection is not None:
            connection.close()
        raise StoreError(f"storage.path: {path} can't be opened: {error}; is it there, and are you root?") from None
    if (application_id, version) != (_APPLICATION_ID, _SCHEMA_VERSION):
        connection.close()
        raise StoreError(f"storage.path: {path} is no journal of this version of the program")
    # As in `_begin`: settings of a connection, not of the file.
    connection.execute("PRAGMA secure_delete = ON")
    return connection


def _check_sound(connection: sqlite3.Connection) -> None:
    """Raises sqlite3.DatabaseError for a damaged file, _ForeignFileError for one that is another program's."""
    found = [row[0] for row in connection.execute("PRAGMA quick_check(3)")]
    if found != ["ok"]:
        raise sqlite3.DatabaseError("; ".join(found))
    application_id = connection.execute("PRAGMA application_id").fetchone()[0]
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    tables = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
    if tables and application_id != _APPLICATION_ID:
        raise _ForeignFileError("is another program's database")
    if version > _SCHEMA_VERSION:
        raise _ForeignFileError(f"was written by a newer version of this program (schema {version})")


def _prepare(connection: sqlite3.Connection) -> None:
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version == _SCHEMA_VERSION:
        return
    steps = "".join(_MIGRATIONS[step] for step in range(version, _SCHEMA_VERSION)) if version else _SCHEMA
    connection.executescript(
        f"BEGIN IMMEDIATE; {steps} PRAGMA application_id = {_APPLICATION_ID}; "
        f"PRAGMA user_version = {_SCHEMA_VERSION}; COMMIT;"
    )


def _keep_aside(path: Path) -> Path:
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
    aside = path.with_name(f"{path.name}.damaged-{stamp}")
    for suffix in ("-wal", "-shm", ""):  # a new file must never meet the old one's -wal
        part = path.with_name(path.name + suffix)
        if part.exists():
            part.rename(aside.with_name(aside.name + suffix))
    return aside
