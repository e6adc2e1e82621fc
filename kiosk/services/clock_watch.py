"""Watches whether the clock is trusted, and keeps the time for a start without a time server."""

from collections.abc import Callable

import structlog

from kiosk.core.ports import Clock

_KEEP_EVERY_S = 600.0
"""Each keeping is a write to the card."""


class ClockWatch:
    """Looks when it is told to. to_keep, keep: what the next start should know, and where it goes."""

    def __init__(
        self,
        clock: Clock,
        *,
        to_keep: Callable[[], bytes | None],
        keep: Callable[[bytes], None],
        on_trusted: Callable[[bool], None],
    ) -> None:
        self._clock = clock
        self._to_keep, self._keep, self._on_trusted = to_keep, keep, on_trusted
        self._trusted: bool | None = None
        self._kept_at: float | None = None
        self._log = structlog.get_logger(__name__)

    def look(self) -> None:
        """See how the clock stands; OSError when it can't be kept."""
        trusted = self._clock.is_trusted()
        if trusted is not self._trusted:
            self._trusted = trusted
            if trusted:
                self._log.info("clock_trusted")
            else:
                self._log.warning("clock_not_trusted", until="a time server or central has told the time")
            self._on_trusted(trusted)
        now = self._clock.monotonic()
        if trusted and (self._kept_at is None or now - self._kept_at >= _KEEP_EVERY_S):
            kept = self._to_keep()
            if kept is not None:
                self._keep(kept)
                self._kept_at = now
