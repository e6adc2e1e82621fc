"""What the runtime needs of the outside world. Hardware and adapters fit these by shape, without importing them."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from kiosk.core.credential import PassClaims, PassProblem, SignedPass, VisitorReference
from kiosk.core.status import NoAnswer, StatusAnswer, StatusRecord
from kiosk.core.views import LightPattern, Sound, View
from kiosk.core.visit import Passage, Visit


class JournalError(OSError):
    """The journal can't keep a visit; the message says why and what to do."""


class CentralError(OSError):
    """Central gave no usable answer; the base of the client's own errors."""


class CursorGone(CentralError):  # noqa: N818  # it is no error: the answer to a question that came too late
    """Central does not know the cursor of the status copy any more."""


class Clock(Protocol):
    """Time. `monotonic` in seconds; `now` aware, in the venue's time zone."""

    def monotonic(self) -> float: ...
    def now(self) -> datetime: ...
    def is_trusted(self) -> bool:
        """Whether `now` is known to be right; else it is a guess, never before a time that has been already."""


class StatusSource(Protocol):
    """Looks a status up without blocking the caller; calls `answered(scan_id, answer)` once, from any thread."""

    def look_up(
        self, scan_id: str, reference: VisitorReference, answered: Callable[[str, StatusAnswer | NoAnswer], None]
    ) -> None: ...


class Central(Protocol):
    """The central status API, as the services use it. Every call ends within its time budget or raises CentralError."""

    def check(self, reference: VisitorReference, budget_s: float) -> StatusRecord | None:
        """The visitor's record, or None when central does not know the visitor."""

    def probe(self, budget_s: float) -> None:
        """What a visitor's check would meet, about nobody."""

    def send_visits(self, visits: Sequence[Visit], budget_s: float) -> Sequence["VisitResult"]:
        """Hand visits over; one result per visit, in any order; a visit without a result has not been taken over."""

    def fetch_keys(self, budget_s: float) -> bytes:
        """The JWK Set (RFC 7517) of the keys that passes are signed with."""


class StatusPages(Protocol):
    """Where the pages of the status copy come from. Every call ends within its time budget or raises CentralError."""

    def fetch_statuses(self, since: str | None, shard: int | None, budget_s: float) -> bytes:
        """The page after the cursor `since`; shard: this shard as it is now. Raises CursorGone."""


class KnownStatuses(Protocol):
    """Statuses on board, for visitors whom central can't be asked about. Thread-safe."""

    def get(self, reference: VisitorReference) -> StatusAnswer | None: ...


class StatusPagesTaker(Protocol):
    """The same copy, from the side of the sync; for one thread."""

    def wanted(self) -> tuple[str | None, int | None]:
        """Cursor (None: begin anew) and shard of the page to fetch next."""

    def take(self, page: bytes) -> bool:
        """Take a page in; whether to fetch the next at once. ValueError: a bad page; OSError, sqlite3.Error."""

    def start_over(self) -> None:
        """Fetch everything anew; what is in use stays until that is whole."""

    def verify(self) -> int:
        """Find damaged parts, to be fetched anew; returns how many."""

    def fold(self) -> bool:
        """Tidy up; whether there was anything to do."""


@dataclass(frozen=True, slots=True)
class VisitResult:
    """What central did with one visit: `accepted` also for one that it had already."""

    visit_id: str
    accepted: bool
    detail: str = ""


class StatusCache(Protocol):
    """The last known status answers, kept across restarts. Thread-safe."""

    def get(self, reference: VisitorReference) -> StatusAnswer | None: ...
    def put(self, reference: VisitorReference, record: StatusRecord, confirmed_at: datetime) -> None: ...
    def forget(self, reference: VisitorReference) -> None: ...


class Journal(Protocol):
    """Visits on disk. Thread-safe."""

    def record(self, visit: Visit) -> None:
        """Commit durably before returning; raises JournalError otherwise."""

    def settle(self, visit_id: str, passage: Passage) -> None:
        """Note the passage; the first one noted stays. Raises JournalError."""


class Outbox(Protocol):
    """The same journal, from the side of the sync. Thread-safe."""

    def unsent(self, limit: int) -> Sequence[Visit]:
        """Settled visits that central has neither acknowledged nor refused, oldest first."""

    def acknowledge(self, visit_ids: Iterable[str]) -> None: ...
    def quarantine(self, visit_id: str, detail: str) -> None:
        """Central refuses this visit: keep it, stop sending it."""

    def unsent_count(self) -> int: ...
    def refused_count(self) -> int:
        """How many are in quarantine."""

    def undated_count(self) -> int:
        """How many wait for their time to be known: they were taken while the clock was not trusted."""

    def correct_times(self) -> int:
        """Give the undated ones of this boot their time, now that the clock is trusted; returns how many."""

    def give_up_times(self) -> int:
        """Let the undated ones go as they are, marked as such; from then on they stay so. Returns how many."""

    def purge(self, before: datetime) -> int:
        """Drop what central acknowledged before this time; returns how many. Nothing else is ever dropped."""


class PassVerifier(Protocol):
    """Checks a pass's form and signature, not its time. Never raises."""

    def verify(self, signed_pass: SignedPass) -> PassClaims | PassProblem: ...


class Door(Protocol):
    """The strike relay, with a hard maximum on-time of its own."""

    def release(self, seconds: float) -> None: ...
    def lock(self) -> None: ...


class Lights(Protocol):
    """The green and red LED."""

    def show(self, pattern: LightPattern) -> None: ...


class Sounds(Protocol):
    """Buzzer and loudspeaker."""

    def play(self, sound: Sound) -> None: ...


class Display(Protocol):
    """The screen; `show` may be called from any thread."""

    def show(self, view: View) -> None: ...
