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
    """

    record: StatusRecord | None
    source: Source
    confirmed_at: datetime

    def age(self, now: datetime) -> timedelta:
        """How old the answer is; never negative, since a clock may have been set back in between."""
        return max(now - self.confirmed_at, timedelta(0))


class NoAnswer(StrEnum):
    """Why there is no status answer: the visitor is told "could not check", never refused for it."""

    UNREACHABLE = "unreachable"
    """Central did not answer in time and the cache does not know the visitor."""
    TOO_OLD = "too_old"
    """Central did not answer in time and what the cache knows is older than the configuration allows."""


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


def still_usable(answer: StatusAnswer, now: datetime, maximum_age: Mapping[Status, timedelta]) -> bool:
    """Whether an answer may still decide: its record has not run out and its age is within its status's limit.

    A status without an entry in `maximum_age` is never usable from the cache. A record confirmed in the future beyond
    any doubt about clocks (more than its own limit ahead) is not trusted either.
    """
    if answer.record is None:
        return False
    if answer.record.valid_until is not None and now >= answer.record.valid_until:
        return False
    limit = maximum_age.get(answer.record.status)
    if limit is None:
        return False
    return abs(now - answer.confirmed_at) <= limit
