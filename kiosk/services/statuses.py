"""Keeps the status copy up to date: fetches its pages in the background, patiently, while lookups go on."""

import random
from collections.abc import Callable

import structlog

from kiosk.core.ports import CentralError, Clock, CursorGone, StatusPages, StatusPagesTaker
from kiosk.services.defects import describe
from kiosk.services.patience import patience_of
from kiosk.services.repeating import Repeating

_BUDGET_S = 60.0
"""For one page: some hundred kilobytes, over whatever line the entrance has."""
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 2.0, 300.0
_LONGEST_PATIENCE_S = 3600.0
_VERIFY_EVERY_S = 24 * 3600.0
_NO_ROOM_S = 60.0
_LEAST_PAUSE_S = 0.005
"""Between two pages, so that a snapshot does not take the processor from visitors."""


class StatusesSync:
    """One thread. A page that is bad or lost is fetched again; the copy in use is never touched by what fails.

    interval_s: between two looks for changes; has_room: whether the card has room for more than visits; jitter:
    0 to 1.
    """

    def __init__(
        self,
        central: StatusPages,
        copy: StatusPagesTaker,
        clock: Clock,
        *,
        interval_s: float,
        on_online: Callable[[bool], None] = lambda _: None,
        has_room: Callable[[], bool] = lambda: True,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._central, self._copy, self._clock = central, copy, clock
        self._interval_s = interval_s
        self._on_online, self._has_room = on_online, has_room
        self._waits_for_room = False
        self._jitter = jitter
        self._failures = 0
        self._verified_at: float | None = None
        self._patient_until = 0.0
        self._repeating = Repeating("statuses", self.run_once)
        self._log = structlog.get_logger(__name__)

    def start(self) -> None:
        """Start fetching."""
        self._repeating.start()

    def stop(self, timeout_s: float) -> bool:
        """Stop; whether the thread ended in time. What has been fetched stays."""
        return self._repeating.stop(timeout_s)

    def noticed_online(self) -> None:
        """Another part has reached central again: what has failed is tried at once."""
        if self._failures and self._clock.monotonic() >= self._patient_until:
            self._repeating.hurry()

    def run_once(self) -> float:
        """Fetch one page; returns after how many seconds to come back."""
        if not self._is_room():
            return _NO_ROOM_S
        try:
            since, shard = self._copy.wanted()
            page = self._central.fetch_statuses(since, shard, _BUDGET_S)
        except CursorGone:
            self._log.warning("status_copy_starts_over")
            return self._guarded(self._start_over)
        except CentralError as error:
            self._on_online(False)  # noqa: FBT003  # the callback's one argument
            patience_s = patience_of(error, _LONGEST_PATIENCE_S)
            if self._failures == 0:
                self._log.warning("statuses_not_fetched", why=str(error))
            self._patient_until = self._clock.monotonic() + patience_s
            return max(self._failed(), patience_s)
        except Exception as error:  # noqa: BLE001  # a copy that can't be read must not end its mending
            self._log.error("status_copy_failed", **describe(error))
            return self._failed()
        self._on_online(True)  # noqa: FBT003  # the callback's one argument
        return self._guarded(lambda: self._take(page))

    def _is_room(self) -> bool:
        room = self._has_room()
        if room and self._waits_for_room:
            self._log.info("statuses_have_room_again")
        elif not room and not self._waits_for_room:
            self._log.error("statuses_wait_for_room", why="the card's last room is for visits")
        self._waits_for_room = not room
        return room

    def _take(self, page: bytes) -> float:
        more = self._copy.take(page)
        self._failures = 0
        if more:
            return _LEAST_PAUSE_S
        self._tidy()
        return self._interval_s * (0.9 + 0.2 * self._jitter())

    def _start_over(self) -> float:
        self._copy.start_over()
        return self._failed()

    def _tidy(self) -> None:
        """While there is nothing to fetch: fold changes, and once a day read all of the copy."""
        self._copy.fold()
        now = self._clock.monotonic()
        if self._verified_at is None or now - self._verified_at >= _VERIFY_EVERY_S:
            self._verified_at = now
            self._copy.verify()

    def _guarded(self, step: Callable[[], float]) -> float:
        try:
            return step()
        except ValueError as error:  # a bad page
            self._log.warning("status_page_refused", why=str(error))
        except Exception as error:  # noqa: BLE001  # a full card, a damaged index: tried again later
            self._log.error("status_copy_failed", **describe(error))
        return self._failed()

    def _failed(self) -> float:
        """Twice as long after each failure; spread, so that a city's terminals don't all come back at once."""
        self._failures += 1
        longest = min(_LONGEST_PAUSE_S, _FIRST_PAUSE_S * 2.0 ** min(self._failures, 10))
        return longest * (0.5 + 0.5 * self._jitter())
