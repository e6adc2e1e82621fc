"""Central's tables: people, terminals, visits. What is published has its own in kiosk.central.publishing."""

from sqlalchemy import String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    """All tables."""


class Person(Base):
    """A visitor's status as the programme assigns it. Datetimes are ISO 8601 with their zone."""

    __tablename__ = "people"
    reference: Mapped[str] = mapped_column(String(33), primary_key=True)
    status: Mapped[str] = mapped_column(String(8))
    as_of: Mapped[str] = mapped_column(String(40))
    valid_until: Mapped[str | None] = mapped_column(String(40))
    home_area: Mapped[str | None] = mapped_column(String(64))


class Terminal(Base):
    """A terminal and the SHA-256 of its bearer token; the token itself is stored nowhere."""

    __tablename__ = "terminals"
    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    name: Mapped[str] = mapped_column(String(64), unique=True)


class VisitRow(Base):
    """A visit as the terminal sent it; `content` is its canonical JSON, which decides whether a repeat is the same."""

    __tablename__ = "visits"
    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    terminal: Mapped[str] = mapped_column(String(64), index=True)
    content: Mapped[str]
    received_at: Mapped[str] = mapped_column(String(40))
