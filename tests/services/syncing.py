"""A sync whose clock and central are in the test's hand."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from kiosk.adapters.journal import SqliteJournal
from kiosk.core.ports import VisitResult
from kiosk.core.visit import Visit
from kiosk.services.sync import Sync

HOUR_S = 3600.0


class Syncing:
    """A sync whose clock and central are in the test's hand; `run` lets it do what is due."""

    def __init__(self, clock: Any, central: Any, journal: SqliteJournal, make_visit: Callable[[int], Visit]) -> None:
        self.clock, self.central, self.journal, self.make_visit = clock, central, journal, make_visit
        self.keys: list[bytes] = []
        self.online: list[bool] = []
        self.pending: list[tuple[int, int]] = []
        self.keys_error: Exception | None = None
        self.sync = Sync(
            central,
            journal,
            clock,
            interval_s=30.0,
            keys_interval_s=HOUR_S,
            keep=timedelta(days=7),
            on_keys=self._take_keys,
            on_online=self.online.append,
            on_pending=lambda *counts: self.pending.append(counts),
            jitter=lambda: 1.0,
        )

    def _take_keys(self, jwks: bytes) -> None:
        if self.keys_error is not None:
            raise self.keys_error
        self.keys.append(jwks)

    def record(self, count: int, first: int = 0) -> list[str]:
        visits = [self.make_visit(number) for number in range(first, first + count)]
        for visit in visits:
            self.journal.record(visit)
            assert visit.passage is not None
            self.journal.settle(visit.id, visit.passage)
        return [visit.id for visit in visits]

    def run(self) -> float:
        return self.sync.run_once()

    def run_for(self, seconds: float) -> None:
        until = self.clock.monotonic() + seconds
        while self.clock.monotonic() < until:
            self.clock.advance(max(0.01, self.run()))


def failing(error: Exception) -> Callable[[Sequence[Visit]], Sequence[VisitResult]]:
    """A central that takes nothing."""

    def take(_: Sequence[Visit]) -> Sequence[VisitResult]:
        raise error

    return take
