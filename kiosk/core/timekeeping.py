"""What the time is on a machine whose clock may be wrong: a Raspberry Pi wakes up with the time of its last hours.

The present is an anchor, a moment known for sure in this boot, plus the monotonic time since; so steps of the system's
clock change nothing. Without an anchor it is a guess, never before a time that has been already. Pure.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

_EARLIEST = datetime(2026, 11, 1, tzinfo=UTC)
"""Central's time is not taken where it lies before this program was written, or beyond any use of it."""
_LATEST = _EARLIEST + timedelta(days=3653)
_MOST_TRIP_S = 5.0
_HTTP_DATE_S = 1.0
"""The Date of an HTTP answer has whole seconds (RFC 9110, 5.6.7)."""


@dataclass(frozen=True, slots=True)
class Reading:
    """Two clocks at one moment. monotonic_s: of this boot; real: aware, UTC."""

    monotonic_s: float
    real: datetime

    def at(self, monotonic_s: float) -> datetime:
        """The real time at another moment of the same boot."""
        return self.real + timedelta(seconds=monotonic_s - self.monotonic_s)


@dataclass(frozen=True, slots=True)
class Timekeeping:
    """guess: what is gone by without an anchor; anchor: None while the time is not known for sure.

    trusted_since: monotonic seconds of the first anchor, None without one; visits from before it have a guessed time.
    """

    guess: Reading
    anchor: Reading | None = None
    trusted_since: float | None = None


def begun(system: Reading, floor: datetime | None) -> Timekeeping:
    """A new boot. floor: a time that has been already, however the system's clock stands."""
    return Timekeeping(system if floor is None else replace(system, real=max(system.real, floor)))


def begun_again(system: Reading, anchor: Reading) -> Timekeeping:
    """The program was started again in the boot of which it knows the time already."""
    return Timekeeping(system, anchor, float("-inf"))


def present(time: Timekeeping, system: Reading) -> datetime:
    """The time now; `system` is read now."""
    if time.anchor is not None:
        return time.anchor.at(system.monotonic_s)
    return max(system.real, time.guess.at(system.monotonic_s))


def synchronised(time: Timekeeping, system: Reading) -> Timekeeping:
    """The system's clock is known to be right at this moment."""
    return _anchored(time, system)


def told_by_central(time: Timekeeping, date: datetime, asked_at: float, answered_at: float) -> Timekeeping:
    """Central has put this time on its answer; asked_at, answered_at: monotonic seconds.

    Taken within limits only: an answer that was quick enough to say something, and a time that can be.
    """
    trip_s = answered_at - asked_at
    if not 0 <= trip_s <= _MOST_TRIP_S or not _EARLIEST <= date <= _LATEST:
        return time
    told = Reading((asked_at + answered_at) / 2, date + timedelta(seconds=_HTTP_DATE_S / 2))
    if time.anchor is not None:
        off = abs(time.anchor.at(told.monotonic_s) - told.real)
        if off <= timedelta(seconds=_HTTP_DATE_S + trip_s / 2):
            return time  # as exact as it can be told
    return _anchored(time, told)


def _anchored(time: Timekeeping, anchor: Reading) -> Timekeeping:
    since = anchor.monotonic_s if time.trusted_since is None else time.trusted_since
    return replace(time, anchor=anchor, trusted_since=since)
