"""A visit in the form in which central takes it."""

from base64 import b64encode
from uuid import UUID

from kiosk import contract
from kiosk.core.credential import VisitorReference, format_reference
from kiosk.core.visit import Passage, SealedReference, Visit, VisitTime

_TIMES = {
    VisitTime.TRUSTED: contract.VisitTime.TRUSTED,
    VisitTime.CORRECTED: contract.VisitTime.CORRECTED,
    VisitTime.UNDATED: contract.VisitTime.GUESSED,
    VisitTime.GUESSED: contract.VisitTime.GUESSED,
}


def wire_visit(visit: Visit) -> contract.Visit:
    """The wire form of a visit; a passage that is not known yet is `unknown`."""
    decision, answer = visit.decision, visit.decision.answer
    record = None if answer is None else answer.record
    return contract.Visit(
        id=UUID(visit.id),
        decided_at=visit.decided_at,
        credential_kind=visit.credential_kind.value,
        reference=format_reference(visit.reference) if isinstance(visit.reference, VisitorReference) else None,
        sealed_reference=b64encode(visit.reference.box).decode("ascii")
        if isinstance(visit.reference, SealedReference)
        else None,
        outcome=contract.Outcome(decision.outcome.value),
        reason=decision.reason.value,
        status=None if record is None else contract.Status(record.status.value),
        source=None if answer is None else answer.source.value,
        confirmed_at=None if answer is None else answer.confirmed_at,
        passage=contract.Passage((visit.passage or Passage.UNKNOWN).value),
        time=_TIMES[visit.time],
        boot_id=None if visit.boot_id is None else UUID(visit.boot_id),
        monotonic_s=visit.monotonic_s,
    )
