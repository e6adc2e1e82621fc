"""Roads that never reach central: the right error in time, no secret told, and the way back is found."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from kiosk.adapters.central_errors import CentralTimeout
from kiosk.adapters.store import Store
from kiosk.core.credential import format_reference
from kiosk.core.ports import CentralError
from tests.services.conftest import FakeClock
from tests.system.fault_line import (
    ALIYA,
    CALLS,
    LONG_S,
    MARGIN_S,
    SHORT_S,
    TOKEN,
    Patience,
    call,
    make_journal,
    make_sync,
    visit,
)
from tests.system.fault_roads import ROADS, Road, World, open_world
from tests.system.faults import WELL


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with open_world(tmp_path_factory.mktemp("roads")) as opened:
        yield opened


@pytest.mark.parametrize("what", CALLS)
@pytest.mark.parametrize("road", ROADS, ids=str)
def test_every_call_survives_every_road(world: World, road: Road, what: str) -> None:
    """It ends in its time, says which road it was and no secret; central hears nothing; and the way back is found."""
    world.take(road)
    before = len(world.line.proxy.passed)
    budget_s = SHORT_S if road.hangs else LONG_S
    began_at = time.monotonic()
    with pytest.raises(CentralError, match=road.why) as caught:
        call(world.line, what, budget_s)
    assert time.monotonic() - began_at < budget_s + MARGIN_S
    assert type(caught.value) is road.error
    for secret in (TOKEN, "/v1/", format_reference(ALIYA), format_reference(ALIYA)[6:]):
        assert secret not in str(caught.value)
    assert len(world.line.proxy.passed) == before
    world.mend()
    assert call(world.line, what, LONG_S)


@pytest.mark.parametrize("road", ROADS, ids=str)
def test_visits_wait_for_the_way_back(world: World, road: Road, tmp_path: Path) -> None:
    """A bad road is not the visits' fault: they stay together, and leave together as soon as there is a way."""
    clock, central = FakeClock(), Patience(world.line.client)
    store = Store(tmp_path / "kiosk.db")
    journal = make_journal(store, clock)
    sync = make_sync(central, journal, clock)
    visits = [visit() for _ in range(5)]
    for one in visits:
        journal.record(one)
    world.take(road)
    central.expect(hangs=road.hangs)
    for _ in range(1 if road.hangs else 3):
        sync.run_once()
        clock.advance(61)
    assert journal.counts().unsent == len(visits)
    world.mend()
    central.expect(hangs=False)
    sync.run_once()
    assert journal.counts().acknowledged == len(visits)
    assert {one.id for one in visits} <= set(world.line.stored())
    assert set(central.batches) == {len(visits)}
    store.close()


def test_a_name_server_that_stays_silent(world: World) -> None:
    """Look-ups can't be broken off: their threads do not pile up, and the terminal says where to look."""
    world.names.become("silence")
    world.line.proxy.become(WELL)
    before = threading.active_count()
    for _ in range(8):
        with pytest.raises(CentralTimeout) as caught:
            call(world.line, "check", 0.05)
    assert "is the name server reachable" in str(caught.value)
    assert threading.active_count() <= before + 5
    world.mend()
    deadline = time.monotonic() + LONG_S
    while True:  # until the hung look-ups have heard that there is no answer
        try:
            assert call(world.line, "check", LONG_S)
            break
        except CentralTimeout:
            assert time.monotonic() < deadline
