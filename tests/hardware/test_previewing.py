"""The preview's own thread: pictures and what reading them gave, without anybody waiting for it."""

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from hardware.camera import CameraSettings, Frame
from hardware.errors import CameraFault
from hardware.frames import Plain
from hardware.preview import PreviewFrame, PreviewReader, PreviewWriter
from hardware.previewing import Previewing, ShownFrames
from hardware.scanner import Scanner
from hardware.scanner_wire import ScannerSettings, Sighting
from hardware.symbols import Located, Reading, Symbol

CORNERS = ((10, 10), (20, 10), (20, 20), (10, 20))
FOUND = Reading(located=Located(CORNERS, "closer"))
READ = Reading((Symbol(b"x", "qr", "zxing", CORNERS),))
SIZE = (40, 40)


def frame(number: int, at: float) -> Frame:
    return Frame(Plain(np.full((40, 40, 3), number, np.uint8)), at, number)


class Bench:
    """A preview with its thread."""

    def __init__(self) -> None:
        self.reader = PreviewReader()
        self.previewing = Previewing(PreviewWriter(self.reader.descriptor, mirror=False))
        self.thread = threading.Thread(target=self.previewing.run)
        self.thread.start()

    def wait_for(self, wanted: Callable[[PreviewFrame], bool]) -> PreviewFrame:
        deadline = time.monotonic() + 10
        while True:
            shown = self.reader.latest()
            if shown is not None and wanted(shown):
                return shown
            assert time.monotonic() < deadline, shown

    def close(self) -> None:
        self.previewing.stop()
        self.thread.join(5)
        assert not self.thread.is_alive()
        self.reader.close()


@pytest.fixture
def bench() -> Iterator[Bench]:
    bench = Bench()
    yield bench
    bench.close()


def test_marks_come_with_the_picture_that_they_were_read_from(bench: Bench) -> None:
    """A picture waits a moment for its reading."""
    first = frame(1, 100.0)
    bench.previewing.offer(first)
    bench.previewing.read(first, SIZE, FOUND)
    shown = bench.wait_for(lambda shown: shown.captured_at == 100.0)
    assert [mark.hint for mark in shown.marks] == ["closer"]
    assert set(shown.pixels) == {1}


def test_slow_reading_does_not_stop_the_picture(bench: Bench) -> None:
    """A frame that is not read in time goes with the marks of the one before; old marks go with none."""
    first = frame(1, 100.0)
    bench.previewing.read(first, SIZE, READ)
    bench.previewing.offer(first)
    bench.wait_for(lambda shown: shown.captured_at == 100.0)
    bench.previewing.offer(frame(2, 100.1))
    assert len(bench.wait_for(lambda shown: shown.captured_at == 100.1).marks) == 1
    bench.previewing.offer(frame(3, 101.0))
    assert bench.wait_for(lambda shown: shown.captured_at == 101.0).marks == ()


def test_a_picture_that_breaks_is_left_out(bench: Bench) -> None:
    """The next one is shown."""
    bench.previewing.offer(Frame(Plain(np.zeros((0, 0, 3), np.uint8)), 100.0, 1))
    bench.previewing.offer(frame(2, 101.0))
    bench.wait_for(lambda shown: shown.captured_at == 101.0)


@pytest.mark.parametrize(("fps", "shown_fps"), [(10, 10), (15, 15), (25, 20), (30, 20), (60, 20)])
def test_pictures_a_second(fps: int, shown_fps: int) -> None:
    """All of a slow camera's, 20 of a faster one's: never fewer than 15 of a camera that gives so many."""
    taken = []
    reader = PreviewReader()
    previewing = Previewing(PreviewWriter(reader.descriptor, mirror=False))
    frames = ShownFrames(previewing, monotonic=lambda: 10.0)
    for number in range(1, fps * 10 + 1):
        frames.put(frame(number % 256, number / fps + (0.004 if number % 3 else 0)))  # cameras jitter
        waiting, previewing._frame = previewing._frame, None  # what the thread would take, without its time
        taken.append(waiting)
    reader.close()
    assert frames.take(0) is not None
    assert sum(one is not None for one in taken) == pytest.approx(shown_fps * 10, rel=0.03)


def test_a_still_scene_is_shown_five_times_a_second_and_a_change_at_once(bench: Bench) -> None:
    """What need not be read is still shown, at the cost of a fifth; the first frame that is read again is due."""
    previewing = Previewing(PreviewWriter(bench.reader.descriptor, mirror=False))
    frames = ShownFrames(previewing, monotonic=lambda: 10.0)
    taken = []
    for number in range(1, 301, 2):  # every second frame of a still scene goes by unseen
        frames.let_by(frame(number % 256, number / 30))
        waiting, previewing._frame = previewing._frame, None
        taken.append(waiting)
    assert sum(one is not None for one in taken) in range(48, 51)
    assert frames.take(0) is None
    frames.put(frame(1, 301 / 30))
    assert previewing._frame is not None


def test_a_code_that_is_held_still_stays_outlined(bench: Bench) -> None:
    """It is read twice a second only, and its mark must not blink meanwhile."""
    first = frame(1, 100.0)
    bench.previewing.offer(first)
    bench.previewing.read(first, SIZE, READ)
    bench.previewing.offer_still(frame(2, 100.7))
    assert len(bench.wait_for(lambda shown: shown.captured_at == 100.7).marks) == 1
    bench.previewing.offer_still(frame(3, 101.2))
    assert bench.wait_for(lambda shown: shown.captured_at == 101.2).marks == ()


def test_a_code_is_outlined_in_the_program(studio: Any) -> None:
    """Through the real scanner process: the mark lies where the code is in the picture, mirrored as that is."""
    shown = studio.frame(studio.code("ASHYQ:TEST"))
    film = studio.film(*[shown] * 20)
    scanner = Scanner(ScannerSettings(CameraSettings(str(film), at_end="loop"), mirror=True), _Nobody())
    scanner.start()
    try:
        deadline = time.monotonic() + 20
        while (frame := scanner.preview()) is None or not frame.marks:
            assert time.monotonic() < deadline
        [mark] = frame.marks
        assert mark.kind == "decoded"
        picture = np.frombuffer(frame.pixels, np.uint8).reshape(frame.height, frame.width, frame.channels)
        xs, ys = [x * frame.width for x, _ in mark.corners], [y * frame.height for _, y in mark.corners]
        assert min(xs) > frame.width / 2  # the film has it on the left
        code = picture[round(min(ys)) : round(max(ys)), round(min(xs)) : round(max(xs))]
        assert 0.3 < (code < 100).mean() < 0.7  # modules, half of them dark
    finally:
        assert scanner.stop(3.0)


class _Nobody:
    """A listener that wants to know nothing."""

    def symbol_seen(self, sighting: Sighting) -> None: ...
    def symbol_gone(self) -> None: ...
    def camera_lost(self, why: str, fault: CameraFault) -> None: ...
    def camera_found(self) -> None: ...
    def camera_ended(self) -> None: ...
    def not_confined(self, why: str) -> None: ...
