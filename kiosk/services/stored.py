"""What the terminal itself knows of a visitor: the last answer for who was here before, the copy for everybody."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import structlog

from kiosk.core.credential import VisitorReference
from kiosk.core.ports import Clock, KnownStatuses
from kiosk.core.status import Freshness, NoAnswer, Status, StatusAnswer, freshness, latest
from kiosk.services.defects import describe


@dataclass(frozen=True, slots=True)
class StoredRules:
    """For how long a status may decide unasked, and how long before that staff is warned.

    by_untrusted_clock: go by the clock also while nobody knows whether it is right; otherwise nothing that has an age
    decides then.
    """

    maximum_age: Mapping[Status, timedelta]
    warn_before: timedelta = timedelta(0)
    by_untrusted_clock: bool = False


class StoredAnswers:
    """Answers from the sources, of which the one that central confirmed last decides. Thread-safe, never raises."""

    def __init__(self, sources: Sequence[KnownStatuses], clock: Clock, rules: StoredRules) -> None:
        self._sources, self._clock, self._rules = tuple(sources), clock, rules
        self._log = structlog.get_logger(__name__)

    def answer(self, reference: VisitorReference) -> StatusAnswer | NoAnswer:
        """The visitor's answer without central, or why there is none."""
        known = latest(self._found(reference))
        if known is None:
            return NoAnswer.UNREACHABLE
        if not self._clock.is_trusted() and not self._rules.by_untrusted_clock:
            return NoAnswer.CLOCK_NOT_TRUSTED
        fresh = freshness(known, self._clock.now(), self._rules.maximum_age, self._rules.warn_before)
        if fresh is Freshness.TOO_OLD:
            return NoAnswer.TOO_OLD
        return replace(known, ageing=fresh is Freshness.AGEING)

    def _found(self, reference: VisitorReference) -> list[StatusAnswer]:
        found = []
        for source in self._sources:
            try:
                answer = source.get(reference)
            except Exception as error:  # noqa: BLE001  # what can't be read is as good as empty
                self._log.error("cache_failed", **describe(error))
                continue
            if answer is not None:
                found.append(answer)
        return found
