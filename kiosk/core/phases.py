"""Where the session of one visitor can stand, and what it follows: the values that kiosk.core.session steps over."""

from dataclasses import dataclass

from kiosk.core.events import CredentialPresented, Presented
from kiosk.core.venue import Policy, Venue
from kiosk.core.views import Fault
from kiosk.core.visit import Visit


@dataclass(frozen=True, slots=True)
class SessionRules:
    """What the session needs to know of the configuration; times in seconds.

    answer_s: from the reading of a code to the last moment at which an answer counts; record_s: likewise for the
    journal; least_s: how long a result stays even when the next visitor is waiting; passage_s: how long after a release
    the door may be opened for the visit to count as taken; has_contact: False means that passage can't be known;
    readers: what codes are read by, each named by the fault that takes it away.
    """

    venue: Venue
    policy: Policy
    answer_s: float = 1.5
    record_s: float = 2.0
    granted_s: float = 4.0
    denied_s: float = 6.0
    notice_s: float = 3.0
    least_s: float = 1.0
    passage_s: float = 5.0
    has_contact: bool = False
    readers: frozenset[Fault] = frozenset({Fault.CAMERA})


@dataclass(frozen=True, slots=True)
class Ready:
    """Waiting for a visitor."""


@dataclass(frozen=True, slots=True)
class Looking:
    """A status is being looked up; an answer after `until` counts no more."""

    scan: CredentialPresented
    until: float


@dataclass(frozen=True, slots=True)
class Recording:
    """A decision is being written to the journal; a confirmation after `until` opens nothing."""

    visit: Visit
    language: str | None
    until: float


@dataclass(frozen=True, slots=True)
class Shown:
    """A result is on the screen; `visit` is None for a notice. The next visitor is served from `yields_at` on."""

    visit: Visit | None
    language: str | None
    yields_at: float
    until: float


Phase = Ready | Looking | Recording | Shown


@dataclass(frozen=True, slots=True)
class AwaitedPassage:
    """A released visit whose visitor has not opened the door yet."""

    visit_id: str
    until: float


@dataclass(frozen=True, slots=True)
class Session:
    """The state. `waiting`: what was shown while another visitor was served; served next, if it is not taken away."""

    phase: Phase = Ready()
    faults: frozenset[Fault] = frozenset()
    waiting: Presented | None = None
    awaited: tuple[AwaitedPassage, ...] = ()
    door_open: bool = False
