"""What visitors are told while the line fails in every way: the status on board or no status, never a wrong one."""

import queue
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from kiosk.adapters.clock import TerminalClock
from kiosk.adapters.issuing import new_reference
from kiosk.adapters.status_cache import SqliteStatusCache
from kiosk.adapters.status_copy import StatusCopy
from kiosk.adapters.store import Store
from kiosk.core.credential import VisitorReference
from kiosk.core.status import NoAnswer, Source, Status, StatusAnswer, StatusRecord
from kiosk.services.checker import Checker
from tests.system.fault_line import LONG_S, MARGIN_S, SHORT_S, Patience, make_checker, make_statuses_sync, person
from tests.system.fault_roads import ROADS, Road, World, open_world
from tests.system.faults import FAULTS, Fault

CACHED, COPIED, BOTH, NEWCOMER, NOBODY = (new_reference() for _ in range(5))
CLOCK = TerminalClock()
ATTEMPTS = 100
"""After so many good answers, at the very latest, the terminal works online again."""

Told = tuple[Status | None, Source] | NoAnswer

IN_CACHE = {CACHED: Status.BLUE, BOTH: Status.GREEN}
IN_COPY = {COPIED: Status.YELLOW, BOTH: Status.RED}
AT_CENTRAL = {CACHED: Status.RED, COPIED: Status.GREEN, BOTH: Status.BLUE, NEWCOMER: Status.GREEN}
"""Nobody's status is on board what it is at central, so that every answer shows where it came from."""
ON_BOARD: dict[VisitorReference, Told] = {
    CACHED: (Status.BLUE, Source.CACHE),
    COPIED: (Status.YELLOW, Source.COPY),
    BOTH: (Status.RED, Source.COPY),  # confirmed after the one in the cache
    NEWCOMER: NoAnswer.UNREACHABLE,
    NOBODY: NoAnswer.UNREACHABLE,
}
ONLINE: dict[VisitorReference, Told] = {visitor: (AT_CENTRAL.get(visitor), Source.ONLINE) for visitor in ON_BOARD}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with open_world(tmp_path_factory.mktemp("world")) as opened:
        yield opened


@pytest.fixture(scope="module")
def copy(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[StatusCopy]:
    """Everybody's status as it was; central knows better now."""
    world.line.database.replace_people([person(visitor, status) for visitor, status in IN_COPY.items()])
    opened = StatusCopy(tmp_path_factory.mktemp("copy"), CLOCK.now)
    sync = make_statuses_sync(Patience(world.line.client), opened, CLOCK)
    while sync.run_once() < 1:
        pass
    world.line.database.replace_people([person(visitor, status) for visitor, status in AT_CENTRAL.items()])
    yield opened
    opened.close()


class Desk:
    """Asks the checker as an entrance does, and waits for the answer."""

    def __init__(self, checker: Checker, budget_s: float) -> None:
        self._checker, self._budget_s = checker, budget_s
        self._answers: queue.SimpleQueue[StatusAnswer | NoAnswer] = queue.SimpleQueue()

    def ask(self, visitor: VisitorReference) -> Told:
        """What a visitor is told. The limit is the budget; what is added is the machine's."""
        self._checker.look_up("scan", visitor, lambda _, answer: self._answers.put(answer))
        answer = self._answers.get(timeout=self._budget_s + MARGIN_S)
        if isinstance(answer, NoAnswer):
            return answer
        return (None if answer.record is None else answer.record.status, answer.source)


@pytest.mark.parametrize("trouble", [*FAULTS, *ROADS], ids=str)
def test_the_right_verdict(world: World, copy: StatusCopy, tmp_path: Path, trouble: Fault | Road) -> None:
    """Each is told what is on board, or central's word where it gets through; and central's again, once it is back."""
    store = Store(tmp_path / "kiosk.db")
    cache = SqliteStatusCache(store)
    before = CLOCK.now() - timedelta(hours=1)
    for visitor, status in IN_CACHE.items():
        cache.put(visitor, StatusRecord(status, before), before)
    central = Patience(world.line.client)
    budget_s = SHORT_S if trouble.hangs else LONG_S
    checker = make_checker(central, cache, CLOCK, budget_s, copy)
    desk = Desk(checker, budget_s)
    world.take(trouble)
    checker.start()
    told = {visitor: desk.ask(visitor) for visitor in ON_BOARD}
    assert told == (ONLINE if trouble.error is None else ON_BOARD)

    world.mend()
    for visitor, on_board in ON_BOARD.items():
        # Meanwhile what is on board is told still; what central has said is in the cache by then.
        right = (ONLINE[visitor], on_board, (AT_CENTRAL.get(visitor), Source.CACHE))
        assert _when_well(desk, central, visitor, right) == ONLINE[visitor]
    assert checker.stop(MARGIN_S)
    store.close()


def _when_well(desk: Desk, central: Patience, visitor: VisitorReference, right: tuple[Told, ...]) -> Told:
    """Ask until the answer is central's; none on the way there may be wrong."""
    answer: Told = NoAnswer.UNREACHABLE
    for _ in range(ATTEMPTS):
        central.checked.clear()
        answer = desk.ask(visitor)
        assert answer in right
        if answer == ONLINE[visitor]:
            break
        central.checked.wait(1)
    return answer
