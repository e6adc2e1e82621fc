"""The status copy while the line fails in every way: always of use, never wrong, and in the end what central has."""

import shutil
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kiosk.adapters.central_errors import CentralGone
from kiosk.adapters.issuing import new_reference
from kiosk.adapters.status_copy import StatusCopy
from kiosk.central.database import Database
from kiosk.central.publishing import UnknownCursorError
from kiosk.core.status import Status
from tests.services.conftest import FakeClock
from tests.system.fault_line import Line, Patience, make_statuses_sync, open_line, person
from tests.system.faults import ALTERED, FAULTS, STALE, WELL, Fault

PEOPLE = [new_reference() for _ in range(8)]
OLD: dict[int, Status] = dict.fromkeys(range(6), Status.BLUE)
"""Who is published at first, by number in PEOPLE: by the central before this one, and by this one."""
FIRST: dict[int, Status] = {**dict.fromkeys(range(4), Status.GREEN), 4: Status.YELLOW, 5: Status.RED, 6: Status.GREEN}
NEARLY = 252
"""So many of a snapshot's 256 pages are on board where it is nearly fetched."""
DONE_S = 800.0
"""Whoever comes back after so long has nothing left to fetch."""
Known = dict[int, Status | None]


class Direct:
    """Pages without a line, to lay out what is on board."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def fetch_statuses(self, since: str | None, shard: int | None, _: float) -> bytes:
        try:
            return self._database.statuses(since, shard)
        except UnknownCursorError:
            raise CentralGone("begin anew") from None


class Board:
    """A copy in a folder, its sync, and what may be told of each visitor: whatever has been published so far."""

    def __init__(self, folder: Path, line: Line, published: list[dict[int, Status]]) -> None:
        self.folder, self.line, self.clock = folder, line, FakeClock()
        self.central = Patience(line.client)
        self.copy = StatusCopy(folder, self.clock.now)
        self.sync = make_statuses_sync(self.central, self.copy, self.clock)
        self.in_use = False
        self._may_be: dict[int, set[Status | None]] = {number: set() for number in range(len(PEOPLE))}
        for statuses in published:
            self._publishes(statuses)

    def publish(self, statuses: dict[int, Status]) -> None:
        """Central's people are these now."""
        self._publishes(statuses)
        self.line.database.replace_people([person(PEOPLE[number], status) for number, status in statuses.items()])

    def _publishes(self, statuses: dict[int, Status]) -> None:
        for number, may_be in self._may_be.items():
            may_be.add(statuses.get(number))

    def become(self, fault: Fault) -> None:
        self.line.proxy.become(fault)
        self.central.expect(hangs=fault.hangs)

    def turn(self) -> bool:
        """One page, or none; whether there is nothing left to fetch. Whatever came of it: what is told is right."""
        self.clock.advance(1)
        done = self.sync.run_once() > DONE_S
        known = self.known()
        # Once it is in use it stays so: who has always been published is always known.
        self.in_use = self.in_use or any(known.values())
        assert not self.in_use or all(status in self._may_be[number] for number, status in known.items())
        return done

    def known(self) -> Known:
        """What the copy says of everybody."""
        answers = [self.copy.get(visitor) for visitor in PEOPLE]
        return {
            number: None if answer is None or answer.record is None else answer.record.status
            for number, answer in enumerate(answers)
        }

    def restart(self) -> None:
        self.copy.close()
        self.copy = StatusCopy(self.folder, self.clock.now)
        self.sync = make_statuses_sync(self.central, self.copy, self.clock)

    def converges(self, statuses: dict[int, Status]) -> None:
        """The line is well again: the copy becomes what central has, whole and proved as of now."""
        self.become(WELL)
        assert any(self.turn() for _ in range(600))
        assert self.known() == {number: statuses.get(number) for number in range(len(PEOPLE))}
        assert self.copy.verify() == 0
        answer = self.copy.get(PEOPLE[next(iter(statuses))])
        assert answer is not None
        assert answer.confirmed_at == self.clock.now()
        self.copy.close()


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Line]:
    with open_line(tmp_path_factory.mktemp("line")) as opened:
        yield opened


@pytest.fixture(scope="module")
def stages(line: Line, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """What may be on board: nearly a first copy, a whole one, that of another central with nearly a new one."""
    folder = tmp_path_factory.mktemp("stages")
    before = Database(f"sqlite:///{folder / 'before.db'}")
    before.replace_people([person(PEOPLE[number], status) for number, status in OLD.items()])
    line.database.replace_people([person(PEOPLE[number], status) for number, status in FIRST.items()])
    _fetch(line.database, folder / "nearly", NEARLY)
    shutil.copytree(folder / "nearly", folder / "whole")
    _fetch(line.database, folder / "whole", 257 - NEARLY)
    _fetch(before, folder / "renewed", 257)
    _fetch(line.database, folder / "renewed", 1 + NEARLY)
    before.close()
    return {name: folder / name for name in ("nearly", "whole", "renewed")}


def _fetch(database: Database, folder: Path, pages: int) -> None:
    clock = FakeClock()
    copy = StatusCopy(folder, clock.now)
    sync = make_statuses_sync(Direct(database), copy, clock)
    for _ in range(pages):
        sync.run_once()
    copy.close()


changes = st.dictionaries(st.integers(3, len(PEOPLE) - 1), st.one_of(st.none(), st.sampled_from(Status)), max_size=4)
"""Of a few: the others are always published, and so always known."""
steps = st.lists(
    st.tuples(
        changes,
        st.one_of(st.just(WELL), st.sampled_from([STALE, *ALTERED]), st.sampled_from(FAULTS)),
        st.integers(1, 3),
        st.booleans(),
    ),
    min_size=2,
    max_size=7,
)


@pytest.mark.parametrize("stage", ["nearly", "whole", "renewed"])
@settings(max_examples=5, suppress_health_check=[HealthCheck.too_slow])
@given(taken=steps)
def test_the_copy_becomes_what_central_has(
    line: Line, stages: dict[str, Path], stage: str, taken: list[tuple[Known, Fault, int, bool]]
) -> None:
    """After any faults, changes and restarts; and nothing is told meanwhile that central has never published."""
    line.proxy.become(WELL)
    line.proxy.forget()
    with TemporaryDirectory() as folder:
        shutil.copytree(stages[stage], folder, dirs_exist_ok=True)
        statuses = dict(FIRST)
        board = Board(Path(folder), line, [OLD, FIRST] if stage == "renewed" else [FIRST])
        board.publish(statuses)
        assert any(board.known().values()) == (stage != "nearly")
        board.in_use = stage != "nearly"
        for changed, fault, turns, restart in taken:
            new = {**statuses, **changed}
            statuses = {number: status for number, status in new.items() if status is not None}
            board.publish(statuses)
            board.become(fault)
            for _ in range(turns):
                board.turn()
            if restart:
                board.restart()
        board.converges(statuses)


def test_a_first_copy_over_a_bad_line(line: Line, tmp_path: Path) -> None:
    """A page of ten fails, each in another way: the snapshot comes together all the same."""
    line.proxy.become(WELL)
    line.proxy.forget()
    board = Board(tmp_path / "statuses", line, [])
    board.publish(FIRST)
    faults = cycle([*FAULTS, *ALTERED])
    for number in range(NEARLY):
        board.become(WELL if number % 10 else next(faults))
        board.turn()
        assert not board.in_use
    board.converges(FIRST)


def test_a_central_that_forgets_the_cursor_once(line: Line, stages: dict[str, Path], tmp_path: Path) -> None:
    """The same publication comes anew: what is in use answers meanwhile."""
    line.proxy.become(WELL)
    line.proxy.forget()
    shutil.copytree(stages["whole"], tmp_path / "statuses")
    board = Board(tmp_path / "statuses", line, [FIRST])
    board.publish(FIRST)
    board.turn()
    assert board.in_use
    board.become(next(fault for fault in FAULTS if fault.error is CentralGone))
    board.turn()
    board.become(WELL)
    board.turn()
    assert board.known() == {number: FIRST.get(number) for number in range(len(PEOPLE))}
    board.copy.close()
