"""The journal: visits on disk, from the decision until central has acknowledged them."""

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from kiosk.adapters.store import Store, StoreError
from kiosk.core.admission import Decision, Outcome, Reason
from kiosk.core.credential import CredentialKind, VisitorReference, format_reference
from kiosk.core.ports import JournalError
from kiosk.core.status import Source, Status, StatusAnswer, StatusRecord
from kiosk.core.visit import Passage, SealedReference, Visit
from kiosk.sealing import seal

_COLUMNS = (
    "id, decided_at, credential_kind, reference, outcome, reason, known, status, as_of, valid_until, home_area, "
    "source, confirmed_at, passage"
)
_REFERENCE_BYTES = 16
_TO_SEND = "passage IS NOT NULL AND acknowledged_at IS NULL AND quarantined_at IS NULL"


@dataclass(frozen=True, slots=True)
class JournalCounts:
    """How many visits are in which state."""

    unsettled: int
    unsent: int
    acknowledged: int
    quarantined: int


class SqliteJournal:
    """Fits `kiosk.core.ports.Journal` and `Outbox`. Every write is on disk when its call returns; else JournalError."""

    def __init__(self, store: Store, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._store = store
        self._now = now
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
                "SELECT id, reference FROM visits WHERE length(reference) = ?", (_REFERENCE_BYTES,)
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
        marks = ", ".join("?" * (_COLUMNS.count(",") + 1))
        with self._writing() as connection:
            connection.execute(f"INSERT INTO visits ({_COLUMNS}) VALUES ({marks})", self._row(visit))  # noqa: S608  # constants

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
        """Visits of a run that ended before it knew their passage become UNKNOWN; returns how many."""
        with self._writing() as connection:
            return connection.execute(
                "UPDATE visits SET passage = ? WHERE passage IS NULL", (Passage.UNKNOWN.value,)
            ).rowcount

    def probe(self) -> None:
        """Make one real write, as a visit would be; begins a file anew that was removed or damaged while in use."""
        with _told(self._store, "opened"):
            self._store.mend()
        with self._writing() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO kept VALUES ('probe', ?)", (self._now().isoformat().encode("ascii"),)
            )
        self._settle()

    # --- the sync's side ----------------------------------------------------------------------------------------

    def unsent(self, limit: int) -> Sequence[Visit]:
        """Settled visits that central has neither acknowledged nor refused, oldest first."""
        with self._reading() as connection:
            rows = connection.execute(
                f"SELECT {_COLUMNS} FROM visits WHERE {_TO_SEND} ORDER BY position LIMIT ?",  # noqa: S608  # constants
                (limit,),
            ).fetchall()
        visits = []
        for row in rows:
            try:
                visits.append(_visit(row))
            except ValueError:
                # One that can't be read must not keep all later ones here.
                self.quarantine(str(row[0]), "unreadable: written by another version of this program")
        return visits

    def unsent_count(self) -> int:
        """How many visits wait to be sent."""
        return self.counts().unsent

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
            return connection.execute("DELETE FROM visits WHERE acknowledged_at < ?", (_utc(before),)).rowcount

    # --- for everybody ------------------------------------------------------------------------------------------

    def visits(self) -> Sequence[Visit]:
        """Every visit in the journal, oldest first."""
        with self._reading() as connection:
            rows = connection.execute(f"SELECT {_COLUMNS} FROM visits ORDER BY position").fetchall()  # noqa: S608  # constants
        return [_visit(row) for row in rows]

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
                "count(*) FILTER (WHERE quarantined_at IS NOT NULL AND acknowledged_at IS NULL) FROM visits"
            ).fetchone()
        return JournalCounts(*row)

    def _row(self, visit: Visit) -> tuple[object, ...]:
        """A visit as it is written: with a sealing key nothing in it says who it was."""
        if self._sealing_key is None or not isinstance(visit.reference, VisitorReference):
            return _row(visit)
        box = SealedReference(self._sealed(visit.id, visit.reference))
        return _row(replace(visit, reference=box), with_home_area=False)

    def _sealed(self, visit_id: str, reference: VisitorReference) -> bytes:
        if self._sealing_key is None:
            raise JournalError("no key to seal visits to")
        return seal(self._sealing_key, visit_id, format_reference(reference))

    def _stamp(self) -> str:
        return _utc(self._now())

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


def is_sound(row: Mapping[str, object]) -> bool:
    """Whether a row of `visits`, by column name, is one that a journal writes, letter by letter."""
    values = tuple(row.get(name) for name in _COLUMNS.split(", "))
    try:
        return _row(_visit(values)) == values and str(UUID(str(row["id"]))) == row["id"]
    except (ValueError, TypeError, KeyError, OverflowError):
        return False


def _utc(time: datetime) -> str:
    """In a form whose alphabetical order is that of time."""
    return time.astimezone(UTC).isoformat(timespec="microseconds")


def _row(visit: Visit, *, with_home_area: bool = True) -> tuple[object, ...]:
    decision, answer = visit.decision, visit.decision.answer
    record = None if answer is None else answer.record
    return (
        visit.id,
        _utc(visit.decided_at),
        visit.credential_kind.value,
        _reference_bytes(visit.reference),
        decision.outcome.value,
        decision.reason.value,
        None if answer is None else int(record is not None),
        None if record is None else record.status.value,
        None if record is None else _utc(record.as_of),
        None if record is None or record.valid_until is None else _utc(record.valid_until),
        None if record is None or not with_home_area else record.home_area,
        None if answer is None else answer.source.value,
        None if answer is None else _utc(answer.confirmed_at),
        None if visit.passage is None else visit.passage.value,
    )


def _visit(row: tuple[Any, ...]) -> Visit:
    (visit_id, decided_at, kind, reference, outcome, reason, known, status, as_of, valid_until, home_area, source,
     confirmed_at, passage) = row  # fmt: skip
    answer = None
    if known is not None:
        record = None
        if known:
            until = None if valid_until is None else _time(valid_until)
            record = StatusRecord(Status(status), _time(as_of), until, None if home_area is None else str(home_area))
        answer = StatusAnswer(record, Source(source), _time(confirmed_at))
    return Visit(
        id=str(visit_id),
        decided_at=_time(decided_at),
        credential_kind=CredentialKind(kind),
        reference=_reference(reference),
        decision=Decision(Outcome(outcome), Reason(reason), answer),
        passage=None if passage is None else Passage(passage),
    )


def _reference_bytes(reference: VisitorReference | SealedReference | None) -> bytes | None:
    match reference:
        case VisitorReference(value=value):
            return value
        case SealedReference(box=box):
            return box
        case None:
            return None


def _reference(found: object) -> VisitorReference | SealedReference | None:
    """A box is longer than a reference."""
    if not isinstance(found, bytes):
        return None
    return VisitorReference(found) if len(found) == _REFERENCE_BYTES else SealedReference(found)


def _time(text: object) -> datetime:
    return datetime.fromisoformat(str(text))
