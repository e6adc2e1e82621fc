"""A central that publishes statuses in memory, and a copy that takes them; for the tests of the status copy."""

import base64
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from kiosk.adapters.status_copy import StatusCopy
from kiosk.contract import Status as Published
from kiosk.core.credential import VisitorReference, format_reference
from kiosk.status_pages import (
    REMOVED,
    SHARDS,
    PageHead,
    ShardState,
    Value,
    digest_of,
    digest_text,
    encode_page,
    hash_of,
)

NOW = datetime(2021, 6, 1, 9, 0, tzinfo=UTC)
VISITORS = [VisitorReference(bytes(range(number, number + 16))) for number in range(100, 140)]
VALUES = {number: Value(status=status) for number, status in enumerate(Published)}
NUMBERS = {status.value: number for number, status in enumerate(Published)}


def hashed(publisher: "Publisher", visitor: VisitorReference) -> int:
    return hash_of(publisher.key, format_reference(visitor))


class Publisher:
    """Publishes statuses as central does: visitor -> status name."""

    def __init__(self, name: str = "p1") -> None:
        self.name, self.key = name, name.encode().ljust(32, b"k")
        self.statuses: dict[VisitorReference, str] = {}
        self.log: list[tuple[VisitorReference, int]] = []
        self.values = VALUES

    def set(self, visitor: VisitorReference, status: str | None) -> None:
        if status is None:
            self.statuses.pop(visitor, None)
        else:
            self.statuses[visitor] = status
        self.log.append((visitor, REMOVED if status is None else NUMBERS[status]))

    def shard(self, shard: int, *, after: int | None = None) -> bytes:
        """A snapshot page of what is published now; the deltas since `after` (default: now) are to follow."""
        found = sorted((hashed(self, visitor), NUMBERS[status]) for visitor, status in self.statuses.items())
        mine = [(hash_, number) for hash_, number in found if hash_ >> 56 == shard]
        cursor = f"s.{len(self.log) if after is None else after}.{shard}"
        if shard == SHARDS - 1:
            cursor = f"d.{len(self.log) if after is None else after}"
        return self._page("snapshot", mine, cursor, shard=shard, more=True)

    def delta(self, since: int = 0, *, proof: bool = True) -> bytes:
        """All changes since a place in the log, and the state after them."""
        mine = [(hashed(self, visitor), number) for visitor, number in self.log[since:]]
        states = [ShardState(count=count, digest=digest_text(digest)) for count, digest in self.states()]
        return self._page("delta", mine, f"d.{len(self.log)}", more=not proof, state=states if proof else None)

    def states(self) -> list[tuple[int, int]]:
        hashes = np.array([hashed(self, visitor) for visitor in self.statuses], np.uint64)
        numbers = np.array([NUMBERS[status] for status in self.statuses.values()], np.uint32)
        shards = hashes >> np.uint64(56)
        return [
            (int(np.sum(shards == shard)), digest_of(hashes[shards == shard], numbers[shards == shard]))
            for shard in range(SHARDS)
        ]

    def _page(self, kind: str, records: list[tuple[int, int]], following: str, **other: object) -> bytes:
        hashes = np.array([hash_ for hash_, _ in records], np.uint64)
        numbers = np.array([number for _, number in records], np.uint32)
        head = PageHead.model_validate(
            {
                "kind": kind,
                "publication": self.name,
                "key": base64.b64encode(self.key).decode(),
                "count": len(records),
                "digest": digest_text(digest_of(hashes, numbers)),
                "next": following,
                "values": self.values,
                **other,
            }
        )
        return encode_page(head, hashes, numbers)


class Copy:
    """A copy in a folder, with a clock that is set by hand; it can be opened again, as after a restart."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.now = folder, NOW
        self.copy = StatusCopy(folder, lambda: self.now)

    def reopen(self) -> None:
        self.copy.close()
        self.copy = StatusCopy(self.folder, lambda: self.now)

    def known(self) -> dict[VisitorReference, str]:
        answers = {visitor: self.copy.get(visitor) for visitor in VISITORS}
        return {
            visitor: answer.record.status.value
            for visitor, answer in answers.items()
            if answer is not None and answer.record is not None
        }

    def take_all(self, publisher: Publisher) -> None:
        for shard in range(SHARDS):
            self.copy.take(publisher.shard(shard, after=len(publisher.log)))
        self.copy.take(publisher.delta(len(publisher.log)))

    def mend(self, publisher: Publisher) -> int:
        """Fetch again what is suspect; how many shards that were."""
        fetched = 0
        while (shard := self.copy.wanted()[1]) is not None:
            assert self.copy.take(publisher.shard(shard))
            fetched += 1
        self.copy.take(publisher.delta(len(publisher.log)))
        return fetched
