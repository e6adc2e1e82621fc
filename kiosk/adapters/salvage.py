"""What a damaged database still holds comes over into the new one: visits that central has not acknowledged, and keys.

Ids of visits are permanent, so that one which comes over twice, or which central has already, does no harm. A row comes
over only if the journal would have written it exactly like that, letter by letter. One in which a value was replaced
by another possible one can't be told from a true one; but central does not open a sealed reference that was changed.
"""

import contextlib
import functools
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import structlog

from kiosk.adapters.raw_pages import rows_of
from kiosk.adapters.store import Store, StoreError
from kiosk.adapters.store_files import UNREADABLE, kept_aside, lossy_text

_LOOK_S = 0.5
"""For a connection that is about to be closed: the controller may be waiting."""
_MOST_SINGLES = 100_000
_BEYOND = 2_000
"""So far behind the last position that can be read others are looked for, where nothing says which was the last."""
_DONE = "salvaged:"
_NOT_OURS = "probe"
_NOT_BROUGHT = frozenset({"position", "acknowledged_at", "quarantined_at", "quarantine_detail"})
"""What the new journal says of a visit itself. One that central refused is sent again: central's word counts."""

Row = Mapping[str, object]


@dataclass
class _Found:
    """Rows by what makes each unique; `acknowledged`: central has these, whatever other versions of the row say."""

    visits: dict[str, dict[str, object]] = field(default_factory=dict)
    acknowledged: set[str] = field(default_factory=set)
    kept: dict[str, bytes] = field(default_factory=dict)

    def add(self, row: dict[str, object]) -> None:
        """A later one stands for an earlier one of the same id."""
        visit_id = str(row.get("id"))
        if _is_time(row.get("acknowledged_at")):
            self.acknowledged.add(visit_id)
        self.visits[visit_id] = row

    def wanted(self) -> list[dict[str, object]]:
        """Those that central may not have, in the order in which they were journalled."""
        left = [row for visit_id, row in self.visits.items() if visit_id not in self.acknowledged]
        return sorted(left, key=lambda row: int(str(row["position"])))


class Salvage:
    """Fits kiosk.adapters.store.Rescuer; `run` looks after what was kept aside, at a start and later.

    is_sound: whether a row of `visits` is one that the journal writes; trusted: which of the kept values, by name, may
    be used; brought_over: called after rows have come over.
    """

    def __init__(
        self,
        store: Store,
        is_sound: Callable[[Row], bool],
        trusted: Callable[[Mapping[str, bytes]], Mapping[str, bytes]] = lambda kept: kept,
        brought_over: Callable[[], object] = lambda: None,
    ) -> None:
        self._store, self._is_sound, self._trusted = store, is_sound, trusted
        self.brought_over = brought_over
        self._seen = _Found()
        self._wanted = True
        self._log = structlog.get_logger(__name__)
        store.rescuer = self

    def look(self, connection: sqlite3.Connection) -> None:
        """Take what the connection can still read, from its memory or from a file that has no name any more."""
        with contextlib.suppress(*UNREADABLE):
            _read(connection, self._seen, time.monotonic() + _LOOK_S)

    def mended(self) -> None:
        """Write what was seen; what is in files comes later, with `run`."""
        self._wanted = True
        if self._seen.visits or self._seen.kept:
            self._guarded("an open file", lambda: self._bring_over(self._seen, None))

    def run(self, budget_s: float) -> int:
        """Read what was kept aside and not read yet, within so many seconds; returns how many visits came over.

        Never raises: what fails is tried again with the next call, and the damaged files stay where they are.
        """
        if not self._wanted:
            return 0
        self._wanted = False
        until = time.monotonic() + budget_s
        brought = 0
        if self._seen.visits or self._seen.kept:
            brought += self._guarded("an open file", lambda: self._bring_over(self._seen, None))
        for aside in kept_aside(self._store.path):
            brought += self._guarded(aside.name, functools.partial(self._salvage, aside, until))
        return brought

    def _salvage(self, aside: Path, until: float) -> int:
        if self._store.kept(_DONE + aside.name) is not None:
            return 0
        found, names = _Found(), self._columns()
        with _opened(aside) as connection:
            with contextlib.suppress(*UNREADABLE):
                names = _columns(connection) or names
            # Pages first: what SQLite can reach is the newest version of a row.
            _read_pages(aside, names, found, until)
            with contextlib.suppress(*UNREADABLE):
                _read(connection, found, until)
        # Nobody will tell any more whether these visitors passed.
        for row in found.visits.values():
            row["passage"] = row.get("passage") or "unknown"
        return self._bring_over(found, aside if time.monotonic() < until else None)

    def _bring_over(self, found: _Found, aside: Path | None) -> int:
        """aside: the file that is read to its end by this."""
        kept = self._trusted({name: value for name, value in found.kept.items() if name != _NOT_OURS})
        with self._store.transaction() as connection:
            before = connection.total_changes
            defaults = _defaults(connection)
            for row in ({**defaults, **found_row} for found_row in found.wanted()):
                if self._is_sound(row):
                    _insert(connection, {name: row[name] for name in defaults if name not in _NOT_BROUGHT})
            visits = connection.total_changes - before
            for name, value in kept.items():
                connection.execute("INSERT OR IGNORE INTO kept VALUES (?, ?)", (name, value))
            if aside is not None:
                connection.execute("INSERT OR IGNORE INTO kept VALUES (?, ?)", (_DONE + aside.name, b""))
        found.visits.clear()
        found.kept.clear()
        name = "an open file" if aside is None else aside.name
        self._log.warning("visits_salvaged", source=name, visits=visits, acknowledged=len(found.acknowledged))
        if visits:
            self.brought_over()
        return visits

    def _columns(self) -> list[str]:
        with self._store.reading() as connection:
            return _columns(connection)

    def _guarded(self, source: str, step: Callable[[], int]) -> int:
        try:
            return step()
        except (*UNREADABLE, StoreError, OSError) as error:
            self._log.error("salvage_failed", source=source, why=str(error))
            self._wanted = True
        except Exception as error:  # noqa: BLE001  # whatever a damaged file brings about: the entrance starts without it
            self._log.error("salvage_failed", source=source, why=type(error).__name__)
        return 0


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    """A damaged file with its log, read only: neither is changed, not by closing them either."""
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None)
    try:
        yield connection
    finally:
        connection.close()


def _read(connection: sqlite3.Connection, found: _Found, until: float) -> None:
    """Everything that SQLite can still reach. Raises sqlite3.Error where nothing can be reached."""
    factory = connection.text_factory
    connection.text_factory = lossy_text
    try:
        with contextlib.suppress(*UNREADABLE):
            for name, value in connection.execute("SELECT name, value FROM kept"):
                if isinstance(value, bytes):
                    found.kept[str(name)] = value
        names = _columns(connection)
        for row in _walk(connection, until):
            found.add(dict(zip(names, row, strict=False)))
    finally:
        connection.text_factory = factory


def _walk(connection: sqlite3.Connection, until: float) -> Iterator[tuple[object, ...]]:
    """Rows of `visits`: upwards to the first that can't be read, downwards from the end, then each one between."""
    low = 0
    with contextlib.suppress(*UNREADABLE):
        for row in connection.execute("SELECT * FROM visits ORDER BY position"):
            low = int(row[0])
            yield row
            if time.monotonic() >= until:
                return
        return
    high = None
    with contextlib.suppress(*UNREADABLE):
        for row in connection.execute("SELECT * FROM visits WHERE position > ? ORDER BY position DESC", (low,)):
            high = int(row[0])
            yield row
            if time.monotonic() >= until:
                return
    if high is None:
        high = low + _BEYOND
        with contextlib.suppress(*UNREADABLE, TypeError):
            (last,) = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'visits'").fetchone()
            high = max(low, int(last)) + 1
    for position in range(low + 1, min(high, low + _MOST_SINGLES)):
        with contextlib.suppress(*UNREADABLE):
            yield from connection.execute("SELECT * FROM visits WHERE position = ?", (position,))
        if time.monotonic() >= until:
            return


def _read_pages(path: Path, names: list[str], found: _Found, until: float) -> None:
    """Rows on pages to which nothing leads any more, too. names: the columns, in the order in which they were made."""
    for position, values in rows_of(path, until):
        row: dict[str, object] = {**dict(zip(names, values, strict=False)), "position": position}
        if "acknowledged_at" in row:  # those of other tables have fewer columns
            found.add(row)


def _columns(connection: sqlite3.Connection) -> list[str]:
    return [str(row[1]) for row in connection.execute("PRAGMA table_info(visits)")]


def _defaults(connection: sqlite3.Connection) -> dict[str, object]:
    """What each column holds where a row was written before there was such a column."""
    defaults: dict[str, object] = {}
    for _, name, _, _, default, _ in connection.execute("PRAGMA table_info(visits)").fetchall():
        # An expression, of our own schema.
        defaults[str(name)] = None if default is None else connection.execute(f"SELECT {default}").fetchone()[0]
    return defaults


def _insert(connection: sqlite3.Connection, row: Row) -> None:
    marks = ", ".join("?" * len(row))
    with contextlib.suppress(sqlite3.IntegrityError):  # a value that no column of this kind takes
        connection.execute(
            f"INSERT OR IGNORE INTO visits ({', '.join(row)}) VALUES ({marks})",  # noqa: S608  # our columns' names
            tuple(row.values()),
        )


def _is_time(value: object) -> bool:
    try:
        return isinstance(value, str) and datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return False
