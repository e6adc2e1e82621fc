"""What central publishes: everybody's status under keyed hashes, whole and as changes (kiosk.status_pages)."""

import base64
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from sqlalchemy import LargeBinary, String, delete, func, insert, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from kiosk.central.tables import Base, Person
from kiosk.status_pages import (
    KEY_BYTES,
    REMOVED,
    SHARDS,
    Hashes,
    PageHead,
    ShardState,
    Value,
    Values,
    digest_of,
    digest_text,
    encode_page,
    hash_of,
)

CHANGES_PER_PAGE = 200_000
_ROWS_AT_ONCE = 10_000
_T = TypeVar("_T")


class Publication(Base):
    """The one publication; `key` is what its hashes are made with."""

    __tablename__ = "publications"
    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    key: Mapped[bytes] = mapped_column(LargeBinary(KEY_BYTES))


class PublishedValue(Base):
    """What a number means: the JSON of a kiosk.status_pages.Value."""

    __tablename__ = "published_values"
    number: Mapped[int] = mapped_column(primary_key=True)
    value: Mapped[str] = mapped_column(String(300), unique=True)


class PublishedStatus(Base):
    """One visitor. hash: 8 bytes, big-endian, so that a shard is a range."""

    __tablename__ = "published"
    hash: Mapped[bytes] = mapped_column(LargeBinary(8), primary_key=True)
    number: Mapped[int]


class StatusChange(Base):
    """One change, in order for ever; number REMOVED: the visitor is no longer published."""

    __tablename__ = "status_changes"
    sequence: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    hash: Mapped[bytes] = mapped_column(LargeBinary(8))
    number: Mapped[int]


class PublishedShard(Base):
    """Count and digest of one shard as it is published now."""

    __tablename__ = "published_shards"
    shard: Mapped[int] = mapped_column(primary_key=True)
    count: Mapped[int]
    digest: Mapped[str] = mapped_column(String(16))


class UnknownCursorError(ValueError):
    """A cursor of another publication, or of none: the terminal has to begin anew."""


@dataclass(frozen=True, slots=True)
class _Cursor:
    """Where a terminal stands: it has the changes up to `sequence`; `shard`: the next snapshot page, or None."""

    publication: str
    sequence: int
    shard: int | None = None

    def __str__(self) -> str:
        if self.shard is None:
            return f"d.{self.publication}.{self.sequence}"
        return f"s.{self.publication}.{self.sequence}.{self.shard}"


def publish(session: Session, people: Iterable[Person]) -> None:
    """Make these people what is published, and note what has changed."""
    publication = _publication(session)
    numbers = {row.value: row.number for row in session.scalars(select(PublishedValue))}
    wanted: dict[bytes, int] = {}
    for person in people:
        value = Value.model_validate(
            {"status": person.status, "valid_until": person.valid_until, "home_area": person.home_area}
        ).model_dump_json()
        if value not in numbers:
            numbers[value] = max(numbers.values(), default=-1) + 1
            session.add(PublishedValue(number=numbers[value], value=value))
        wanted[hash_of(publication.key, person.reference).to_bytes(8, "big")] = numbers[value]
    published = {row.hash: row.number for row in session.execute(select(PublishedStatus.hash, PublishedStatus.number))}
    changed = {hash_: number for hash_, number in wanted.items() if published.get(hash_) != number}
    removed = [hash_ for hash_ in published if hash_ not in wanted]
    for some in _in_parts([*(set(changed) & set(published)), *removed]):
        session.execute(delete(PublishedStatus).where(PublishedStatus.hash.in_(some)))
    rows = [{"hash": hash_, "number": number} for hash_, number in changed.items()]
    if rows:
        session.execute(insert(PublishedStatus), rows)
    rows += [{"hash": hash_, "number": REMOVED} for hash_ in removed]
    if rows:
        session.execute(insert(StatusChange), rows)
    session.flush()
    for shard in {row["hash"][0] for row in rows}:  # type: ignore[index]  # bytes
        hashes, values = _shard(session, shard)
        session.execute(
            update(PublishedShard)
            .where(PublishedShard.shard == shard)
            .values(count=len(hashes), digest=digest_text(digest_of(hashes, values)))
        )


def page(session: Session, since: str | None, shard: int | None) -> bytes:
    """The page that follows a cursor; shard: that shard as it is now, for a copy of it that is damaged.

    Raises UnknownCursorError.
    """
    publication = _publication(session)
    latest = session.scalar(select(func.max(StatusChange.sequence))) or 0
    at = _Cursor(publication.name, latest, 0) if since is None else _cursor(since, publication.name, latest)
    if shard is not None:
        return _snapshot(session, publication, shard, str(at))
    if at.shard is not None:
        last = at.shard == SHARDS - 1
        following = _Cursor(at.publication, at.sequence, None if last else at.shard + 1)
        return _snapshot(session, publication, at.shard, str(following))
    return _delta(session, publication, at)


def _publication(session: Session) -> Publication:
    found = session.scalars(select(Publication)).first()
    if found is None:
        found = Publication(name=secrets.token_hex(8), key=secrets.token_bytes(KEY_BYTES))
        session.add(found)
        session.add_all(PublishedShard(shard=shard, count=0, digest=digest_text(0)) for shard in range(SHARDS))
        session.flush()
    return found


def _cursor(text: str, publication: str, latest: int) -> _Cursor:
    match text.split("."):
        case ["d", name, sequence] if sequence.isdecimal():
            cursor = _Cursor(name, int(sequence))
        case ["s", name, sequence, shard] if sequence.isdecimal() and shard.isdecimal() and int(shard) < SHARDS:
            cursor = _Cursor(name, int(sequence), int(shard))
        case _:
            raise UnknownCursorError("no cursor of this API")
    if cursor.publication != publication or cursor.sequence > latest:
        raise UnknownCursorError("a cursor of another publication; begin anew without one")
    return cursor


def _snapshot(session: Session, publication: Publication, shard: int, following: str) -> bytes:
    hashes, values = _shard(session, shard)
    return _encoded(session, publication, hashes, values, kind="snapshot", shard=shard, next=following, more=True)


def _delta(session: Session, publication: Publication, at: _Cursor) -> bytes:
    rows = session.execute(
        select(StatusChange.sequence, StatusChange.hash, StatusChange.number)
        .where(StatusChange.sequence > at.sequence)
        .order_by(StatusChange.sequence)
        .limit(CHANGES_PER_PAGE + 1)
    ).all()
    more, rows = len(rows) > CHANGES_PER_PAGE, rows[:CHANGES_PER_PAGE]
    last_of_each = {row.hash: row.number for row in rows}
    hashes, values = _arrays(last_of_each.items())
    reached = rows[-1].sequence if rows else at.sequence
    state = None
    if not more:
        shards = session.scalars(select(PublishedShard).order_by(PublishedShard.shard))
        state = [ShardState(count=row.count, digest=row.digest) for row in shards]
    following = str(_Cursor(at.publication, reached))
    return _encoded(session, publication, hashes, values, kind="delta", next=following, more=more, state=state)


def _encoded(session: Session, publication: Publication, hashes: Hashes, values: Values, **head: object) -> bytes:
    numbers = [int(number) for number in np.unique(values) if number != REMOVED]
    meanings: dict[int, Value] = {}
    for some in _in_parts(numbers):
        for row in session.scalars(select(PublishedValue).where(PublishedValue.number.in_(some))):
            meanings[row.number] = Value.model_validate_json(row.value)
    full = PageHead.model_validate(
        {
            "publication": publication.name,
            "key": base64.b64encode(publication.key).decode("ascii"),
            "count": len(hashes),
            "digest": digest_text(digest_of(hashes, values)),
            "values": meanings,
            **head,
        }
    )
    return encode_page(full, hashes, values)


def _shard(session: Session, shard: int) -> tuple[Hashes, Values]:
    """The records of one shard, in order."""
    query = select(PublishedStatus.hash, PublishedStatus.number).where(PublishedStatus.hash >= bytes([shard]))
    if shard < SHARDS - 1:
        query = query.where(PublishedStatus.hash < bytes([shard + 1]))
    return _arrays((row.hash, row.number) for row in session.execute(query.order_by(PublishedStatus.hash)))


def _arrays(rows: Iterable[tuple[bytes, int]]) -> tuple[Hashes, Values]:
    pairs = list(rows)
    hashes = np.frombuffer(b"".join(hash_ for hash_, _ in pairs), ">u8").astype(np.uint64)
    return hashes, np.array([number for _, number in pairs], np.uint32)


def _in_parts(items: list[_T]) -> Iterable[list[_T]]:
    """A database takes so many parameters at once and no more."""
    return (items[begin : begin + _ROWS_AT_ONCE] for begin in range(0, len(items), _ROWS_AT_ONCE))
