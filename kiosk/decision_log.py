"""One line for each scan that came to an end: what was read, what was decided and why, what door and light did.

The lines name no visitor: neither reference nor payload nor pass stands in them.
"""

from dataclasses import dataclass

import structlog

from kiosk.core.effects import Effects, Light, Show
from kiosk.core.ports import Clock
from kiosk.core.views import CouldNotCheck, NotOurs, Verdict
from kiosk.core.visit import Visit

_KEPT_SCANS = 16


@dataclass(slots=True)
class _Scan:
    """What is known of one scan so far; times are monotonic seconds."""

    read: str
    reader: str
    captured_at: float
    visit: Visit | None = None
    decided_at: float | None = None
    released_at: float | None = None


class DecisionLog:
    """Follows each scan from its frame to its end and writes its line."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._scans: dict[str, _Scan] = {}
        self._log = structlog.get_logger("kiosk.decision")

    def begin(self, scan_id: str, read: str, reader: str, captured_at: float) -> None:
        """A code was read from a frame that the camera took at `captured_at`."""
        while len(self._scans) >= _KEPT_SCANS:  # scans that were waited for and went away
            del self._scans[next(iter(self._scans))]
        self._scans[scan_id] = _Scan(read, reader, captured_at)

    def decided(self, visit: Visit) -> None:
        """A decision was made and is about to be journalled."""
        scan = self._scans.get(visit.id)
        if scan is not None:
            scan.visit, scan.decided_at = visit, self._clock.monotonic()

    def released(self, visit_id: str) -> None:
        """The door was told to open for this visit."""
        scan = self._scans.get(visit_id)
        if scan is not None:
            scan.released_at = self._clock.monotonic()

    def conclude(self, effects: Effects) -> None:
        """Write the line of the scan that these effects show the result of, if they do."""
        shown = next((effect for effect in effects if isinstance(effect, Show) and effect.concludes), None)
        if shown is None or shown.concludes is None:
            return
        scan = self._scans.pop(shown.concludes, None)
        if scan is None:
            return
        light = next((effect.pattern.value for effect in effects if isinstance(effect, Light)), None)
        common = {
            "read": scan.read,
            "reader": scan.reader,
            "light": light,
            "door": "locked" if scan.released_at is None else "released",
            "frame_to_result_ms": _milliseconds(scan.captured_at, self._clock.monotonic()),
            "monotonic_s": self._clock.monotonic(),
        }
        match shown.view:
            case Verdict(decision=decision, language=language):
                answer = decision.answer
                record = answer.record if answer is not None else None
                self._log.info(
                    "decision",
                    visit=shown.concludes,
                    outcome=decision.outcome.value,
                    reason=decision.reason.value,
                    status=record.status.value if record is not None else None,
                    source=answer.source.value if answer is not None else None,
                    age_s=_age_s(scan),
                    ageing=answer is not None and answer.ageing,
                    language=language,
                    frame_to_decision_ms=_milliseconds(scan.captured_at, scan.decided_at),
                    frame_to_release_ms=_milliseconds(scan.captured_at, scan.released_at),
                    **common,
                )
            case CouldNotCheck(why=why, language=language):
                self._log.info(
                    "could_not_check", outcome="could_not_check", reason=why.value, language=language, **common
                )
            case NotOurs(kind=kind):
                self._log.info("not_a_credential", outcome="not_a_credential", reason=kind.value, **common)


def _milliseconds(start_s: float, end_s: float | None) -> float | None:
    return None if end_s is None else round((end_s - start_s) * 1000, 1)


def _age_s(scan: _Scan) -> float | None:
    if scan.visit is None or scan.visit.decision.answer is None:
        return None
    return round(scan.visit.decision.answer.age(scan.visit.decided_at).total_seconds(), 1)
