"""When the door relay must rest: the door keeper's judgement, pure. Times are monotonic seconds.

The relay rests when the ordered time is up, when the program has been silent for too long while the relay is energised,
and when the relay has been energised for its hard maximum, however many orders came meanwhile.
"""

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Limits:
    """maximum_on_s: hard maximum on-time; silence_s: how long the program may be silent during a release."""

    maximum_on_s: float = 15.0
    silence_s: float = 2.0


@dataclass(frozen=True, slots=True)
class Relay:
    """energised_at: since when, None at rest; ordered_until: by the last order; heard_at: last sign of the program."""

    energised_at: float | None = None
    ordered_until: float = 0.0
    heard_at: float = 0.0


def release(relay: Relay, seconds: float, at: float) -> Relay:
    """The program orders a release. An order for no time, or for a time that is no number, is an order to rest."""
    relay = replace(relay, heard_at=at)
    if not seconds > 0:
        return rest(relay)
    since = at if relay.energised_at is None else relay.energised_at
    return replace(relay, energised_at=since, ordered_until=at + seconds)


def heard(relay: Relay, at: float) -> Relay:
    """The program gives a sign of life."""
    return replace(relay, heard_at=at)


def rest(relay: Relay) -> Relay:
    """The relay is at its resting level."""
    return replace(relay, energised_at=None, ordered_until=0.0)


def rests_at(relay: Relay, limits: Limits) -> float | None:
    """The moment at which the relay must rest; None while it does."""
    if relay.energised_at is None:
        return None
    return min(relay.ordered_until, relay.energised_at + limits.maximum_on_s, relay.heard_at + limits.silence_s)


def after(relay: Relay, at: float, limits: Limits) -> Relay:
    """The relay once time has come to `at`."""
    due = rests_at(relay, limits)
    return rest(relay) if due is not None and at >= due else relay
