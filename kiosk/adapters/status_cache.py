"""The status cache: the last answer of central for each visitor seen here, kept across restarts.

References are stored as keyed hashes, so that the file names nobody to who does not hold a pass.
"""

import hashlib
import hmac
import secrets
import sqlite3
from datetime import datetime

import structlog

from kiosk.adapters.journal_rows import utc_text
from kiosk.adapters.store import Store
from kiosk.adapters.store_errors import StoreError
from kiosk.core.credential import VisitorReference
from kiosk.core.status import Source, Status, StatusAnswer, StatusRecord

_KEY_NAME = "status-cache-key"
_KEY_BYTES = 32
_PUT = """
INSERT INTO statuses VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (visitor) DO UPDATE SET
    status = excluded.status, as_of = excluded.as_of, valid_until = excluded.valid_until,
    home_area = excluded.home_area, confirmed_at = excluded.confirmed_at
"""


class SqliteStatusCache:
    """Fits `kiosk.core.ports.StatusCache`. A cache that can't be read or written is as good as an empty one."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._log = structlog.get_logger(__name__)
        self._key: bytes | None = None

    def get(self, reference: VisitorReference) -> StatusAnswer | None:
        """The last known answer, however old it is."""
        try:
            visitor = self._hash(reference)
            with self._store.reading() as connection:
                row = connection.execute(
                    "SELECT status, as_of, valid_until, home_area, confirmed_at FROM statuses WHERE visitor = ?",
                    (visitor,),
                ).fetchone()
            if row is None:
                return None
            status, as_of, valid_until, home_area, confirmed_at = row
            until = None if valid_until is None else datetime.fromisoformat(valid_until)
            record = StatusRecord(Status(status), datetime.fromisoformat(as_of), until, home_area)
            return StatusAnswer(record, Source.CACHE, datetime.fromisoformat(confirmed_at))
        except (sqlite3.Error, StoreError, ValueError) as error:
            self._log.warning("cache_unreadable", why=type(error).__name__)
            return None

    def put(self, reference: VisitorReference, record: StatusRecord, confirmed_at: datetime) -> None:
        """Keep what central has just said, at `confirmed_at`. The last word counts, whatever an earlier clock said."""
        until = None if record.valid_until is None else utc_text(record.valid_until)
        said = (record.status.value, utc_text(record.as_of), until, record.home_area, utc_text(confirmed_at))
        try:
            visitor = self._hash(reference)
            # Not durable: after a power cut central is asked again, and the journal is not kept waiting now.
            with self._store.transaction(durable=False) as connection:
                connection.execute(_PUT, (visitor, *said))
        except (sqlite3.Error, StoreError) as error:
            self._log.warning("cache_unwritable", why=str(error))

    def forget(self, reference: VisitorReference) -> None:
        """Central does not know this visitor any more."""
        try:
            visitor = self._hash(reference)
            with self._store.transaction(durable=False) as connection:
                connection.execute("DELETE FROM statuses WHERE visitor = ?", (visitor,))
        except (sqlite3.Error, StoreError) as error:
            self._log.warning("cache_unwritable", why=str(error))

    def _hash(self, reference: VisitorReference) -> bytes:
        if self._key is None:  # not when the terminal starts: a cache that can't be used must not stop it
            self._key = self._kept_key()
        return hmac.new(self._key, reference.value, hashlib.sha256).digest()

    def _kept_key(self) -> bytes:
        with self._store.transaction() as connection:
            connection.execute("INSERT OR IGNORE INTO kept VALUES (?, ?)", (_KEY_NAME, secrets.token_bytes(_KEY_BYTES)))
        # From the store, which so knows it when its file is lost.
        key = self._store.kept(_KEY_NAME)
        if key is None:
            raise StoreError("the cache's key is gone")
        return key
