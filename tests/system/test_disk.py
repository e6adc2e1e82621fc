"""A disk that is full, read-only or broken: nobody is let in, nothing kept is lost, and all goes on by itself."""

import errno
import functools
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from kiosk.demo.script import Act
from kiosk.demo.stage import Stage
from tests.system.endless_visitors import looped
from tests.system.journalled_entrance import JournalledEntrance, kept
from tests.system.refused_writes import unavailable, without_writing


@functools.cache
def in_namespace() -> str | None:
    """Why there is no mount namespace for an ordinary user here; None: there is."""
    tool = shutil.which("unshare")
    if tool is None:
        return "no unshare (package util-linux)"
    done = subprocess.run([tool, "-rm", "mount", "-t", "tmpfs", "tmpfs", "/mnt"], capture_output=True, check=False)
    return None if done.returncode == 0 else "user namespaces are not allowed here"


@pytest.fixture
def entrance(tmp_path: Path) -> Iterator[JournalledEntrance]:
    opened = JournalledEntrance(tmp_path / "kiosk.db")
    yield opened
    opened.store.close()


@pytest.mark.skipif(unavailable() is not None, reason=unavailable() or "")
@pytest.mark.parametrize("number", [errno.EROFS, errno.EIO, errno.ENOSPC, errno.EDQUOT], ids=errno.errorcode.get)
def test_a_disk_that_refuses_writes_while_the_journal_is_open(entrance: JournalledEntrance, number: int) -> None:
    """The visitor at hand is not let in, nor anybody after; REX works; afterwards it goes on, with the same file."""
    assert all(entrance.visitor() for _ in range(3))

    def trouble() -> None:
        assert entrance.visitors_until_refused(1) == 0
        assert entrance.is_out_of_order()
        entrance.wait(2.1)
        assert entrance.is_out_of_order()

    without_writing(number, trouble)
    assert entrance.goes_on()
    assert entrance.store.examine() is None
    entrance.store.close()
    assert entrance.store.kept_aside is None
    assert set(entrance.admitted) <= kept(entrance.store.path)


needs_namespace = pytest.mark.skipif(in_namespace() is not None, reason=in_namespace() or "")


@needs_namespace
def test_a_real_disk_that_is_full_or_read_only(tmp_path: Path) -> None:
    """The steps stand in full_disk.py, which runs where it may mount a small disk."""
    run_in_namespace("steps", tmp_path)


@needs_namespace
def test_the_whole_program_on_a_full_disk(stage: Stage, act: Act, short_film: Path, tmp_path: Path) -> None:
    """It says so, the door stays locked, and with room again the next visitor is let in; each visit is kept."""
    disk = tmp_path / "disk"
    disk.mkdir()
    # Without a status copy, which would take its part of so small a disk.
    central = {"url": stage.central.url, "token_file": str(stage.token_file), "send_interval": "500 ms"}
    config = looped(
        stage.write_config(act, tmp_path, str(short_film)),
        short_film,
        storage={"path": str(disk / "kiosk.db")},
        central={**central, "statuses_interval": None},
    )
    admitted = set(run_in_namespace("program", disk, config, tmp_path).split())
    assert len(admitted) >= 2
    # All are in the journal, as the program's own steps there have found; the last may not have been sent any more.
    assert admitted & {str(visit.id) for _, visit in stage.database.visits()}


def run_in_namespace(*arguments: object) -> str:
    command = ["unshare", "-rm", sys.executable, "-m", "tests.system.full_disk", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=90)
    assert done.returncode == 0, done.stderr
    return done.stdout
