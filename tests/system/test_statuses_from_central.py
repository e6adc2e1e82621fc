"""The status copy fetched from a real central over a real socket, by the real client and sync."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kiosk import contract
from kiosk.adapters.central_client import CentralClient
from kiosk.adapters.clock import TerminalClock
from kiosk.adapters.issuing import new_reference
from kiosk.adapters.status_copy import StatusCopy
from kiosk.central import publishing
from kiosk.central.app import create_app
from kiosk.central.database import Database
from kiosk.central.running import RunningCentral
from kiosk.central.tables import Person
from kiosk.core.credential import VisitorReference, format_reference
from kiosk.services.statuses import StatusesSync

PEOPLE = [new_reference() for _ in range(300)]
STRANGER = new_reference()
AREA = "shymkent/abay"


def person(reference: VisitorReference, status: str) -> Person:
    return Person(
        reference=format_reference(reference),
        status=status,
        as_of="2021-06-01T09:00:00Z",
        valid_until=None,
        home_area=AREA,
    )


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = Database(f"sqlite:///{tmp_path / 'central.db'}")
    opened.register("entrance", "token")
    opened.replace_people([person(reference, "green") for reference in PEOPLE])
    yield opened
    opened.close()


@pytest.fixture
def copy(tmp_path: Path) -> Iterator[StatusCopy]:
    opened = StatusCopy(tmp_path / "statuses", lambda: datetime.now(UTC))
    yield opened
    opened.close()


@pytest.fixture
def fetch(database: Database, copy: StatusCopy) -> Iterator[Callable[[], int]]:
    """Fetches until there is no more; how many pages that took."""
    with RunningCentral(create_app(database, contract.KeySet(keys=[]))) as central:
        client = CentralClient(central.url, "token")
        sync = StatusesSync(client, copy, TerminalClock(), interval_s=900)

        def run() -> int:
            pages = 1
            while (pause_s := sync.run_once()) < 1:
                pages += 1
                assert pages < 1000
            assert pause_s > 800, "a page failed"
            return pages

        yield run
        client.close()


def statuses(copy: StatusCopy) -> list[str | None]:
    answers = [copy.get(reference) for reference in PEOPLE]
    return [None if answer is None or answer.record is None else answer.record.status.value for answer in answers]


def test_everybody_and_then_what_changes(fetch: Callable[[], int], copy: StatusCopy, database: Database) -> None:
    """A snapshot of 256 pages and a proof; after that one page for any number of changes."""
    assert fetch() == 257
    assert statuses(copy) == ["green"] * len(PEOPLE)
    assert copy.get(STRANGER) is None
    answer = copy.get(PEOPLE[0])
    assert answer is not None
    assert answer.record is not None
    assert answer.record.home_area == AREA

    left = PEOPLE[:10] + PEOPLE[20:]
    database.replace_people([person(reference, "red" if reference in PEOPLE[:10] else "green") for reference in left])
    assert fetch() == 1
    assert statuses(copy) == ["red"] * 10 + [None] * 10 + ["green"] * (len(PEOPLE) - 20)
    assert fetch() == 1
    assert copy.verify() == 0


def test_changes_in_several_pages(
    fetch: Callable[[], int], copy: StatusCopy, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More changes than a page holds come in as many as are needed, the proof with the last."""
    fetch()
    monkeypatch.setattr(publishing, "CHANGES_PER_PAGE", 70)
    database.replace_people([person(reference, "red") for reference in PEOPLE])
    assert fetch() == 5
    assert statuses(copy) == ["red"] * len(PEOPLE)


def test_another_central_means_another_copy(fetch: Callable[[], int], copy: StatusCopy, tmp_path: Path) -> None:
    """A central that was set up anew does not know the cursor: the old copy answers until the new one is whole."""
    fetch()
    database = Database(f"sqlite:///{tmp_path / 'new.db'}")
    database.register("entrance", "token")
    database.replace_people([person(PEOPLE[0], "blue")])
    with RunningCentral(create_app(database, contract.KeySet(keys=[]))) as central:
        client = CentralClient(central.url, "token")
        sync = StatusesSync(client, copy, TerminalClock(), interval_s=900)
        assert 1 <= sync.run_once() < 10
        for _ in range(256):
            assert sync.run_once() < 1
            assert statuses(copy) == ["green"] * len(PEOPLE)
        assert sync.run_once() > 800
        client.close()
    database.close()
    assert statuses(copy) == ["blue"] + [None] * (len(PEOPLE) - 1)


@pytest.mark.parametrize("cursor", ["nonsense", "d.other.1", "d..1", "s.x.1.999", "d.x.99999999999999999999"])
def test_a_cursor_of_nowhere_is_gone(database: Database, cursor: str) -> None:
    """Whatever a terminal has kept, it learns to begin anew."""
    with pytest.raises(publishing.UnknownCursorError):
        database.statuses(cursor, None)


def test_the_same_people_again_change_nothing(database: Database) -> None:
    """A central that is restarted with the same file publishes no change."""
    before = database.statuses(None, None)
    database.replace_people([person(reference, "green") for reference in reversed(PEOPLE)])
    assert database.statuses(None, None) == before
