"""The journal's file is ruined, before or while the program runs: it goes on by itself, and central has every visit."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from kiosk.demo.script import Act
from kiosk.demo.stage import Stage
from tests.system.endless_visitors import Watched, looped
from tests.system.journalled_entrance import JournalledEntrance, kept
from tests.system.test_run import change

Harm = Callable[[Path], None]


def empty(database: Path) -> None:
    os.truncate(database, 0)


def overwrite(database: Path) -> None:
    size = database.stat().st_size
    with database.open("r+b") as file:
        file.write(os.urandom(size))


def overwrite_the_end(database: Path) -> None:
    """So that nothing but reading it all tells: what is written next does not touch these pages."""
    size = database.stat().st_size
    with database.open("r+b") as file:
        file.seek(size // 2)
        file.write(os.urandom(size - size // 2))


def replace(database: Path) -> None:
    shutil.copy(database, database.with_name("copy"))
    database.with_name("copy").rename(database)


HARMS = [empty, overwrite, overwrite_the_end, Path.unlink, replace]
by_name = pytest.mark.parametrize("harm", HARMS, ids=lambda harm: harm.__name__)


@by_name
def test_while_the_journal_is_open(tmp_path: Path, harm: Harm) -> None:
    """Nobody is let in between damage and mending; who was let in before is in the journal of the next start."""
    path = tmp_path / "kiosk.db"
    entrance = JournalledEntrance(path)
    assert all(entrance.visitor() for _ in range(60))
    with entrance.store.reading() as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    harm(path)
    assert entrance.store.examine() is not None
    assert not entrance.visitor()  # and while he reads that, the journal is mended
    assert entrance.visitor()
    entrance.salvage.run(10.0)
    copy = tmp_path / "after a power cut" / "kiosk.db"
    copy.parent.mkdir()
    for file in tmp_path.glob("kiosk.db*"):
        shutil.copy(file, copy.parent)
    copy.with_name("kiosk.db-shm").unlink(missing_ok=True)
    assert set(entrance.admitted) <= kept(copy)
    entrance.store.close()


@by_name
def test_between_two_runs(tmp_path: Path, harm: Harm) -> None:
    """A terminal starts on whatever it finds, and lets visitors in."""
    path = tmp_path / "kiosk.db"
    entrance = JournalledEntrance(path)
    assert all(entrance.visitor() for _ in range(60))
    entrance.store.close()
    harm(path)
    again = JournalledEntrance(path)
    assert again.visitor()
    if harm in (overwrite, overwrite_the_end):
        assert again.store.kept_aside is not None
    again.store.close()
    assert set(again.admitted) <= kept(path)


def test_the_whole_program_while_it_runs(stage: Stage, act: Act, short_film: Path, tmp_path: Path) -> None:
    """It says so, loses no visit, and still seals them after a start without central: the keys have come over, too."""
    config = looped(stage.write_config(act, tmp_path, str(short_film)), short_film)
    watched = Watched(config, tmp_path)
    try:
        watched.wait_for_visitor()
        watched.now()
        overwrite(tmp_path / "kiosk.db")
        watched.wait_for_event("visits_salvaged")
        watched.wait_for_event("journal_mended")
        watched.wait_for_visitor()
        watched.wait_for_event("visits_sent")
        watched.stop()
    finally:
        watched.kill()
    at_central = {str(visit.id) for _, visit in stage.database.visits()}
    assert len(watched.admitted() & at_central) >= 2
    assert watched.admitted() <= at_central | kept(tmp_path / "kiosk.db")

    change(config, central={"url": "http://127.0.0.1:9", "token_file": str(stage.token_file)})
    (tmp_path / "alone").mkdir()
    alone = Watched(config, tmp_path / "alone")
    try:
        alone.wait_for_event("ready")
        alone.stop()
    finally:
        alone.kill()
    assert "visits_are_not_sealed" not in [line["event"] for line in alone.program.lines()]
