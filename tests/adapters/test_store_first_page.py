"""Single flipped bits in a file's first page: none of them keeps the terminal from starting, and none loses a visit."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk.adapters.clock import TerminalClock
from kiosk.adapters.journal import SqliteJournal
from kiosk.adapters.journal_rows import is_sound
from kiosk.adapters.salvage import Salvage
from kiosk.adapters.store import Store
from kiosk.adapters.store_errors import StoreError
from kiosk.core.admission import Reason, because
from kiosk.core.credential import CredentialKind
from kiosk.core.visit import Passage, Visit
from tests.adapters.conftest import NOW
from tests.adapters.damaged_journals import PAGE_BYTES

COUNT = 5
HEAD = {"write format": 18, "read format": 19, "schema format": 47, "text encoding": 59, "version": 63, "ours": 71}


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A database whose first page stands in the file alone."""
    path = tmp_path_factory.mktemp("sound") / "kiosk.db"
    with closing(Store(path)) as store:
        journal = SqliteJournal(store, TerminalClock())
        for number in range(COUNT):
            journal.record(make(number))
    return path.read_bytes()


def make(number: int) -> Visit:
    """A visit without an answer."""
    return Visit(
        f"018f0000-0000-7000-8000-{number:012d}", NOW, CredentialKind.PASS, None, because(Reason.PASS_EXPIRED),
        Passage.TAKEN,
    )  # fmt: skip


def start(path: Path, content: bytes, place: int, bit: int) -> tuple[int, bool]:
    """A start on a file with one flipped bit that takes a visitor; how many visits are there, and whether anew."""
    changed = bytearray(content)
    changed[place] ^= 1 << bit
    for file in path.parent.glob("kiosk.db*"):
        file.unlink()
    path.write_bytes(bytes(changed))
    with closing(Store(path)) as store:
        journal = SqliteJournal(store, TerminalClock())
        Salvage(store, is_sound).run()
        journal.settle_leftovers()
        journal.record(make(COUNT))
        assert store.examine() is None
        return len(journal.visits()) - 1, store.kept_aside is not None


@pytest.mark.parametrize("last", HEAD.values(), ids=list(HEAD))
def test_a_bit_of_what_a_file_says_that_it_is(sound: bytes, tmp_path: Path, last: int) -> None:
    """Such a file is kept aside, as any other damaged one, where that bit tells anything, and its visits come over."""
    places = [last] if last < 20 else range(last - 3, last + 1)
    for place in places:
        for bit in range(8):
            assert start(tmp_path / "kiosk.db", sound, place, bit)[0] == COUNT, (place, bit)


@settings(max_examples=60)
@given(place=st.integers(100, PAGE_BYTES - 1), bit=st.integers(0, 7))
def test_a_bit_of_the_schema(sound: bytes, tmp_path_factory: pytest.TempPathFactory, place: int, bit: int) -> None:
    """A name that nobody uses, a kind that is none: whatever it becomes, all visits are there."""
    assert start(tmp_path_factory.mktemp("bit") / "kiosk.db", sound, place, bit)[0] == COUNT


@pytest.mark.parametrize("name", ["acknowledged_at", "id TEXT", "passage", "monotonic_s"])
def test_a_letter_of_a_columns_name(sound: bytes, tmp_path: Path, name: str) -> None:
    """What the damaged file calls its columns is not asked when its visits come over."""
    place = sound.index(name.encode("ascii"))
    assert start(tmp_path / "kiosk.db", sound, place, 0) == (COUNT, True)


@pytest.mark.parametrize("bit", range(32))
def test_a_version_that_is_none_of_a_file_of_the_version_before(sound: bytes, tmp_path: Path, bit: int) -> None:
    """Only a schema that no version ever had is a newer version's."""
    path = tmp_path / "kiosk.db"
    path.write_bytes(sound)
    with closing(sqlite3.connect(path)) as connection:
        for index in ("visits_undated", "visits_refused"):
            connection.execute(f"DROP INDEX {index}")
        for column in ("time", "boot_id", "monotonic_s"):
            connection.execute(f"ALTER TABLE visits DROP COLUMN {column}")
        connection.execute(f"PRAGMA user_version = {(1 ^ 1 << bit) - ((1 << 32) if bit == 31 else 0)}")
        connection.commit()
    with closing(Store(path)) as store:
        assert store.kept_aside is not None
        Salvage(store, is_sound).run()
        assert len(SqliteJournal(store, TerminalClock()).visits()) == COUNT


def test_a_bit_that_flips_while_the_file_is_in_use(tmp_path: Path) -> None:
    """An examination finds what the next start would."""
    with closing(Store(tmp_path / "kiosk.db")) as store:
        store.keep("name", b"value")
        with store.reading() as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        with store.path.open("r+b") as stream:
            stream.seek(HEAD["version"])
            stream.write(b"\x03")
        assert store.examine() is not None
        with pytest.raises(StoreError, match="found damaged while in use"):
            store.keep("name", b"other")
        store.mend()
        assert store.kept("name") == b"value"
