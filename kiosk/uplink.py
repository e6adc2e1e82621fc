"""All that talks to central: visitors' checks, visits up, keys and everybody's statuses down; each on its own line.

Each has a client of its own: a visitor never waits behind visits that are being sent.
"""

from collections.abc import Callable
from dataclasses import dataclass

from config import Settings
from kiosk import mapping, on_board
from kiosk.adapters.central_client import CentralClient
from kiosk.adapters.clock import TerminalClock
from kiosk.adapters.journal import SqliteJournal
from kiosk.adapters.passes import PassVerifier
from kiosk.adapters.status_cache import SqliteStatusCache
from kiosk.adapters.status_copy import StatusCopy
from kiosk.adapters.store import Store
from kiosk.services.checker import Checker
from kiosk.services.statuses import StatusesSync
from kiosk.services.storage import has_room
from kiosk.services.stored import StoredAnswers
from kiosk.services.sync import Sync
from kiosk.showing import Showing
from kiosk.terminal import Stops

_PAGE_S = 1.5
"""A page that has come is written to the card before the thread ends; cards are slow."""


@dataclass(frozen=True)
class Uplink:
    """What the rest of the terminal needs of it. starts: in the order in which they are to be called."""

    checker: Checker
    sync: Sync
    copy: StatusCopy | None
    starts: tuple[Callable[[], None], ...]


def _stopped_by_closing(client: CentralClient, sync: Sync, limit_s: float) -> bool:
    client.close()
    return sync.stop(limit_s)


def build_uplink(
    settings: Settings,
    token: str,
    store: Store,
    journal: SqliteJournal,
    passes: PassVerifier,
    clock: TerminalClock,
    showing: Showing,
    stops: Stops,
) -> Uplink:
    """Make the parts and tell `stops` how they end; raises CentralError."""
    central = settings.central

    def client() -> CentralClient:
        return CentralClient(central.url, token, central.ca_file, on_date=clock.heard_date)

    copy = on_board.status_copy(settings, clock)
    if copy is not None:
        stops.close(copy.close)
    lines: list[Callable[[], None]] = []

    def link_changed(is_online: bool) -> None:  # noqa: FBT001  # a callback's one argument
        showing.online(is_online)
        if is_online:
            for noticed_online in lines:
                noticed_online()

    asking, sending = client(), client()
    cache = SqliteStatusCache(store)
    checker = Checker(
        asking,
        cache,
        StoredAnswers((cache,) if copy is None else (cache, copy), clock, mapping.stored_rules_of(settings)),
        clock,
        budget_s=central.check_budget.total_seconds(),
        rules=mapping.link_rules_of(settings),
        on_online=link_changed,
    )
    sync = Sync(
        sending,
        journal,
        clock,
        interval_s=central.send_interval.total_seconds(),
        keys_interval_s=central.keys_interval.total_seconds(),
        keep=settings.storage.keep_visits,
        on_keys=lambda jwks: on_board.take_keys(passes, store, journal, jwks),
        on_online=checker.noticed,
        on_pending=showing.waiting,
    )
    lines.append(sync.noticed_online)
    starts = [checker.start, sync.start]
    if copy is not None and central.statuses_interval is not None:
        fetching = client()
        folder = settings.storage.path.parent
        statuses = StatusesSync(
            fetching,
            copy,
            clock,
            interval_s=central.statuses_interval.total_seconds(),
            on_online=checker.noticed,
            has_room=lambda: has_room(folder),
        )
        lines.append(statuses.noticed_online)
        starts.append(statuses.start)
        stops.stop("statuses", statuses.stop, _PAGE_S)
        stops.close(fetching.close)
    # What waits may be sent once more before the terminal is switched off; then a call that hangs is ended.
    stops.close(sending.close)
    stops.stop("sync", lambda limit_s: sync.stop(limit_s * 0.8) or _stopped_by_closing(sending, sync, limit_s * 0.2))
    # Closed before it is stopped: a call that hangs then ends.
    stops.stop("checker", checker.stop)
    stops.close(asking.close)
    return Uplink(checker, sync, copy, tuple(starts))
