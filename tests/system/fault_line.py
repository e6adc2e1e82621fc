"""A real central, the proxy before it and the terminal's real client; and the one place where services are made."""

import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from kiosk import contract
from kiosk.adapters.central_client import CentralClient
from kiosk.adapters.issuing import new_key, new_reference, public_key_set
from kiosk.adapters.journal import BootClock, SqliteJournal
from kiosk.adapters.status_copy import StatusCopy
from kiosk.adapters.store import Store
from kiosk.adapters.visit_ids import new_visit_id
from kiosk.central.app import create_app
from kiosk.central.database import Database
from kiosk.central.running import RunningCentral
from kiosk.central.tables import Person
from kiosk.core.admission import Reason, because
from kiosk.core.credential import CredentialKind, VisitorReference, format_reference
from kiosk.core.link import LinkRules
from kiosk.core.ports import Clock, KnownStatuses, StatusCache, VisitResult
from kiosk.core.status import Source, Status, StatusAnswer, StatusRecord
from kiosk.core.visit import Passage, Visit
from kiosk.sealing import new_private_key, private_key_of, public_jwk, public_key_of
from kiosk.services.checker import Checker
from kiosk.services.statuses import StatusesSync
from kiosk.services.stored import StoredAnswers, StoredRules
from kiosk.services.sync import Sync
from kiosk.status_pages import decode_page
from tests.system.fault_proxy import FaultProxy, Front

ALIYA, BOLAT = new_reference(), new_reference()
TOKEN = "a-token-nobody-may-see"
SHORT_S, LONG_S = 0.1, 20.0
MARGIN_S = 10.0
"""What a machine with better things to do may take on top of a budget."""
CALLS = ("check", "visits", "keys", "statuses")
MAXIMUM_AGE = dict.fromkeys(Status, timedelta(days=30))


@dataclass
class Line:
    """A central, the proxy before it, the terminal's client, and the public key that visits are sealed to."""

    database: Database
    central: RunningCentral
    proxy: FaultProxy
    client: CentralClient
    sealing_key: bytes

    def stored(self) -> dict[str, contract.Visit]:
        """What central has, by id; each once."""
        found = [one for _, one in self.database.visits()]
        assert len({one.id for one in found}) == len(found)
        return {str(one.id): one for one in found}


@contextmanager
def open_line(
    folder: Path, *, host: str = "http://127.0.0.1", front: Front | None = None, ca_file: Path | None = None
) -> Iterator[Line]:
    """A line that is well. host: what the client calls central; front: what the proxy puts before the first request."""
    database = Database(f"sqlite:///{folder / 'central.db'}")
    database.register("entrance", TOKEN)
    database.replace_people([person(ALIYA, Status.GREEN), person(BOLAT, Status.BLUE)])
    keys = contract.KeySet.model_validate_json(public_key_set([new_key("k1")]))
    sealing_key = private_key_of(new_private_key())
    keys = keys.model_copy(update={"sealing_key": contract.SealingKey.model_validate(public_jwk(sealing_key))})
    with (
        RunningCentral(create_app(database, keys, sealing_key)) as central,
        FaultProxy(central.url, front) as proxy,
    ):
        client = CentralClient(f"{host}:{proxy.port}", TOKEN, ca_file)
        yield Line(database, central, proxy, client, public_key_of(json.dumps(public_jwk(sealing_key))))
        client.close()
    database.close()


def person(reference: VisitorReference, status: Status) -> Person:
    """One of central's people."""
    return Person(
        reference=format_reference(reference),
        status=status.value,
        as_of="2021-06-01T09:00:00Z",
        valid_until=None,
        home_area=None,
    )


def visit(passage: Passage | None = Passage.TAKEN, at: datetime | None = None) -> Visit:
    """A visit of now, or of another time."""
    now = datetime.now(UTC) if at is None else at
    answer = StatusAnswer(StatusRecord(Status.GREEN, now), Source.ONLINE, now)
    return Visit(new_visit_id(), now, CredentialKind.PASS, ALIYA, because(Reason.ADMITTED, answer), passage)


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
            assert {result.visit_id for result in results if result.accepted} == {one.id for one in sent}
            assert {one.id for one in sent} <= set(line.stored())
            return results
        case "keys":
            keys = contract.KeySet.model_validate_json(line.client.fetch_keys(budget_s))
            assert [key.kid for key in keys.keys] == ["k1"]
            return keys
        case _:
            page = line.client.fetch_statuses(None, None, budget_s)
            assert decode_page(page)[0].shard == 0
            return page


class Patience:
    """The client with a patience of its own: a call that hangs shall not cost a test ten seconds.

    No other call is cut short, however slow the machine is. batches: how many visits were sent at a time; checked: set
    after each check.
    """

    def __init__(self, client: CentralClient) -> None:
        self._client = client
        self._budget_s = LONG_S
        self.batches: list[int] = []
        self.checked = threading.Event()

    def expect(self, *, hangs: bool) -> None:
        """Whether only patience will end the calls from now on."""
        self._budget_s = SHORT_S if hangs else LONG_S

    def check(self, reference: VisitorReference, budget_s: float) -> StatusRecord | None:
        try:
            return self._client.check(reference, budget_s)
        finally:
            self.checked.set()

    def probe(self, budget_s: float) -> None:
        self._client.probe(budget_s)

    def send_visits(self, visits: Sequence[Visit], _: float) -> Sequence[VisitResult]:
        self.batches.append(len(visits))
        return self._client.send_visits(visits, self._budget_s)

    def fetch_keys(self, _: float) -> bytes:
        return self._client.fetch_keys(self._budget_s)

    def fetch_statuses(self, since: str | None, shard: int | None, _: float) -> bytes:
        return self._client.fetch_statuses(since, shard, self._budget_s)


def make_checker(
    central: Any, cache: StatusCache, clock: Clock, budget_s: float, copy: KnownStatuses | None = None
) -> Checker:
    """A checker as the terminal has it, but for probes: the attempts of visitors alone tell how the line is."""
    stored = StoredAnswers((cache,) if copy is None else (cache, copy), clock, StoredRules(MAXIMUM_AGE))
    rules = LinkRules(probe_s=1e6, doubt_s=1e6)
    return Checker(central, cache, stored, clock, budget_s=budget_s, rules=rules)


def make_sync(central: Any, journal: SqliteJournal, clock: Clock) -> Sync:
    """The sync of visits and keys, without chance."""
    return Sync(
        central,
        journal,
        clock,
        interval_s=5,
        keys_interval_s=1e9,
        keep=timedelta(days=7),
        on_keys=lambda _: None,
        jitter=lambda: 1.0,
    )


def make_statuses_sync(central: Any, copy: StatusCopy, clock: Clock) -> StatusesSync:
    """The sync of the status copy, without chance."""
    return StatusesSync(central, copy, clock, interval_s=900, jitter=lambda: 1.0)


def make_journal(store: Store, clock: BootClock) -> SqliteJournal:
    """A journal in an open file."""
    return SqliteJournal(store, clock)
