"""The clock and the ids that carry its time."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from uuid import UUID
from zoneinfo import ZoneInfo

from kiosk.adapters.clock import SystemClock
from kiosk.adapters.visit_ids import new_visit_id
from kiosk.core.ports import Clock


def test_tells_the_time_of_the_venue() -> None:
    """Aware, in the venue's time zone, and the same moment as everywhere else."""
    clock: Clock = SystemClock(ZoneInfo("Asia/Almaty"))
    now = clock.now()
    assert str(now.tzinfo) == "Asia/Almaty"
    assert abs(now - datetime.now(UTC)) < timedelta(minutes=1)


def test_monotonic_time_is_the_systems() -> None:
    """The same scale that other parts of the program read, so that their times can be compared."""
    before = time.monotonic()
    assert before <= SystemClock(ZoneInfo("UTC")).monotonic() <= time.monotonic()


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
