"""Status answers: their age, and for how long they may decide."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.core.status import Freshness, Source, Status, StatusAnswer, StatusRecord, freshness, latest

NOW = datetime(2021, 6, 1, 9, 0, tzinfo=UTC)
LIMITS = {Status.GREEN: timedelta(hours=72), Status.RED: timedelta(days=14)}


def answer(status: Status, age: timedelta, valid_until: datetime | None = None) -> StatusAnswer:
    return StatusAnswer(StatusRecord(status, NOW, valid_until), Source.CACHE, NOW - age)


@pytest.mark.parametrize(
    ("status", "hours", "usable"),
    [
        (Status.GREEN, 0, True),
        (Status.GREEN, 72, True),
        (Status.GREEN, 73, False),
        (Status.RED, 73, True),
        (Status.BLUE, 0, False),
        (Status.GREEN, -1, True),
        (Status.GREEN, -73, False),
    ],
)
def test_each_status_has_its_own_maximum_age(status: Status, hours: int, usable: bool) -> None:
    """An answer decides up to its status's limit; without a limit never; from a far future neither."""
    found = freshness(answer(status, timedelta(hours=hours)), NOW, LIMITS)
    assert (found is not Freshness.TOO_OLD) is usable


def test_a_record_that_has_run_out_decides_nothing() -> None:
    """valid_until is the first moment at which the record is no longer valid."""
    fresh = timedelta(0)
    assert freshness(answer(Status.GREEN, fresh, NOW), NOW, LIMITS) is Freshness.TOO_OLD
    assert freshness(answer(Status.GREEN, fresh, NOW + timedelta(seconds=1)), NOW, LIMITS) is Freshness.FRESH


def test_an_unknown_visitor_is_not_an_answer_to_keep() -> None:
    """That central did not know somebody once says nothing later."""
    assert freshness(StatusAnswer(None, Source.CACHE, NOW), NOW, LIMITS) is Freshness.TOO_OLD


@given(st.timedeltas(timedelta(0), timedelta(days=20)), st.timedeltas(timedelta(0), timedelta(days=2)))
def test_a_warning_comes_before_the_end(age: timedelta, warn_before: timedelta) -> None:
    """First fresh, then ageing for as long as was set, then too old; never back."""
    found = freshness(answer(Status.GREEN, age), NOW, LIMITS, warn_before)
    limit = LIMITS[Status.GREEN]
    if age > limit:
        assert found is Freshness.TOO_OLD
    elif warn_before and age >= limit - warn_before:
        assert found is Freshness.AGEING
    else:
        assert found is Freshness.FRESH


@given(st.timedeltas())
def test_an_age_is_never_negative(age: timedelta) -> None:
    """A clock that was set back makes no answer younger than new."""
    try:
        confirmed_at = NOW - age
    except OverflowError:
        return
    assert StatusAnswer(None, Source.CACHE, confirmed_at).age(NOW) == max(age, timedelta(0))


def test_the_answer_confirmed_last_decides() -> None:
    """Red in the copy wins over an older green in the cache, and a newer green over an older red."""
    green, red = answer(Status.GREEN, timedelta(hours=2)), answer(Status.RED, timedelta(hours=1))
    assert latest([green, red]) == latest([red, green]) == red
    newer = answer(Status.GREEN, timedelta(minutes=1))
    assert latest([newer, red]) == newer
    assert latest([]) is None


@given(st.lists(st.builds(answer, st.sampled_from(Status), st.sampled_from([timedelta(0), timedelta(hours=1)]))))
def test_of_one_moment_the_worse_status_decides(answers: list[StatusAnswer]) -> None:
    """Whatever their order; and never an answer that is older than another."""
    decides = latest(answers)
    for other in answers:
        assert decides is not None
        assert decides.record is not None
        assert other.record is not None
        assert other.confirmed_at <= decides.confirmed_at
        if other.confirmed_at == decides.confirmed_at:
            assert list(Status).index(decides.record.status) <= list(Status).index(other.record.status)
