"""Whether the files under an open database are still what SQLite believes them to be.

SQLite trusts its memory: a file that was truncated, overwritten or removed under an open connection takes commits for
as long as the pages that they touch are cached, and all of them are lost at the next start. A few bytes, compared with
each transaction, tell most of that at once; the rest is found by reading everything, now and then.

The forms of the files: https://www.sqlite.org/fileformat2.html, https://www.sqlite.org/walformat.html
"""

import fcntl
import os
import sqlite3
import struct
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

_MAGIC = b"SQLite format 3\x00"
_HEAD_BYTES = 24  # magic, page size, WAL mode: what never changes while a file is in use
_LOG_HEAD_BYTES, _FRAME_HEAD_BYTES = 32, 24
_INDEX_HEAD_BYTES = 48
_INDEX_BYTES = 32 * 1024
_READS = 10
_FRAMES_AT_ONCE = 64

UNREADABLE = (sqlite3.Error, UnicodeDecodeError)
"""What reading a damaged file raises; the second where SQLite's message quotes what is no text."""

_Words = npt.NDArray[np.uint32]


class FileDamageError(Exception):
    """The files are not what SQLite believes; the message says how, and follows on the file's name."""


class FileLockError(Exception):
    """The file can't be had for this program alone; the message says why and what to do."""


class FileGoneError(FileDamageError):
    """Another file stands there, or none."""


class Rescuer(Protocol):
    """Brings over what a file held that has to be given up. Neither raises."""

    def look(self, connection: sqlite3.Connection) -> None:
        """The connection is about to be closed; it may still know what its file has lost."""

    def mended(self) -> None:
        """The store works again."""


@dataclass(frozen=True, slots=True)
class Log:
    """The valid part of a write-ahead log, unproved: `checksum` is what SQLite remembers of its end."""

    content: bytes
    page_bytes: int
    checksum: bytes


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
        self._identities = [self._hold(number) for number in range(3)]
        main = self._descriptors[0]
        self._head = b"" if main is None else os.pread(main, _HEAD_BYTES, 0)

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
        if size < self._least_bytes:
            raise FileDamageError("was truncated while in use")
        self._least_bytes = size
        self._check_log()

    def read_log(self) -> Log | None:
        """The write-ahead log as it is, for `prove_log`, while others go on; None: there is nothing in it."""
        log = self._descriptors[1]
        found = self._index_head()
        if log is None or found is None:
            return None
        frames, page_bytes, checksum, _ = found
        size = _LOG_HEAD_BYTES + frames * (_FRAME_HEAD_BYTES + page_bytes)
        return Log(os.pread(log, size, 0), page_bytes, checksum)

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
            head = os.pread(log, _LOG_HEAD_BYTES, 0)
            last = os.pread(log, _FRAME_HEAD_BYTES, _LOG_HEAD_BYTES + (frames - 1) * (_FRAME_HEAD_BYTES + page_bytes))
            complete = os.fstat(log).st_size >= _LOG_HEAD_BYTES + frames * (_FRAME_HEAD_BYTES + page_bytes)
            if complete and head[16:24] == salts and last[8:] == salts + checksum:
                return
            if self._index_head() == found:  # else a command beside this program has just written
                raise FileDamageError("has a damaged write-ahead log")

    def _index_head(self) -> tuple[int, int, bytes, bytes] | None:
        """From the log's index: frames, bytes of a page, the last frame's checksum, salts; None: an empty log."""
        index = self._descriptors[2]
        if index is None:
            return None
        if os.fstat(index).st_size < _INDEX_BYTES:
            raise FileDamageError("has a damaged index of its write-ahead log")
        for _ in range(_READS):
            both = os.pread(index, 2 * _INDEX_HEAD_BYTES, 0)
            first, second = both[:_INDEX_HEAD_BYTES], both[_INDEX_HEAD_BYTES:]
            if first == second:  # SQLite writes one after the other
                break
        else:
            return None
        page_bytes, frames = struct.unpack_from("=HI", first, 14)
        if frames == 0:
            return None
        checksum = struct.pack(">II", *struct.unpack_from("=II", first, 24))
        return frames, 65_536 if page_bytes == 1 else page_bytes, checksum, first[32:40]


def prove_log(log: Log) -> None:
    """Compute every checksum of a log: at a start SQLite stops at the first bad one. Raises FileDamageError.

    The checksum of a frame is linear in its words, so that all frames are computed at once (some ms for 4 MB).
    """
    frame_bytes = _FRAME_HEAD_BYTES + log.page_bytes
    frames = (len(log.content) - _LOG_HEAD_BYTES) // frame_bytes
    magic = int.from_bytes(log.content[:4], "big")
    if magic not in (0x377F0682, 0x377F0683) or frames < 1:
        raise FileDamageError("has a damaged write-ahead log")
    order = ">u4" if magic & 1 else "<u4"
    head = np.frombuffer(log.content, order, 6).astype(np.uint32)
    body = np.frombuffer(log.content, np.uint8, frames * frame_bytes, _LOG_HEAD_BYTES).reshape(frames, frame_bytes)
    told = np.frombuffer(log.content, ">u4", 2, 24).astype(np.uint32)
    sums = _sums(head.reshape(1, 6), np.zeros((1, 2), np.uint32))
    # A frame with other salts is of an earlier round, and SQLite would stop at it.
    salts = body[:, 8:16] == np.frombuffer(log.content, np.uint8, 8, 16)
    if not np.array_equal(sums[0], told) or not salts.all():
        raise FileDamageError("has a damaged write-ahead log")
    for first in range(0, frames, _FRAMES_AT_ONCE):
        some = body[first : first + _FRAMES_AT_ONCE]
        words = np.ascontiguousarray(np.delete(some, np.s_[8:24], axis=1)).view(order).astype(np.uint32)
        stored = np.ascontiguousarray(some[:, 16:24]).view(">u4").astype(np.uint32)
        before = np.concatenate((told.reshape(1, 2), stored[:-1]))
        if not np.array_equal(_sums(words, before), stored):
            raise FileDamageError("has a damaged write-ahead log")
        told = stored[-1]
    if told.astype(">u4").tobytes() != log.checksum:
        raise FileDamageError("has a damaged write-ahead log")


def _sums(words: _Words, before: _Words) -> _Words:
    """SQLite's checksums of rows of words, each begun with the pair of sums that stands before it.

    One step is s0 += x0 + s1; s1 += x1 + s0: the matrix ((1, 1), (1, 2)), and the vector (x0, x0 + x1); modulo 2^32.
    """
    pairs = words.shape[1] // 2
    powers = np.empty((pairs + 1, 4), np.uint32)
    row = (1, 0, 0, 1)
    for number in range(pairs + 1):
        powers[number] = row
        a, b, c, d = row
        row = tuple(value % (1 << 32) for value in (a + c, b + d, a + 2 * c, b + 2 * d))  # type: ignore[assignment]
    a, b, c, d = powers[pairs]
    factors = powers[pairs - 1 :: -1] if pairs > 1 else powers[:1]
    x0, both = words[:, 0::2], words[:, 0::2] + words[:, 1::2]
    s0, s1 = before[:, 0], before[:, 1]
    first = (x0 * factors[:, 0] + both * factors[:, 1]).sum(axis=1, dtype=np.uint32) + a * s0 + b * s1
    second = (x0 * factors[:, 2] + both * factors[:, 3]).sum(axis=1, dtype=np.uint32) + c * s0 + d * s1
    return np.stack((first, second), axis=1)


def check_content(path: Path) -> None:
    """Read a whole database with a connection that remembers nothing. Raises FileDamageError, sqlite3.Error."""
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None)
    try:
        found = [str(row[0]) for row in connection.execute("PRAGMA quick_check(1)")]
    except UNREADABLE as error:
        if not tells_of_damage(error):
            raise
        found = [str(error)]
    finally:
        connection.close()
    if found != ["ok"]:
        raise FileDamageError(f"was found damaged while in use: {found[0]}")


def tells_of_damage(error: BaseException) -> bool:
    """Whether SQLite says that the file itself is bad."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # without the extension that some codes have
    return isinstance(error, UnicodeDecodeError) or code in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}


def lossy_text(raw: bytes) -> str:
    """For a connection's text_factory: one letter that is none must not keep all other rows from being read."""
    return raw.decode("utf-8", "replace")


def close_as_it_is(connection: sqlite3.Connection, path: Path) -> None:
    """Close the last connection without its checkpoint, which would carry a damaged log's pages into the file."""
    reader = None
    try:
        # Closed second, and can't write: SQLite makes a checkpoint neither with the first nor with this one.
        reader = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None)
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    except UNREADABLE:
        pass  # so bad that nothing can become worse
    connection.close()
    if reader is not None:
        reader.close()


def keep_aside(path: Path) -> Path:
    """Move a database with its log out of the way; returns where it is. Raises OSError."""
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
    aside = path.with_name(f"{path.name}.damaged-{stamp}")
    for suffix in ("-wal", "-shm", ""):  # a new file must never meet the old one's -wal
        part = path.with_name(path.name + suffix)
        if part.exists():
            part.rename(aside.with_name(aside.name + suffix))
    return aside


def kept_aside(path: Path) -> list[Path]:
    """The databases that were kept aside here, oldest first."""
    found = path.parent.glob(f"{path.name}.damaged-*")
    return sorted(file for file in found if not file.name.endswith(("-wal", "-shm")))


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
