"""The thread that several services share: its pauses, its haste and its end."""

import threading

from kiosk.services.repeating import Repeating

PATIENCE_S = 10.0


def test_it_goes_on_at_its_own_pace_and_in_a_hurry_at_once() -> None:
    """A step tells when the next one is due; whoever is in a hurry does not wait for that."""
    taken = threading.Semaphore(0)
    pauses = iter([0.001, 1e6, 1e6])

    def step() -> float:
        taken.release()
        return next(pauses)

    repeating = Repeating("test", step)
    repeating.start()
    assert [taken.acquire(timeout=PATIENCE_S) for _ in range(2)] == [True, True]
    repeating.hurry()
    assert taken.acquire(timeout=PATIENCE_S)
    assert repeating.stop(PATIENCE_S)
    assert not taken.acquire(blocking=False)


def test_a_haste_during_a_step_is_not_lost() -> None:
    """The news may come while the step that it is about is under way."""
    taken, go_on = threading.Semaphore(0), threading.Event()

    def step() -> float:
        taken.release()
        assert go_on.wait(PATIENCE_S)
        return 1e6

    repeating = Repeating("test", step)
    repeating.start()
    assert taken.acquire(timeout=PATIENCE_S)
    repeating.hurry()
    go_on.set()
    assert taken.acquire(timeout=PATIENCE_S)
    assert repeating.stop(PATIENCE_S)


def test_a_long_step_is_interrupted_and_one_that_hangs_is_told() -> None:
    """Also one that was never started has ended."""
    assert Repeating("never", lambda: 0.0).stop(0.0)
    begun, end = threading.Event(), threading.Event()

    def step() -> float:
        begun.set()
        assert end.wait(PATIENCE_S)
        return 0.0

    repeating = Repeating("test", step)
    repeating.start()
    assert begun.wait(PATIENCE_S)
    assert not repeating.stop(0.01)
    assert repeating.is_stopping
    assert repeating.stop(PATIENCE_S, interrupt=end.set)
