"""The real client and sync against a real central behind a proxy that fails in every way: nothing wrong, none lost."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk import contract
from kiosk.adapters.central_client import CentralClient
from kiosk.adapters.clock import TerminalClock
from kiosk.adapters.issuing import new_key, new_reference, public_key_set
from kiosk.adapters.journal import SqliteJournal
from kiosk.adapters.store import Store
from kiosk.adapters.visit_ids import new_visit_id
from kiosk.central.app import create_app
from kiosk.central.database import Database
from kiosk.central.running import RunningCentral
from kiosk.central.tables import Person
from kiosk.core.admission import Reason, because
from kiosk.core.credential import CredentialKind, format_reference
from kiosk.core.ports import CentralError, VisitResult
from kiosk.core.status import Source, Status, StatusAnswer, StatusRecord
from kiosk.core.visit import Passage, Visit
from kiosk.services.sync import Sync
from kiosk.status_pages import decode_page
from tests.services.conftest import FakeClock
from tests.system.fault_proxy import FAULTS, WELL, Fault, FaultProxy

ALIYA = new_reference()
SHORT_S, LONG_S = 0.3, 20.0
PROPER = {"doubled"}  # such a request is answered all the same
NOT_IN_A_GET = {"reset in the request's body"}  # which has none


@dataclass
class Line:
    """A central, the proxy before it, and the terminal's client."""

    database: Database
    proxy: FaultProxy
    client: CentralClient


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Line]:
    database = Database(f"sqlite:///{tmp_path_factory.mktemp('central') / 'central.db'}")
    database.register("entrance", "token")
    keys = contract.KeySet.model_validate_json(public_key_set([new_key("k1")]))
    at = "2021-06-01T09:00:00Z"
    database.replace_people(
        [Person(reference=format_reference(ALIYA), status="green", as_of=at, valid_until=None, home_area=None)]
    )
    with (
        RunningCentral(create_app(database, keys)) as central,
        FaultProxy(central.url) as proxy,
    ):
        client = CentralClient(proxy.url, "token")
        yield Line(database, proxy, client)
        client.close()
    database.close()


def visit() -> Visit:
    now = datetime.now(UTC)
    answer = StatusAnswer(StatusRecord(Status.GREEN, now), Source.ONLINE, now)
    return Visit(new_visit_id(), now, CredentialKind.PASS, ALIYA, because(Reason.ADMITTED, answer), Passage.TAKEN)


def call(line: Line, what: str, budget_s: float) -> object:
    """One call; what it returns must be central's word."""
    match what:
        case "check":
            record = line.client.check(ALIYA, budget_s)
            assert record is not None
            assert record.status is Status.GREEN
            return record
        case "visits":
            sent = [visit(), visit()]
            results = line.client.send_visits(sent, budget_s)
            stored = {str(found.id) for _, found in line.database.visits()}
            assert {result.visit_id for result in results if result.accepted} <= stored
            assert {one.id for one in sent} <= stored
            return results
        case "keys":
            return line.client.fetch_keys(budget_s)
        case _:
            page = line.client.fetch_statuses(None, None, budget_s)
            decode_page(page)
            return page


@pytest.mark.parametrize("what", ["check", "visits", "keys", "statuses"])
@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_every_call_survives_every_fault(line: Line, fault: Fault, what: str) -> None:
    """It ends in its time with a typed error, never with a wrong answer; and works when the line is well again."""
    line.proxy.become(fault)
    budget_s = SHORT_S if fault.silent else LONG_S
    if fault.name in PROPER or (fault.name in NOT_IN_A_GET and what in ("keys", "statuses")):
        try:
            call(line, what, budget_s)
        except CentralError:
            assert fault.name not in PROPER
    else:
        with pytest.raises(CentralError):
            call(line, what, budget_s)
    line.proxy.become(WELL)
    assert call(line, what, LONG_S)


class Hasty:
    """The client with less patience: a silent central shall not cost the test ten seconds."""

    def __init__(self, client: CentralClient) -> None:
        self._client = client

    def check(self, *_: object) -> None:
        raise AssertionError("visitors are asked about in the test above")

    def send_visits(self, visits: Sequence[Visit], _: float) -> Sequence[VisitResult]:
        return self._client.send_visits(visits, 0.2)

    def fetch_keys(self, _: float) -> bytes:
        return self._client.fetch_keys(0.2)


class Terminal:
    """Journal and sync over one file; `restart` is a crash: nothing is said goodbye to."""

    def __init__(self, folder: Path, line: Line) -> None:
        self.path, self.line, self.clock = folder / "kiosk.db", line, FakeClock()
        self._open()

    def _open(self) -> None:
        self.store = Store(self.path)
        self.journal = SqliteJournal(self.store, TerminalClock())
        self.journal.settle_leftovers()
        central: Any = Hasty(self.line.client)
        self.sync = Sync(
            central,
            self.journal,
            self.clock,
            interval_s=5,
            keys_interval_s=1e9,
            keep=timedelta(days=7),
            on_keys=lambda _: None,
            jitter=lambda: 1.0,
        )

    def restart(self) -> None:
        self.store.close()
        self._open()

    def work(self, turns: int) -> None:
        for _ in range(turns):
            self.sync.run_once()
            self.clock.advance(61)


steps = st.lists(
    st.tuples(st.sampled_from([WELL, *FAULTS]), st.integers(0, 4), st.integers(1, 3), st.booleans()),
    min_size=2,
    max_size=6,
)


@settings(max_examples=30)
@given(taken=steps)
def test_after_any_faults_and_crashes_central_has_what_the_journal_has(
    line: Line, taken: list[tuple[Fault, int, int, bool]]
) -> None:
    """Each visit once and unchanged; none lost, none doubled, and none refused that was not refused by central."""
    before = {str(found.id) for _, found in line.database.visits()}
    with TemporaryDirectory() as folder:
        terminal = Terminal(Path(folder), line)
        for fault, visits, turns, crash in taken:
            line.proxy.become(fault)
            for _ in range(visits):
                terminal.journal.record(visit())
            terminal.work(turns)
            if crash:
                terminal.restart()
        line.proxy.become(WELL)
        terminal.clock.advance(3600)
        terminal.work(30)
        journalled = {one.id: one.passage for one in terminal.journal.visits()}
        counts = terminal.journal.counts()
        terminal.store.close()
    at_central = [found for _, found in line.database.visits() if str(found.id) not in before]
    assert len({found.id for found in at_central}) == len(at_central)
    assert {str(found.id): found.passage.value for found in at_central} == journalled
    assert (counts.acknowledged, counts.unsent, counts.quarantined) == (len(journalled), 0, 0)
