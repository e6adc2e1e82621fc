"""What the terminal shows, lights and plays, named by meaning; the edges choose words, colours and tones."""

from dataclasses import dataclass
from enum import StrEnum

from kiosk.core.admission import Decision
from kiosk.core.credential import ForeignKind


class LightPattern(StrEnum):
    """What the green and red LED say."""

    IDLE = "idle"
    CHECKING = "checking"
    GRANTED = "granted"
    PROOF_NEEDED = "proof_needed"
    DENIED = "denied"
    CALL_STAFF = "call_staff"
    FAULT = "fault"


class Sound(StrEnum):
    """What the visitor hears."""

    ACKNOWLEDGED = "acknowledged"
    GRANTED = "granted"
    PROOF_NEEDED = "proof_needed"
    DENIED = "denied"
    CALL_STAFF = "call_staff"


class Fault(StrEnum):
    """What is broken on this terminal; worst first: the worst is the one shown."""

    JOURNAL = "journal"
    DOOR = "door"
    CAMERA = "camera"
    CAMERA_UNPLUGGED = "camera_unplugged"
    CAMERA_FORMAT = "camera_format"
    CAMERA_FROZEN = "camera_frozen"
    CAMERA_DARK = "camera_dark"
    SCANNER = "scanner"
    """The USB scanner."""

    @property
    def reader(self) -> "Fault":
        """The reader that this fault takes away, named by the plainest of its faults; of other faults themselves."""
        return Fault.CAMERA if self.startswith(Fault.CAMERA) else self


class Unchecked(StrEnum):
    """Why a visitor could not be checked."""

    UNREACHABLE = "unreachable"
    TOO_OLD = "too_old"
    PASS_KEY_UNKNOWN = "pass_key_unknown"
    CLOCK_NOT_TRUSTED = "clock_not_trusted"


@dataclass(frozen=True, slots=True)
class Idle:
    """Nobody is being checked. reader: what visitors show their code to; broken: a reader that staff should see to.

    A reader is named by the plainest fault that takes it away, a broken one by the very fault.
    """

    reader: Fault = Fault.CAMERA
    broken: Fault | None = None


@dataclass(frozen=True, slots=True)
class Checking:
    """A credential was read and is being checked."""

    language: str | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """A decision; shown until the monotonic time `until`."""

    decision: Decision
    language: str | None
    until: float


@dataclass(frozen=True, slots=True)
class CouldNotCheck:
    """No answer could be had; never a refusal of the person."""

    why: Unchecked
    language: str | None
    until: float


@dataclass(frozen=True, slots=True)
class NotOurs:
    """A code that is no credential."""

    kind: ForeignKind
    until: float


@dataclass(frozen=True, slots=True)
class OutOfOrder:
    """The terminal can't do its work."""

    fault: Fault


View = Idle | Checking | Verdict | CouldNotCheck | NotOurs | OutOfOrder
