"""The tables of the terminal's SQLite file, their versions, and whether a file holds exactly these."""

import functools
import sqlite3
from contextlib import closing

VERSION = 2
APPLICATION_ID = 0x41534851  # "ASHQ": tells our file from anybody else's

_FIRST = """
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
    quarantine_detail TEXT
) STRICT;
CREATE INDEX visits_to_send ON visits (position)
    WHERE passage IS NOT NULL AND acknowledged_at IS NULL AND quarantined_at IS NULL;
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
    0: _FIRST,
    1: """
    ALTER TABLE visits ADD COLUMN time TEXT NOT NULL DEFAULT 'trusted';
    ALTER TABLE visits ADD COLUMN boot_id TEXT;
    ALTER TABLE visits ADD COLUMN monotonic_s REAL;
    CREATE INDEX visits_undated ON visits (position) WHERE time = 'undated';
    CREATE INDEX visits_refused ON visits (position) WHERE quarantined_at IS NOT NULL AND acknowledged_at IS NULL;
    """,
}
"""From each version to the next; all that is needed runs in one transaction."""

_Schema = frozenset[tuple[str, str, str]]


class ForeignFileError(Exception):
    """A sound database that is not ours to write."""


def check_ours(connection: sqlite3.Connection) -> int:
    """The version of our tables that a file holds, 0: none yet; nothing is written.

    One bit that flipped in a file's first page changes what the file says that it is, and quick_check reads none of
    that: only a schema that no version ever had makes a file a newer one. Raises sqlite3.DatabaseError for a damaged
    file, ForeignFileError for another program's or a newer version's.
    """
    application_id = connection.execute("PRAGMA application_id").fetchone()[0]
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    found = _schema_of(connection)
    if application_id != APPLICATION_ID:
        if {"visits", "statuses", "kept"} <= {name for _, name, _ in found}:
            raise sqlite3.DatabaseError("ours by its tables, and not by its head")
        if found:
            raise ForeignFileError("is another program's database")
    if version > VERSION and found not in _schemas():
        raise ForeignFileError(f"was written by a newer version of this program (schema {version})")
    if not 0 <= version <= VERSION or found != _schemas()[version]:
        raise sqlite3.DatabaseError("its tables are not those that its head speaks of")
    return version


def bring_up(connection: sqlite3.Connection, version: int) -> None:
    """From this version to the newest, or not at all. Raises sqlite3.Error."""
    if version == VERSION:
        return
    connection.executescript(
        f"BEGIN IMMEDIATE; {''.join(_MIGRATIONS[step] for step in range(version, VERSION))} "
        f"PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {VERSION}; COMMIT;"
    )


@functools.cache
def newest_columns() -> tuple[str, ...]:
    """The columns of `visits`, in the order in which they were made."""
    with closing(sqlite3.connect(":memory:")) as connection:
        bring_up(connection, 0)
        return tuple(str(row[1]) for row in connection.execute("PRAGMA table_info(visits)"))


@functools.cache
def _schemas() -> tuple[_Schema, ...]:
    """What the file holds in each version, from 0."""
    schemas: list[_Schema] = []
    with closing(sqlite3.connect(":memory:")) as connection:
        for version in range(VERSION + 1):
            schemas.append(_schema_of(connection))
            connection.executescript(_MIGRATIONS.get(version, ""))
    return tuple(schemas)


def _schema_of(connection: sqlite3.Connection) -> _Schema:
    """Kind, name and definition of everything in a file; how a definition is laid out tells only who wrote it."""
    # What ANALYZE leaves belongs to no version.
    found = connection.execute("SELECT type, name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite_stat%'")
    return frozenset((str(kind), str(name), "".join(str(sql).split())) for kind, name, sql in found)
