"""The clock and the ids that carry its time."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from kiosk.adapters.clock import TerminalClock
from kiosk.adapters.visit_ids import new_visit_id
from kiosk.core.ports import Clock

NOW = datetime(2027, 3, 1, 12, tzinfo=UTC)


def test_tells_the_time_of_the_venue() -> None:
    """Aware, in the venue's time zone, and the same moment as everywhere else."""
    clock: Clock = TerminalClock(ZoneInfo("Asia/Almaty"))
    now = clock.now()
    assert str(now.tzinfo) == "Asia/Almaty"
    assert abs(now - datetime.now(UTC)) < timedelta(minutes=1)


def test_monotonic_time_is_the_systems() -> None:
    """The same scale that other parts of the program read, so that their times can be compared."""
    before = time.monotonic()
    assert before <= TerminalClock().monotonic() <= time.monotonic()


class Machine:
    """Clocks in the test's hand; a boot lasts until `reboot`."""

    def __init__(self) -> None:
        self.monotonic_s, self.real, self.boot, self.synchronised = 50.0, NOW, "boot-1", False

    def clock(self, kept: bytes | None = None) -> TerminalClock:
        return TerminalClock(
            is_synchronised=lambda: self.synchronised,
            kept=kept,
            boot=self.boot,
            system_time=lambda: self.real,
            monotonic=lambda: self.monotonic_s,
        )

    def passes(self, seconds: float) -> None:
        self.monotonic_s += seconds
        self.real += timedelta(seconds=seconds)

    def reboot(self, real: datetime) -> None:
        self.boot, self.monotonic_s, self.real, self.synchronised = self.boot + "'", 5.0, real, False


def test_a_clock_that_nobody_vouches_for_is_not_trusted() -> None:
    """Neither by its looks nor after a while; a time server's word makes it so, also after that has gone."""
    machine = Machine()
    clock = machine.clock()
    machine.passes(1e6)
    assert not clock.is_trusted()
    assert not clock.was_trusted(machine.monotonic_s)
    assert clock.to_keep() is None
    machine.synchronised = True
    assert clock.is_trusted()
    synchronised_at = machine.monotonic_s
    machine.synchronised = False
    machine.passes(60)
    machine.real = NOW - timedelta(days=9)  # somebody has set it
    assert clock.is_trusted()
    assert clock.now() == NOW + timedelta(seconds=1e6 + 60)
    assert clock.was_trusted(synchronised_at)
    assert not clock.was_trusted(synchronised_at - 1)


def test_centrals_time_dates_what_was_before() -> None:
    """The time of any moment of this boot follows from it."""
    machine = Machine()
    clock = machine.clock()
    machine.passes(100)
    clock.heard_date(NOW + timedelta(days=40), machine.monotonic_s, machine.monotonic_s)
    assert clock.is_trusted()
    assert clock.time_at(50.0) == NOW + timedelta(days=40, seconds=0.5 - 100)


def test_a_restart_in_the_same_boot_keeps_the_time() -> None:
    """The program ended, the machine did not: nobody has to be asked."""
    machine = Machine()
    first = machine.clock()
    first.heard_date(NOW + timedelta(days=40), machine.monotonic_s, machine.monotonic_s)
    kept = first.to_keep()
    machine.passes(30)
    again = machine.clock(kept)
    assert again.is_trusted()
    assert again.now() == NOW + timedelta(days=40, seconds=30.5)
    assert again.was_trusted(1.0)


def test_a_power_cut_leaves_a_guess_that_is_no_earlier() -> None:
    """A machine without a battery wakes up long ago: its time is not trusted, and goes on from what was known."""
    machine = Machine()
    machine.synchronised = True
    kept = machine.clock().to_keep()
    machine.reboot(NOW - timedelta(days=300))
    clock = machine.clock(kept)
    assert not clock.is_trusted()
    machine.passes(7)
    assert clock.now() == NOW + timedelta(seconds=7)


@pytest.mark.parametrize("kept", [b"", b"{", b"[]", b'{"boot_id": "boot-1", "monotonic_s": "x", "real": "y"}', b"\xff"])
def test_a_kept_time_that_is_none_is_left_alone(kept: bytes) -> None:
    """A damaged value is said, and costs nothing but the knowledge."""
    clock = Machine().clock(kept)
    assert (clock.is_trusted(), clock.now()) == (False, NOW)


def test_a_clock_that_differs_from_centrals_is_said_once(capsys: pytest.CaptureFixture[str]) -> None:
    """A time server's word stands above central's; the technician hears of it."""
    machine = Machine()
    machine.synchronised = True
    clock = machine.clock()
    for _ in range(3):
        clock.heard_date(NOW + timedelta(hours=2), machine.monotonic_s, machine.monotonic_s)
    assert clock.now() == NOW
    assert capsys.readouterr().out.count("clock_differs_from_centrals") == 1


def test_visit_ids_rise_strictly() -> None:
    """Version 7, each greater than the one before, also within one millisecond."""
    ids = [new_visit_id() for _ in range(20_000)]
    assert all(earlier < later for earlier, later in pairwise(ids))
    assert {UUID(visit_id).version for visit_id in ids[:100]} == {7}


def test_visit_ids_of_several_threads_never_meet() -> None:
    """No two calls get the same id."""
    with ThreadPoolExecutor(4) as pool:
        batches = list(pool.map(lambda _: [new_visit_id() for _ in range(2_000)], range(4)))
    assert len({visit_id for batch in batches for visit_id in batch}) == 8_000
