"""A visit in the form in which central takes it."""

from uuid import UUID

from kiosk import contract
from kiosk.core.credential import format_reference
from kiosk.core.visit import Passage, Visit


def wire_visit(visit: Visit) -> contract.Visit:
    """The wire form of a visit; a passage that is not known yet is `unknown`."""
    decision, answer = visit.decision, visit.decision.answer
    record = None if answer is None else answer.record
    return contract.Visit(
        id=UUID(visit.id),
        decided_at=visit.decided_at,
        credential_kind=visit.credential_kind.value,
        reference=None if visit.reference is None else format_reference(visit.reference),
        outcome=contract.Outcome(decision.outcome.value),
        reason=decision.reason.value,
        status=None if record is None else contract.Status(record.status.value),
        source=None if answer is None else answer.source.value,
        confirmed_at=None if answer is None else answer.confirmed_at,
        passage=contract.Passage((visit.passage or Passage.UNKNOWN).value),
    )
