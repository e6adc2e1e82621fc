"""A journal's files as a crash leaves them, and ways to damage them."""

import os
import random
import shutil
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from kiosk.adapters.clock import TerminalClock
from kiosk.adapters.journal import SqliteJournal
from kiosk.adapters.journal_rows import is_sound
from kiosk.adapters.salvage import Salvage
from kiosk.adapters.store import Store
from kiosk.core.visit import Visit

PAGE_BYTES = 4096


class Original:
    """Files that were never closed, and the visits in them; `acknowledged`: ids of those that central has."""

    def __init__(self, path: Path, visits: dict[str, Visit], acknowledged: frozenset[str], *, has_log: bool) -> None:
        self.path, self.visits, self.acknowledged, self.has_log = path, visits, acknowledged, has_log

    def copy_to(self, folder: Path) -> Path:
        """The database in another folder, with its log if it has one."""
        copy = folder / "kiosk.db"
        for suffix in ("", "-wal") if self.has_log else ("",):
            shutil.copy(self.path.with_name(self.path.name + suffix), copy.with_name(copy.name + suffix))
        return copy


def make_original(folder: Path, visits: list[Visit], acknowledged: list[str], key: bytes, *, has_log: bool) -> Original:
    """A journal that has worked; has_log: half of it stands in the log."""
    path = folder / "kiosk.db"
    with closing(Store(path)) as store:
        journal = SqliteJournal(store, TerminalClock())
        journal.seal_to(key)
        store.keep("a key", bytes(32))
        for number, visit in enumerate(visits):
            journal.record(visit)
            if has_log and number == len(visits) // 2:
                with store.reading() as connection:
                    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        journal.acknowledge(acknowledged)
        if not has_log:
            store.forget_what_was_overwritten()
        found = {visit.id: visit for visit in journal.visits()}
        return Original(_frozen(path, folder / "crashed"), found, frozenset(acknowledged), has_log=has_log)


def _frozen(path: Path, folder: Path) -> Path:
    folder.mkdir()
    for suffix in ("", "-wal"):
        shutil.copy(path.with_name(path.name + suffix), folder / (path.name + suffix))
    return folder / path.name


def truncate(file: Path, share: float) -> None:
    """Cut, at any byte."""
    os.truncate(file, int(file.stat().st_size * share))


def spoil_pages(file: Path, share: float, seed: int) -> set[int]:
    """Noise over some pages; returns their numbers, from 0."""
    chance = random.Random(seed)  # noqa: S311  # it has to be foreseeable
    with file.open("r+b") as stream:
        pages = stream.seek(0, os.SEEK_END) // PAGE_BYTES
        spoilt = set(chance.sample(range(pages), max(1, int(pages * share))))
        for page in spoilt:
            stream.seek(page * PAGE_BYTES)
            stream.write(chance.randbytes(PAGE_BYTES))
    return spoilt


@dataclass(frozen=True)
class Start:
    """What a start on damaged files found. aside: whether the old ones were given up."""

    visits: dict[str, Visit]
    unsent: set[str]
    aside: bool
    keys: bytes | None


def start_on(path: Path) -> Start:
    """As kiosk.bootstrap does it."""
    with closing(Store(path)) as store:
        journal = SqliteJournal(store, TerminalClock())
        Salvage(store, is_sound).run(60.0)
        journal.settle_leftovers()
        unsent = {visit.id for visit in journal.unsent(100_000)}
        return Start(
            {visit.id: visit for visit in journal.visits()}, unsent, store.kept_aside is not None, store.kept("a key")
        )
