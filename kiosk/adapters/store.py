"""The terminal's SQLite file: journal, status cache, keys. WAL with synchronous=FULL: a commit survives a power cut.

A damaged file is kept aside and a new one begun: an entrance that can't open its file serves nobody. What can still be
read in the damaged one comes over into the new one (kiosk.adapters.salvage).
"""

import contextlib
import os
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import structlog

from kiosk.adapters.store_files import (
    UNREADABLE,
    FileDamageError,
    FileGoneError,
    FileGuard,
    FileLockError,
    Rescuer,
    check_content,
    close_as_it_is,
    identity_of,
    keep_aside,
    lock_file,
    lossy_text,
    prove_log,
    tells_of_damage,
)

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
        self.rescuer: Rescuer | None = None
        self._lock = threading.RLock()
        self._log = structlog.get_logger(__name__)
        self._damaged = False
        self._known: dict[str, bytes] = {}  # what is kept under a name: must outlive the file
        self._files: FileGuard | None = None
        try:
            self._guard = None if beside else lock_file(path)
        except FileLockError as error:
            raise StoreError(f"storage.path: {error}") from None
        try:
            self._connection = _join(path) if beside else self._open()
            self._files = None if beside else FileGuard(path)
        except BaseException:
            if self._guard is not None:
                os.close(self._guard)
            raise
        self._file = identity_of(path)

    @contextlib.contextmanager
    def transaction(self, *, durable: bool = True) -> Iterator[sqlite3.Connection]:
        """One write transaction: committed to disk when the block ends, undone when it raises.

        durable=False spares the disk's sync: a power cut may undo it, never half of it. For what can be had again.
        Raises sqlite3.Error, and StoreError when the file is not there any more.
        """
        with self._lock:
            self._check_files()
            # NORMAL may lose committed rows at a power cut: https://www.sqlite.org/pragma.html#pragma_synchronous
            self._connection.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException as error:
                self._damaged = self._damaged or tells_of_damage(error)
                with contextlib.suppress(sqlite3.Error):  # what went wrong first is what is told
                    self._connection.execute("ROLLBACK")
                raise
            if durable:
                self._check_files()  # a commit counts only in a file that is still there for the next start

    @contextlib.contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """The connection, for queries."""
        with self._lock:
            try:
                yield self._connection
            except UNREADABLE as error:
                self._damaged = self._damaged or tells_of_damage(error)
                raise

    def keep(self, name: str, value: bytes) -> None:
        """Keep a small value under a name; raises StoreError."""
        try:
            with self.transaction() as connection:
                connection.execute("INSERT OR REPLACE INTO kept VALUES (?, ?)", (name, value))
            self._known[name] = value
        except sqlite3.Error as error:
            raise StoreError(f"{self.path} can't be written: {error}; check free space, mount and owner") from error

    def kept(self, name: str) -> bytes | None:
        """The value kept under a name, or None; raises StoreError."""
        try:
            with self.reading() as connection:
                row = connection.execute("SELECT value FROM kept WHERE name = ?", (name,)).fetchone()
        except sqlite3.Error as error:
            raise StoreError(f"{self.path} can't be read: {error}; check mount and owner") from error
        if row is None:
            return None
        self._known[name] = bytes(row[0])
        return self._known[name]

    def forget_what_was_overwritten(self) -> None:
        """Let nothing of older versions of rows stay in the write-ahead log; raises sqlite3.Error."""
        with self._lock:
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def examine(self) -> str | None:
        """Read everything as the next start would, and say what is wrong; takes its time, and others go on meanwhile.

        A file that is found damaged takes no more transactions until `mend`. Raises OSError, sqlite3.Error.
        """
        with self._lock:
            connection = self._connection
            if self._files is None:
                return None
            try:
                self._files.check()
                log = self._files.read_log()
            except FileDamageError as error:
                self._damaged = True
                return str(error)
        try:
            if log is not None:
                prove_log(log)
            check_content(self.path)
        except FileDamageError as error:
            with self._lock:
                self._damaged = self._damaged or connection is self._connection
            return str(error)
        return None

    def mend(self) -> None:
        """Open the file again if it was found damaged or gone while in use; raises StoreError. Else does nothing."""
        with self._lock:
            if not self._damaged and identity_of(self.path) == self._file:
                return
            self._damaged = True  # until all of this is done
            if self.rescuer is not None:
                self.rescuer.look(self._connection)
            if identity_of(self.path) == self._file:
                close_as_it_is(self._connection, self.path)
            else:
                self._connection.close()
            if self._files is not None:
                self._files.close()
            self._connection = self._open()
            self._files, self._file = FileGuard(self.path), identity_of(self.path)
            self._damaged = False
            for name, value in self._known.items():
                self.keep(name, value)
            if self.rescuer is not None:
                self.rescuer.mended()

    def close(self) -> None:
        """Close the file; it can then be opened by another program."""
        with self._lock:
            self._connection.close()
            if self._files is not None:
                self._files.close()
                self._files = None
            if self._guard is not None:
                os.close(self._guard)
                self._guard = None

    def _check_files(self) -> None:
        """SQLite goes on writing into files that were removed or ruined, and all of it is lost at the end."""
        if self._damaged:
            raise StoreError(f"{self.path} was found damaged while in use")
        try:
            if self._files is not None:
                self._files.check()
            elif identity_of(self.path) != self._file:
                raise FileGoneError("was removed or replaced while in use")
        except FileDamageError as error:
            self._damaged = True
            raise StoreError(f"{self.path} {error}") from None
        except OSError as error:
            raise StoreError(f"{self.path} can't be looked at: {error.strerror}") from None

    def _open(self) -> sqlite3.Connection:
        try:
            return _begin(self.path)
        except _ForeignFileError as error:
            raise StoreError(f"storage.path: {self.path} {error}; name another file") from None
        except sqlite3.OperationalError as error:
            raise self._not_opened(error) from None
        except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
            why = str(error)
        try:
            self.kept_aside = keep_aside(self.path)
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


def _begin(path: Path) -> sqlite3.Connection:
    """Open the file, or make it; nothing is written to it before it has been found sound and ours."""
    try:
        # SQLite would make it readable to others, and its -wal and -shm follow it in that.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    except OSError as error:
        raise sqlite3.OperationalError(error.strerror) from None
    connection = sqlite3.connect(path, timeout=_BUSY_S, isolation_level=None, check_same_thread=False)
    connection.text_factory = lossy_text
    try:
        _check_sound(connection)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA secure_delete = ON")  # what was dropped must not be found on a stolen card
        _prepare(connection)
        # A file whose head is bad may be sound with its log; from now on it is so without.
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    except BaseException:
        close_as_it_is(connection, path)  # a damaged file is kept as it was found
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
    tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
    if application_id != _APPLICATION_ID and {"visits", "statuses", "kept"} <= tables:
        raise sqlite3.DatabaseError("ours by its tables, and not by its head")
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
