"""What the time is: steps of the system's clock, a restart with an old time, central's word within limits."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.core.timekeeping import Reading, Timekeeping, begun, begun_again, present, synchronised, told_by_central

TRUE = datetime(2027, 3, 1, 12, tzinfo=UTC)
"""What the time really is at the monotonic second 100."""


def true_at(monotonic_s: float) -> datetime:
    return TRUE + timedelta(seconds=monotonic_s - 100)


def system(monotonic_s: float, off: timedelta = timedelta(0)) -> Reading:
    """The machine's clocks, its real time so far off."""
    return Reading(monotonic_s, true_at(monotonic_s) + off)


steps = st.timedeltas(timedelta(days=-9000), timedelta(days=9000))


@given(steps, steps, st.floats(0, 1e7))
def test_steps_change_nothing_once_it_is_known(before: timedelta, after: timedelta, later_s: float) -> None:
    """From the moment it was synchronised the monotonic time counts, whatever is done to the system's."""
    time = synchronised(begun(system(100, before), None), system(101))
    assert abs(present(time, system(101 + later_s, after)) - true_at(101 + later_s)) < timedelta(milliseconds=1)
    assert time.trusted_since == 101


@given(steps, steps, st.floats(0, 1e7))
def test_the_guess_is_never_before_what_has_been(start: timedelta, step: timedelta, later_s: float) -> None:
    """A machine that wakes up in the past goes on from the last time that was known, and says that it guesses."""
    time = begun(system(100, start), TRUE)
    assert (time.anchor, time.trusted_since) == (None, None)
    assert present(time, system(100 + later_s, step)) >= TRUE + timedelta(seconds=later_s)


@pytest.mark.parametrize("off", [timedelta(days=-400), timedelta(0), timedelta(days=400)])
def test_central_tells_the_time(off: timedelta) -> None:
    """Exact to about a second, and from then on trusted."""
    time = told_by_central(begun(system(100, off), None), true_at(100.2).replace(microsecond=0), 100.1, 100.3)
    assert abs(present(time, system(500, off)) - true_at(500)) <= timedelta(seconds=1.1)
    assert time.trusted_since == pytest.approx(100.2)


@pytest.mark.parametrize(
    ("date", "asked_at", "answered_at"),
    [
        (TRUE, 100.0, 105.1),
        (TRUE, 100.0, 99.0),
        (datetime(1970, 1, 1, tzinfo=UTC), 100.0, 100.1),
        (datetime(2026, 10, 31, tzinfo=UTC), 100.0, 100.1),
        (datetime(2040, 1, 1, tzinfo=UTC), 100.0, 100.1),
    ],
)
def test_what_is_not_taken(date: datetime, asked_at: float, answered_at: float) -> None:
    """An answer that took too long, and times that can't be."""
    time = begun(system(100, timedelta(days=-3)), None)
    assert told_by_central(time, date, asked_at, answered_at) == time


@given(st.floats(-1.0, 1.0))
def test_what_fits_leaves_the_time_alone(off_s: float) -> None:
    """Whole seconds of central's must not make the clock jitter."""
    time = synchronised(begun(system(100), None), system(100))
    told = true_at(200) + timedelta(seconds=off_s - 0.5)
    assert told_by_central(time, told, 200, 200) == time


def test_a_clock_that_has_drifted_for_weeks_is_set_anew() -> None:
    """Minutes off after a month without network: central's time counts, and the trust was never gone."""
    time = synchronised(begun(system(100), None), system(100))
    a_month_later = 100 + 30 * 86_400.0
    told = true_at(a_month_later) + timedelta(minutes=2)
    moved = told_by_central(time, told, a_month_later, a_month_later)
    assert abs(present(moved, system(a_month_later)) - told) <= timedelta(seconds=1)
    assert moved.trusted_since == time.trusted_since


def test_a_program_that_is_started_again_knows_the_time() -> None:
    """Of the same boot what was known stays known, also what was decided before."""
    time = begun_again(system(5_000, timedelta(days=-100)), system(100))
    assert present(time, system(5_000, timedelta(days=-100))) == true_at(5_000)
    assert time.trusted_since == float("-inf")


def test_trust_begins_once() -> None:
    """A visit from before the first anchor stays one of a guessed time."""
    time: Timekeeping = begun(system(100), None)
    for monotonic_s in (110.0, 120.0, 130.0):
        time = synchronised(time, system(monotonic_s))
    assert time.trusted_since == 110
