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


class VisitTime(StrEnum):
    """How far `decided_at` of a visit can be believed."""

    TRUSTED = "trusted"
    """The clock was known to be right."""
    CORRECTED = "corrected"
    """It was not, and the time has been worked out since, from the monotonic time of the same boot."""
    UNDATED = "undated"
    """It was not; the time is to be worked out, once the clock is trusted."""
    GUESSED = "guessed"
    """It was not, and the time will never be known better."""


@dataclass(frozen=True, slots=True)
class Visit:
    """One decision, as the journal keeps it and central receives it.

    id: a UUIDv7, permanent, also the id of the scan; reference: None where the credential could not be believed, sealed
    in a visit that comes back from the journal; passage: None until it is known. monotonic_s: when it was decided, in
    seconds of the boot `boot_id`; the journal adds the boot, and what the clock was worth (`time`).
    """

    id: str
    decided_at: datetime
    credential_kind: CredentialKind
    reference: VisitorReference | SealedReference | None
    decision: Decision
    passage: Passage | None = None
    monotonic_s: float | None = None
    boot_id: str | None = None
    time: VisitTime = VisitTime.TRUSTED
