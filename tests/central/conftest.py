"""A central with a few people and two terminals, over a real SQLite file and a real socket."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI

from kiosk import contract
from kiosk.adapters import issuing
from kiosk.central.app import create_app
from kiosk.central.database import Database
from kiosk.central.running import RunningCentral
from kiosk.central.tables import Person
from tests.central.caller import ALIYA, BAZAAR, CINEMA, Caller


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """Knows Aliya, the cinema and the bazaar."""
    opened = Database(f"sqlite:///{tmp_path / 'central.db'}")
    opened.replace_people(
        [Person(reference=ALIYA, status="blue", as_of="2021-06-01T09:00:00+05:00", valid_until=None, home_area="a/b")]
    )
    opened.register("cinema", CINEMA)
    opened.register("bazaar", BAZAAR)
    yield opened
    opened.close()


@pytest.fixture
def keys() -> contract.KeySet:
    """A key set of one key."""
    return contract.KeySet.model_validate_json(issuing.public_key_set([issuing.new_key("k1")]))


@pytest.fixture
def app(database: Database, keys: contract.KeySet) -> FastAPI:
    return create_app(database, keys)


@pytest.fixture
def caller(app: FastAPI) -> Iterator[Caller]:
    """Calls a central that is running."""
    with RunningCentral(app) as central:
        calling = Caller(central.url)
        yield calling
        calling.close()
