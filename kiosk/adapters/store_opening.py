"""Opening the terminal's SQLite file: as its only owner, beside another process, or only to read all of it."""

import contextlib
import os
import sqlite3
from collections.abc import Callable
from pathlib import Path

import structlog

from kiosk.adapters.store_asides import keep_unread_log
from kiosk.adapters.store_errors import UNREADABLE, FileDamageError, StoreError, code_of, lossy_text, tells_of_damage
from kiosk.adapters.store_files import is_empty
from kiosk.adapters.store_schema import APPLICATION_ID, VERSION, ForeignFileError, bring_up, check_ours

_BUSY_S = 1.0
_FORMATS_AT = 18  # https://www.sqlite.org/fileformat2.html#file_format_version_numbers
_FORMATS = (1, 2)


def begin(path: Path) -> sqlite3.Connection:
    """Open the file, or make it; nothing is written to it before it has been found sound and ours.

    Raises sqlite3.DatabaseError, UnicodeDecodeError for a damaged file; sqlite3.OperationalError when it can't be
    opened, OSError when a part of its log can't be kept aside; ForeignFileError for a file that is not ours.
    """
    _check_has_database(path)
    try:
        # SQLite would make it readable to others, and its -wal and -shm follow it in that. One that is there is not
        # opened here: closing it would give up the locks of a connection that this process may have on it.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    except FileExistsError:
        pass
    except OSError as error:
        raise sqlite3.OperationalError(error.strerror) from None
    connection = sqlite3.connect(path, timeout=_BUSY_S, isolation_level=None, check_same_thread=False)
    connection.text_factory = lossy_text
    try:
        version = _check_sound(connection)
        unread = keep_unread_log(path)
        if unread is not None:
            structlog.get_logger(__name__).error("journal_log_cut_off", kept_aside=str(unread))
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA secure_delete = ON")  # what was dropped must not be found on a stolen card
        bring_up(connection, version)
        # A file whose head is bad may be sound with its log; from now on it is so without.
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.execute("BEGIN IMMEDIATE")
        connection.execute(f"PRAGMA user_version = {VERSION}")  # what it is: a start that can write nothing is none
        connection.execute("ROLLBACK")
    except BaseException as error:
        close_as_it_is(connection, path)  # a damaged file is kept as it was found
        if isinstance(error, sqlite3.OperationalError) and _is_damage(error, path):
            raise sqlite3.DatabaseError(str(error)) from None
        raise
    return connection


def join(path: Path) -> sqlite3.Connection:
    """Open a file that another process has open. Raises StoreError."""
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
    if (application_id, version) != (APPLICATION_ID, VERSION):
        connection.close()
        raise StoreError(f"storage.path: {path} is no journal of this version of the program")
    # As in `begin`: settings of a connection, not of the file.
    connection.execute("PRAGMA secure_delete = ON")
    return connection


def check_content(path: Path, begun: Callable[[sqlite3.Connection], None] = lambda _: None) -> None:
    """Read a whole database with a connection that remembers nothing.

    begun: is given the connection, so that another thread can interrupt it. Raises FileDamageError, sqlite3.Error.
    """
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None, check_same_thread=False
    )
    connection.text_factory = lossy_text
    begun(connection)
    try:
        _check_sound(connection)
    except (*UNREADABLE, ForeignFileError) as error:
        if not (tells_of_damage(error) or code_of(error) in {0, sqlite3.SQLITE_ERROR}):
            raise
        raise FileDamageError(f"was found damaged while in use: {error}") from None
    finally:
        connection.close()


def close_as_it_is(connection: sqlite3.Connection, path: Path) -> None:
    """Close the last connection without its checkpoint, which would carry a damaged log's pages into the file."""
    reader = None
    with contextlib.suppress(*UNREADABLE):  # so bad that nothing can become worse
        # Closed second, and can't write: SQLite makes a checkpoint neither with the first nor with this one.
        reader = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None)
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    connection.close()
    if reader is not None:
        reader.close()


def _check_has_database(path: Path) -> None:
    """SQLite removes a log that stands beside an empty file, and makes one where there is none."""
    log = path.with_name(path.name + "-wal")
    if not is_empty(log) and is_empty(path):
        raise sqlite3.DatabaseError("its log is there, and the database is not")


def _check_sound(connection: sqlite3.Connection) -> int:
    """The version; raises sqlite3.DatabaseError for a damaged file, ForeignFileError for one that is not ours."""
    found = [str(row[0]) for row in connection.execute("PRAGMA quick_check(3)")]
    if found != ["ok"]:
        raise sqlite3.DatabaseError("; ".join(found))
    return check_ours(connection)


def _is_damage(error: sqlite3.OperationalError, path: Path) -> bool:
    """Whether it is the file's content that SQLite can't work with: what no disk and no other program brings about."""
    if code_of(error) != sqlite3.SQLITE_READONLY:
        # The second: between two connections of one process; here it means a file that says it is of two formats.
        return code_of(error) in (sqlite3.SQLITE_ERROR, sqlite3.SQLITE_LOCKED)
    # SQLite takes one of a later format for readable at most.
    with path.open("rb") as stream:
        head = stream.read(_FORMATS_AT + 2)
    return len(head) == _FORMATS_AT + 2 and not set(head[_FORMATS_AT:]) <= set(_FORMATS)
