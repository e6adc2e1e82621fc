"""The status copy's index: which publications are on board, how far each has come, and what changed since its shards.

A SQLite file of its own. It can be had again from central, so that a damaged one is thrown away; a commit may be lost
at a power cut, which only means that a page is fetched once more.
"""

import contextlib
import sqlite3
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np

from kiosk.status_pages import SHARDS, Hashes, Value, Values

_SCHEMA_VERSION = 1
_OFFSET = 1 << 63  # SQLite's integers are signed
_SCHEMA = f"""
CREATE TABLE publications (
    name TEXT PRIMARY KEY, key BLOB NOT NULL, cursor TEXT NOT NULL, in_use INTEGER NOT NULL, confirmed_at TEXT
) STRICT;
CREATE TABLE shards (
    publication TEXT NOT NULL, shard INTEGER NOT NULL, count INTEGER NOT NULL, digest TEXT NOT NULL,
    suspect INTEGER NOT NULL, PRIMARY KEY (publication, shard)
) STRICT, WITHOUT ROWID;
CREATE TABLE changes (
    publication TEXT NOT NULL, hash INTEGER NOT NULL, value INTEGER NOT NULL, PRIMARY KEY (publication, hash)
) STRICT, WITHOUT ROWID;
CREATE TABLE known_values (
    publication TEXT NOT NULL, number INTEGER NOT NULL, value TEXT NOT NULL, PRIMARY KEY (publication, number)
) STRICT, WITHOUT ROWID;
PRAGMA user_version = {_SCHEMA_VERSION};
"""


@dataclass(frozen=True, slots=True)
class Publication:
    """One publication on board. confirmed_at: when central last proved the copy of it whole; None: never yet."""

    name: str
    key: bytes
    cursor: str
    in_use: bool
    confirmed_at: datetime | None


class CopyIndex:
    """Two connections: one for the sync's writes, one for lookups, which never wait for them. Raises sqlite3.Error."""

    def __init__(self, path: Path) -> None:
        """Open the index, or begin it; one that can't be used is begun anew."""
        self._path = path
        try:
            self._open()
        except sqlite3.DatabaseError:
            for suffix in ("", "-wal", "-shm"):
                path.with_name(path.name + suffix).unlink(missing_ok=True)
            self._open()
        self._reading = threading.Lock()

    def close(self) -> None:
        """Close the file."""
        with self._reading:
            self._readers.close()
        self._writer.close()

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """All that is changed inside, or nothing of it."""
        self._writer.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._writer.execute("COMMIT")
        except BaseException:
            with contextlib.suppress(sqlite3.Error):
                self._writer.execute("ROLLBACK")
            raise

    # --- for lookups, from any thread -----------------------------------------------------------------------------

    def change_of(self, publication: str, hash_: int) -> int | None:
        """What a hash has come to stand for since the shards were written; None: nothing has changed."""
        with self._reading:
            row = self._readers.execute(
                "SELECT value FROM changes WHERE publication = ? AND hash = ?", (publication, hash_ - _OFFSET)
            ).fetchone()
        return None if row is None else int(row[0])

    def value_of(self, publication: str, number: int) -> Value | None:
        """What a number means; None: nobody has said."""
        with self._reading:
            row = self._readers.execute(
                "SELECT value FROM known_values WHERE publication = ? AND number = ?", (publication, number)
            ).fetchone()
        return None if row is None else Value.model_validate_json(row[0])

    # --- for the sync ---------------------------------------------------------------------------------------------

    def publications(self) -> list[Publication]:
        """Those on board; the one in use last."""
        rows = self._writer.execute("SELECT name, key, cursor, in_use, confirmed_at FROM publications ORDER BY in_use")
        return [
            Publication(name, key, cursor, bool(in_use), None if at is None else datetime.fromisoformat(at))
            for name, key, cursor, in_use, at in rows
        ]

    def put_publication(self, publication: Publication) -> None:
        """Keep how far it has come."""
        at = None if publication.confirmed_at is None else publication.confirmed_at.isoformat()
        self._writer.execute(
            "INSERT OR REPLACE INTO publications VALUES (?, ?, ?, ?, ?)",
            (publication.name, publication.key, publication.cursor, int(publication.in_use), at),
        )

    def drop_publication(self, name: str) -> None:
        """Forget a publication and all that belongs to it."""
        for table, column in (
            ("publications", "name"),
            ("shards", "publication"),
            ("changes", "publication"),
            ("known_values", "publication"),
        ):
            self._writer.execute(f"DELETE FROM {table} WHERE {column} = ?", (name,))  # noqa: S608  # constants

    def states(self, publication: str) -> dict[int, tuple[int, int]]:
        """Count and digest of each shard on board, changes included."""
        rows = self._writer.execute(
            "SELECT shard, count, digest FROM shards WHERE publication = ?", (publication,)
        ).fetchall()
        return {shard: (count, int(digest, 16)) for shard, count, digest in rows}

    def put_state(self, publication: str, shard: int, count: int, digest: int) -> None:
        """Keep a shard's count and digest; it is no longer suspect."""
        self._writer.execute(
            "INSERT OR REPLACE INTO shards VALUES (?, ?, ?, ?, 0)", (publication, shard, count, f"{digest:016x}")
        )

    def suspects(self, publication: str) -> list[int]:
        """Shards that did not prove to be whole."""
        rows = self._writer.execute(
            "SELECT shard FROM shards WHERE publication = ? AND suspect ORDER BY shard", (publication,)
        )
        return [row[0] for row in rows]

    def suspect(self, publication: str, shards: Iterable[int]) -> None:
        """These have to be fetched anew."""
        self._writer.executemany(
            "UPDATE shards SET suspect = 1 WHERE publication = ? AND shard = ?",
            [(publication, shard) for shard in shards],
        )

    def put_changes(self, publication: str, hashes: Hashes, values: Values) -> None:
        """What these hashes stand for from now on."""
        rows = zip(hashes.tolist(), values.tolist(), strict=True)
        self._writer.executemany(
            "INSERT OR REPLACE INTO changes VALUES (?, ?, ?)",
            ((publication, hash_ - _OFFSET, value) for hash_, value in rows),
        )

    def changes(self, publication: str, shard: int) -> tuple[Hashes, Values]:
        """The changes of one shard, in order of the hashes."""
        begin = (shard << 56) - _OFFSET
        rows = self._writer.execute(
            "SELECT hash, value FROM changes WHERE publication = ? AND hash BETWEEN ? AND ? ORDER BY hash",
            (publication, begin, begin + (1 << 56) - 1),
        ).fetchall()
        hashes = np.array([row[0] + _OFFSET for row in rows], np.uint64)
        return hashes, np.array([row[1] for row in rows], np.uint32)

    def count_changes(self, publication: str) -> int:
        """How many changes stand beside the shards."""
        row = self._writer.execute("SELECT count(*) FROM changes WHERE publication = ?", (publication,)).fetchone()
        return int(row[0])

    def drop_changes(self, publication: str, shard: int) -> None:
        """The shard's file holds them now."""
        begin = (shard << 56) - _OFFSET
        self._writer.execute(
            "DELETE FROM changes WHERE publication = ? AND hash BETWEEN ? AND ?",
            (publication, begin, begin + (1 << 56) - 1),
        )

    def contradicts(self, publication: str, values: dict[int, Value]) -> bool:
        """Whether any of these numbers means something else already."""
        rows = self._writer.execute("SELECT number, value FROM known_values WHERE publication = ?", (publication,))
        return any(number in values and value != values[number].model_dump_json() for number, value in rows)

    def put_values(self, publication: str, values: dict[int, Value]) -> None:
        """What the numbers mean; a number never changes its meaning within a publication."""
        self._writer.executemany(
            "INSERT OR IGNORE INTO known_values VALUES (?, ?, ?)",
            [(publication, number, value.model_dump_json()) for number, value in values.items()],
        )

    def _open(self) -> None:
        self._writer = self._connect()
        try:
            _prepare(self._writer)
            self._readers = self._connect()
        except BaseException:
            self._writer.close()
            raise

    def _connect(self) -> sqlite3.Connection:
        return sqlite3.connect(self._path, timeout=5, isolation_level=None, check_same_thread=False)


def _prepare(connection: sqlite3.Connection) -> None:
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version not in (0, _SCHEMA_VERSION):
        raise sqlite3.DatabaseError("written by another version of this program")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    if version == 0:
        connection.executescript(_SCHEMA)


assert SHARDS == 256, "a shard is the first byte of a hash"  # noqa: S101  # what `changes` rests on
