"""What a damaged database still holds comes over into the new one: visits that central has not acknowledged, and keys.

Ids of visits are permanent, so that one which comes over twice, or which central has already, does no harm. A row comes
over only if the journal would have written it exactly like that, letter by letter. One in which a value was replaced
by another possible one can't be told from a true one; but central does not open a sealed reference that was changed.
"""

import contextlib
import functools
import math
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import structlog

from kiosk.adapters.salvaged_rows import Found, Row, defaults, read_pages, read_rows, read_unsent
from kiosk.adapters.store import Store
from kiosk.adapters.store_asides import kept_aside, put_aside_at, remove_aside
from kiosk.adapters.store_errors import UNREADABLE, StoreError
from kiosk.adapters.store_files import is_empty
from kiosk.adapters.store_schema import newest_columns

_LOOK_S, _UNSENT_S, _BRING_S = 0.5, 2.0, 1.0
"""For a connection that is about to be closed, and for what was seen: the controller may be waiting."""
_ROWS_AT_ONCE = 200
"""In one transaction: a visitor's comes between two of them."""
_MOST_KEPT = 5
"""So many files stay here that have been read to their ends."""
_DONE = "salvaged:"
_NOT_OURS = "probe"
_NOT_BROUGHT = frozenset({"position", "acknowledged_at", "quarantined_at", "quarantine_detail"})
"""What the new journal says of a visit itself. One that central refused is sent again: central's word counts."""


class Salvage:
    """Fits kiosk.adapters.store.Rescuer; `run` looks after what was kept aside, at a start and later.

    is_sound: whether a row of `visits` is one that the journal writes; trusted: which of the kept values, by name, may
    be used; brought_over: called after rows have come over; keep: for how long damaged files stay that were read.
    """

    def __init__(
        self,
        store: Store,
        is_sound: Callable[[Row], bool],
        trusted: Callable[[Mapping[str, bytes]], Mapping[str, bytes]] = lambda kept: kept,
        brought_over: Callable[[], object] = lambda: None,
        keep: timedelta = timedelta.max,
    ) -> None:
        self._store, self._is_sound, self._trusted, self._keep = store, is_sound, trusted, keep
        self.brought_over = brought_over
        self._seen: list[Found] = []  # one of each look, until all of it is written; two threads may do so
        self._wanted = True
        self._to_tell = False
        self._ending = threading.Event()
        self._log = structlog.get_logger(__name__)
        store.rescuer = self

    def look(self, connection: sqlite3.Connection) -> None:
        """Take what the connection can still read, from its memory or from a file that has no name any more."""
        found = Found()
        with contextlib.suppress(*UNREADABLE):
            read_unsent(connection, newest_columns(), found, self._after(_UNSENT_S))
        with contextlib.suppress(*UNREADABLE):
            read_rows(connection, newest_columns(), found, self._after(_LOOK_S))
        if not found.is_empty():
            self._seen.append(found)

    def mended(self) -> None:
        """Write what was seen, or its first part; the rest, and what is in files, comes later, with `run`."""
        self._wanted = True
        self._bring_seen(self._after(_BRING_S))

    def run(self, budget_s: float = math.inf) -> int:
        """Read what was kept aside and not read yet, within so many seconds; returns how many visits came over.

        Never raises: what fails, or is not finished, is tried again with the next call, from the beginning, and the
        damaged files stay where they are.
        """
        brought = 0
        if self._wanted:
            self._wanted = False
            is_over = self._after(budget_s)
            brought += self._bring_seen(self._ending.is_set)
            for aside in kept_aside(self._store.path):
                brought += self._guarded(aside.name, functools.partial(self._salvage, aside, is_over))
            self._guarded("what has come over", self._tell)
        self._guarded("what was read", self._remove_old)
        return brought

    def stop(self) -> None:
        """End a run that is under way, and each one after it; from any thread."""
        self._ending.set()

    def _bring_seen(self, is_over: Callable[[], bool]) -> int:
        brought = 0
        for found in list(self._seen):
            brought += self._guarded("an open file", functools.partial(self._bring_over, found, None, is_over))
            if found.is_empty():
                with contextlib.suppress(ValueError):  # the other thread was first
                    self._seen.remove(found)
        return brought

    def _salvage(self, aside: Path, is_over: Callable[[], bool]) -> int:
        if self._store.kept(_DONE + aside.name) is not None:
            return 0
        found, names = Found(), newest_columns()
        # SQLite removes a log that stands beside an empty file, even if it may only read.
        if not is_empty(aside):
            with _opened(aside) as connection:
                # Pages first: what SQLite can reach is the newest version of a row.
                read_pages(aside, names, found, is_over)
                with contextlib.suppress(*UNREADABLE):
                    read_rows(connection, names, found, is_over)
        else:
            read_pages(aside, names, found, is_over)
        is_whole = not is_over()
        self._wanted = self._wanted or not is_whole
        return self._bring_over(found, aside, self._ending.is_set, is_whole=is_whole)

    def _bring_over(
        self, found: Found, aside: Path | None, is_over: Callable[[], bool], *, is_whole: bool = False
    ) -> int:
        """Empties `found` as it goes. is_whole: the file is read to its end by this, and need not be read again."""
        brought, name = 0, "an open file" if aside is None else aside.name
        self._bring_kept(found)
        with self._store.reading() as connection:
            preset = defaults(connection)
        wanted = found.wanted()
        for first in range(0, len(wanted), _ROWS_AT_ONCE):
            if is_over():
                self._wanted = True
                break
            some = wanted[first : first + _ROWS_AT_ONCE]
            # Nobody will tell any more whether these visitors passed, unless the program that knows it still runs.
            passage = None if aside is None else "unknown"
            rows = [
                {name: row.get(name, value) for name, value in preset.items()}
                | {"passage": row.get("passage") or passage}
                for row in some
            ]
            sound = [(row, told) for row, told in zip(rows, some, strict=True) if self._is_sound(row)]
            with self._store.transaction() as connection:
                count = sum(_insert(connection, row, told.get("passage")) for row, told in sound)
            self._to_tell = self._to_tell or count > 0
            brought += count
            for row in some:
                found.visits.pop(str(row.get("id")), None)
        else:
            self._finish(found, _DONE + aside.name if aside is not None and is_whole else None)
        self._log.warning("visits_salvaged", source=name, visits=brought)
        self._tell()
        return brought

    def _bring_kept(self, found: Found) -> None:
        kept = self._trusted({name: value for name, value in found.kept.items() if name != _NOT_OURS})
        if kept:
            with self._store.transaction() as connection:
                connection.executemany("INSERT OR IGNORE INTO kept VALUES (?, ?)", list(kept.items()))
        found.kept.clear()

    def _finish(self, found: Found, note: str | None) -> None:
        """What central has according to a file that was lost is not sent again; and a note that the file was read."""
        with self._store.reading() as connection:
            unsure = {str(row[0]) for row in connection.execute("SELECT id FROM visits WHERE acknowledged_at IS NULL")}
        marks = [(*found.acknowledged[visit_id], visit_id) for visit_id in unsure if visit_id in found.acknowledged]
        if marks or note is not None:
            with self._store.transaction() as connection:
                connection.executemany(
                    "UPDATE visits SET acknowledged_at = ?, passage = coalesce(passage, ?) "
                    "WHERE id = ? AND acknowledged_at IS NULL",
                    marks,
                )
                connection.executemany("INSERT OR IGNORE INTO kept VALUES (?, x'')", [] if note is None else [(note,)])
        found.acknowledged.clear()

    def _tell(self) -> int:
        if self._to_tell:
            self.brought_over()
            self._to_tell = False
        return 0

    def _remove_old(self) -> int:
        """A damaged file may hold references in clear: one that was read goes when its visits would have gone."""
        done = [aside for aside in kept_aside(self._store.path) if self._store.kept(_DONE + aside.name) is not None]
        for number, aside in enumerate(reversed(done)):
            put_at = put_aside_at(aside)
            if number >= _MOST_KEPT or (put_at is not None and datetime.now(UTC) - put_at > self._keep):
                remove_aside(aside)
                self._log.info("damaged_file_removed", source=aside.name)
        return 0

    def _after(self, seconds: float) -> Callable[[], bool]:
        until = time.monotonic() + seconds
        return lambda: time.monotonic() >= until or self._ending.is_set()

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


def _insert(connection: sqlite3.Connection, row: Row, passage: object) -> int:
    """1: a visit has come over. One that is there stays as it is, but for a passage that it does not know yet."""
    values = {name: value for name, value in row.items() if name not in _NOT_BROUGHT}
    marks = ", ".join("?" * len(values))
    with contextlib.suppress(sqlite3.IntegrityError):  # a value that no column of this kind takes
        if connection.execute(
            f"INSERT OR IGNORE INTO visits ({', '.join(values)}) VALUES ({marks})",  # noqa: S608  # our columns' names
            tuple(values.values()),
        ).rowcount:
            return 1
        connection.execute("UPDATE visits SET passage = ? WHERE id = ? AND passage IS NULL", (passage, row["id"]))
    return 0
