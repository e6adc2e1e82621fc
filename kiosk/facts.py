"""What the edges report: raw facts, without times that the core would have to believe."""

from dataclasses import dataclass

from kiosk.core.status import NoAnswer, StatusAnswer
from kiosk.core.views import Fault


@dataclass(frozen=True, slots=True)
class CodeSeen:
    """A code was read. captured_at: monotonic seconds of the frame it was read from, or of its first key.

    in_view: `CodeGone` will tell when the camera sees it no more; False: it came from a USB scanner.
    """

    payload: bytes
    is_qr: bool
    reader: str
    captured_at: float
    in_view: bool = True

    def __repr__(self) -> str:
        return f"CodeSeen(<{len(self.payload)} bytes hidden>, reader={self.reader!r})"


@dataclass(frozen=True, slots=True)
class CodeGone:
    """No code is in the camera's view any more."""


@dataclass(frozen=True, slots=True)
class StatusAnswered:
    """The checker has finished one look-up."""

    scan_id: str
    answer: StatusAnswer | NoAnswer


@dataclass(frozen=True, slots=True)
class ExitPressed:
    """The REX button."""


@dataclass(frozen=True, slots=True)
class ProofPressed:
    """Staff accepts a paper certificate."""


@dataclass(frozen=True, slots=True)
class ContactChanged:
    """The door contact."""

    is_open: bool


@dataclass(frozen=True, slots=True)
class Broke:
    """Something does not work."""

    fault: Fault


@dataclass(frozen=True, slots=True)
class Mended:
    """Something works again."""

    fault: Fault


Fact = CodeSeen | CodeGone | StatusAnswered | ExitPressed | ProofPressed | ContactChanged | Broke | Mended
