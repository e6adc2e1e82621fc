"""The door keeper's judgement: never longer than any of its limits, whatever is ordered when."""

import math

from hypothesis import given
from hypothesis import strategies as st

from hardware import keeping

LIMITS = keeping.Limits(maximum_on_s=15.0, silence_s=2.0)
ORDERS = st.one_of(
    st.tuples(st.just("release"), st.floats(allow_nan=True, allow_infinity=True)),
    st.tuples(st.sampled_from(["ping", "lock", "wait"]), st.just(0.0)),
)
STEPS = st.lists(st.tuples(st.floats(0, 5), ORDERS), max_size=60)


def carry_out(relay: keeping.Relay, order: tuple[str, float], at: float) -> keeping.Relay:
    """As the keeper does: time first, then the order."""
    relay = keeping.after(relay, at, LIMITS)
    match order:
        case ("release", seconds):
            return keeping.release(relay, seconds, at)
        case ("ping", _):
            return keeping.heard(relay, at)
        case ("lock", _):
            return keeping.rest(relay)
    return relay


@given(STEPS)
def test_energised_just_as_long_as_ordered_and_allowed(steps: list[tuple[float, tuple[str, float]]]) -> None:
    """Not past the hard maximum, not past the silence, not past what was ordered last; and not a moment less."""
    relay, now = keeping.Relay(), 0.0
    since: float | None = None
    heard_at = ordered_until = 0.0
    for pause_s, (kind, seconds) in steps:
        now += pause_s
        relay = carry_out(relay, (kind, seconds), now)
        # Told again, without the module's help: time passes first, then the order counts.
        if since is not None and now >= min(since + LIMITS.maximum_on_s, heard_at + LIMITS.silence_s, ordered_until):
            since = None
        if kind in ("release", "ping"):
            heard_at = now
        if kind == "lock" or (kind == "release" and not seconds > 0):
            since = None
        elif kind == "release":
            since = now if since is None else since
            ordered_until = now + seconds
        assert relay.energised_at == since
        due = keeping.rests_at(relay, LIMITS)
        if since is None:
            assert due is None
            continue
        assert due == min(since + LIMITS.maximum_on_s, heard_at + LIMITS.silence_s, ordered_until)
        assert keeping.after(relay, due, LIMITS).energised_at is None


@given(STEPS)
def test_only_a_release_energises(steps: list[tuple[float, tuple[str, float]]]) -> None:
    """Time, signs of life and orders to lock never do."""
    relay, now = keeping.Relay(), 0.0
    for pause_s, order in steps:
        now += pause_s
        before, relay = relay, carry_out(relay, order, now)
        if before.energised_at is None and relay.energised_at is not None:
            assert order[0] == "release"
            assert order[1] > 0


def test_orders_for_no_time_are_orders_to_rest() -> None:
    """Zero, less than zero and no number at all."""
    energised = keeping.release(keeping.Relay(), 5, 100.0)
    for seconds in (0.0, -1.0, math.nan):
        assert keeping.release(energised, seconds, 101.0).energised_at is None


def test_a_second_release_prolongs_within_the_maximum() -> None:
    """REX during a release gives more time, and never more than the maximum from the first on."""
    relay = keeping.release(keeping.Relay(), 5, 100.0)
    relay = keeping.heard(keeping.release(relay, 60, 104.0), 114.5)
    assert keeping.rests_at(relay, LIMITS) == 115.0
