"""Rows of a damaged database: what SQLite can still reach of it, and what stands on single pages."""

import contextlib
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from kiosk.adapters.raw_pages import rows_of
from kiosk.adapters.store_errors import UNREADABLE, lossy_text
from kiosk.core.visit import Passage

_MOST_SINGLES = 100_000
_BEYOND = 2_000
"""So far behind the last position that can be read others are looked for, where nothing says which was the last."""
_NO_POSITION = 1 << 62
_PASSAGES = frozenset(passage.value for passage in Passage)

Row = Mapping[str, object]


@dataclass
class Found:
    """Rows by what makes each unique.

    acknowledged: when, and after which passage; central has these, whatever other versions of the row say.
    """

    visits: dict[str, dict[str, object]] = field(default_factory=dict)
    acknowledged: dict[str, tuple[object, object]] = field(default_factory=dict)
    kept: dict[str, bytes] = field(default_factory=dict)
    _notes: dict[tuple[object, object], tuple[object, object]] = field(default_factory=dict)

    def add(self, row: dict[str, object]) -> None:
        """A later one stands for an earlier one of the same id."""
        visit_id = str(row.get("id"))
        if _is_time(row.get("acknowledged_at")):
            passage = row.get("passage")
            note = (row["acknowledged_at"], passage if passage in _PASSAGES else Passage.UNKNOWN.value)
            self.acknowledged[visit_id] = self._notes.setdefault(note, note)  # a batch is acknowledged at one time
            self.visits.pop(visit_id, None)
        elif visit_id not in self.acknowledged:
            self.visits[visit_id] = row

    def wanted(self) -> list[dict[str, object]]:
        """Those that central may not have, in the order in which they were journalled."""
        return sorted(self.visits.values(), key=lambda row: int(str(row["position"])))

    def is_empty(self) -> bool:
        """Whether there is nothing to bring over."""
        return not (self.visits or self.acknowledged or self.kept)


def read_unsent(
    connection: sqlite3.Connection, names: Sequence[str], found: Found, is_over: Callable[[], bool]
) -> None:
    """The visits that nobody else has, the newest first. Raises sqlite3.Error where nothing can be reached.

    names: our columns, in the order in which they were made; each version has added some at the end. What the
    damaged file says of its own may be a part of the damage.
    """
    with _lossy(connection):
        for row in connection.execute("SELECT * FROM visits WHERE acknowledged_at IS NULL ORDER BY position DESC"):
            found.add(dict(zip(names, row, strict=False)))
            if is_over():
                return


def read_rows(connection: sqlite3.Connection, names: Sequence[str], found: Found, is_over: Callable[[], bool]) -> None:
    """Everything that SQLite can still reach. Raises sqlite3.Error where nothing can be reached."""
    with _lossy(connection):
        with contextlib.suppress(*UNREADABLE):
            for name, value in connection.execute("SELECT name, value FROM kept"):
                if isinstance(value, bytes):
                    found.kept[str(name)] = value
        for row in _walk(connection, is_over):
            found.add(dict(zip(names, row, strict=False)))


def read_pages(path: Path, names: Sequence[str], found: Found, is_over: Callable[[], bool]) -> None:
    """Rows on pages to which nothing leads any more, too."""
    for position, values in rows_of(path, is_over):
        row: dict[str, object] = {**dict(zip(names, values, strict=False)), "position": position}
        if "acknowledged_at" in row:  # those of other tables have fewer columns
            found.add(row)


def defaults(connection: sqlite3.Connection) -> dict[str, object]:
    """The columns of `visits`, in order, and what each holds where a row was written before there was such a column."""
    found: dict[str, object] = {}
    for _, name, _, _, default, _ in connection.execute("PRAGMA table_info(visits)").fetchall():
        # An expression, of our own schema.
        found[str(name)] = None if default is None else connection.execute(f"SELECT {default}").fetchone()[0]
    return found


def _walk(connection: sqlite3.Connection, is_over: Callable[[], bool]) -> Iterator[tuple[object, ...]]:
    """Rows of `visits`: downwards to the first that can't be read, upwards from the start, then each one between."""
    high = _NO_POSITION
    with contextlib.suppress(*UNREADABLE):
        for row in connection.execute("SELECT * FROM visits ORDER BY position DESC"):
            high = int(row[0])
            yield row
            if is_over():
                return
        return
    low = 0
    with contextlib.suppress(*UNREADABLE):
        for row in connection.execute("SELECT * FROM visits WHERE position < ? ORDER BY position", (high,)):
            low = int(row[0])
            yield row
            if is_over():
                return
    if high == _NO_POSITION:
        high = low + _BEYOND
        with contextlib.suppress(*UNREADABLE, TypeError):
            (last,) = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'visits'").fetchone()
            high = max(low, int(last)) + 1
    for position in range(low + 1, min(high, low + _MOST_SINGLES)):
        with contextlib.suppress(*UNREADABLE):
            yield from connection.execute("SELECT * FROM visits WHERE position = ?", (position,))
        if is_over():
            return


@contextlib.contextmanager
def _lossy(connection: sqlite3.Connection) -> Iterator[None]:
    factory = connection.text_factory
    connection.text_factory = lossy_text
    try:
        yield
    finally:
        connection.text_factory = factory


def _is_time(value: object) -> bool:
    try:
        return isinstance(value, str) and datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return False
