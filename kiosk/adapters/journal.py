"""The journal: visits on disk, from the decision until central has acknowledged them."""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from kiosk.adapters.journal_rows import COLUMNS, REFERENCE_BYTES, row_of, utc_text, visits_of
from kiosk.adapters.store import Store
from kiosk.adapters.store_errors import StoreError
from kiosk.core.credential import VisitorReference, format_reference
from kiosk.core.ports import JournalError
from kiosk.core.visit import Passage, SealedReference, Visit, VisitTime
from kiosk.sealing import seal

_AHEAD = timedelta(days=1)
# To the letter the conditions of the store's indexes, so that counting a month's visits keeps nobody waiting.
_TO_SEND = "passage IS NOT NULL AND acknowledged_at IS NULL AND quarantined_at IS NULL"
_REFUSED = "quarantined_at IS NOT NULL AND acknowledged_at IS NULL"
_UNDATED = "time = 'undated'"


class BootClock(Protocol):
    """The clock, as the journal needs it; kiosk.adapters.clock.TerminalClock explains the questions."""

    boot_id: str

    def now(self) -> datetime: ...
    def is_trusted(self) -> bool: ...
    def was_trusted(self, monotonic_s: float) -> bool: ...
    def time_at(self, monotonic_s: float) -> datetime: ...


@dataclass(frozen=True, slots=True)
class JournalCounts:
    """How many visits are in which state."""

    unsettled: int
    unsent: int
    acknowledged: int
    quarantined: int


class SqliteJournal:
    """Fits `kiosk.core.ports.Journal` and `Outbox`. Every write is on disk when its call returns; else JournalError."""

    def __init__(self, store: Store, clock: BootClock, *, must_seal: bool = False) -> None:
        """must_seal: without a sealing key nothing is journalled that says who it was, and so nobody let in."""
        self._store = store
        self._clock = clock
        self._must_seal = must_seal
        self._sealing_key: bytes | None = None
        self._unsettled: dict[str, Passage] = {}  # what is not written yet; two threads may probe

    def seal_to(self, public_key: bytes) -> int:
        """From now on no reference is written in clear; returns how many of those that were are sealed now, too."""
        self._sealing_key = public_key
        return self.seal_what_is_in_clear()

    def seal_what_is_in_clear(self) -> int:
        """Seal references that were written, or brought over, without a key, if there is one now; returns how many."""
        if self._sealing_key is None:
            return 0
        with self._writing() as connection:
            rows = connection.execute(
                "SELECT id, reference FROM visits WHERE length(reference) = ?", (REFERENCE_BYTES,)
            ).fetchall()
            connection.executemany(
                "UPDATE visits SET reference = ?, home_area = NULL WHERE id = ?",
                [(self._sealed(visit_id, VisitorReference(reference)), visit_id) for visit_id, reference in rows],
            )
        if rows:
            with _told(self._store, "written"):
                self._store.forget_what_was_overwritten()
        return len(rows)

    # --- the controller's side ----------------------------------------------------------------------------------

    def record(self, visit: Visit) -> None:
        """Commit a new visit; a second one with the same id is a JournalError."""
        marks = ", ".join("?" * (COLUMNS.count(",") + 1))
        with self._writing() as connection:
            connection.execute(f"INSERT INTO visits ({COLUMNS}) VALUES ({marks})", self._row(visit))  # noqa: S608  # constants

    def settle(self, visit_id: str, passage: Passage) -> None:
        """Note what became of a visit at the door; the first note stays. What fails is written with the next probe."""
        self._unsettled.setdefault(visit_id, passage)
        self._settle()

    def _settle(self) -> None:
        unsettled = dict(self._unsettled)
        with self._writing() as connection:
            connection.executemany(
                "UPDATE visits SET passage = ? WHERE id = ? AND passage IS NULL",
                [(passage.value, visit_id) for visit_id, passage in unsettled.items()],
            )
        for visit_id in unsettled:
            self._unsettled.pop(visit_id, None)

    def settle_leftovers(self) -> int:
        """Visits of a run that ended before it knew their passage become UNKNOWN; returns how many.

        Those of an earlier boot whose time was not known keep the guess: nothing can tell it better any more.
        """
        with self._writing() as connection:
            self._give_up_other_boots(connection)
            return connection.execute(
                "UPDATE visits SET passage = ? WHERE passage IS NULL", (Passage.UNKNOWN.value,)
            ).rowcount

    def probe(self) -> None:
        """Make one real write, as a visit would be; begins a file anew that was removed or damaged while in use."""
        with _told(self._store, "opened"):
            self._store.mend()
        self._check_may_be_clear()
        with self._writing() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO kept VALUES ('probe', ?)", (self._clock.now().isoformat().encode("ascii"),)
            )
        self._settle()

    # --- the sync's side ----------------------------------------------------------------------------------------

    def unsent(self, limit: int) -> Sequence[Visit]:
        """Settled visits that central has neither acknowledged nor refused, oldest first; undated ones wait."""
        with self._reading() as connection:
            rows = connection.execute(
                f"SELECT {COLUMNS} FROM visits WHERE {_TO_SEND} AND time <> ? ORDER BY position LIMIT ?",  # noqa: S608  # constants
                (VisitTime.UNDATED.value, limit),
            ).fetchall()
        visits, unreadable = visits_of(rows)
        for visit_id in unreadable:  # one that can't be read must not keep all later ones here
            self.quarantine(visit_id, "unreadable: written by another version of this program")
        return visits

    def unsent_count(self) -> int:
        """How many visits wait to be sent."""
        return self._count(_TO_SEND)

    def refused_count(self) -> int:
        """How many visits central refuses."""
        return self._count(_REFUSED)

    def undated_count(self) -> int:
        """How many visits wait for their time to be known."""
        return self._count(_UNDATED)

    def correct_times(self) -> int:
        """Give undated visits of this boot their time, which their monotonic time tells now; returns how many."""
        if not self._clock.is_trusted():
            return 0
        with self._writing() as connection:
            self._give_up_other_boots(connection)
            rows = connection.execute(
                f"SELECT id, monotonic_s FROM visits WHERE {_UNDATED} AND boot_id = ? AND monotonic_s IS NOT NULL",  # noqa: S608  # constants
                (self._clock.boot_id,),
            ).fetchall()
            connection.executemany(
                "UPDATE visits SET decided_at = ?, time = ? WHERE id = ?",
                [
                    (utc_text(self._clock.time_at(monotonic_s)), VisitTime.CORRECTED.value, visit_id)
                    for visit_id, monotonic_s in rows
                ],
            )
        return len(rows)

    def give_up_times(self) -> int:
        """Let undated visits go to central with the time that was guessed; what has been sent must not change."""
        with self._writing() as connection:
            return connection.execute(
                f"UPDATE visits SET time = ? WHERE {_UNDATED}",  # noqa: S608  # constants
                (VisitTime.GUESSED.value,),
            ).rowcount

    def acknowledge(self, visit_ids: Iterable[str]) -> None:
        """Central has these; they stay here until they are purged."""
        stamp = self._stamp()
        # Not durable: what a power cut undoes here is sent once more, and central knows the ids that it has.
        with self._writing(durable=False) as connection:
            connection.executemany(
                "UPDATE visits SET acknowledged_at = ? WHERE id = ? AND acknowledged_at IS NULL",
                [(stamp, visit_id) for visit_id in visit_ids],
            )

    def quarantine(self, visit_id: str, detail: str) -> None:
        """Central refuses this one: keep it with the reason, stop sending it."""
        with self._writing(durable=False) as connection:
            connection.execute(
                "UPDATE visits SET quarantined_at = ?, quarantine_detail = ? WHERE id = ? AND acknowledged_at IS NULL",
                (self._stamp(), detail[:500], visit_id),
            )

    def retry(self, visit_id: str | None = None) -> int:
        """Send a quarantined visit again, or all of them; returns how many."""
        with self._writing() as connection:
            return connection.execute(
                "UPDATE visits SET quarantined_at = NULL, quarantine_detail = NULL "
                "WHERE quarantined_at IS NOT NULL AND acknowledged_at IS NULL AND (? IS NULL OR id = ?)",
                (visit_id, visit_id),
            ).rowcount

    def purge(self, before: datetime) -> int:
        """Drop visits that central has acknowledged before this time (aware); returns how many. Others are kept."""
        with self._writing() as connection:
            # What was stamped by a clock that was ahead is not kept for ever either.
            return connection.execute(
                "DELETE FROM visits WHERE acknowledged_at < ? OR acknowledged_at > ?",
                (utc_text(before), utc_text(self._clock.now() + _AHEAD)),
            ).rowcount

    # --- for everybody ------------------------------------------------------------------------------------------

    def visits(self) -> Sequence[Visit]:
        """Every visit in the journal that can be read, oldest first."""
        return self.visits_and_unreadable()[0]

    def visits_and_unreadable(self) -> tuple[Sequence[Visit], Sequence[str]]:
        """Every visit in the journal, oldest first, and the ids of those rows that are none."""
        with self._reading() as connection:
            rows = connection.execute(f"SELECT {COLUMNS} FROM visits ORDER BY position").fetchall()  # noqa: S608  # constants
        return visits_of(rows)

    def quarantined(self) -> Mapping[str, str]:
        """Why central refused a visit, by the visit's id, oldest first."""
        with self._reading() as connection:
            rows = connection.execute(
                "SELECT id, quarantine_detail FROM visits WHERE quarantined_at IS NOT NULL ORDER BY position"
            ).fetchall()
        return dict(rows)

    def counts(self) -> JournalCounts:
        """How many visits are in which state; raises JournalError."""
        with self._reading() as connection:
            row = connection.execute(
                "SELECT count(*) FILTER (WHERE passage IS NULL), "  # noqa: S608  # constants
                f"count(*) FILTER (WHERE {_TO_SEND}), count(acknowledged_at), "
                f"count(*) FILTER (WHERE {_REFUSED}) FROM visits"
            ).fetchone()
        return JournalCounts(*row)

    def _give_up_other_boots(self, connection: sqlite3.Connection) -> None:
        connection.execute(
            f"UPDATE visits SET time = ? WHERE {_UNDATED} AND boot_id IS NOT ?",  # noqa: S608  # constants
            (VisitTime.GUESSED.value, self._clock.boot_id),
        )

    def _count(self, condition: str) -> int:
        with self._reading() as connection:
            return int(connection.execute(f"SELECT count(*) FROM visits WHERE {condition}").fetchone()[0])  # noqa: S608  # constants

    def _row(self, visit: Visit) -> tuple[object, ...]:
        """A visit as it is written: with its boot, and with a sealing key nothing in it says who it was."""
        if visit.monotonic_s is not None and visit.boot_id is None:
            trusted = self._clock.was_trusted(visit.monotonic_s)
            worth = VisitTime.TRUSTED if trusted else VisitTime.UNDATED
            visit = replace(visit, boot_id=self._clock.boot_id, time=worth)
        if not isinstance(visit.reference, VisitorReference):
            return row_of(visit)
        if self._sealing_key is None:
            self._check_may_be_clear()
            return row_of(visit)
        box = SealedReference(self._sealed(visit.id, visit.reference))
        return row_of(replace(visit, reference=box), with_home_area=False)

    def _check_may_be_clear(self) -> None:
        if self._must_seal and self._sealing_key is None:
            raise JournalError(
                "central has not sent the key that visits are sealed to; connect the terminal to central once, "
                "or set storage.sealing_key_file"
            )

    def _sealed(self, visit_id: str, reference: VisitorReference) -> bytes:
        if self._sealing_key is None:
            raise JournalError("no key to seal visits to")
        return seal(self._sealing_key, visit_id, format_reference(reference))

    def _stamp(self) -> str:
        return utc_text(self._clock.now())

    @contextmanager
    def _writing(self, *, durable: bool = True) -> Iterator[sqlite3.Connection]:
        with _told(self._store, "written"), self._store.transaction(durable=durable) as connection:
            yield connection

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        with _told(self._store, "read"), self._store.reading() as connection:
            yield connection


@contextmanager
def _told(store: Store, what: str) -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, StoreError) as error:
        raise JournalError(
            f"the journal {store.path} can't be {what}: {error}; check free space, mount and owner"
        ) from error
