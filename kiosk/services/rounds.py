"""Goes the rounds: looks now and then at what changes slowly, such as the card's filling and the age of the data."""

from collections.abc import Callable, Sequence

import structlog

from kiosk.services.defects import describe
from kiosk.services.repeating import Repeating


class Rounds:
    """One thread for all looks. every_s: between two rounds, in seconds; the first is at the start."""

    def __init__(self, looks: Sequence[Callable[[], None]], *, every_s: float) -> None:
        self._looks, self._every_s = tuple(looks), every_s
        self._failing: set[int] = set()
        self._repeating = Repeating("rounds", self._step)
        self._log = structlog.get_logger(__name__)

    def start(self) -> None:
        """Begin."""
        self._repeating.start()

    def stop(self, timeout_s: float) -> bool:
        """End; whether the thread ended in time."""
        return self._repeating.stop(timeout_s)

    def go(self) -> None:
        """One round; a look that fails takes nothing from the others."""
        for number, look in enumerate(self._looks):
            try:
                look()
            except Exception as error:  # noqa: BLE001  # whatever it is: the next round may find it mended
                if number not in self._failing:  # once, not for weeks
                    self._log.error("look_failed", **describe(error))
                self._failing.add(number)
            else:
                self._failing.discard(number)

    def _step(self) -> float:
        self.go()
        return self._every_s
