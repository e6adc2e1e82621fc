"""The clock of this machine."""

import time
from datetime import datetime
from zoneinfo import ZoneInfo


class SystemClock:
    """The system's time; fits `kiosk.core.ports.Clock`."""

    def __init__(self, time_zone: ZoneInfo) -> None:
        self._time_zone = time_zone

    def monotonic(self) -> float:
        """Seconds since some moment; never goes back, whatever is done to the system's time."""
        return time.monotonic()

    def now(self) -> datetime:
        """The present in the venue's time zone."""
        return datetime.now(self._time_zone)
