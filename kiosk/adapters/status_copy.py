"""The status copy: every visitor's status on board, so that strangers too are known while central can't be reached.

A publication is a folder of 256 shards (kiosk.adapters.shard); what has changed since stands in the index. It is used
once central has proved it whole, and stays in use until a newer one is whole: the copy in use is never empty.
"""

import shutil
import sqlite3
import threading
from base64 import b64decode
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import numpy as np
import structlog

from kiosk.adapters.copy_index import CopyIndex, Publication
from kiosk.adapters.shard import find, read_shard, write_shard
from kiosk.core.credential import VisitorReference, format_reference
from kiosk.core.status import Source, Status, StatusAnswer, StatusRecord
from kiosk.status_pages import (
    REMOVED,
    SHARDS,
    Hashes,
    PageError,
    PageHead,
    Values,
    decode_page,
    digest_of,
    hash_of,
)

_WORD = 1 << 64
_FOLD_SHARE = 0.05
"""Changes are folded into the shards when they are this part of all records: each folding writes the whole copy anew,
and cards wear out."""
_FOLD_LEAST = 50_000


class StatusCopy:
    """Lookups from any thread; everything else from the sync's thread alone."""

    def __init__(self, folder: Path, now: Callable[[], datetime]) -> None:
        """folder: the copy's own, made if need be. Raises OSError, sqlite3.Error."""
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._folder, self._now = folder, now
        self._index = CopyIndex(folder / "index.db")
        self._log = structlog.get_logger(__name__)
        self._lock = threading.Lock()  # guards the two below
        self._used: Publication | None = None
        self._damaged: set[int] = set()
        self._sweep()
        self._refresh()

    def close(self) -> None:
        """Close the index."""
        self._index.close()

    # --- lookups, from any thread ---------------------------------------------------------------------------------

    def get(self, reference: VisitorReference) -> StatusAnswer | None:
        """What the copy knows of a visitor, as of central's last proof; None: nothing, or not to be read."""
        with self._lock:
            used = self._used
        if used is None or used.confirmed_at is None:
            return None
        hash_ = hash_of(used.key, format_reference(reference))
        try:
            number = self._index.change_of(used.name, hash_)
            if number is None:
                number = find(self._path(used.name, hash_ >> 56), hash_)
            if number is None or number == REMOVED:
                return None
            value = self._index.value_of(used.name, number)
        except (OSError, sqlite3.Error) as error:
            with self._lock:
                self._damaged.add(hash_ >> 56)
            self._log.warning("status_copy_unreadable", why=type(error).__name__)
            return None
        if value is None:
            return None
        # The copy does not hold when a status was assigned: it was so when central last proved the copy.
        record = StatusRecord(Status(value.status.value), used.confirmed_at, value.valid_until, value.home_area)
        return StatusAnswer(record, Source.COPY, used.confirmed_at)

    def confirmed_at(self) -> datetime | None:
        """When central last proved the copy in use whole; None: there is none."""
        with self._lock:
            return None if self._used is None else self._used.confirmed_at

    # --- the sync -------------------------------------------------------------------------------------------------

    def wanted(self) -> tuple[str | None, int | None]:
        """What to ask central for next: cursor (None: begin anew), and the shard where one has to be fetched again."""
        newest = self._newest()
        if newest is None:
            return None, None
        self._note_damage(newest)
        suspects = self._index.suspects(newest.name)
        return newest.cursor, (suspects[0] if suspects else None)

    def take(self, page: bytes) -> bool:
        """Take a page in, whole or not at all; whether to ask for the next at once.

        Raises PageError, OSError, sqlite3.Error.
        """
        head, hashes, values = decode_page(page)
        newest = self._newest()
        if newest is None or newest.name != head.publication:
            newest = Publication(head.publication, b64decode(head.key), head.next, in_use=False, confirmed_at=None)
        if head.kind == "snapshot":
            return self._take_shard(newest, head, hashes, values)
        return self._take_delta(newest, head, hashes, values)

    def start_over(self) -> None:
        """Central does not know our cursor any more: fetch a new publication; the one in use stays."""
        newest = self._newest()
        if newest is None:
            return
        with self._index.transaction():
            if newest.in_use:
                # Kept for lookups under its name; a new snapshot comes under another one.
                self._index.put_publication(replace(newest, cursor=""))
            else:
                self._index.drop_publication(newest.name)
        if not newest.in_use:
            shutil.rmtree(self._folder / newest.name, ignore_errors=True)

    def verify(self) -> int:
        """Read every shard and hold it against its digest; the damaged ones are fetched anew. Returns how many."""
        newest = self._newest()
        if newest is None:
            return 0
        states = self._index.states(newest.name)
        damaged = [shard for shard, state in states.items() if self._measure(newest.name, shard) != state]
        if damaged:
            self._log.error("status_copy_damaged", shards=len(damaged))
            with self._index.transaction():
                self._index.suspect(newest.name, damaged)
        return len(damaged)

    def fold(self) -> bool:
        """Write the changes into the shards, if they have become many; whether it was done."""
        newest = self._newest()
        if newest is None:
            return False
        states = self._index.states(newest.name)
        records = sum(count for count, _ in states.values())
        if self._index.count_changes(newest.name) < max(_FOLD_LEAST, records * _FOLD_SHARE):
            return False
        for shard in sorted(states):
            changes = self._index.changes(newest.name, shard)
            if len(changes[0]) == 0:
                continue
            try:
                merged = _merged(read_shard(self._path(newest.name, shard), shard), changes)
            except OSError:
                with self._index.transaction():
                    self._index.suspect(newest.name, [shard])
                continue
            # The file first: changes that are there twice are harmless, and changes that are nowhere are not.
            write_shard(self._path(newest.name, shard), shard, *merged)
            with self._index.transaction():
                self._index.drop_changes(newest.name, shard)
        return True

    def _take_shard(self, publication: Publication, head: PageHead, hashes: Hashes, values: Values) -> bool:
        shard = head.shard
        if shard is None:
            raise PageError("a snapshot page without its shard")
        (self._folder / publication.name).mkdir(exist_ok=True, mode=0o700)
        mended = shard in self._index.suspects(publication.name)
        write_shard(self._path(publication.name, shard), shard, hashes, values)
        with self._index.transaction():
            self._index.put_values(publication.name, head.values)
            self._index.drop_changes(publication.name, shard)
            self._index.put_state(publication.name, shard, len(hashes), digest_of(hashes, values))
            # A shard that is fetched again does not move the cursor: what has changed since is still to come.
            self._index.put_publication(publication if mended else replace(publication, cursor=head.next))
        self._refresh()
        return head.more or mended

    def _take_delta(self, publication: Publication, head: PageHead, hashes: Hashes, values: Values) -> bool:
        states = self._index.states(publication.name)
        if len(states) != SHARDS:
            raise PageError("a delta to a copy that is not complete")
        hashes, values = _last_of_each(hashes, values)
        with self._index.transaction():
            self._index.put_values(publication.name, head.values)
            for shard in np.unique(hashes >> np.uint64(56)).tolist():
                mine = hashes >> np.uint64(56) == shard
                count, digest = self._state_after(publication.name, shard, states[shard], hashes[mine], values[mine])
                self._index.put_state(publication.name, shard, count, digest)
            self._index.put_changes(publication.name, hashes, values)
            publication = replace(publication, cursor=head.next)
            if head.state is not None:
                publication = self._prove(publication, head)
            self._index.put_publication(publication)
        self._refresh()
        self._sweep()
        return head.more or bool(self._index.suspects(publication.name))

    def _prove(self, publication: Publication, head: PageHead) -> Publication:
        """Hold the whole copy against central's state; a whole one is used from now on."""
        states = self._index.states(publication.name)
        expected = [(state.count, int(state.digest, 16)) for state in head.state or ()]
        wrong = [shard for shard in range(SHARDS) if states[shard] != expected[shard]]
        self._index.suspect(publication.name, wrong)
        if wrong or self._index.suspects(publication.name):
            self._log.warning("status_copy_not_whole", shards=len(wrong))
            return publication
        if not publication.in_use:
            for other in self._index.publications():
                if other.name != publication.name:
                    self._index.drop_publication(other.name)
            self._log.info("status_copy_taken_over", records=sum(count for count, _ in expected))
        return replace(publication, in_use=True, confirmed_at=self._now())

    def _state_after(
        self, publication: str, shard: int, state: tuple[int, int], hashes: Hashes, values: Values
    ) -> tuple[int, int]:
        """Count and digest once these hashes stand for these values."""
        count, digest = state
        try:
            old = _merged(read_shard(self._path(publication, shard), shard), self._index.changes(publication, shard))
        except OSError:
            # Its digest will not be central's, and the shard is fetched anew.
            return count, digest ^ 1
        known = np.isin(old[0], hashes)
        kept = values != REMOVED
        gone, come = (old[0][known], old[1][known]), (hashes[kept], values[kept])
        return count - len(gone[0]) + len(come[0]), (digest - digest_of(*gone) + digest_of(*come)) % _WORD

    def _measure(self, publication: str, shard: int) -> tuple[int, int] | None:
        try:
            merged = _merged(read_shard(self._path(publication, shard), shard), self._index.changes(publication, shard))
        except OSError:
            return None
        return len(merged[0]), digest_of(*merged)

    def _note_damage(self, newest: Publication) -> None:
        """Shards that lookups could not read have to be fetched anew."""
        with self._lock:
            damaged, self._damaged = self._damaged, set()
        if damaged and newest.in_use:
            with self._index.transaction():
                self._index.suspect(newest.name, damaged)

    def _newest(self) -> Publication | None:
        """The publication that is kept up to date: the one being fetched, else the one in use."""
        publications = [found for found in self._index.publications() if found.cursor]
        return publications[0] if publications else None

    def _refresh(self) -> None:
        """What lookups use: one reference, changed at once."""
        used = next((found for found in self._index.publications() if found.in_use), None)
        with self._lock:
            self._used = used

    def _sweep(self) -> None:
        """Remove folders of publications that are on board no more."""
        names = {found.name for found in self._index.publications()}
        for folder in self._folder.iterdir():
            if folder.is_dir() and folder.name not in names:
                shutil.rmtree(folder, ignore_errors=True)

    def _path(self, publication: str, shard: int) -> Path:
        return self._folder / publication / f"{shard:02x}.shard"


def _merged(shard: tuple[Hashes, Values], changes: tuple[Hashes, Values]) -> tuple[Hashes, Values]:
    """A shard's records with the changes carried out, in order."""
    if len(changes[0]) == 0:
        return shard
    untouched = ~np.isin(shard[0], changes[0])
    kept = changes[1] != REMOVED
    hashes = np.concatenate((shard[0][untouched], changes[0][kept]))
    values = np.concatenate((shard[1][untouched], changes[1][kept]))
    order = np.argsort(hashes)
    return hashes[order], values[order]


def _last_of_each(hashes: Hashes, values: Values) -> tuple[Hashes, Values]:
    """Each hash once, with the value that came last."""
    unique, places = np.unique(hashes[::-1], return_index=True)
    return unique, values[::-1][places]
