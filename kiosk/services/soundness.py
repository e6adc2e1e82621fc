"""Reads the journal's file as the next start would, now and then, so that damage is found while visits can be saved."""

import time
from collections.abc import Callable

import structlog

from kiosk.services.defects import describe
from kiosk.services.repeating import Repeating

_LEAST_PAUSE_S = 10.0
_SHARE = 100
"""Reading takes at most one part in so many of the time: a large file is read less often."""
_JOIN_S = 0.02


class SoundnessWatch:
    """One thread. examine: what is wrong, or None; mend: begins anew; salvage: brings over what was saved.

    interrupt: ends an examination or a salvage that is under way; a large file takes its time, and a stop has none.
    """

    def __init__(
        self,
        examine: Callable[[], str | None],
        mend: Callable[[], None],
        salvage: Callable[[], object],
        monotonic: Callable[[], float] = time.monotonic,
        interrupt: Callable[[], None] = lambda: None,
    ) -> None:
        self._examine, self._mend, self._salvage = examine, mend, salvage
        self._interrupt, self._monotonic = interrupt, monotonic
        self._fails = False
        self._repeating = Repeating("soundness", self.look)
        self._log = structlog.get_logger(__name__)

    def start(self) -> None:
        """Begin to watch."""
        self._repeating.start()

    def stop(self, timeout_s: float) -> bool:
        """End; whether the thread ended in time."""
        return self._repeating.stop(timeout_s, self._interrupt)

    def look(self) -> float:
        """Examine once, and mend what is damaged; returns after how many seconds to look again."""
        began = self._monotonic()
        try:
            wrong = self._examine()
            took_s = self._monotonic() - began
            if wrong is not None:
                self._log.error("journal_damaged", why=wrong)
                self._mend()
                self._log.info("journal_mended")
            if not self._repeating.is_stopping:
                self._salvage()
        except Exception as error:  # noqa: BLE001  # a full disk, a defect: the next look tries again
            if not self._fails:  # once, not for weeks
                self._log.error("journal_not_examined", **describe(error))
            self._fails = True
            return _LEAST_PAUSE_S
        self._fails = False
        return max(_LEAST_PAUSE_S, took_s * _SHARE)
