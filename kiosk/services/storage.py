"""Watches how full the card is, so that staff hear of it long before visits can't be stored any more."""

import shutil
import threading
from collections.abc import Callable
from pathlib import Path

import structlog

_EVERY_S = 60.0
_ALARM_PERCENT, _LAST_ALARM_PERCENT = 80, 90
_EASED_PERCENT = 2
"""An alarm ends this far below where it began, so that it does not come and go."""


def used_percent(path: Path) -> int:
    """How full the file system under `path` is, 0 to 100, as a user other than root finds it; raises OSError."""
    usage = shutil.disk_usage(path)
    return 100 - usage.free * 100 // (usage.used + usage.free)


class StorageWatch:
    """One thread. on_alarm: told the percentage while there is an alarm, None when it is over."""

    def __init__(self, measure: Callable[[], int], on_alarm: Callable[[int | None], None]) -> None:
        self._measure, self._on_alarm = measure, on_alarm
        self._told: int | None = None
        self._level = 0
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="storage", daemon=True)
        self._log = structlog.get_logger(__name__)

    def start(self) -> None:
        """Begin to watch."""
        self._thread.start()

    def stop(self, timeout_s: float) -> bool:
        """End; whether the thread ended in time."""
        self._stopping.set()
        if self._thread.ident is not None:  # started
            self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def look(self) -> None:
        """Measure once."""
        try:
            percent = self._measure()
        except OSError as error:
            self._log.warning("storage_not_measured", why=error.strerror)
            return
        level = 2 if percent >= _LAST_ALARM_PERCENT else 1 if percent >= _ALARM_PERCENT else 0
        eased = percent < (0, _ALARM_PERCENT, _LAST_ALARM_PERCENT)[self._level] - _EASED_PERCENT
        if level > self._level or eased:
            self._tell(level, percent)
            self._level = level
        told = percent if self._level else None
        if told != self._told:
            self._told = told
            self._on_alarm(told)

    def _tell(self, level: int, percent: int) -> None:
        if level == 0:
            self._log.info("storage_has_room", percent=percent)
        elif level == 1:
            self._log.warning("storage_fills_up", percent=percent)
        else:
            self._log.error("storage_almost_full", percent=percent)

    def _run(self) -> None:
        while True:
            self.look()
            if self._stopping.wait(_EVERY_S):
                return
