"""The status cache: remembers, names nobody, and fails softly."""

from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kiosk.adapters.status_cache import SqliteStatusCache
from kiosk.adapters.store import Store
from kiosk.core.credential import VisitorReference
from kiosk.core.ports import StatusCache
from kiosk.core.status import Source, Status, StatusAnswer, StatusRecord

NOW = datetime(2021, 4, 26, 9, 30, tzinfo=UTC)
VISITOR = VisitorReference(bytes(range(16)))
BLUE = StatusRecord(Status.BLUE, NOW - timedelta(days=1), NOW + timedelta(days=2), "shymkent/abay")
RED = StatusRecord(Status.RED, NOW)


@pytest.fixture
def cache(store: Store) -> StatusCache:
    """An empty cache."""
    return SqliteStatusCache(store)


def test_remembers_what_central_said(cache: StatusCache) -> None:
    """The record comes back whole, marked as from the cache, with the time at which central confirmed it."""
    cache.put(VISITOR, BLUE, NOW)
    assert cache.get(VISITOR) == StatusAnswer(BLUE, Source.CACHE, NOW)
    assert cache.get(VisitorReference(bytes(16))) is None


def test_survives_a_restart(database: Path) -> None:
    """The cache is of use after a power cut, when the network is not yet there."""
    with closing(Store(database)) as store:
        SqliteStatusCache(store).put(VISITOR, RED, NOW)
    with closing(Store(database)) as store:
        assert SqliteStatusCache(store).get(VISITOR) == StatusAnswer(RED, Source.CACHE, NOW)


def test_a_newer_answer_replaces_an_older_one(cache: StatusCache) -> None:
    """Whole, with what the newer one leaves out."""
    cache.put(VISITOR, BLUE, NOW)
    cache.put(VISITOR, RED, NOW + timedelta(seconds=1))
    assert cache.get(VISITOR) == StatusAnswer(RED, Source.CACHE, NOW + timedelta(seconds=1))


def test_the_last_word_counts(cache: StatusCache) -> None:
    """Also where a clock that was ahead has stamped the word before: central's red must not be lost by it."""
    cache.put(VISITOR, BLUE, NOW + timedelta(days=2))
    cache.put(VISITOR, RED, NOW)
    assert cache.get(VISITOR) == StatusAnswer(RED, Source.CACHE, NOW)


def test_forgets(cache: StatusCache) -> None:
    """Whom central does not know any more the cache does not know either."""
    cache.put(VISITOR, BLUE, NOW)
    cache.forget(VISITOR)
    assert cache.get(VISITOR) is None


def test_the_file_names_nobody(cache: StatusCache, store: Store, database: Path) -> None:
    """No reference stands in the file, and another terminal's file has other hashes for the same visitor."""
    cache.put(VISITOR, BLUE, NOW)
    other_database = database.with_name("other.db")
    with closing(Store(other_database)) as other:
        SqliteStatusCache(other).put(VISITOR, BLUE, NOW)
        with store.reading() as here, other.reading() as there:
            query = "SELECT visitor FROM statuses"
            assert here.execute(query).fetchone() != there.execute(query).fetchone()
    for file in database.parent.iterdir():
        assert VISITOR.value not in file.read_bytes(), file.name


def test_a_cache_that_can_not_be_used_is_as_good_as_an_empty_one(cache: StatusCache, store: Store) -> None:
    """Neither reading nor writing raises when the file is closed."""
    store.close()
    cache.put(VISITOR, BLUE, NOW)
    cache.forget(VISITOR)
    assert cache.get(VISITOR) is None


def test_a_row_that_can_not_be_read_counts_as_none(cache: StatusCache, store: Store) -> None:
    """A status of another version is no reason to stop."""
    cache.put(VISITOR, BLUE, NOW)
    with store.transaction() as connection:
        connection.execute("UPDATE statuses SET status = 'violet'")
    assert cache.get(VISITOR) is None
