"""What the tests of the store and of passes share."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kiosk.adapters.store import Store
from kiosk.core.admission import Decision, Reason, because
from kiosk.core.credential import CredentialKind, VisitorReference
from kiosk.core.status import Source, Status, StatusAnswer, StatusRecord
from kiosk.core.visit import Passage, Visit

NOW = datetime(2021, 4, 26, 9, 30, tzinfo=UTC)
ANSWER = StatusAnswer(StatusRecord(Status.BLUE, NOW, None, "shymkent/abay"), Source.ONLINE, NOW)

MakeVisit = Callable[..., Visit]


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """Where the test's database stands."""
    return tmp_path / "kiosk.db"


@pytest.fixture
def store(database: Path) -> Iterator[Store]:
    """An open store, closed at the end."""
    opened = Store(database)
    yield opened
    opened.close()


@pytest.fixture
def make_visit() -> MakeVisit:
    """Visits numbered from 1."""

    def make(number: int = 1, *, decision: Decision | None = None, passage: Passage | None = None) -> Visit:
        return Visit(
            id=f"018f0000-0000-7000-8000-{number:012d}",
            decided_at=NOW,
            credential_kind=CredentialKind.PASS,
            reference=VisitorReference(number.to_bytes(16, "big")),
            decision=decision or because(Reason.ADMITTED, ANSWER),
            passage=passage,
        )

    return make
