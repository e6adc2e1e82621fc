"""The door: locked, released, open; REX, held and forced. Pure: step(state, event) -> (state, effects).

Vocabulary of ONVIF door control and EN 60839-11. The hardware keeps a hard maximum on-time of its own besides this.
"""

from dataclasses import dataclass, replace
from enum import StrEnum


class DoorAlarm(StrEnum):
    """What is wrong at the door."""

    HELD = "held"
    FORCED = "forced"


@dataclass(frozen=True, slots=True)
class DoorRules:
    """How long a release lasts and how long an open door may stand, in seconds."""

    release_s: float = 5.0
    held_after_s: float = 30.0


@dataclass(frozen=True, slots=True)
class DoorState:
    """Times are monotonic seconds. `released_until`: None while locked; `opened_at`: None while closed.

    `renewed`: released again while it stood open, so the release belongs to the next visitor.
    """

    released_until: float | None = None
    opened_at: float | None = None
    alarm: DoorAlarm | None = None
    renewed: bool = False


@dataclass(frozen=True, slots=True)
class ReleaseOrdered:
    """A granted and journalled decision releases the door."""

    at: float
    visit_id: str


@dataclass(frozen=True, slots=True)
class ExitRequested:
    """The REX button was pressed: always opens."""

    at: float


@dataclass(frozen=True, slots=True)
class DoorOpened:
    """The door contact reports an open door."""

    at: float


@dataclass(frozen=True, slots=True)
class DoorClosed:
    """The door contact reports a closed door."""

    at: float


@dataclass(frozen=True, slots=True)
class DoorTimePassed:
    """Time went by."""

    at: float


DoorEvent = ReleaseOrdered | ExitRequested | DoorOpened | DoorClosed | DoorTimePassed


@dataclass(frozen=True, slots=True)
class Release:
    """Energise the strike for `seconds` at the most."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Lock:
    """Bring the relay to its resting level."""


@dataclass(frozen=True, slots=True)
class RaiseAlarm:
    """Tell staff."""

    alarm: DoorAlarm


@dataclass(frozen=True, slots=True)
class ClearAlarm:
    """What was wrong at the door is over."""

    alarm: DoorAlarm


DoorEffect = Release | Lock | RaiseAlarm | ClearAlarm


def step(state: DoorState, event: DoorEvent, rules: DoorRules) -> tuple[DoorState, tuple[DoorEffect, ...]]:
    """What the door does next. Time-outs are judged by the event's own time, whatever the event is."""
    state, overdue = _time_out(state, event.at, rules)
    match event:
        case ReleaseOrdered(at=at) | ExitRequested(at=at):
            state = replace(state, released_until=at + rules.release_s, renewed=state.opened_at is not None)
            return state, (*overdue, Release(rules.release_s))
        case DoorOpened(at=at) if state.opened_at is None:
            if state.released_until is None:
                state = replace(state, opened_at=at, alarm=DoorAlarm.FORCED)
                return state, (*overdue, RaiseAlarm(DoorAlarm.FORCED))
            return replace(state, opened_at=at), overdue
        case DoorClosed() if state.opened_at is not None:
            cleared = () if state.alarm is None else (ClearAlarm(state.alarm),)
            if state.renewed:
                return DoorState(released_until=state.released_until), (*overdue, *cleared)
            # Behind the visitor the door locks at once: what is left of the release belongs to nobody.
            locked = () if state.released_until is None else (Lock(),)
            return DoorState(), (*overdue, *cleared, *locked)
    return state, overdue


def next_deadline(state: DoorState, rules: DoorRules) -> float | None:
    """When time alone will change something next, in monotonic seconds."""
    deadlines = []
    if state.released_until is not None:
        deadlines.append(state.released_until)
    if state.opened_at is not None and state.alarm is None:
        deadlines.append(state.opened_at + rules.held_after_s)
    return min(deadlines, default=None)


def _time_out(state: DoorState, at: float, rules: DoorRules) -> tuple[DoorState, tuple[DoorEffect, ...]]:
    effects: tuple[DoorEffect, ...] = ()
    if state.released_until is not None and at >= state.released_until:
        state = replace(state, released_until=None, renewed=False)
        effects += (Lock(),)
    if state.opened_at is not None and state.alarm is None and at >= state.opened_at + rules.held_after_s:
        state = replace(state, alarm=DoorAlarm.HELD)
        effects += (RaiseAlarm(DoorAlarm.HELD),)
    return state, effects
