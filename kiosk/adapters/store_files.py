"""Whether the files under an open database are still what SQLite believes them to be.

SQLite trusts its memory: a file that was truncated, overwritten or removed under an open connection takes commits for
as long as the pages that they touch are cached, and all of them are lost at the next start. A few bytes, compared with
each transaction, tell most of that at once; the rest is found by reading everything, now and then.

The forms of the files: https://www.sqlite.org/fileformat2.html, https://www.sqlite.org/walformat.html
"""

import contextlib
import fcntl
import os
import sqlite3
import struct
from pathlib import Path
from typing import Protocol

from kiosk.adapters.store_errors import FileDamageError, FileGoneError, FileLockError
from kiosk.adapters.store_log import FRAME_HEAD_BYTES, HEAD_BYTES, Log

_MAGIC = b"SQLite format 3\x00"
_HEAD_BYTES = 24  # magic, page size, WAL mode: what never changes while a file is in use
_INDEX_HEAD_BYTES = 48
_INDEX_BYTES = 32 * 1024
_READS = 10


class Rescuer(Protocol):
    """Brings over what a file held that has to be given up. Neither raises."""

    def look(self, connection: sqlite3.Connection) -> None:
        """The connection is about to be closed; it may still know what its file has lost."""

    def mended(self) -> None:
        """The store works again."""


class FileGuard:
    """Holds the files of one open connection, as long as it is open. For one thread at a time.

    The descriptors stay open, for closing one gives up the locks that SQLite has on its file
    (https://www.sqlite.org/howtocorrupt.html#_posix_advisory_locks_canceled_by_a_separate_thread_doing_close_).
    """

    def __init__(self, path: Path) -> None:
        """path: the database, which has been opened. Raises OSError."""
        self._path = path
        self._names = [path.with_name(path.name + suffix) for suffix in ("", "-wal", "-shm")]
        self._descriptors: list[int | None] = [None, None, None]
        self._least_bytes = 0
        with contextlib.ExitStack() as failing:
            failing.callback(self.close)
            self._identities = [self._hold(number) for number in range(3)]
            main = self._descriptors[0]
            self._head = b"" if main is None else os.pread(main, _HEAD_BYTES, 0)
            failing.pop_all()

    def close(self) -> None:
        """After the connection."""
        for descriptor in self._descriptors:
            if descriptor is not None:
                os.close(descriptor)
        self._descriptors = [None, None, None]

    def check(self) -> None:
        """Compare names, sizes, heads, and the end of the log. Some 20 us. Raises FileDamageError, OSError."""
        self._check_names()
        main = self._descriptors[0]
        if main is None or os.pread(main, _HEAD_BYTES, 0) != self._head or self._head[:16] != _MAGIC:
            raise FileDamageError("was overwritten while in use")
        size = os.fstat(main).st_size
        if size < self._least_bytes and size != self._told_bytes():  # a VACUUM beside this program makes it smaller
            raise FileDamageError("was truncated while in use")
        self._least_bytes = size
        self._check_log()

    def read_log(self) -> Log | None:
        """The write-ahead log as it is, for `prove_log`, while others go on; None: there is nothing in it."""
        log = self._descriptors[1]
        for _ in range(_READS):
            found = self._index_head()
            if log is None or found is None:
                return None
            frames, page_bytes, checksum, _ = found
            content = os.pread(log, HEAD_BYTES + frames * (FRAME_HEAD_BYTES + page_bytes), 0)
            if self._index_head() == found:  # else a command beside this program has just written
                return Log(content, page_bytes, checksum)
        return None  # so busy that the next reading has to tell

    def _hold(self, number: int) -> tuple[int, int] | None:
        try:
            # Read only: nothing here is ever written but by SQLite.
            self._descriptors[number] = descriptor = os.open(self._names[number], os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return None
        found = os.fstat(descriptor)
        return found.st_dev, found.st_ino

    def _check_names(self) -> None:
        if identity_of(self._path) != self._identities[0]:
            raise FileGoneError("was removed or replaced while in use")
        for number, what in ((1, "write-ahead log"), (2, "index of the write-ahead log")):
            if self._identities[number] is None:  # made by the first transaction
                self._identities[number] = self._hold(number)
            elif identity_of(self._names[number]) != self._identities[number]:
                raise FileGoneError(f"has lost its {what} while in use")

    def _check_log(self) -> None:
        """The log's head and its last frame must be those that SQLite's index speaks of."""
        log = self._descriptors[1]
        for _ in range(_READS):
            found = self._index_head()
            if log is None or found is None:
                return
            frames, page_bytes, checksum, salts = found
            head = os.pread(log, HEAD_BYTES, 0)
            last = os.pread(log, FRAME_HEAD_BYTES, HEAD_BYTES + (frames - 1) * (FRAME_HEAD_BYTES + page_bytes))
            complete = os.fstat(log).st_size >= HEAD_BYTES + frames * (FRAME_HEAD_BYTES + page_bytes)
            if complete and head[16:24] == salts and last[8:] == salts + checksum:
                return
            if self._index_head() == found:  # else a command beside this program has just written
                raise FileDamageError("has a damaged write-ahead log")

    def _index_head(self) -> tuple[int, int, bytes, bytes] | None:
        """From the log's index: frames, bytes of a page, the last frame's checksum, salts; None: an empty log."""
        head = self._whole_index_head()
        if head is None:
            return None
        page_bytes, frames = struct.unpack_from("=HI", head, 14)
        if frames == 0:
            return None
        checksum = struct.pack(">II", *struct.unpack_from("=II", head, 24))
        return frames, 65_536 if page_bytes == 1 else page_bytes, checksum, head[32:40]

    def _told_bytes(self) -> int | None:
        """The size that the database has for SQLite, by the log's index."""
        head = self._whole_index_head()
        if head is None:
            return None
        page_bytes, _, pages = struct.unpack_from("=HII", head, 14)
        return int((65_536 if page_bytes == 1 else page_bytes) * pages)

    def _whole_index_head(self) -> bytes | None:
        index = self._descriptors[2]
        if index is None:
            return None
        if os.fstat(index).st_size < _INDEX_BYTES:
            raise FileDamageError("has a damaged index of its write-ahead log")
        for _ in range(_READS):
            both = os.pread(index, 2 * _INDEX_HEAD_BYTES, 0)
            if both[:_INDEX_HEAD_BYTES] == both[_INDEX_HEAD_BYTES:]:  # SQLite writes one after the other
                return both[:_INDEX_HEAD_BYTES]
        return None


def lock_file(path: Path) -> int:
    """Keep a second program away from a file for as long as this one lives; a descriptor. Raises FileLockError."""
    lock = path.with_name(path.name + ".lock")
    try:
        descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise FileLockError(
            f"{lock} can't be made: {error.strerror}; the folder must exist and be writable for this user"
        ) from None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise FileLockError(f"another terminal is running on {path}; stop it, or name another file") from None
    return descriptor


def identity_of(path: Path) -> tuple[int, int] | None:
    """Which file stands at `path`: device and inode; None: none."""
    try:
        found = os.stat(path)  # noqa: PTH116  # with each transaction, and twice as quick
    except OSError:
        return None
    return found.st_dev, found.st_ino


def is_empty(path: Path) -> bool:
    """Whether nothing stands in a file, or there is none."""
    try:
        return path.stat().st_size == 0
    except OSError:
        return True
