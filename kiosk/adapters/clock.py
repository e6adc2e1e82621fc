"""The terminal's clock: the system's where it is known to be right, else central's time carried on in this boot."""

import json
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4
from zoneinfo import ZoneInfo

import structlog

from kiosk.core.timekeeping import Reading, Timekeeping, begun, begun_again, present, synchronised, told_by_central

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_ODD = timedelta(minutes=1)


def boot_id() -> str:
    """What tells this boot of the machine from all others; random(4)."""
    try:
        return _BOOT_ID.read_text(encoding="ascii").strip()
    except OSError:
        return str(uuid4())  # no Linux: each start of the program counts as a boot


def _system_time() -> datetime:
    return datetime.now(UTC)


class TerminalClock:
    """Fits `kiosk.core.ports.Clock`. Thread-safe."""

    def __init__(
        self,
        time_zone: ZoneInfo = ZoneInfo("UTC"),  # noqa: B008  # a value
        *,
        is_synchronised: Callable[[], bool] = lambda: True,
        kept: bytes | None = None,
        boot: str | None = None,
        system_time: Callable[[], datetime] | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """is_synchronised: whether the system's clock is known to be right now; kept: what `to_keep` gave last."""
        self.boot_id = boot_id() if boot is None else boot
        self._time_zone, self._is_synchronised = time_zone, is_synchronised
        self._system_time, self._monotonic = system_time or _system_time, monotonic
        self._lock = threading.Lock()  # guards the two below
        self._time = _begun(kept, self.boot_id, self._read())
        self._oddity_told = False

    def monotonic(self) -> float:
        """Seconds since some moment of this boot; never goes back, whatever is done to the system's time."""
        return self._monotonic()

    def now(self) -> datetime:
        """The present in the venue's time zone; a guess while the clock is not trusted."""
        with self._lock:
            system = self._look()
            return present(self._time, system).astimezone(self._time_zone)

    def is_trusted(self) -> bool:
        """Whether `now` is known to be right."""
        with self._lock:
            self._look()
            return self._time.anchor is not None

    def was_trusted(self, monotonic_s: float) -> bool:
        """Whether `now` was known to be right at that moment of this boot."""
        with self._lock:
            self._look()
            since = self._time.trusted_since
            return since is not None and monotonic_s >= since

    def time_at(self, monotonic_s: float) -> datetime:
        """The real time (UTC) at that moment of this boot, as well as it is known now."""
        with self._lock:
            system = self._look()
            return present(self._time, system) - timedelta(seconds=system.monotonic_s - monotonic_s)

    def heard_date(self, date: datetime, asked_at: float, answered_at: float) -> None:
        """Central, which has proved to be central, has put this time (aware) on an answer; monotonic seconds."""
        with self._lock:
            system = self._look()
            off = abs(present(self._time, system) - date)
            odd = self._time.anchor is not None and off > _ODD
            tell, self._oddity_told = odd and not self._oddity_told, odd
            if not self._is_synchronised():
                self._time = told_by_central(self._time, date, asked_at, answered_at)
        if tell:
            structlog.get_logger(__name__).warning("clock_differs_from_centrals", seconds=round(off.total_seconds()))

    def to_keep(self) -> bytes | None:
        """What the next start should know; None while the time is not known."""
        with self._lock:
            system = self._look()
            if self._time.anchor is None:
                return None
            now = present(self._time, system)
        return json.dumps(
            {"boot_id": self.boot_id, "monotonic_s": system.monotonic_s, "real": now.astimezone(UTC).isoformat()}
        ).encode("ascii")

    def _look(self) -> Reading:
        system = self._read()
        if self._is_synchronised():
            self._time = synchronised(self._time, system)
        return system

    def _read(self) -> Reading:
        return Reading(self._monotonic(), self._system_time())


def _begun(kept: bytes | None, this_boot: str, system: Reading) -> Timekeeping:
    if kept is None:
        return begun(system, None)
    try:
        document = json.loads(kept)
        anchor = Reading(float(document["monotonic_s"]), datetime.fromisoformat(document["real"]).astimezone(UTC))
        is_this_boot = document["boot_id"] == this_boot and anchor.monotonic_s <= system.monotonic_s
    except (ValueError, KeyError, TypeError, OverflowError) as error:
        structlog.get_logger(__name__).error("kept_time_unreadable", error=type(error).__name__)
        return begun(system, None)
    return begun_again(system, anchor) if is_this_boot else begun(system, anchor.real)
