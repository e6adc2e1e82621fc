"""Visits on their way to a real central, whatever happens to line, program, card and clock: each once, none lost."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from kiosk import contract
from kiosk.adapters.store import Store
from kiosk.adapters.wire_visits import wire_visit
from kiosk.core.visit import Passage, Visit
from tests.services.conftest import FakeClock
from tests.system.fault_line import Line, Patience, make_journal, make_sync, open_line, visit
from tests.system.faults import FAULTS, REFUSING, WELL, Fault

DAY_S = 86_400.0
STEPS_S = [-400 * DAY_S, -3600.0, 0.0, 8 * DAY_S, 400 * DAY_S]
"""A card without a clock starts years ago; eight days are longer than visits are kept."""


class WallClock(FakeClock):
    """A clock whose time of day is set forward and back; what counts seconds is not moved by that."""

    def __init__(self) -> None:
        super().__init__()
        self.shift = timedelta(0)
        self.trusted, self.trusted_since = False, 0.0

    def now(self) -> datetime:
        return super().now() + self.shift

    def time_at(self, monotonic_s: float) -> datetime:
        return super().time_at(monotonic_s) + self.shift

    def reboot(self) -> None:
        """Nobody knows the time any more."""
        self.boot_id, self.trusted = str(uuid4()), False


class Terminal:
    """Journal and sync over one file. `restart` says goodbye to nothing; `power_cut` keeps only what is on disk."""

    def __init__(self, folder: Path, line: Line) -> None:
        self.clock, self.central = WallClock(), Patience(line.client)
        self.path = folder / "kiosk.db"
        self.sealing_key: bytes | None = None
        self._on_disk: dict[Path, bytes] = {}
        self._open()

    def _open(self) -> None:
        self.store = Store(self.path)
        self.journal = make_journal(self.store, self.clock)
        if self.sealing_key is not None:
            self.journal.seal_to(self.sealing_key)
        self.journal.settle_leftovers()
        self.sync = make_sync(self.central, self.journal, self.clock)
        self.committed()

    def committed(self) -> None:
        """A durable write has returned: this is what a power cut leaves, whatever else is written without a sync."""
        files = [self.path, self.path.with_name("kiosk.db-wal")]
        self._on_disk = {file: file.read_bytes() for file in files if file.exists()}

    def restart(self) -> None:
        self.store.close()
        self._open()

    def power_cut(self) -> None:
        self.store.close()
        for file in self.path.parent.glob("kiosk.db*"):
            file.unlink()
        for file, content in self._on_disk.items():
            file.write_bytes(content)
        self.clock.reboot()
        self._open()

    def work(self, turns: int) -> None:
        for _ in range(turns):
            self.sync.run_once()
            self.clock.advance(61)


def times(one: contract.Visit) -> tuple[object, ...]:
    """When it was, as told."""
    return one.decided_at, one.time, one.boot_id, one.monotonic_s


class Entrance(RuleBasedStateMachine):
    """What can happen at an entrance, in any order."""

    def __init__(self, line: Line) -> None:
        super().__init__()
        self.line = line
        self.folder = TemporaryDirectory()
        self.recorded: dict[str, Visit] = {}
        self.undated: set[str] = set()

    @initialize()
    def begin(self) -> None:
        self.line.proxy.become(WELL)
        self.line.proxy.let_go()
        self.before = set(self.line.stored())
        self.terminal = Terminal(Path(self.folder.name), self.line)

    @rule(
        fault=st.one_of(st.just(WELL), st.just(REFUSING), st.sampled_from(FAULTS)),
        visitors=st.integers(0, 3),
        passage=st.sampled_from([None, Passage.TAKEN, Passage.NOT_TAKEN]),
        at_once=st.booleans(),
        turns=st.integers(1, 2),
    )
    def line_becomes(self, fault: Fault, visitors: int, passage: Passage | None, at_once: bool, turns: int) -> None:
        """Visitors come while it is so; the door tells at once what became of them, after a while, or not at all."""
        self.line.proxy.become(fault)
        self.terminal.central.expect(hangs=fault.hangs)
        clock = self.terminal.clock
        visits = [replace(visit(None, clock.now()), monotonic_s=clock.monotonic()) for _ in range(visitors)]
        for one in visits:
            if not clock.is_trusted():
                self.undated.add(one.id)
            self.terminal.journal.record(one)
            self.recorded[one.id] = one
        self.terminal.committed()
        if not at_once:
            self.terminal.work(turns)
        if passage is not None:
            for one in visits:
                self.terminal.journal.settle(one.id, passage)
                self.recorded[one.id] = replace(one, passage=passage)
            self.terminal.committed()
        self.terminal.work(turns)

    @rule(count=st.integers(0, 4))
    def requests_arrive_late(self, count: int) -> None:
        """Those that were held back; and some once more that central has had already."""
        self.line.proxy.let_go()
        self.line.proxy.replay(count)

    @rule(step_s=st.sampled_from(STEPS_S))
    def hours_pass(self, step_s: float) -> None:
        """And the wall clock is set meanwhile."""
        self.terminal.clock.shift += timedelta(seconds=step_s)
        self.terminal.clock.advance(3 * 3600)
        self.terminal.work(1)

    @rule()
    def technician_sends_refused_ones_again(self) -> None:
        self.terminal.journal.retry()
        self.terminal.committed()

    @precondition(lambda self: not self.terminal.clock.is_trusted())
    @rule()
    def clock_is_set(self) -> None:
        """From now on it is known what time it is, and what time it was in this boot."""
        clock = self.terminal.clock
        clock.trusted, clock.trusted_since = True, clock.monotonic()

    @precondition(lambda self: self.terminal.sealing_key is None)
    @rule()
    def key_to_seal_to_arrives(self) -> None:
        key = self.line.sealing_key
        self.terminal.journal.seal_to(key)
        self.terminal.sealing_key = key
        self.terminal.committed()

    @rule(power=st.booleans())
    def crash(self, power: bool) -> None:
        if power:
            self.terminal.power_cut()
        else:
            self.terminal.restart()
        for one in self.recorded.values():
            if one.passage is None:
                self.recorded[one.id] = replace(one, passage=Passage.UNKNOWN)

    def _content(self, one: contract.Visit) -> contract.Visit:
        """What must never change on the way: all but the time of a visit that was taken before it was known."""
        told = {"boot_id": None, "monotonic_s": None}
        if str(one.id) not in self.undated:
            assert one.time is contract.VisitTime.TRUSTED
            return one.model_copy(update=told)
        return one.model_copy(update={**told, "decided_at": None, "time": None})

    def teardown(self) -> None:
        """The line is well again, and stays so: central and journal agree, and all that comes late changes nothing."""
        self.crash(power=False)
        self.line.proxy.become(WELL)
        self.terminal.central.expect(hangs=False)
        self.terminal.journal.retry()
        self.terminal.clock.advance(3600)
        self.terminal.work(20)
        for late in (lambda: 0, self.line.proxy.let_go, lambda: self.line.proxy.replay(4)):
            late()
            at_central = {name: one for name, one in self.line.stored().items() if name not in self.before}
            assert {name: self._content(one) for name, one in at_central.items()} == {
                name: self._content(wire_visit(one)) for name, one in self.recorded.items()
            }
            # What was dated later went up with that time only, and the journal says the same of it as central.
            for one in self.terminal.journal.visits():
                assert times(wire_visit(one)) == times(at_central[one.id])
        # What was kept for long enough has left the journal: central has it, as has just been shown.
        left = {one.id: one.passage for one in self.terminal.journal.visits()}
        assert left == {name: self.recorded[name].passage for name in left}
        counts = self.terminal.journal.counts()
        assert (counts.unsettled, counts.unsent, counts.quarantined) == (0, 0, 0)
        self.terminal.store.close()
        self.folder.cleanup()


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Line]:
    with open_line(tmp_path_factory.mktemp("line")) as opened:
        yield opened


def test_central_has_what_the_journal_has(line: Line) -> None:
    """After any sequence of faults, crashes, power cuts and clock steps: each visit once, unchanged, none refused."""

    class AtThisLine(Entrance):
        def __init__(self) -> None:
            super().__init__(line)

    some = settings(max_examples=40, stateful_step_count=14, suppress_health_check=[HealthCheck.too_slow])
    run_state_machine_as_test(AtThisLine, settings=some)
