"""What can be wrong with the terminal's file, and how SQLite says so."""

import sqlite3

UNREADABLE = (sqlite3.Error, UnicodeDecodeError)
"""What reading a damaged file raises; the second where SQLite's message quotes what is no text."""


class StoreError(OSError):
    """The database can't be opened or is gone; the message says why and what to do."""


class FileDamageError(Exception):
    """The files are not what SQLite believes; the message says how, and follows on the file's name."""


class FileLockError(Exception):
    """The file can't be had for this program alone; the message says why and what to do."""


class FileGoneError(FileDamageError):
    """Another file stands there, or none."""


def tells_of_damage(error: BaseException) -> bool:
    """Whether SQLite says that the file itself is bad."""
    return isinstance(error, UnicodeDecodeError) or code_of(error) in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}


def code_of(error: BaseException) -> int:
    """SQLite's result code, without the extension that some have; 0: none."""
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF


def lossy_text(raw: bytes) -> str:
    """For a connection's text_factory: one letter that is none must not keep all other rows from being read."""
    return raw.decode("utf-8", "replace")
