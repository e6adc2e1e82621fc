"""Watches how full the card is, so that staff hear of it long before visits can't be stored any more."""

import shutil
from collections.abc import Callable
from pathlib import Path

import structlog

_FOR_VISITS_BYTES = 64 << 20
"""The last room on the card: some hundred thousand visits. The status copy does not grow into it."""
_ALARM_PERCENT, _LAST_ALARM_PERCENT = 80, 90
_EASED_PERCENT = 2
"""An alarm ends this far below where it began, so that it does not come and go."""


def used_percent(path: Path) -> int:
    """How full the file system under `path` is, 0 to 100, as a user other than root finds it; raises OSError."""
    usage = shutil.disk_usage(path)
    return 100 - usage.free * 100 // (usage.used + usage.free)


def has_room(path: Path) -> bool:
    """Whether there is more room under `path` than what is left for visits; a card that can't be measured has."""
    try:
        return shutil.disk_usage(path).free >= _FOR_VISITS_BYTES
    except OSError:
        return True  # whatever is wrong with it: not this


class StorageWatch:
    """Looks when it is told to. on_alarm: told the percentage while there is an alarm, None when it is over."""

    def __init__(self, measure: Callable[[], int], on_alarm: Callable[[int | None], None]) -> None:
        self._measure, self._on_alarm = measure, on_alarm
        self._told: int | None = None
        self._level = 0
        self._log = structlog.get_logger(__name__)

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
