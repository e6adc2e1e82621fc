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
class SealedReference:
    """A visitor reference that central alone can open; its repr hides it all the same."""

    box: bytes

    def __repr__(self) -> str:
        return "SealedReference(<sealed>)"


@dataclass(frozen=True, slots=True)
class Visit:
    """One decision, as the journal keeps it and central receives it.

    id: a UUIDv7, permanent, also the id of the scan; reference: None where the credential could not be believed, sealed
    in a visit that comes back from the journal; passage: None until it is known.
    """

    id: str
    decided_at: datetime
    credential_kind: CredentialKind
    reference: VisitorReference | SealedReference | None
    decision: Decision
    passage: Passage | None = None
