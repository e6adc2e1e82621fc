"""The door: released, opened, held, forced."""

from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from kiosk.core.door import (
    ClearAlarm,
    DoorAlarm,
    DoorClosed,
    DoorEffect,
    DoorEvent,
    DoorOpened,
    DoorRules,
    DoorState,
    DoorTimePassed,
    ExitRequested,
    Lock,
    RaiseAlarm,
    Release,
    ReleaseOrdered,
    next_deadline,
    step,
)

RULES = DoorRules(release_s=5.0, held_after_s=30.0)


def run(*events: DoorEvent, state: DoorState | None = None) -> tuple[DoorState, tuple[DoorEffect, ...]]:
    """The door after these events, and the effects of the last one."""
    state = state or DoorState()
    effects: tuple[DoorEffect, ...] = ()
    for event in events:
        state, effects = step(state, event, RULES)
    return state, effects


def test_a_release_ends_by_itself() -> None:
    """A door that nobody opens locks when the release is over."""
    state, effects = run(ReleaseOrdered(10.0, "v1"))
    assert effects == (Release(5.0),)
    assert next_deadline(state, RULES) == 15.0
    assert run(DoorTimePassed(15.0), state=state) == (DoorState(), (Lock(),))


def test_the_door_locks_behind_the_visitor() -> None:
    """When the door closes, what is left of the release belongs to nobody."""
    state, effects = run(ReleaseOrdered(0.0, "v1"), DoorOpened(1.0), DoorClosed(2.0))
    assert (state, effects) == (DoorState(), (Lock(),))


def test_a_release_for_the_next_visitor_outlives_the_closing_behind_the_first() -> None:
    """Two in a row: the second one's release is not taken away by the first one's closing door."""
    state, effects = run(ReleaseOrdered(0.0, "v1"), DoorOpened(1.0), ReleaseOrdered(1.5, "v2"), DoorClosed(2.0))
    assert effects == ()
    assert next_deadline(state, RULES) == 6.5


def test_the_exit_button_always_opens() -> None:
    """REX releases the door in every state."""
    for state in (DoorState(), DoorState(opened_at=0.0, alarm=DoorAlarm.FORCED), DoorState(released_until=9.0)):
        assert Release(5.0) in run(ExitRequested(4.0), state=state)[1]


def test_an_opening_without_a_release_is_forced() -> None:
    """A door that opens although it is locked raises an alarm, which ends when it closes."""
    state, effects = run(DoorOpened(1.0))
    assert effects == (RaiseAlarm(DoorAlarm.FORCED),)
    assert run(DoorClosed(2.0), state=state) == (DoorState(), (ClearAlarm(DoorAlarm.FORCED),))


def test_a_door_left_open_is_held() -> None:
    """A door that stays open for too long raises an alarm once."""
    state, _ = run(ReleaseOrdered(0.0, "v1"), DoorOpened(1.0), DoorTimePassed(6.0))
    assert next_deadline(state, RULES) == 31.0
    state, effects = run(DoorTimePassed(31.0), state=state)
    assert effects == (RaiseAlarm(DoorAlarm.HELD),)
    assert run(DoorTimePassed(60.0), state=state)[1] == ()
    assert run(DoorClosed(61.0), state=state)[1] == (ClearAlarm(DoorAlarm.HELD),)


def test_an_opening_after_the_release_is_forced_even_without_a_tick() -> None:
    """Time-outs are judged by the event's own time: a late opening is not covered by an old release."""
    _, effects = run(ReleaseOrdered(0.0, "v1"), DoorOpened(5.0))
    assert effects == (Lock(), RaiseAlarm(DoorAlarm.FORCED))


EVENTS: dict[str, Callable[[float], DoorEvent]] = {
    "release": lambda at: ReleaseOrdered(at, "v"),
    "exit": ExitRequested,
    "open": DoorOpened,
    "close": DoorClosed,
    "tick": DoorTimePassed,
}
events_after = st.lists(st.tuples(st.floats(0.01, 20), st.sampled_from(sorted(EVENTS))), max_size=40)


@given(events_after)
def test_the_strike_is_never_released_longer_than_ordered(steps: list[tuple[float, str]]) -> None:
    """Whatever happens, the door is released only within release_s of an order, and rests otherwise."""
    state, at, ordered = DoorState(), 0.0, -1000.0
    for seconds, what in steps:
        at += seconds
        if what in ("release", "exit"):
            ordered = at
        state, effects = step(state, EVENTS[what](at), RULES)
        for effect in effects:
            if isinstance(effect, Release):
                assert at == ordered
                assert effect.seconds <= RULES.release_s
        if state.released_until is not None:
            assert at < state.released_until <= ordered + RULES.release_s
        deadline = next_deadline(state, RULES)
        assert deadline is None or deadline > at
