"""A visit as a row of the journal, and back."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from kiosk.core.admission import Decision, Outcome, Reason
from kiosk.core.credential import CredentialKind, VisitorReference
from kiosk.core.status import Source, Status, StatusAnswer, StatusRecord
from kiosk.core.visit import Passage, SealedReference, Visit, VisitTime

COLUMNS = (
    "id, decided_at, credential_kind, reference, outcome, reason, known, status, as_of, valid_until, home_area, "
    "source, confirmed_at, passage, time, boot_id, monotonic_s"
)
REFERENCE_BYTES = 16
"""A reference in clear; a sealed one is longer."""


def utc_text(time: datetime) -> str:
    """In a form whose alphabetical order is that of time."""
    return time.astimezone(UTC).isoformat(timespec="microseconds")


def row_of(visit: Visit, *, with_home_area: bool = True) -> tuple[object, ...]:
    """The values of a visit, in the order of COLUMNS."""
    decision, answer = visit.decision, visit.decision.answer
    record = None if answer is None else answer.record
    return (
        visit.id,
        utc_text(visit.decided_at),
        visit.credential_kind.value,
        _reference_bytes(visit.reference),
        decision.outcome.value,
        decision.reason.value,
        None if answer is None else int(record is not None),
        None if record is None else record.status.value,
        None if record is None else utc_text(record.as_of),
        None if record is None or record.valid_until is None else utc_text(record.valid_until),
        None if record is None or not with_home_area else record.home_area,
        None if answer is None else answer.source.value,
        None if answer is None else utc_text(answer.confirmed_at),
        None if visit.passage is None else visit.passage.value,
        visit.time.value,
        visit.boot_id,
        visit.monotonic_s,
    )


def visit_of(row: tuple[Any, ...]) -> Visit:
    """The visit of a row; ValueError when there is none in it."""
    (visit_id, decided_at, kind, reference, outcome, reason, known, status, as_of, valid_until, home_area, source,
     confirmed_at, passage, time, boot_id, monotonic_s) = row  # fmt: skip
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
        monotonic_s=monotonic_s,
        boot_id=boot_id,
        time=VisitTime(time),
    )


def visits_of(rows: Iterable[tuple[Any, ...]]) -> tuple[list[Visit], list[str]]:
    """The visits in rows, and the ids of rows in which there is none."""
    visits, unreadable = [], []
    for row in rows:
        try:
            visits.append(visit_of(row))
        except ValueError:
            unreadable.append(str(row[0]))
    return visits, unreadable


def is_sound(row: Mapping[str, object]) -> bool:
    """Whether a row of `visits`, by column name, is one that a journal writes, letter by letter."""
    values = tuple(row.get(name) for name in COLUMNS.split(", "))
    try:
        return row_of(visit_of(values)) == values and str(UUID(str(row["id"]))) == row["id"]
    except (ValueError, TypeError, KeyError, OverflowError):
        return False


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
    return VisitorReference(found) if len(found) == REFERENCE_BYTES else SealedReference(found)


def _time(text: object) -> datetime:
    return datetime.fromisoformat(str(text))
