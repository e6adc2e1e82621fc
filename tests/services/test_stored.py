"""What the terminal knows without central, and when it may say so."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from kiosk.core.credential import VisitorReference
from kiosk.core.status import NoAnswer, Source, Status, StatusAnswer, StatusRecord
from kiosk.services.stored import StoredAnswers, StoredRules

ALIYA = VisitorReference(b"A" * 16)
LIMITS = {Status.GREEN: timedelta(days=3), Status.RED: timedelta(days=14)}


class Shelf:
    """One answer for everybody."""

    def __init__(self, answer: StatusAnswer | None) -> None:
        self.answer = answer

    def get(self, _: VisitorReference) -> StatusAnswer | None:
        return self.answer


def known(clock: Any, hours: float, status: Status = Status.GREEN, source: Source = Source.COPY) -> StatusAnswer:
    """Confirmed so many hours ago."""
    at = clock.now() - timedelta(hours=hours)
    return StatusAnswer(StatusRecord(status, at), source, at)


@pytest.mark.parametrize(("hours", "ageing"), [(0, False), (47, False), (49, True), (71, True)])
def test_staff_is_warned_before_it_is_too_late(clock: Any, hours: float, ageing: bool) -> None:
    """The answer itself says that it will soon decide no more."""
    answer = known(clock, hours)
    rules = StoredRules(LIMITS, warn_before=timedelta(days=1))
    assert StoredAnswers((Shelf(answer),), clock, rules).answer(ALIYA) == replace(answer, ageing=ageing)


@pytest.mark.parametrize("status", [Status.GREEN, Status.RED])
def test_nothing_that_has_an_age_decides_by_a_clock_that_nobody_trusts(clock: Any, status: Status) -> None:
    """It is not refused for it either; a technician may choose otherwise."""
    clock.trusted = False
    answer = known(clock, 1, status)
    assert StoredAnswers((Shelf(answer),), clock, StoredRules(LIMITS)).answer(ALIYA) is NoAnswer.CLOCK_NOT_TRUSTED
    by_clock = StoredRules(LIMITS, by_untrusted_clock=True)
    assert StoredAnswers((Shelf(answer),), clock, by_clock).answer(ALIYA) == answer
    assert StoredAnswers((Shelf(None),), clock, StoredRules(LIMITS)).answer(ALIYA) is NoAnswer.UNREACHABLE


def test_red_in_the_copy_wins_over_an_older_green_that_is_still_good(clock: Any) -> None:
    """Of two sources the one that central confirmed last decides, whatever their order."""
    green, red = known(clock, 2, source=Source.CACHE), known(clock, 1, Status.RED)
    for shelves in ((Shelf(green), Shelf(red)), (Shelf(red), Shelf(green))):
        assert StoredAnswers(shelves, clock, StoredRules(LIMITS)).answer(ALIYA) == red


def test_a_newest_answer_that_is_too_old_is_not_replaced_by_an_older_one(clock: Any) -> None:
    """A yellow past its limit must not let an older green with a longer limit decide."""
    limits = {Status.YELLOW: timedelta(hours=1), Status.GREEN: timedelta(days=3)}
    yellow, green = known(clock, 2, Status.YELLOW), known(clock, 3)
    answers = StoredAnswers((Shelf(yellow), Shelf(green)), clock, StoredRules(limits))
    assert answers.answer(ALIYA) is NoAnswer.TOO_OLD
