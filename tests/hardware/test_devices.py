"""Lights, buzzer, buttons and door contact on mock pins."""

import os
import queue
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from gpiozero.pins.mock import MockPin

from hardware.buttons import Button, Contact, InputSettings
from hardware.buzzer import RHYTHMS, Buzzer
from hardware.errors import PinError
from hardware.lights import PATTERNS, LedSettings, Lights
from hardware.pins import Edge, Pins, passing_folder

PATIENCE_S = 10.0


class Bench:
    """Mock pins, and the edges that they reported."""

    def __init__(self) -> None:
        self.edges: queue.SimpleQueue[Edge] = queue.SimpleQueue()
        self.pins = Pins("mock", on_edge=self.edges.put)

    def pin(self, number: int) -> Any:
        return self.pins.factory.pin(number)

    def next_edge(self) -> tuple[str, int]:
        edge = self.edges.get(timeout=PATIENCE_S)
        return edge.line, edge.value


@pytest.fixture
def bench() -> Iterator[Bench]:
    bench = Bench()
    yield bench
    bench.pins.close()


# --- pins ---------------------------------------------------------------------------------------------------------


def test_a_pin_is_handed_out_once(bench: Bench) -> None:
    """Two lines on one pin would drive each other."""
    bench.pins.claim("lights.green", 5)
    with pytest.raises(PinError, match=r"door\.relay: pin 5 is taken by lights\.green"):
        bench.pins.claim("door.relay", 5)


def test_a_missing_chip_is_an_error() -> None:
    """The factory that the configuration names, or none."""
    with pytest.raises(PinError, match=r"pins\.(chip|factory)"):
        Pins("lgpio", chip=31)


def test_lgpio_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither its folder nor its variable, nor the process in another folder; its pipe goes on all the same."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("LG_WD", "/by/somebody/else")
    before = Path.cwd()
    with passing_folder():
        os.chdir(os.environ["LG_WD"])  # as lgpio does when it is imported
        os.mkfifo(".lgd-nfy0")
        writes = os.open(".lgd-nfy0", os.O_RDWR)
        reads = os.open(".lgd-nfy0", os.O_RDONLY)
    assert list(tmp_path.iterdir()) == []
    assert Path.cwd() == before
    assert os.environ["LG_WD"] == "/by/somebody/else"
    os.write(writes, b"edge")
    assert os.read(reads, 16) == b"edge"
    os.close(writes)
    os.close(reads)


def test_a_missing_chip_leaves_no_folder_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However often the terminal is started without one."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with pytest.raises(PinError):
        Pins("lgpio", chip=31)
    assert list(tmp_path.iterdir()) == []
    assert "LG_WD" not in os.environ


# --- lights -------------------------------------------------------------------------------------------------------


@pytest.fixture
def lights(bench: Bench) -> Iterator[Lights]:
    lights = Lights(LedSettings(5), LedSettings(6), bench.pins)
    yield lights
    lights.close()


@pytest.mark.parametrize(("pattern", "green", "red"), [("granted", 1, 0), ("denied", 0, 1)])
def test_steady_patterns(bench: Bench, lights: Lights, pattern: str, green: int, red: int) -> None:
    """Granted is green, denied is red; nothing else is one colour without a break."""
    lights.show(pattern)
    assert (bench.pin(5).state, bench.pin(6).state) == (green, red)


@pytest.mark.parametrize("pattern", ["idle", "checking", "proof_needed", "call_staff", "fault"])
def test_blinking_patterns_go_on(bench: Bench, lights: Lights, pattern: str) -> None:
    """At least one LED changes its level again and again."""
    lights.show(pattern)
    green, red = PATTERNS[pattern]
    blinking = {line for line, rhythm in (("lights.green", green), ("lights.red", red)) if rhythm.on_s and rhythm.off_s}
    edges = [bench.next_edge() for _ in range(2 + len(blinking))]
    assert blinking <= {line for line, _ in edges}


def test_no_two_patterns_look_alike() -> None:
    """Also to somebody who can't tell red from green: by which lamp, or by rhythm."""
    assert len(set(PATTERNS.values())) == len(PATTERNS)
    rhythms = [sorted((rhythm.on_s, rhythm.off_s) for rhythm in pair) for pair in PATTERNS.values()]
    assert len({str(pair) for pair in rhythms}) == len(PATTERNS) - 1  # granted and denied: one lamp lit, by its place


def test_the_same_pattern_again_does_not_begin_anew(bench: Bench, lights: Lights) -> None:
    """The rhythm of a pattern that is shown already is not disturbed."""
    lights.show("granted")
    assert bench.next_edge() == ("lights.green", 1)
    lights.show("granted")
    lights.show("denied")
    assert {bench.next_edge(), bench.next_edge()} == {("lights.green", 0), ("lights.red", 1)}


def test_close_puts_both_out(bench: Bench) -> None:
    """A dark terminal promises nothing."""
    lights = Lights(LedSettings(5), LedSettings(6, active_high=False), bench.pins)
    assert (bench.pin(5).state, bench.pin(6).state) == (0, 1)
    lights.show("proof_needed")
    lights.close()
    assert bench.pin(5).state == 0


def test_an_unknown_pattern_names_those_there_are(lights: Lights) -> None:
    """A programmer's slip is told at once."""
    with pytest.raises(ValueError, match="'disco'; there are idle, checking, granted"):
        lights.show("disco")


# --- buzzer -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sound", RHYTHMS)
def test_each_sound_beeps_in_its_rhythm_and_ends(bench: Bench, sound: str) -> None:
    """As many beeps as its rhythm has, then silence."""
    buzzer = Buzzer(7, bench.pins)
    buzzer.play(sound)
    beeps = (len(RHYTHMS[sound]) + 1) // 2
    assert [bench.next_edge()[1] for _ in range(2 * beeps)] == [1, 0] * beeps
    buzzer.close()
    assert bench.edges.empty()


def test_a_newer_sound_takes_the_place_of_an_older(bench: Bench) -> None:
    """A verdict does not wait for the beep of the acknowledgement."""
    buzzer = Buzzer(7, bench.pins)
    buzzer.play("denied")
    assert bench.next_edge() == ("buzzer", 1)
    buzzer.play("granted")
    assert [bench.next_edge()[1] for _ in range(5)] == [0, 1, 0, 1, 0]
    buzzer.close()


def test_no_two_sounds_have_one_rhythm() -> None:
    """They are told apart without a look at the screen."""
    assert len(set(RHYTHMS.values())) == len(RHYTHMS)


def test_close_in_the_middle_of_a_beep_is_silence(bench: Bench) -> None:
    """The pin is at its resting level before it is given back."""
    buzzer = Buzzer(7, bench.pins)
    buzzer.play("denied")
    assert bench.next_edge() == ("buzzer", 1)
    buzzer.close()
    assert bench.next_edge() == ("buzzer", 0)


# --- inputs -------------------------------------------------------------------------------------------------------


def test_a_press_is_told_once(bench: Bench) -> None:
    """Pressed connects the pin to ground, as the wiring table says."""
    presses: queue.SimpleQueue[str] = queue.SimpleQueue()
    button = Button("rex", InputSettings(8), bench.pins, lambda: presses.put("pressed"))
    bench.pin(8).drive_low()
    assert presses.get(timeout=PATIENCE_S) == "pressed"
    bench.pin(8).drive_high()
    assert presses.empty()
    button.close()


def test_a_contact_tells_open_and_closed(bench: Bench) -> None:
    """Both directions."""
    told: queue.SimpleQueue[bool] = queue.SimpleQueue()
    contact = Contact("contact", InputSettings(9, active_high=True), bench.pins, told.put)
    bench.pin(9).drive_high()
    assert told.get(timeout=PATIENCE_S) is True
    bench.pin(9).drive_low()
    assert told.get(timeout=PATIENCE_S) is False
    contact.close()


def test_a_door_that_is_open_at_the_start_is_told(bench: Bench) -> None:
    """Otherwise it would count as closed until somebody moves it."""

    class Grounded(MockPin):  # type: ignore[misc]  # gpiozero ships no types
        """A pin whose contact is stronger than its pull, as a real one is."""

        def _set_pull(self, value: str) -> None:
            self._pull = value

    told: list[bool] = []
    bench.pins.factory.pin_class = Grounded
    Contact("contact", InputSettings(9), bench.pins, told.append).close()
    assert told == [True]


def test_inputs_that_are_not_there_say_nothing(bench: Bench) -> None:
    """No pin, no device; closing it is allowed."""
    Button("rex", InputSettings(None), bench.pins, lambda: None).close()
    Contact("contact", InputSettings(None), bench.pins, lambda _open: None).close()
    Buzzer(None, bench.pins).close()
    Lights(LedSettings(None), LedSettings(None), bench.pins).close()
