"""What can happen to a session. `at` is monotonic seconds; `now` is aware, in the venue's time zone.

in_view: what was presented stays in the camera's view until `CodeRemoved`; False: a USB scanner read it once, and
nobody can tell when it was taken away.
"""

from dataclasses import dataclass
from datetime import datetime

from kiosk.core.admission import Reason
from kiosk.core.credential import CredentialKind, ForeignKind, VisitorReference
from kiosk.core.status import NoAnswer, StatusAnswer
from kiosk.core.views import Fault, Unchecked


@dataclass(frozen=True, slots=True)
class CredentialPresented:
    """A credential that can be believed was read. `at`: monotonic seconds."""

    scan_id: str
    reference: VisitorReference
    kind: CredentialKind
    language: str | None
    at: float
    in_view: bool = True


@dataclass(frozen=True, slots=True)
class CredentialRefused:
    """A pass was read that is forged, expired or not yet valid; `reference` is None where it can't be believed."""

    scan_id: str
    reason: Reason
    reference: VisitorReference | None
    language: str | None
    at: float
    now: datetime
    in_view: bool = True


@dataclass(frozen=True, slots=True)
class CredentialUnverifiable:
    """A pass was read that this terminal can't judge, and why."""

    scan_id: str
    why: Unchecked
    at: float
    in_view: bool = True


@dataclass(frozen=True, slots=True)
class ForeignCodePresented:
    """A code was read that is no credential."""

    scan_id: str
    kind: ForeignKind
    at: float
    in_view: bool = True


@dataclass(frozen=True, slots=True)
class CodeRemoved:
    """The code last read has left the camera's view: whoever was waiting with it has gone."""

    at: float


@dataclass(frozen=True, slots=True)
class StatusArrived:
    """The checker has finished: `answer`, or why there is none. `now` is aware, in the venue's time zone."""

    scan_id: str
    answer: StatusAnswer | NoAnswer
    at: float
    now: datetime


@dataclass(frozen=True, slots=True)
class VisitRecorded:
    """The journal has committed the visit to disk."""

    visit_id: str
    at: float


@dataclass(frozen=True, slots=True)
class VisitNotRecorded:
    """The journal could not commit the visit."""

    visit_id: str
    at: float


@dataclass(frozen=True, slots=True)
class ProofAccepted:
    """Staff has accepted a paper PCR certificate for the visitor whose verdict is on the screen."""

    scan_id: str
    at: float
    now: datetime


@dataclass(frozen=True, slots=True)
class DoorWasOpened:
    """The door contact reports an open door."""

    at: float


@dataclass(frozen=True, slots=True)
class DoorWasClosed:
    """The door contact reports a closed door."""

    at: float


@dataclass(frozen=True, slots=True)
class FaultFound:
    """Something broke."""

    fault: Fault
    at: float


@dataclass(frozen=True, slots=True)
class FaultMended:
    """Something works again."""

    fault: Fault
    at: float


@dataclass(frozen=True, slots=True)
class TimePassed:
    """Time went by."""

    at: float


Presented = CredentialPresented | CredentialRefused | CredentialUnverifiable | ForeignCodePresented
SessionEvent = (
    Presented
    | CodeRemoved
    | StatusArrived
    | VisitRecorded
    | VisitNotRecorded
    | ProofAccepted
    | DoorWasOpened
    | DoorWasClosed
    | FaultFound
    | FaultMended
    | TimePassed
)
