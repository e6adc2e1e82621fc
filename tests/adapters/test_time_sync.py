"""Whether a time server has set the clock: the kernel's word, and the mark that systemd-timesyncd leaves."""

import ctypes
from pathlib import Path

import pytest

from kiosk.adapters import time_sync
from kiosk.adapters.time_sync import TimeServerWatch, kernel_says_synchronised


class Machine:
    """A kernel and its clocks."""

    def __init__(self, tmp_path: Path) -> None:
        self.word: bool | None = False
        self.real, self.monotonic = 1_000_000.0, 10.0
        self.mark = tmp_path / "synchronized"
        self.watch = TimeServerWatch(lambda: self.word, self.mark, lambda: self.real, lambda: self.monotonic)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_the_kernel_answers() -> None:
    """This machine's kernel says yes or no, the same each time within a moment."""
    assert kernel_says_synchronised() in (True, False, None)


@pytest.mark.skipif(ctypes.sizeof(ctypes.c_long) != 8, reason="the size below is that of 64-bit machines")
def test_the_structure_has_the_kernels_size() -> None:
    """struct timex has 208 bytes on 64-bit Linux (include/uapi/linux/timex.h)."""
    assert ctypes.sizeof(time_sync._Timex) == 208  # the layout is what matters, and it is nobody else's


@pytest.mark.parametrize(("word", "is_so"), [(True, True), (False, False), (None, False)])
def test_the_kernels_word_counts(machine: Machine, word: bool | None, is_so: bool) -> None:
    """A kernel that may not be asked is as good as one that says no."""
    machine.word = word
    assert machine.watch() is is_so


def test_the_mark_counts_when_the_kernel_has_forgotten(machine: Machine) -> None:
    """Hours after the last contact the kernel gives up its claim; the clock is still right."""
    machine.mark.touch()
    assert machine.watch()
    machine.real += 3 * 86_400 + 0.4
    machine.monotonic += 3 * 86_400
    assert machine.watch()


@pytest.mark.parametrize("step_s", [-3600.0, 3600.0, 5.0])
def test_a_clock_that_was_stepped_is_not_what_the_mark_spoke_of(machine: Machine, step_s: float) -> None:
    """Somebody set it by hand."""
    machine.mark.touch()
    assert machine.watch()
    machine.real += step_s
    assert not machine.watch()
    machine.word = True
    assert machine.watch()
