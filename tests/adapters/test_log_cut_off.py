"""A start on a log that SQLite would not read to its end: nothing behind the first bad frame is lost by that."""

import os
import shutil
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from kiosk.adapters.clock import TerminalClock
from kiosk.adapters.journal import SqliteJournal
from kiosk.adapters.store import Store
from kiosk.adapters.store_asides import kept_aside
from kiosk.adapters.store_log import unread_part
from kiosk.core.visit import Passage, Visit
from tests.adapters.damaged_journals import PAGE_BYTES, start_on

MakeVisit = Callable[..., Visit]

COUNT = 60
FRAME_BYTES = PAGE_BYTES + 24


def frame(number: int, place: int = 0) -> int:
    """Where something stands in a log."""
    return 32 + number * FRAME_BYTES + place


@pytest.fixture
def crashed(tmp_path: Path, make_visit: MakeVisit) -> Path:
    """A database that was never closed, and whose visits all stand in its log."""
    folder = tmp_path / "crashed"
    folder.mkdir()
    with closing(Store(tmp_path / "kiosk.db")) as store:
        journal = SqliteJournal(store, TerminalClock())
        for number in range(COUNT):
            journal.record(make_visit(number))
            journal.settle(make_visit(number).id, Passage.TAKEN)
        for suffix in ("", "-wal"):
            shutil.copy(f"{store.path}{suffix}", folder)
    return folder / "kiosk.db"


def log_of(path: Path) -> Path:
    return path.with_name(path.name + "-wal")


def flip(file: Path, place: int) -> None:
    with file.open("r+b") as stream:
        stream.seek(place)
        byte = stream.read(1)[0]
        stream.seek(place)
        stream.write(bytes([byte ^ 1]))


def taken(path: Path) -> int:
    """How many visits a start finds, with what became of them."""
    return sum(visit.passage is Passage.TAKEN for visit in start_on(path).visits.values())


@pytest.mark.parametrize(
    "place",
    [
        pytest.param(frame(20, 2000), id="a page"),
        pytest.param(frame(20, 10), id="a frame's salts"),
        pytest.param(frame(0, 18), id="the first checksum"),
        pytest.param(3, id="the magic"),
        pytest.param(11, id="the size of a page"),
        pytest.param(18, id="the salts"),
        pytest.param(frame(-1, FRAME_BYTES - 3), id="the head's checksum"),
    ],
)
def test_one_flipped_bit(crashed: Path, place: int) -> None:
    """Whatever it makes of the log, every visit is there after the start, and the start says what it found."""
    flip(log_of(crashed), place)
    with capture_logs() as lines:
        assert taken(crashed) == COUNT
    assert "journal_log_cut_off" in [line["event"] for line in lines]
    assert len(kept_aside(crashed)) == 1


def test_a_flipped_bit_in_the_very_last_frame(crashed: Path) -> None:
    """Nothing stands behind it, and its visit comes back all the same: only its settling may be gone."""
    flip(log_of(crashed), log_of(crashed).stat().st_size - FRAME_BYTES + 10)
    assert taken(crashed) == COUNT


def test_what_a_log_holds_of_earlier_rounds_is_no_damage(crashed: Path) -> None:
    """A log is written from its beginning again and again; nothing is kept aside for what stands behind."""
    with closing(Store(crashed)) as store:
        for number in range(20):
            store.keep(str(number), os.urandom(2000))
        with store.reading() as connection:
            connection.execute("PRAGMA wal_checkpoint(RESTART)")
        store.keep("one", b"more")
        content = log_of(crashed).read_bytes()
    assert len(content) > frame(20)
    assert unread_part(content) == b""
    log_of(crashed).write_bytes(content)
    assert not start_on(crashed).aside
    assert kept_aside(crashed) == []


@pytest.mark.parametrize("size", [0, 10, 32, 40, frame(1) - 1])
def test_a_log_that_ends_before_its_first_frame_does(crashed: Path, size: int) -> None:
    """There is nothing in it, and the start takes it for that."""
    os.truncate(log_of(crashed), size)
    assert not start_on(crashed).aside
    assert kept_aside(crashed) == []


@pytest.mark.parametrize("harm", [Path.unlink, lambda path: os.truncate(path, 0)], ids=["missing", "empty"])
def test_a_log_without_its_database(crashed: Path, harm: Callable[[Path], None]) -> None:
    """SQLite would remove it; it is kept aside, read, and still there afterwards."""
    log = log_of(crashed).read_bytes()
    harm(crashed)
    assert taken(crashed) == COUNT
    [aside] = kept_aside(crashed)
    assert log_of(aside).read_bytes() == log


def test_a_start_that_was_killed_while_it_put_files_aside(crashed: Path) -> None:
    """The log goes first, and is found by the next start without its database."""
    log_of(crashed).rename(crashed.with_name("kiosk.db.damaged-20210414T090000.000000Z-wal"))
    assert taken(crashed) == COUNT


def test_a_part_of_a_log_that_can_not_be_kept_aside_is_not_removed(
    crashed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a full disk the start fails, and the next one finds everything."""
    flip(log_of(crashed), frame(20, 2000))

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="No space left on device"):
            Store(crashed)
    assert taken(crashed) == COUNT
