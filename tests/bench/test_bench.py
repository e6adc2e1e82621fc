"""What a visitor's second is made of. `make bench` prints a table; nothing here fails for being slow.

Times are medians on this machine; compare ratios, which hold across machines better than milliseconds do.
"""

import os
import statistics
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from hardware.reader import SymbolReader
from hardware.symbols import bar_codes, with_zxing
from kiosk.adapters.central_client import CentralClient
from kiosk.adapters.clock import TerminalClock
from kiosk.adapters.issuing import issue, new_key, new_reference, public_key_set
from kiosk.adapters.journal import SqliteJournal
from kiosk.adapters.keys import KeySet
from kiosk.adapters.passes import PassVerifier
from kiosk.adapters.store import Store
from kiosk.adapters.visit_ids import new_visit_id
from kiosk.central.app import create_app
from kiosk.central.database import Database
from kiosk.central.running import RunningCentral
from kiosk.central.tables import Person
from kiosk.contract import KeySet as ContractKeySet
from kiosk.core.admission import Reason, because
from kiosk.core.credential import CredentialKind, PassClaims, SignedPass, format_reference
from kiosk.core.status import Source, Status, StatusAnswer, StatusRecord
from kiosk.core.visit import Passage, Visit
from kiosk.services.sync import Sync
from tests.bench.optics import draw
from tests.bench.scenes import empty, plain

pytestmark = pytest.mark.bench


def median_ms(work: Callable[[], object], times: int, clock: Callable[[], float] = time.perf_counter) -> float:
    """The median of so many runs, after a warm-up; clock: in seconds."""
    for _ in range(max(2, times // 10)):
        work()
    spans = []
    for _ in range(times):
        began = clock()
        work()
        spans.append((clock() - began) * 1000)
    return statistics.median(spans)


def table(title: str, rows: dict[str, float]) -> None:
    """Print medians, and each as a multiple of the first."""
    base = next(iter(rows.values()))
    print(f"\n{title}")  # noqa: T201  # the result
    for name, ms in rows.items():
        print(f"  {name:<52} {ms:9.3f} ms  {ms / base:7.2f} x")  # noqa: T201  # the result


@pytest.fixture(scope="module")
def key() -> str:
    return new_key("bench")


@pytest.fixture(scope="module")
def signed_pass(key: str) -> SignedPass:
    now = datetime.now(UTC)
    return issue(new_reference(), key, now, now + timedelta(days=1), "kk")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(tmp_path / "kiosk.db")
    yield opened
    opened.close()


def visit() -> Visit:
    now = datetime.now(UTC)
    answer = StatusAnswer(StatusRecord(Status.GREEN, now), Source.ONLINE, now)
    return Visit(
        new_visit_id(), now, CredentialKind.PASS, new_reference(), because(Reason.ADMITTED, answer), Passage.UNKNOWN
    )


def test_a_frame() -> None:
    """One frame, as the reader meets it most of the time; what hard ones cost, the reading's own bench says."""
    rng = np.random.default_rng(2)
    held, bare = draw(plain(rng), rng), empty(rng)[0]
    in_view, nobody = SymbolReader(bar_codes=False), SymbolReader(bar_codes=False)
    now = (number / 30 for number in range(10**9))

    def cpu_ms(work: Callable[[], object]) -> float:
        return median_ms(work, 100, time.thread_time)

    table(
        "CPU time of one frame of 1280x720",
        {
            "zxing-cpp's look, a code in view": cpu_ms(lambda: with_zxing(held)),
            "the terminal's reader, a code that stays in view": cpu_ms(lambda: in_view.read(held, next(now))),
            "zxing-cpp's look, nobody there": cpu_ms(lambda: with_zxing(bare)),
            "the terminal's reader, nobody there": cpu_ms(lambda: nobody.read(bare, next(now))),
            "the look for bar codes, now and then": cpu_ms(lambda: bar_codes(bare)),
        },
    )


def test_deciding(key: str, signed_pass: SignedPass, store: Store, tmp_path: Path) -> None:
    """From the payload to the committed visit."""
    now = datetime.now(UTC)
    verifier = PassVerifier(KeySet.from_jwks(public_key_set([key]).encode()), lambda: now)
    claims = verifier.verify(signed_pass)
    assert isinstance(claims, PassClaims)
    database = Database(f"sqlite:///{tmp_path / 'central.db'}")
    database.register("bench", "token")
    database.replace_people(
        [
            Person(
                reference=format_reference(claims.reference), status="green", as_of=now.isoformat(),
                valid_until=None, home_area=None,
            )
        ]
    )  # fmt: skip
    journal = SqliteJournal(store, TerminalClock())
    with RunningCentral(create_app(database, ContractKeySet(keys=[]))) as central:
        client = CentralClient(central.url, "token")
        rows = {
            "write and fsync 4 KiB (what the disk can do)": median_ms(lambda: synced(tmp_path / "plain"), 60),
            "a visit into the journal, committed": median_ms(lambda: journal.record(visit()), 60),
            "a pass's signature": median_ms(lambda: verifier.verify(signed_pass), 200),
            "a check at central over loopback": median_ms(lambda: client.check(claims.reference, 5.0), 100),
        }
        client.close()
    database.close()
    table("From payload to committed visit", rows)


def test_draining(store: Store, tmp_path: Path) -> None:
    """A backlog of 10,000 visits, handed to a real central over loopback and acknowledged."""
    count = 10_000
    journal = SqliteJournal(store, TerminalClock())
    for _ in range(count):
        journal.record(visit())
    database = Database(f"sqlite:///{tmp_path / 'central.db'}")
    database.register("bench", "token")
    with RunningCentral(create_app(database, ContractKeySet(keys=[]))) as central:
        client = CentralClient(central.url, "token")
        sync = Sync(
            client, journal, TerminalClock(), interval_s=60, keys_interval_s=3600,
            keep=timedelta(days=7), on_keys=lambda _: None,
        )  # fmt: skip
        began = time.perf_counter()
        sync.run_once()
        seconds = time.perf_counter() - began
        client.close()
    assert journal.unsent_count() == 0
    assert len(database.visits()) == count
    database.close()
    print(f"\n10,000 visits drained in {seconds:.1f} s: {count / seconds:.0f} a second")  # noqa: T201  # the result


def synced(path: Path) -> None:
    """What every durable write costs at least."""
    with path.open("wb") as file:
        file.write(b"x" * 4096)
        file.flush()
        os.fsync(file.fileno())
