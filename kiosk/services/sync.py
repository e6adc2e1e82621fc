"""The sync: visits up to central, the keys of passes down; in the background, patiently, losing nothing."""

import random
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

import structlog

from kiosk.core.ports import Central, CentralError, Clock, JournalError, Outbox
from kiosk.core.visit import Visit
from kiosk.services.defects import describe
from kiosk.services.patience import patience_of

_BATCH = 100
_BUDGET_S = 10.0
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 1.0, 60.0
_LONGEST_PATIENCE_S = 900.0
"""Central may ask for patience; a terminal that is told to wait for a day by mistake still comes back."""
_ASIDE_S = 600.0
_TIMELESS_ANSWERS = 3
"""After so many answers without a time that can be used, visits of an unknown time go up with a guessed one."""
_PURGE_EVERY_S = 3600.0
_MOST_SINGLES = 50
_LAST_ATTEMPT = 0.8
"""The part of the time to stop in that the last attempt may take."""


@dataclass(slots=True)
class _Line:
    """One kind of errand: when it is due (monotonic seconds), and how often it has failed in a row."""

    name: str
    due: float
    failures: int = 0
    patient_until: float = 0.0
    """Central has asked not to be asked before."""


class Sync:
    """One thread. Whatever fails is tried again later; what central refuses is quarantined, never thrown away.

    keep: for how long visits stay here that central has; on_keys: takes a JWK Set, may refuse it by ValueError;
    on_online: told True or False after central was tried; on_pending: told how many visits wait, and
    how many central refuses; jitter: 0 to 1.
    """

    def __init__(
        self,
        central: Central,
        outbox: Outbox,
        clock: Clock,
        *,
        interval_s: float,
        keys_interval_s: float,
        keep: timedelta,
        on_keys: Callable[[bytes], None],
        on_online: Callable[[bool], None] = lambda _: None,
        on_pending: Callable[[int, int], None] = lambda _waiting, _refused: None,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._central, self._outbox, self._clock = central, outbox, clock
        self._interval_s, self._keys_interval_s, self._keep = interval_s, keys_interval_s, keep
        self._on_keys, self._on_online, self._on_pending = on_keys, on_online, on_pending
        self._jitter = jitter
        self._visits, self._keys, self._old = (_Line(name, clock.monotonic()) for name in ("visits", "keys", "purge"))
        self._batch = _BATCH
        self._timeless = 0
        self._aside: dict[str, float] = {}  # visits that central had trouble with, and when each may be tried again
        self._hurry, self._hope = threading.Event(), threading.Event()
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._last_until: float | None = None
        self._thread = threading.Thread(target=self._run, name="sync", daemon=True)
        self._log = structlog.get_logger(__name__)

    def start(self) -> None:
        """Start sending."""
        self._thread.start()

    def wake(self) -> None:
        """There is something to send; while central does not answer this waits for its turn all the same."""
        self._hurry.set()
        self._wake.set()

    def noticed_online(self) -> None:
        """Another part has reached central again: what has failed is tried at once."""
        self._hope.set()
        self._wake.set()

    def pending(self) -> int:
        """How many visits wait to be sent; raises JournalError."""
        return self._outbox.unsent_count()

    def stop(self, timeout_s: float) -> bool:
        """Try to send once more, then stop; whether the thread ended in time. What is not sent stays in the journal."""
        self._last_until = self._clock.monotonic() + timeout_s * _LAST_ATTEMPT
        self._stopping.set()
        self._wake.set()
        if self._thread.ident is not None:  # started
            self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def run_once(self) -> float:
        """Send what there is and fetch what is due; returns after how many seconds to come back."""
        if self._hope.is_set():
            self._hope.clear()
            for line in (self._visits, self._keys):
                if line.failures:
                    line.due = min(line.due, max(self._clock.monotonic(), line.patient_until))
        in_a_hurry = self._hurry.is_set() and not self._visits.failures
        self._hurry.clear()
        if in_a_hurry or self._clock.monotonic() >= self._visits.due:
            self._run_errand(self._visits, self._send, self._interval_s)
        if self._clock.monotonic() >= self._keys.due and not self._stopping.is_set():
            self._run_errand(self._keys, self._fetch_keys, self._keys_interval_s)
        if self._clock.monotonic() >= self._old.due and not self._stopping.is_set():
            self._run_errand(self._old, self._purge, _PURGE_EVERY_S)
        return max(0.0, min(self._visits.due, self._keys.due, self._old.due) - self._clock.monotonic())

    def _run_errand(self, line: _Line, errand: Callable[[], None], interval_s: float) -> None:
        patience_s = 0.0
        try:
            errand()
        except CentralError as error:
            patience_s = patience_of(error, _LONGEST_PATIENCE_S)
            if line.failures == 0:
                self._log.warning("errand_failed", errand=line.name, why=str(error))
            line.failures += 1
            self._on_online(False)  # noqa: FBT003  # the callback's one argument
        except JournalError as error:
            self._log.error("journal_unreadable", why=str(error))
            line.failures += 1
        except Exception as error:  # noqa: BLE001  # a defect must not end the thread that hands visits over
            self._log.error("sync_failed", **describe(error))
            line.failures += 1
        else:
            if line.failures:
                self._log.info("errand_done_again", errand=line.name)
            line.failures = 0
        pause_s = max(self._pause_s(line), patience_s) if line.failures else interval_s
        now = self._clock.monotonic()
        line.due, line.patient_until = now + pause_s, now + patience_s

    # --- visits up ----------------------------------------------------------------------------------------------

    def _send(self) -> None:
        try:
            self._date_visits()
            while visits := self._next_batch():
                self._send_batch(visits)
                self._batch = min(_BATCH, self._batch * 2)
            self._send_singles()
        finally:
            self._on_pending(self._outbox.unsent_count(), self._outbox.refused_count())

    def _date_visits(self) -> None:
        """What was taken while the clock was not trusted goes up with the right time, or for good with a guess."""
        if not self._outbox.undated_count():
            self._timeless = 0
            return
        if not self._clock.is_trusted() and not self._ask_the_time():
            return
        if self._clock.is_trusted():
            self._log.info("visit_times_corrected", count=self._outbox.correct_times())
        elif self._timeless >= _TIMELESS_ANSWERS:
            self._log.warning("visit_times_guessed", count=self._outbox.give_up_times())

    def _ask_the_time(self) -> bool:
        """Any answer of central's brings its time; whether there was one. Without it the other visits go on."""
        if self._stopping.is_set() or self._clock.monotonic() < self._keys.patient_until:
            return False
        try:
            self._fetch_keys()
        except CentralError as error:
            patience_s = patience_of(error, _LONGEST_PATIENCE_S)
            self._keys.patient_until = self._clock.monotonic() + patience_s
            return False
        self._timeless += 1
        return True

    def _next_batch(self) -> Sequence[Visit]:
        if self._time_is_up():
            return ()
        unsent = self._outbox.unsent(self._batch + len(self._aside))
        return [visit for visit in unsent if visit.id not in self._aside][: self._batch]

    def _send_batch(self, visits: Sequence[Visit]) -> None:
        try:
            answered = self._hand_over(visits)
        except Exception as error:
            # Perhaps central stumbles over one of them: smaller batches find it, so that the others get through.
            if _may_be_the_visits_fault(error) and len(visits) > 1:
                self._batch = len(visits) // 2
            elif _may_be_the_visits_fault(error):
                self._aside[visits[0].id] = self._clock.monotonic()
            raise
        for visit in visits:
            if visit.id not in answered:
                self._aside[visit.id] = self._clock.monotonic() + self._interval_s

    def _send_singles(self) -> None:
        """Try those again that were set aside, one by one, now that central takes visits."""
        now = self._clock.monotonic()
        due = {visit_id for visit_id, at in self._aside.items() if now >= at}
        if not due or self._time_is_up():
            return
        unsent = {visit.id: visit for visit in self._outbox.unsent(_BATCH + len(self._aside))}
        for visit_id in sorted(due)[:_MOST_SINGLES]:
            if visit_id not in unsent:
                del self._aside[visit_id]
            elif self._time_is_up():
                break
            elif self._is_taken(unsent[visit_id]):
                del self._aside[visit_id]
            else:
                self._aside[visit_id] = now + _ASIDE_S

    def _is_taken(self, visit: Visit) -> bool:
        try:
            self._hand_over([visit])
        except Exception as error:
            if not _may_be_the_visits_fault(error):
                raise
            self._log.warning("visit_not_taken", visit=visit.id, **describe(error))
            return False
        return True

    def _hand_over(self, visits: Sequence[Visit]) -> set[str]:
        """Send these; acknowledge or quarantine what central answered for; returns the ids of those."""
        sent = {visit.id for visit in visits}
        results = [r for r in self._central.send_visits(visits, self._budget_s()) if r.visit_id in sent]
        if not results:
            raise CentralError("central answered for no visit; they are sent again")
        accepted = [result.visit_id for result in results if result.accepted]
        refused = [result for result in results if not result.accepted]
        self._outbox.acknowledge(accepted)
        for result in refused:
            self._outbox.quarantine(result.visit_id, result.detail)
            # Why stands in the journal: central's words may quote what was sent.
            self._log.error("visit_quarantined", visit=result.visit_id)
        self._log.info("visits_sent", accepted=len(accepted), refused=len(refused), unanswered=len(sent) - len(results))
        self._on_online(True)  # noqa: FBT003  # the callback's one argument
        return {result.visit_id for result in results}

    # --- keys down ----------------------------------------------------------------------------------------------

    def _fetch_keys(self) -> None:
        jwks = self._central.fetch_keys(_BUDGET_S)
        self._on_online(True)  # noqa: FBT003  # the callback's one argument
        try:
            self._on_keys(jwks)
        except ValueError as error:
            self._log.warning("keys_refused", why=str(error))

    def _purge(self) -> None:
        """Drop what central has had for long enough: what is not on the card can't be read from it."""
        if not self._clock.is_trusted():
            return
        purged = self._outbox.purge(self._clock.now() - self._keep)
        if purged:
            self._log.info("visits_purged", count=purged)

    # --- time ---------------------------------------------------------------------------------------------------

    def _pause_s(self, line: _Line) -> float:
        """Twice as long after each failure; spread, so that a city's terminals don't all come back at once."""
        longest = min(_LONGEST_PAUSE_S, _FIRST_PAUSE_S * 2.0 ** min(line.failures, 10))
        return longest * (0.5 + 0.5 * self._jitter())

    def _budget_s(self) -> float:
        if self._last_until is None:
            return _BUDGET_S
        return max(0.0, min(_BUDGET_S, self._last_until - self._clock.monotonic()))

    def _time_is_up(self) -> bool:
        return self._last_until is not None and self._clock.monotonic() >= self._last_until

    def _run(self) -> None:
        pause_s = 0.0
        while not self._stopping.is_set():
            self._wake.wait(pause_s)
            self._wake.clear()
            pause_s = self.run_once()
        # Whatever the pace was: what is in the journal now may leave before the terminal is switched off.
        self._run_errand(self._visits, self._send, self._interval_s)


def _may_be_the_visits_fault(error: Exception) -> bool:
    """Whether another batch might fare better: not when central can't be reached, or asks for patience."""
    elsewhere = isinstance(error, TimeoutError | ConnectionError | PermissionError | JournalError)
    return not elsewhere and not hasattr(error, "retry_after_s")
