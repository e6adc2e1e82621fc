"""Watches how old the status copy is, so that staff hear of it before strangers can't be checked any more."""

from collections.abc import Callable
from datetime import datetime, timedelta

import structlog

from kiosk.core.ports import Clock


class AgeWatch:
    """Looks when it is told to. on_age: told the copy's age and how long it may still decide, in seconds.

    limit: the shortest of all statuses' maximum ages; warn_before: so long before it the log warns. The age is None
    where there is no copy, or where nobody can tell: the clock is not trusted.
    """

    def __init__(
        self,
        confirmed_at: Callable[[], datetime | None],
        clock: Clock,
        *,
        limit: timedelta,
        warn_before: timedelta,
        on_age: Callable[[float | None, float | None, bool], None],
    ) -> None:
        self._confirmed_at, self._clock = confirmed_at, clock
        self._limit, self._warn_before = limit, warn_before
        self._on_age = on_age
        self._level = 0
        self._log = structlog.get_logger(__name__)

    def look(self) -> None:
        """Measure once."""
        confirmed_at = self._confirmed_at()
        if confirmed_at is None or not self._clock.is_trusted():
            self._on_age(None, None, False)  # noqa: FBT003  # the callback's third argument
            return
        age = max(timedelta(0), self._clock.now() - confirmed_at)
        left = self._limit - age
        level = 2 if left <= timedelta(0) else 1 if left <= self._warn_before else 0
        if level != self._level:
            self._tell(level, age, left)
            self._level = level
        self._on_age(age.total_seconds(), max(0.0, left.total_seconds()), level > 0)

    def _tell(self, level: int, age: timedelta, left: timedelta) -> None:
        hours = round(age.total_seconds() / 3600, 1)
        if level == 0:
            self._log.info("status_copy_fresh", age_h=hours)
        elif level == 1:
            self._log.warning("status_copy_ages", age_h=hours, usable_h=round(left.total_seconds() / 3600, 1))
        else:
            self._log.error("status_copy_too_old", age_h=hours)
