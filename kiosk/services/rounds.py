"""Goes the rounds: looks now and then at what changes slowly, such as the card's filling and the age of the data."""

import threading
from collections.abc import Callable, Sequence

import structlog

from kiosk.services.defects import describe


class Rounds:
    """One thread for all looks. every_s: between two rounds, in seconds; the first is at the start."""

    def __init__(self, looks: Sequence[Callable[[], None]], *, every_s: float) -> None:
        self._looks, self._every_s = tuple(looks), every_s
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="rounds", daemon=True)
        self._log = structlog.get_logger(__name__)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self, timeout_s: float) -> bool:
        """End; whether the thread ended in time."""
        self._stopping.set()
        if self._thread.ident is not None:  # started
            self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def go(self) -> None:
        """One round; a look that fails takes nothing from the others."""
        for look in self._looks:
            try:
                look()
            except Exception as error:  # noqa: BLE001  # whatever it is: the next round may find it mended
                self._log.error("look_failed", **describe(error))

    def _run(self) -> None:
        while not self._stopping.is_set():
            self.go()
            self._stopping.wait(self._every_s)
