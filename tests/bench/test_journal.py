"""What it costs that the journal's file is not taken on trust, and what is saved from a damaged one. `make bench`."""

import json
import os
import statistics
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from kiosk.adapters.clock import TerminalClock
from kiosk.adapters.journal import SqliteJournal
from kiosk.adapters.store import Store
from kiosk.adapters.store_files import FileGuard
from kiosk.sealing import new_private_key, private_key_of, public_jwk, public_key_of
from tests.adapters.damaged_journals import PAGE_BYTES, Original, make_original, spoil_pages, start_on, truncate
from tests.bench.test_bench import median_ms, visit

pytestmark = pytest.mark.bench

KEY = public_key_of(json.dumps(public_jwk(private_key_of(new_private_key()))))
COUNT = 2_000


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Original:
    """Two thousand sealed visits that central does not have."""
    return make_original(tmp_path_factory.mktemp("original"), [visit() for _ in range(COUNT)], [], KEY, has_log=False)


def test_what_a_commit_pays(tmp_path: Path) -> None:
    """Two looks at the files for each durable commit, and everything read now and then."""
    with closing(Store(tmp_path / "kiosk.db")) as store:
        journal = SqliteJournal(store, TerminalClock())
        journal.seal_to(KEY)
        for _ in range(COUNT):
            journal.record(visit())
        guard = FileGuard(store.path)
        rows = {
            "one commit of a visit": median_ms(lambda: journal.record(visit()), 300),
            "of it: a look at the files (twice)": 2 * median_ms(guard.check, 1000),
            f"reading all of {COUNT} visits as a start would": median_ms(store.examine, 20),
        }
    print("\nThe journal's file, watched")  # noqa: T201  # the result
    for name, ms in rows.items():
        print(f"  {name:<52} {ms:9.3f} ms")  # noqa: T201  # the result


def first_page(database: Path) -> None:
    """Noise over the head of the file."""
    with database.open("r+b") as stream:
        stream.write(os.urandom(PAGE_BYTES))


HARMS: dict[str, Callable[[Path, int], object]] = {
    "1 % of the pages overwritten": lambda database, seed: spoil_pages(database, 0.01, seed),
    "10 % of the pages overwritten": lambda database, seed: spoil_pages(database, 0.1, seed),
    "half of the pages overwritten": lambda database, seed: spoil_pages(database, 0.5, seed),
    "cut by a tenth": lambda database, _: truncate(database, 0.9),
    "cut to half": lambda database, _: truncate(database, 0.5),
    "the first page overwritten": lambda database, _: first_page(database),
}


def test_what_is_saved(original: Original, tmp_path: Path) -> None:
    """Pages overwritten with noise, anywhere; a file that is cut; the first page gone."""
    print(f"\nA damaged journal of {COUNT} visits: what comes over into the new one")  # noqa: T201  # the result
    for number, (name, harm) in enumerate(HARMS.items()):
        shares, starts_s = [], []
        for seed in range(7):
            place = tmp_path / f"{number}-{seed}"
            place.mkdir()
            database = original.copy_to(place)
            harm(database, seed)
            began = time.perf_counter()
            shares.append(len(start_on(database).visits) / COUNT)
            starts_s.append(time.perf_counter() - began)
        saved, longest_s = statistics.median(shares), max(starts_s)
        print(f"  {name:<40} {saved:6.1%} saved, longest start {longest_s:.2f} s")  # noqa: T201  # the result
