"""When a frame was captured: by the driver's time where it can be believed, else by whether it was waited for."""

from hypothesis import given
from hypothesis import strategies as st

from hardware.cameras.times import FrameTimes

PERIOD_S = 0.033


def test_a_frame_that_was_waited_for_is_fresh() -> None:
    """Nothing lay ready: it is of now."""
    times = FrameTimes(100.0, PERIOD_S)
    assert times.captured_at(100.0, 100.4) == 100.4
    assert times.captured_at(100.4, 100.43) == 100.43


def test_frames_that_queued_during_a_stall_are_old() -> None:
    """A network stream goes on where it was, until its reader has to wait again."""
    times = FrameTimes(0.0, 0.1)
    times.captured_at(0.0, 1.0)
    stalled_until = 6.0
    ages = []
    for number in range(20):
        began_at = stalled_until + number * 0.001
        ages.append(began_at + 0.001 - times.captured_at(began_at, began_at + 0.001))
    assert min(ages) > 2.9
    assert times.captured_at(6.1, 6.2) == 6.2


def test_the_one_buffer_of_a_device_is_at_most_as_old_as_the_last_reading() -> None:
    """It was filled just after: a slow reader does not make each frame older than the one before."""
    times = FrameTimes(0.0, PERIOD_S, queue=1)
    times.captured_at(0.0, 1.0)
    for number in range(1, 50):
        began_at = 1.0 + number * 0.2
        assert began_at - times.captured_at(began_at, began_at + 0.001) < 0.2


def test_the_drivers_time_tells_what_the_reader_can_not_know() -> None:
    """After five seconds of standstill the frame in the buffer is five seconds old."""
    times = FrameTimes(0.0, PERIOD_S, queue=1)
    assert times.captured_at(1.0, 1.03, 1.01) == 1.01
    assert times.captured_at(6.0, 6.001, 1.05) == 1.05
    assert times.captured_at(6.001, 6.04, 6.02) == 6.02


def test_a_drivers_clock_that_is_another_one_is_not_believed() -> None:
    """Wall clock, zero, or one that lags behind: frames are waited for, and yet it says that they are old."""
    wall = FrameTimes(1000.0, PERIOD_S)
    assert wall.captured_at(1000.0, 1000.1, 1.7e9) == 1000.1
    assert wall.captured_at(1000.1, 1000.2, 0.0) == 1000.2
    lagging = FrameTimes(0.0, PERIOD_S)
    taken = [lagging.captured_at(10.0 + n, 10.9 + n, 8.0 + n) for n in range(6)]
    assert taken[-3:] == [13.9, 14.9, 15.9]


@given(
    st.floats(0.001, 1),
    st.none() | st.integers(1, 4),
    st.lists(st.tuples(st.floats(0, 10), st.floats(0, 5), st.none() | st.floats(-1e10, 1e10)), min_size=1, max_size=30),
)
def test_no_frame_is_of_the_future_or_before_the_one_before(
    period_s: float, queue: int | None, calls: list[tuple[float, float, float | None]]
) -> None:
    """Whatever the driver says and however long anything takes."""
    times, now, last = FrameTimes(50.0, period_s, queue), 50.0, 50.0
    for pause_s, took_s, stamp in calls:
        began_at = now + pause_s
        now = began_at + took_s
        captured_at = times.captured_at(began_at, now, stamp)
        assert last <= captured_at <= now
        last = captured_at


@given(st.floats(0.02, 0.2), st.integers(1, 4))
def test_a_reader_that_keeps_up_never_has_a_stale_frame(period_s: float, queue: int) -> None:
    """Whatever the rate that the driver promises: what comes every 30 ms, and is waited for or not, is of now."""
    times, now = FrameTimes(0.0, period_s, queue), 0.0
    for number in range(100):
        took_s = 0.029 if number % 3 else 0.001
        captured_at = times.captured_at(now, now + took_s)
        now += 0.03
        assert now - captured_at < 0.5
