"""What a terminal has on board when it starts without central: time, keys, statuses."""

import sqlite3
from collections.abc import Callable, Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

import structlog

from config import Settings
from kiosk.adapters.clock import TerminalClock
from kiosk.adapters.journal import SqliteJournal
from kiosk.adapters.journal_rows import is_sound
from kiosk.adapters.keys import KeySet
from kiosk.adapters.passes import PassVerifier
from kiosk.adapters.salvage import Salvage
from kiosk.adapters.status_copy import StatusCopy
from kiosk.adapters.store import Store
from kiosk.adapters.store_errors import StoreError
from kiosk.adapters.time_sync import TimeServerWatch
from kiosk.sealing import SealingError, public_key_of

_TIME = "time-"  # with what it was trusted for: a technician may change that
_KEYS = "pass-keys"
_SEALING_KEY = "sealing-key"
_SALVAGE_S = 5.0


def clock(settings: Settings, store: Store, system_time: Callable[[], datetime] | None = None) -> TerminalClock:
    """The clock, with what was known of the time when it was kept last. system_time: instead of this machine's."""
    if settings.clock.trust == "always":
        is_synchronised: Callable[[], bool] = lambda: True  # noqa: E731
    elif system_time is None:
        is_synchronised = TimeServerWatch()
    else:
        is_synchronised = lambda: False  # noqa: E731  # what this machine's kernel says is about another clock
    return TerminalClock(
        ZoneInfo(settings.venue.time_zone),
        is_synchronised=is_synchronised,
        kept=store.kept(_TIME + settings.clock.trust),
        system_time=system_time,
    )


def keep_time(settings: Settings, store: Store, kept: bytes) -> None:
    """Keep what the clock should know at the next start; raises StoreError."""
    store.keep(_TIME + settings.clock.trust, kept)


def pass_verifier(settings: Settings, store: Store, now: Callable[[], datetime]) -> PassVerifier:
    """The verifier, with the keys that central sent last, or else those of the configured file."""
    passes = PassVerifier(KeySet.from_jwks(b'{"keys": []}'), now)
    keys_file = settings.credentials.keys_file
    for jwks in (store.kept(_KEYS), None if keys_file is None else keys_file.read_bytes()):
        if jwks is None:
            continue
        try:
            passes.replace_keys(jwks)
            break
        except ValueError as error:
            structlog.get_logger(__name__).error("pass_keys_unusable", why=str(error))
    return passes


def seal_journal(settings: Settings, store: Store, journal: SqliteJournal) -> None:
    """Seal visits to the key that central sent last, or else that of the configured file."""
    key_file = settings.storage.sealing_key_file
    for text in (store.kept(_SEALING_KEY), None if key_file is None else key_file.read_bytes()):
        if text is None:
            continue
        try:
            journal.seal_to(public_key_of(text.decode("utf-8", "replace")))
        except SealingError as error:
            structlog.get_logger(__name__).error("sealing_key_unusable", why=str(error))
        else:
            return
    structlog.get_logger(__name__).warning("no_sealing_key", until="central has sent it")


def salvage(settings: Settings, store: Store) -> Salvage:
    """Bring visits and keys over from files that were kept aside; before anything else is read from the new one."""
    found = Salvage(store, is_sound, _trusted, keep=settings.storage.keep_visits)
    found.run(_SALVAGE_S)
    return found


def _trusted(kept: Mapping[str, bytes]) -> Mapping[str, bytes]:
    """What came out of a damaged file and may be used: what is sealed to a key that was changed is lost for ever."""
    sound = dict(kept)
    sealing_key = kept.get(_SEALING_KEY)
    if sealing_key is not None and KeySet.sealing_key_in(kept.get(_KEYS, b"")) != sealing_key:
        del sound[_SEALING_KEY]  # central sends it again
    return sound


def status_copy(settings: Settings, clock: TerminalClock) -> StatusCopy | None:
    """Everybody's status on board; a terminal whose copy can't be used works without."""
    if settings.central.statuses_interval is None:
        return None
    folder = settings.storage.path.parent / "statuses"
    try:
        return StatusCopy(folder, clock.now, clock.is_trusted)
    except (OSError, sqlite3.Error) as error:
        structlog.get_logger(__name__).error("status_copy_unusable", folder=str(folder), why=str(error))
        return None


def take_keys(passes: PassVerifier, store: Store, journal: SqliteJournal, jwks: bytes) -> None:
    """Use central's keys, and keep them for a start without central; ValueError when they are unusable."""
    passes.replace_keys(jwks)
    sealing_key = KeySet.sealing_key_in(jwks)
    # Used before anything is stored: a file that takes nothing is no reason to write in clear, or to let nobody in.
    if sealing_key is not None and _kept_or_none(store, _SEALING_KEY) != sealing_key:
        sealed = journal.seal_to(public_key_of(sealing_key.decode("utf-8", "replace")))
        store.keep(_SEALING_KEY, sealing_key)
        structlog.get_logger(__name__).info("visits_are_sealed", sealed_now=sealed)
    if store.kept(_KEYS) != jwks:
        store.keep(_KEYS, jwks)


def _kept_or_none(store: Store, name: str) -> bytes | None:
    try:
        return store.kept(name)
    except StoreError:
        return None
