"""Status answers: their age, and for how long they may decide."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.core.status import Source, Status, StatusAnswer, StatusRecord, latest, still_usable

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
    assert still_usable(answer(status, timedelta(hours=hours)), NOW, LIMITS) is usable


def test_a_record_that_has_run_out_decides_nothing() -> None:
    """valid_until is the first moment at which the record is no longer valid."""
    fresh = timedelta(0)
    assert not still_usable(answer(Status.GREEN, fresh, NOW), NOW, LIMITS)
    assert still_usable(answer(Status.GREEN, fresh, NOW + timedelta(seconds=1)), NOW, LIMITS)


def test_an_unknown_visitor_is_not_an_answer_to_keep() -> None:
    """That central did not know somebody once says nothing later."""
    assert not still_usable(StatusAnswer(None, Source.CACHE, NOW), NOW, LIMITS)


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
