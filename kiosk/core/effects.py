"""What a session asks to be done."""

from dataclasses import dataclass

from kiosk.core.credential import VisitorReference
from kiosk.core.views import LightPattern, Sound, View
from kiosk.core.visit import Passage, Visit


@dataclass(frozen=True, slots=True)
class LookUp:
    """Ask for the visitor's status."""

    scan_id: str
    reference: VisitorReference


@dataclass(frozen=True, slots=True)
class Record:
    """Commit the visit to the journal, then report VisitRecorded or VisitNotRecorded."""

    visit: Visit


@dataclass(frozen=True, slots=True)
class Settle:
    """Note in the journal what became of the visit at the door."""

    visit_id: str
    passage: Passage


@dataclass(frozen=True, slots=True)
class Unlock:
    """Release the door for this committed visit."""

    visit_id: str


@dataclass(frozen=True, slots=True)
class Show:
    """Put this on the screen. concludes: id of the scan whose result this is, if it is one."""

    view: View
    concludes: str | None = None


@dataclass(frozen=True, slots=True)
class Light:
    """Let the LEDs say this."""

    pattern: LightPattern


@dataclass(frozen=True, slots=True)
class Play:
    """Let the visitor hear this."""

    sound: Sound


SessionEffect = LookUp | Record | Settle | Unlock | Show | Light | Play
Effects = tuple[SessionEffect, ...]
