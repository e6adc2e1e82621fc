"""What is told of a camera, and when: within 3 s that something is wrong, within 5 s that it is well again."""

import pytest

from hardware.camera_watch import CameraWatch
from hardware.errors import CameraFault
from hardware.scanner_wire import Alive, Trouble
from tests.hardware.camera_play import Machine, Play, State

NOTICED_S, RECOVERED_S = 3.0, 5.0
FAULTS: dict[State, CameraFault] = {
    "unplugged": "unplugged",
    "hung": "no_picture",
    "stuck": "no_picture",
    "damaged": "format",
    "black": "dark",
    "frozen": "frozen",
}
MACHINES = {
    "fast": Machine(),
    "slow": Machine(fps=15, reads_s=0.3, imports_s=6.0, opens_s=0.6, begins_s=0.5),
    "busy": Machine(fps=7, reads_s=0.25, imports_s=12.0, opens_s=0.8, begins_s=0.5),
}
# For a camera that only opening it anew cures, a process must have imported everything: the slow ones take longer.
PLAYS = [(fault, name) for fault in FAULTS for name in MACHINES if fault != "stuck" or name == "fast"]


@pytest.mark.parametrize(("fault", "machine"), PLAYS)
def test_every_fault_is_told_in_time_and_so_is_its_end(
    fault: State, machine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At whatever moment it begins and ends, and for however long it lasts after it was told."""
    for number, lasts_s in enumerate((0.0, 0.31, 4.2, 15.3)):
        began_at = 5.0 + 2 * MACHINES[machine].imports_s + number * 0.137
        ended_at = began_at + NOTICED_S + lasts_s
        states: list[tuple[float, State]] = [(0.0, "well"), (began_at, fault), (ended_at, "well")]
        play = Play(MACHINES[machine], states, ended_at + RECOVERED_S, monkeypatch.setattr).run()
        assert [told for _, told in play.told] == [FAULTS[fault], None]
        assert play.after(began_at, FAULTS[fault]) <= NOTICED_S - 0.2
        assert play.after(ended_at, None) <= RECOVERED_S - 0.5


def test_a_camera_that_goes_on_by_itself_is_well_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody has always waited for it, also where it takes long to start another process, or to read."""
    for ended_at in (60.0, 63.1, 71.7, 90.2):
        states: list[tuple[float, State]] = [(0.0, "well"), (50.0, "hung"), (ended_at, "well")]
        play = Play(Machine(imports_s=15.0, reads_s=0.45), states, ended_at + 5.0, monkeypatch.setattr).run()
        assert play.after(ended_at, None) <= (
            1.1 if play.processes > 1 else 0.1
        )  # while one is put in place, its camera has to begin


def test_a_loose_plug_is_well_soon_after_it_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    """However often it has come off in a row."""
    states: list[tuple[float, State]] = [(0.0, "well")]
    for at in range(20, 50, 3):
        states += [(float(at), "unplugged"), (at + 1.5, "well")]
    play = Play(Machine(), states, 60.0, monkeypatch.setattr).run()
    assert play.processes >= 8
    assert play.after(states[-1][0], None) <= RECOVERED_S - 0.5


# --- the judgement by itself --------------------------------------------------------------------------------------


def alive(last_frame_at: float | None, fault: CameraFault | None = None) -> Alive:
    return Alive(1, last_frame_at, ended=False, fault=fault)


def reading(at: float = 1.0) -> CameraWatch:
    """A watch of a camera whose first picture took 0.5 s."""
    watch = CameraWatch(2.0, 0.0)
    watch.begins(0.0)
    watch.opened(at - 0.5)
    assert watch.alive(alive(at), at)
    return watch


def test_what_is_known_of_a_camera_is_not_made_less_exact() -> None:
    """That nothing comes from an unplugged camera is no news; from one that gave dark pictures it is."""
    watch, told = reading(), []
    watch.trouble(Trouble("gone", "unplugged"))
    watch.no_picture("nothing")
    told.append(watch.loss)
    watch.trouble(Trouble("covered", "dark"))
    assert watch.gives_pictures
    watch.no_picture("nothing")
    told.append(watch.loss)
    assert [loss and loss.why for loss in told] == ["gone", "nothing"]
    assert not watch.gives_pictures


def test_a_slow_start_is_no_fault_of_the_camera() -> None:
    """To import from a slow card takes longer than a camera may be silent; what takes for ever is told all the same."""
    watch = CameraWatch(2.0, 0.0)
    watch.begins(0.0)
    watch.look(15.0)
    assert watch.loss is None
    watch.opened(15.0)
    watch.look(17.7)
    assert watch.loss is None
    watch.look(17.9)
    assert watch.loss is not None
    never = CameraWatch(2.0, 0.0)
    never.look(22.9)
    assert never.loss is not None


def test_silence_is_told_sooner_when_the_process_says_so_itself() -> None:
    """One that says nothing may get no processor time; but three seconds are the limit."""
    hears, unheard = reading(1.0), reading(1.0)
    hears.alive(alive(1.0), 2.9)
    assert hears.loss is None
    hears.alive(alive(1.0), 3.1)
    assert hears.loss is not None
    unheard.look(3.7)
    assert unheard.loss is None
    unheard.look(3.9)
    assert unheard.loss is not None


def test_who_waits_for_a_camera_is_not_ended_before_another_one_is_ready() -> None:
    """But it is in the end: where none can be started, the process itself may be what is wrong."""
    watch = reading(1.0)
    watch.alive(alive(1.0), 4.0)
    assert not watch.gives_up(2.9, spare_ready=True)
    assert "no picture" in watch.gives_up(3.1, spare_ready=True)
    assert not watch.gives_up(20.0, spare_ready=False)
    assert watch.gives_up(23.1, spare_ready=False)


def waits_s(watch: CameraWatch, at: float) -> float:
    """For how long a process that begins now is let wait for the first picture."""
    watch.begins(at)
    watch.opened(at)
    return next(tenth / 10 for tenth in range(1000) if watch.gives_up(at + tenth / 10, spare_ready=True))


def test_the_first_picture_is_given_as_long_as_it_took_before() -> None:
    """Ten seconds as long as nothing is known; a camera that begins fast is soon opened anew, but not for ever."""
    new = CameraWatch(2.0, 0.0)
    assert waits_s(new, 0.0) == pytest.approx(10.0, abs=0.11)
    watch = reading()
    assert [round(waits_s(watch, 10.0 * number)) for number in range(1, 9)] == [3, 3, 3, 3, 3, 10, 10, 10]
    slow = CameraWatch(2.0, 0.0)
    slow.begins(0.0)
    slow.opened(0.0)
    slow.alive(alive(4.0), 4.0)
    assert waits_s(slow, 10.0) == pytest.approx(8.0, abs=0.11)


def test_good_pictures_are_well_after_a_while_and_old_ones_never() -> None:
    """What is dark by turns is not told by turns; a sign of life that brings no new picture mends nothing."""
    watch = reading()
    watch.alive(alive(2.0, "dark"), 2.0)
    watch.alive(alive(3.0), 3.0)
    assert watch.loss is not None
    assert not watch.alive(alive(3.0), 5.2)
    assert watch.loss is not None
    assert watch.alive(alive(5.3), 5.3)
    assert watch.loss is None


def test_the_end_of_a_film_is_no_silence() -> None:
    """Nothing more is to come."""
    watch = reading()
    for at in range(2, 20):
        watch.ended(float(at))
        watch.look(at + 0.5)
    assert watch.loss is None
