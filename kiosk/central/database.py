"""Central's database: people, terminals, visits. SQLAlchemy, SQLite by default."""

import hashlib
import threading
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Engine, create_engine, event, select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, sessionmaker
from sqlalchemy.pool import NullPool

from kiosk import contract
from kiosk.central import publishing
from kiosk.central.tables import Base, Person, Terminal, VisitRow


def hash_token(token: str) -> str:
    """What is stored of a token. Tokens are random, so that a plain hash can't be guessed back."""
    return hashlib.sha256(token.encode("utf-8")).hexdigest()


class Database:
    """Everything that central asks of its database. Thread-safe: a session for each call."""

    def __init__(self, url: str) -> None:
        """url: SQLAlchemy's, such as sqlite:///central.db."""
        self._engine = _engine(url)
        Base.metadata.create_all(self._engine)
        self._session = sessionmaker(self._engine)
        self._published = threading.Lock()

    def close(self) -> None:
        """Give all connections back."""
        self._engine.dispose()

    def replace_people(self, people: Iterable[Person]) -> int:
        """Make these the people that central knows; returns how many."""
        rows = list(people)
        # One at a time, so that a page and the state that it proves are of one moment.
        with self._published, self._session.begin() as session:
            publishing.publish(session, rows)
            session.query(Person).delete()
            session.add_all(rows)
            return len(rows)

    def statuses(self, since: str | None, shard: int | None) -> bytes:
        """A page of what is published; raises publishing.UnknownCursorError."""
        with self._published, self._session.begin() as session:
            return publishing.page(session, since, shard)

    def person(self, reference: str) -> contract.StatusRecord | None:
        """The status record of one visitor."""
        with self._session() as session:
            row = session.get(Person, reference)
            if row is None:
                return None
            return contract.StatusRecord.model_validate(
                {"status": row.status, "as_of": row.as_of, "valid_until": row.valid_until, "home_area": row.home_area}
            )

    def register(self, name: str, token: str) -> None:
        """Let a terminal in by this token; a token that it had before is no longer valid.

        Raises ValueError when another terminal has this token.
        """
        with self._session.begin() as session:
            holder = session.scalar(select(Terminal.name).where(Terminal.token_hash == hash_token(token)))
            if holder not in (None, name):
                raise ValueError(f"the token of {name} is that of {holder} already; each terminal needs its own")
            session.query(Terminal).filter(Terminal.name == name).delete()
            session.add(Terminal(name=name, token_hash=hash_token(token)))

    def terminal_of(self, token: str) -> str | None:
        """The terminal that a token belongs to. Looked up by its hash, so that timing tells nothing of the token."""
        with self._session() as session:
            row = session.get(Terminal, hash_token(token))
            return None if row is None else row.name

    def has_terminals(self) -> bool:
        """Whether any terminal is registered."""
        with self._session() as session:
            return session.scalars(select(Terminal).limit(1)).first() is not None

    def store(self, terminal: str, visits: Sequence[tuple[str, contract.Visit]]) -> list[contract.VisitItem]:
        """Store visits, each by its own id, once for ever; returns a result for each, with its id as it was sent."""
        try:
            return self._store(terminal, visits)
        except IntegrityError:
            # The same visit came twice at once: a terminal sends again what it got no answer for in time. Now that the
            # other one is stored, this one is judged by it.
            return self._store(terminal, visits)

    def _store(self, terminal: str, visits: Sequence[tuple[str, contract.Visit]]) -> list[contract.VisitItem]:
        with self._session.begin() as session:
            return [_store_one(session, terminal, sent_id, visit) for sent_id, visit in visits]

    def visits(self) -> list[tuple[str, contract.Visit]]:
        """Every visit with the terminal that sent it, by id, and so in order of time."""
        with self._session() as session:
            rows = session.scalars(select(VisitRow).order_by(VisitRow.id)).all()
            return [(row.terminal, contract.Visit.model_validate_json(row.content)) for row in rows]


def _store_one(session: Session, terminal: str, sent_id: str, visit: contract.Visit) -> contract.VisitItem:
    known = session.get(VisitRow, str(visit.id))
    if known is None:
        row = VisitRow(
            id=str(visit.id),
            terminal=terminal,
            content=visit.model_dump_json(),
            received_at=datetime.now(UTC).isoformat(),
        )
        session.add(row)
        session.flush()
        return contract.VisitItem(id=sent_id, result=contract.ItemResult.STORED)
    if known.terminal != terminal:
        detail = "this id belongs to a visit of another terminal"
        return contract.VisitItem(id=sent_id, result=contract.ItemResult.REFUSED, detail=detail)
    # Compared as values: what an older version stored lacks the fields that have come since.
    if contract.Visit.model_validate_json(known.content) != visit:
        detail = "this id was sent before with another content; the first one stays"
        return contract.VisitItem(id=sent_id, result=contract.ItemResult.REFUSED, detail=detail)
    return contract.VisitItem(id=sent_id, result=contract.ItemResult.DUPLICATE)


def _engine(url: str) -> Engine:
    # hide_parameters: what goes wrong is logged with its statement, and the values may be references.
    if make_url(url).get_backend_name() != "sqlite":
        return create_engine(url, pool_pre_ping=True, hide_parameters=True)
    # A connection for each use: SQLite's are cheap, and none stays open in a thread that has gone.
    engine = create_engine(url, poolclass=NullPool, connect_args={"timeout": 5}, hide_parameters=True)

    @event.listens_for(engine, "connect")
    def _durable(connection: Any, _record: object) -> None:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")

    return engine
