"""When the scanner process is replaced: pure judgements."""

from hypothesis import given
from hypothesis import strategies as st

from hardware.scanner_watch import POLL_S, DecodeWatch, Mending, RateLimit, Restarts, Sample


def looks(watch: DecodeWatch, samples: list[Sample], every_s: float = POLL_S) -> list[str]:
    return [watch.look(number * every_s, sample) for number, sample in enumerate(samples)]


def test_one_picture_may_take_half_a_second_of_processor_time() -> None:
    """A decoder that spins is noticed by what it used, not by the time that went by."""
    watch = DecodeWatch()
    watch.alive()
    assert not any(looks(watch, [Sample(cpu_s, is_blocked=False) for cpu_s in (0.0, 0.2, 0.4, 0.5)]))
    assert "processor time" in watch.look(0.6, Sample(0.55, is_blocked=False))


def test_the_first_picture_of_a_process_may_take_three_times_as_long() -> None:
    """It touches everything for the first time; the next one does not."""
    watch = DecodeWatch()
    watch.alive(reads_first=True)
    assert not any(looks(watch, [Sample(cpu_s, is_blocked=False) for cpu_s in (0.0, 0.7, 1.4)]))
    watch.alive()
    assert not any(looks(watch, [Sample(cpu_s, is_blocked=False) for cpu_s in (1.4, 1.8)]))
    assert "0.5 s of processor time" in watch.look(0.6, Sample(2.0, is_blocked=False))


def test_a_process_that_gets_no_processor_is_not_taken_for_one_that_hangs() -> None:
    """On a loaded machine it wants to run, and is not let; for however long."""
    watch = DecodeWatch()
    watch.alive()
    assert not any(looks(watch, [Sample(1.0, is_blocked=False)] * 200))


def test_a_process_that_is_blocked_is_noticed() -> None:
    """It waits, uses nothing, and says nothing: within half a second or so."""
    watch = DecodeWatch()
    watch.alive()
    found = looks(watch, [Sample(1.0, is_blocked=True)] * 8)
    assert not any(found[:5])
    assert found[6] == "the scanner process is blocked"


def test_waiting_in_a_driver_may_take_longer() -> None:
    """Memory that comes back from a slow card is no hang; a driver that never answers is one."""
    watch = DecodeWatch()
    watch.alive()
    found = looks(watch, [Sample(1.0, is_blocked=False, in_driver=True)] * 40)
    assert not any(found[:29])
    assert found[32] == "the scanner process is blocked"


def test_a_machine_that_stood_still_proves_nothing() -> None:
    """After a stall of ten seconds one look counts as one look."""
    watch = DecodeWatch()
    watch.alive()
    assert not any(looks(watch, [Sample(1.0, is_blocked=True)] * 3, every_s=10.0))


def test_waiting_for_the_next_picture_is_no_hang() -> None:
    """Each sign of life begins the count again."""
    watch = DecodeWatch()
    for number in range(100):
        watch.alive()
        assert not any(looks(watch, [Sample(float(number), is_blocked=True)] * 4))


def test_a_slow_start_is_no_hang() -> None:
    """Before the first sign of life nothing is judged: importing and opening take what they take."""
    assert not any(looks(DecodeWatch(), [Sample(number * 1.0, is_blocked=True) for number in range(50)]))


def test_the_pauses_let_it_recover_within_five_seconds() -> None:
    """The first replacement is at once; no pause is longer than two seconds; steady reading makes them short again."""
    restarts = Restarts()
    assert [restarts.failed() for _ in range(7)] == [0.0, 0.2, 0.5, 1.0, 2.0, 2.0, 2.0]
    restarts.reads(100.0)
    restarts.reads(104.0)
    assert restarts.failed() == 2.0
    restarts.reads(200.0)
    restarts.reads(205.0)
    assert restarts.failed() == 0.0


def test_who_plugs_a_camera_in_again_waits_a_second_at_most() -> None:
    """A loose plug is no hostile picture; and to open a camera anew that hangs is no failure, and has no pause."""
    restarts = Restarts()
    assert [restarts.failed("camera_silent") for _ in range(3)] == [0.0, 0.0, 0.0]
    assert [restarts.failed("camera_failed") for _ in range(6)] == [0.0, 0.2, 0.5, 1.0, 1.0, 1.0]
    assert restarts.failed("ended") == 2.0


def test_a_picture_that_is_always_slow_is_given_more_time() -> None:
    """So that a slow board is not restarted for ever; and less again after a good minute."""
    restarts = Restarts()
    given_s = []
    for _ in range(6):
        given_s.append(restarts.picture_cpu_s)
        restarts.failed("hung")
    assert given_s == [0.5, 0.5, 1.0, 2.0, 3.0, 3.0]
    restarts.reads(0.0)
    restarts.reads(60.0)
    assert restarts.picture_cpu_s == 0.5


@given(st.lists(st.tuples(st.floats(0, 3), st.integers(1, 5)), max_size=200))
def test_a_rate_is_never_exceeded(steps: list[tuple[float, int]]) -> None:
    """Over any stretch: at most the burst, and the rate times the stretch."""
    limit, at, taken = RateLimit(10, 2.0), 0.0, 0
    for pause_s, count in steps:
        at += pause_s
        taken += count if limit.allows(at, count) else 0
        assert taken <= 10 + 2.0 * at + 1e-6


def test_pictures_that_are_dark_by_turns_are_not_well_by_turns() -> None:
    """One good picture in a dark night ends nothing; some seconds of good ones do; before any bad one all is well."""
    mending = Mending()
    assert mending.is_well(0.0)
    for at in range(10):
        mending.bad(float(at))
        assert not mending.is_well(at + 0.9)
    assert mending.is_well(11.0)
