"""A visitor's health status, the record that holds it, and the answer that brought it here."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class Status(StrEnum):
    """What the programme says of a visitor, worst first."""

    RED = "red"
    YELLOW = "yellow"
    BLUE = "blue"
    GREEN = "green"


class Source(StrEnum):
    """Where a status answer came from."""

    ONLINE = "online"
    CACHE = "cache"
    """What central said of this visitor when last asked."""
    COPY = "copy"
    """The terminal's copy of everybody's status."""


@dataclass(frozen=True, slots=True)
class StatusRecord:
    """One visitor's status as central assigned it. Datetimes are aware."""

    status: Status
    as_of: datetime
    valid_until: datetime | None = None
    home_area: str | None = None


@dataclass(frozen=True, slots=True)
class StatusAnswer:
    """A status record with its source; `record` is None when central knows no such visitor.

    `confirmed_at` is when central last said so: the age of the answer counts from there, not from `record.as_of`.
    `ageing`: it comes from on board and will soon be too old to decide.
    """

    record: StatusRecord | None
    source: Source
    confirmed_at: datetime
    ageing: bool = False

    def age(self, now: datetime) -> timedelta:
        """How old the answer is; never negative, since a clock may have been set back in between."""
        return max(now - self.confirmed_at, timedelta(0))


class NoAnswer(StrEnum):
    """Why there is no status answer: the visitor is told "could not check", never refused for it."""

    UNREACHABLE = "unreachable"
    """Central did not answer in time and nothing on board knows the visitor."""
    TOO_OLD = "too_old"
    """Central did not answer in time and what is known on board is older than the configuration allows."""
    CLOCK_NOT_TRUSTED = "clock_not_trusted"
    """Central did not answer in time, and how old what is known on board is can't be told."""


def latest(answers: Iterable[StatusAnswer]) -> StatusAnswer | None:
    """The answer that central confirmed last; of two of one moment the worse status: an older green opens no door."""
    order = list(Status)  # worst first
    return max(
        answers,
        key=lambda answer: (
            answer.confirmed_at,
            -order.index(answer.record.status) if answer.record is not None else 0,
        ),
        default=None,
    )


class Freshness(StrEnum):
    """Whether an answer from on board may still decide."""

    FRESH = "fresh"
    AGEING = "ageing"
    """It may, and staff is told that it soon may not."""
    TOO_OLD = "too_old"


def freshness(
    answer: StatusAnswer, now: datetime, maximum_age: Mapping[Status, timedelta], warn_before: timedelta = timedelta(0)
) -> Freshness:
    """How an answer from on board stands to its record's end and its status's limit.

    A status without an entry in `maximum_age` never decides from on board. Neither does a record confirmed in the
    future beyond any doubt about clocks (more than its own limit ahead).
    """
    record = answer.record
    if record is None or (record.valid_until is not None and now >= record.valid_until):
        return Freshness.TOO_OLD
    limit = maximum_age.get(record.status)
    if limit is None or abs(now - answer.confirmed_at) > limit:
        return Freshness.TOO_OLD
    return Freshness.AGEING if answer.age(now) >= limit - warn_before and warn_before else Freshness.FRESH
