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

from kiosk.adapters.store_asides import keep_aside
from kiosk.adapters.store_errors import (
    UNREADABLE,
    FileDamageError,
    FileGoneError,
    FileLockError,
    StoreError,
    code_of,
    tells_of_damage,
)
from kiosk.adapters.store_files import FileGuard, Rescuer, identity_of, is_empty, lock_file
from kiosk.adapters.store_log import prove_log
from kiosk.adapters.store_opening import begin, check_content, close_as_it_is, join
from kiosk.adapters.store_schema import ForeignFileError

_WAIT_S = 0.01


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
        # Held while all content is read, and while files are closed and opened: closing a file gives up the locks of
        # every connection that this process has on it. Taken after the other one.
        self._reading_all = threading.Lock()
        self._reader: sqlite3.Connection | None = None
        self._log = structlog.get_logger(__name__)
        self._damaged = False
        self._closed = False
        self._must_forget = False
        self._known: dict[str, bytes] = {}  # what is kept under a name: must outlive the file
        self._lacking: dict[str, bytes] = {}  # what of it the file that was begun anew does not hold yet
        self._files: FileGuard | None = None
        try:
            self._guard = None if beside else lock_file(path)
        except FileLockError as error:
            raise StoreError(f"storage.path: {error}") from None
        try:
            if beside:
                self._connection = join(path)
            else:
                self._connection, self._files = self._open_watched()
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
            try:
                self._connection.execute("BEGIN IMMEDIATE")
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
            with self._lock:
                with self.transaction() as connection:
                    connection.execute("INSERT OR REPLACE INTO kept VALUES (?, ?)", (name, value))
                self._known[name] = value
                self._lacking.pop(name, None)
        except sqlite3.Error as error:
            raise StoreError(f"{self.path} can't be written: {error}; check free space, mount and owner") from error

    def kept(self, name: str) -> bytes | None:
        """The value kept under a name, or None; raises StoreError."""
        try:
            with self.reading() as connection:
                row = connection.execute("SELECT value FROM kept WHERE name = ?", (name,)).fetchone()
                if row is None:
                    return None
                self._known[name] = bytes(row[0])
                return self._known[name]
        except sqlite3.Error as error:
            raise StoreError(f"{self.path} can't be read: {error}; check mount and owner") from error

    def forget_what_was_overwritten(self) -> None:
        """Let nothing of older versions of rows stay in the files; raises sqlite3.Error.

        Where somebody reads beside this program, `examine` does it, once he has ended.
        """
        with self._lock:
            self._must_forget = True
            timeout_ms = self._connection.execute("PRAGMA busy_timeout").fetchone()[0]
            self._connection.execute("PRAGMA busy_timeout = 0")  # nobody at the door waits for a reader
            try:
                busy, _, _ = self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            finally:
                self._connection.execute(f"PRAGMA busy_timeout = {timeout_ms}")
            self._must_forget = bool(busy)

    def examine(self) -> str | None:
        """Read everything as the next start would, and say what is wrong; takes its time, and others go on meanwhile.

        A file that is found damaged takes no more transactions until `mend`. Raises OSError, sqlite3.Error.
        """
        with self._lock:
            connection = self._connection
            if self._files is None or self._closed:
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
            self._read_all(connection)
        except FileDamageError as error:
            with self._lock:
                self._damaged = self._damaged or connection is self._connection
            return str(error)
        with self._lock:
            if connection is self._connection and not self._damaged:
                self._keep_what_is_lacking()
                if self._must_forget:
                    self.forget_what_was_overwritten()
        return None

    def interrupt(self) -> None:
        """End an examination that is under way, which then has found nothing; from any thread."""
        with contextlib.suppress(sqlite3.Error, AttributeError):  # it has ended by itself
            self._reader.interrupt()  # type: ignore[union-attr]

    def mend(self) -> None:
        """Open the file again if it was found damaged or gone while in use; raises StoreError. Else does nothing."""
        with self._lock:
            if self._closed:
                raise StoreError(f"{self.path} was closed")
            if self._damaged or identity_of(self.path) != self._file:
                self._open_again()
            self._keep_what_is_lacking()

    def close(self) -> None:
        """Close the file; it can then be opened by another program."""
        with self._lock, self._nobody_reads_all():
            self._closed = True
            self._connection.close()
            if self._files is not None:
                self._files.close()
                self._files = None
            if self._guard is not None:
                os.close(self._guard)
                self._guard = None

    def _open_again(self) -> None:
        self._damaged = True  # until all of this is done
        if self.rescuer is not None:
            self.rescuer.look(self._connection)
        with self._nobody_reads_all():
            if identity_of(self.path) == self._file and is_empty(self.path):
                self._put_aside("was emptied while in use")  # before any connection opens it: that removes its log
            if identity_of(self.path) == self._file:
                close_as_it_is(self._connection, self.path)
            else:
                self._connection.close()
            if self._files is not None:
                self._files.close()
            self._connection, self._files = self._open_watched()
            self._file = identity_of(self.path)
        self._damaged = False
        self._lacking = dict(self._known)
        if self.rescuer is not None:
            self.rescuer.mended()

    def _keep_what_is_lacking(self) -> None:
        for name, value in list(self._lacking.items()):
            try:
                self.keep(name, value)
            except StoreError as error:  # a full disk: visits come first, and this is tried again
                self._log.error("not_kept_again", name=name, why=str(error))

    def _read_all(self, connection: sqlite3.Connection) -> None:
        """Raises FileDamageError, sqlite3.Error."""
        with self._reading_all:
            if self._closed or connection is not self._connection:
                return  # mended meanwhile: what is there now was read as it was opened
            try:
                check_content(self.path, self._now_reads)
            except sqlite3.OperationalError as error:
                if code_of(error) != sqlite3.SQLITE_INTERRUPT:
                    raise
            finally:
                self._reader = None

    def _now_reads(self, reader: sqlite3.Connection) -> None:
        self._reader = reader

    @contextlib.contextmanager
    def _nobody_reads_all(self) -> Iterator[None]:
        while not self._reading_all.acquire(timeout=_WAIT_S):
            self.interrupt()  # again and again: it may not have begun yet
        try:
            yield
        finally:
            self._reading_all.release()

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

    def _open_watched(self) -> tuple[sqlite3.Connection, FileGuard]:
        connection = self._open()
        try:
            return connection, FileGuard(self.path)
        except OSError as error:
            connection.close()
            raise self._not_opened(error) from None

    def _open(self) -> sqlite3.Connection:
        try:
            return begin(self.path)
        except ForeignFileError as error:
            raise StoreError(f"storage.path: {self.path} {error}; name another file") from None
        except (sqlite3.OperationalError, OSError) as error:
            raise self._not_opened(error) from None
        except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
            why = str(error)
        self._put_aside(why)
        try:
            return begin(self.path)
        except (sqlite3.Error, OSError) as error:
            raise self._not_opened(error) from None

    def _put_aside(self, why: str) -> None:
        try:
            self.kept_aside = keep_aside(self.path)
        except OSError as error:
            raise self._not_opened(error) from None
        self._log.error("database_damaged", kept_aside=str(self.kept_aside), why=why)

    def _not_opened(self, error: Exception) -> StoreError:
        return StoreError(
            f"storage.path: {self.path} can't be opened for writing: {error}; check folder, owner and free space"
        )
