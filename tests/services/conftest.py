"""A central that does what the test says, a clock that stands still, visits."""

import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from kiosk.adapters.journal import SqliteJournal
from kiosk.adapters.store import Store
from kiosk.core.admission import Reason, because
from kiosk.core.credential import CredentialKind, VisitorReference
from kiosk.core.ports import VisitResult
from kiosk.core.status import Source, Status, StatusAnswer, StatusRecord
from kiosk.core.visit import Passage, Visit
from tests.services.syncing import Syncing

START = datetime(2021, 6, 1, 9, 0, tzinfo=UTC)
ALIYA, BOLAT = VisitorReference(b"A" * 16), VisitorReference(b"B" * 16)
GREEN = StatusRecord(Status.GREEN, START)


class FakeClock:
    """Time that moves only when it is told to."""

    def __init__(self) -> None:
        self.elapsed_s = 100.0
        self.trusted, self.trusted_since = True, 0.0

    def monotonic(self) -> float:
        return self.elapsed_s

    def is_trusted(self) -> bool:
        return self.trusted

    def now(self) -> datetime:
        return START + timedelta(seconds=self.elapsed_s)

    boot_id = "8f1c2d3e-0000-4000-8000-000000000001"

    def was_trusted(self, monotonic_s: float) -> bool:
        return self.trusted and monotonic_s >= self.trusted_since

    def time_at(self, monotonic_s: float) -> datetime:
        return START + timedelta(seconds=monotonic_s)

    def advance(self, seconds: float) -> None:
        self.elapsed_s += seconds


@dataclass
class FakeCentral:
    """Each call does the next thing that the test has laid out, and the last one again and again."""

    checks: list[StatusRecord | Exception | None] = field(default_factory=lambda: [GREEN])
    take: Callable[[Sequence[Visit]], Sequence[VisitResult]] = lambda visits: [
        VisitResult(visit.id, accepted=True) for visit in visits
    ]
    keys: bytes | Exception = b"keys"
    gate: threading.Event | None = None
    asked: list[VisitorReference] = field(default_factory=list)
    batches: list[list[str]] = field(default_factory=list)
    keys_fetched: int = 0
    probes: list[Exception | None] = field(default_factory=lambda: [None])
    probe_gate: threading.Event | None = None
    probed: queue.SimpleQueue[float] = field(default_factory=queue.SimpleQueue)
    entered: queue.SimpleQueue[VisitorReference] = field(default_factory=queue.SimpleQueue)

    def check(self, reference: VisitorReference, budget_s: float) -> StatusRecord | None:
        assert budget_s > 0
        self.asked.append(reference)
        self.entered.put(reference)
        if self.gate is not None:
            assert self.gate.wait(10)
        result = self.checks.pop(0) if len(self.checks) > 1 else self.checks[0]
        if isinstance(result, Exception):
            raise result
        return result

    def probe(self, budget_s: float) -> None:
        self.probed.put(budget_s)
        if self.probe_gate is not None:
            assert self.probe_gate.wait(10)
        result = self.probes.pop(0) if len(self.probes) > 1 else self.probes[0]
        if result is not None:
            raise result

    def send_visits(self, visits: Sequence[Visit], budget_s: float) -> Sequence[VisitResult]:
        self.batches.append([visit.id for visit in visits])
        return self.take(visits)

    def fetch_keys(self, budget_s: float) -> bytes:
        self.keys_fetched += 1
        if isinstance(self.keys, Exception):
            raise self.keys
        return self.keys


def visit(number: int) -> Visit:
    """A visit that has been settled."""
    answer = StatusAnswer(GREEN, Source.ONLINE, START)
    return Visit(
        f"visit-{number:03}", START, CredentialKind.PASS, ALIYA, because(Reason.ADMITTED, answer), Passage.TAKEN
    )


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def central() -> FakeCentral:
    return FakeCentral()


@pytest.fixture
def make_visit() -> Callable[[int], Visit]:
    """Makes the visit of a number."""
    return visit


@pytest.fixture
def journal(tmp_path: Path, clock: Any) -> Iterator[SqliteJournal]:
    store = Store(tmp_path / "kiosk.db")
    yield SqliteJournal(store, clock)
    store.close()


@pytest.fixture
def syncing(clock: Any, central: Any, journal: SqliteJournal, make_visit: Callable[[int], Visit]) -> Syncing:
    return Syncing(clock, central, journal, make_visit)
