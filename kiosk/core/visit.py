"""A visit: one decision at this entrance, and whether the visitor then passed."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from kiosk.core.admission import Decision
from kiosk.core.credential import CredentialKind, VisitorReference


class Passage(StrEnum):
    """What became of a visit at the door."""

    TAKEN = "taken"
    NOT_TAKEN = "not_taken"
    UNKNOWN = "unknown"
    """No door contact is wired, or the terminal stopped before it could tell."""


@dataclass(frozen=True, slots=True)
class Visit:
    """One decision, as the journal keeps it and central receives it.

    id: a UUIDv7, permanent, also the id of the scan; reference: None where the credential could not be believed;
    passage: None until it is known.
    """

    id: str
    decided_at: datetime
    credential_kind: CredentialKind
    reference: VisitorReference | None
    decision: Decision
    passage: Passage | None = None
