"""Files under an open database: harmful changes are noticed, and nothing that SQLite itself does is taken for one."""

import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk.adapters.store import Store
from kiosk.adapters.store_errors import FileDamageError, StoreError
from kiosk.adapters.store_files import FileGuard
from kiosk.adapters.store_log import Log, prove_log

Harm = Callable[[Path], None]


def part(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)


def truncate(share: float) -> Harm:
    return lambda file: os.truncate(file, int(file.stat().st_size * share))


def overwrite(first: int, last: int | None = None) -> Harm:
    def harm(file: Path) -> None:
        with file.open("r+b") as stream:
            size = stream.seek(0, os.SEEK_END)
            stream.seek(first)
            stream.write(os.urandom((last or size) - first))

    return harm


def replace_by_a_copy(file: Path) -> None:
    shutil.copy(file, file.with_name("copy"))
    file.with_name("copy").rename(file)


AT_ONCE = [
    pytest.param("", truncate(0), id="emptied"),
    pytest.param("", truncate(0.5), id="cut in half"),
    pytest.param("", overwrite(0), id="overwritten"),
    pytest.param("", overwrite(0, 100), id="its head overwritten"),
    pytest.param("", Path.unlink, id="removed"),
    pytest.param("", replace_by_a_copy, id="replaced"),
    pytest.param("-wal", truncate(0), id="log emptied"),
    pytest.param("-wal", truncate(0.9), id="log cut"),
    pytest.param("-wal", overwrite(0), id="log overwritten"),
    pytest.param("-wal", overwrite(0, 32), id="head of log overwritten"),
    pytest.param("-wal", Path.unlink, id="log removed"),
    pytest.param("-shm", Path.unlink, id="index of log removed"),
]
"""What a look at a few bytes tells. (An index that is truncated ends the process: it is mapped into its memory.)"""

BY_READING = [
    pytest.param("", overwrite(4096), id="all but its first page overwritten"),
    pytest.param("", overwrite(40_960, 45_056), id="one page overwritten"),
    pytest.param("-wal", overwrite(32 + 24 + 1000, 32 + 24 + 1010), id="a page in the log overwritten"),
]
"""What is found by reading everything."""


@pytest.fixture
def filled(store: Store) -> Store:
    """A store with something in its file, and something in its log."""
    for number in range(60):
        store.keep(f"name {number}", os.urandom(2000))
    with store.reading() as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    for number in range(10):
        store.keep(f"later {number}", os.urandom(500))
    return store


@pytest.mark.parametrize(("suffix", "harm"), AT_ONCE)
def test_what_is_noticed_before_anything_is_written(filled: Store, suffix: str, harm: Harm) -> None:
    """The next transaction is refused, and each one after it, until the file has been mended; nothing kept is lost."""
    harm(part(filled.path, suffix))
    for _ in range(2):
        with pytest.raises(StoreError, match=r"in use|write-ahead log"):
            filled.keep("name", b"value")
    filled.mend()
    filled.keep("name", b"value")
    assert filled.examine() is None
    assert filled.kept("name 1") is not None
    assert filled.kept("later 9") is not None


@pytest.mark.parametrize(("suffix", "harm"), BY_READING)
def test_what_is_noticed_by_reading(filled: Store, suffix: str, harm: Harm) -> None:
    """An examination finds it, from then on nothing is written, and mending begins a sound file."""
    harm(part(filled.path, suffix))
    assert filled.examine() is not None
    with pytest.raises(StoreError, match="found damaged while in use"):
        filled.keep("name", b"value")
    filled.mend()
    filled.keep("name", b"value")
    assert filled.examine() is None


def test_a_commit_into_a_ruined_file_is_not_told_as_one(filled: Store) -> None:
    """What happens to the file between the first look and the commit is seen by the second."""

    def keep_into_a_ruin() -> None:
        with filled.transaction() as connection:
            connection.execute("INSERT INTO kept VALUES ('name', x'00')")
            os.truncate(filled.path, 0)

    with pytest.raises(StoreError, match="overwritten while in use"):
        keep_into_a_ruin()


STEPS = ("small", "large", "undone", "truncate", "restart", "passive", "beside", "not durable")


@settings(max_examples=25)
@given(steps=st.lists(st.sampled_from(STEPS), max_size=12))
def test_nothing_that_sqlite_does_itself_is_taken_for_damage(steps: list[str]) -> None:
    """Checkpoints of every kind, large transactions, ones that are undone, and a command beside the program."""
    with TemporaryDirectory() as folder, closing(Store(Path(folder) / "kiosk.db")) as store:
        for number, step in enumerate(steps):
            match step:
                case "small":
                    store.keep(str(number), b"value")
                case "large":
                    store.keep(str(number), os.urandom(300_000))
                case "undone":
                    with suppress(ZeroDivisionError), store.transaction() as connection:
                        connection.execute("INSERT INTO kept VALUES ('undone', randomblob(4000000))")
                        raise ZeroDivisionError
                case "truncate" | "restart" | "passive":
                    with store.reading() as connection:
                        connection.execute(f"PRAGMA wal_checkpoint({step.upper()})")
                case "beside":
                    with closing(sqlite3.connect(store.path)) as other, other:
                        other.execute("INSERT OR REPLACE INTO kept VALUES ('beside', randomblob(9000))")
                case "not durable":
                    with store.transaction(durable=False) as connection:
                        connection.execute("INSERT OR REPLACE INTO kept VALUES ('spared', x'00')")
            assert store.examine() is None
        store.keep("last", b"value")


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Log:
    """A log of a few transactions."""
    with closing(Store(tmp_path_factory.mktemp("log") / "kiosk.db")) as store:
        for number in range(5):
            store.keep(str(number), os.urandom(900))
        guard = FileGuard(store.path)
        found = guard.read_log()
    guard.close()
    assert found is not None
    return found


def test_a_log_that_was_not_touched_is_sound_and_a_shorter_one_is_not(log: Log) -> None:
    """The checksums are SQLite's own, from the head to what it remembers of the end."""
    prove_log(log)
    with pytest.raises(FileDamageError):
        prove_log(replace(log, content=log.content[: -(log.page_bytes + 24)]))


@given(place=st.integers(0, 1 << 20), bits=st.integers(1, 255))
def test_every_changed_byte_of_a_log_is_found(log: Log, place: int, bits: int) -> None:
    """Wherever it is: in the head, in a frame's head, in a page."""
    changed = bytearray(log.content)
    changed[place % len(changed)] ^= bits
    with pytest.raises(FileDamageError):
        prove_log(replace(log, content=bytes(changed)))
