"""Which frames get to the decoders: the latest, never a stale one, few of a still scene; and who decodes them."""

import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hardware.camera import Camera, CameraSettings
from hardware.errors import CameraError, NoPictureYet
from hardware.frames import Frame, Jpeg, Picture, Pixels, Plain
from hardware.grabber import STALE_AFTER_S, Gate, LatestFrame, grab
from hardware.reader import SymbolReader
from hardware.stillness import StillnessRules
from hardware.symbols import Reading, Symbol

FPS = 30


class Counting(Plain):
    """Counts how often it is decoded, whole and coarse."""

    def __init__(self, data: Picture, counts: dict[str, int]) -> None:
        super().__init__(data)
        self._counts = counts

    def grey(self, region: Any) -> Picture:
        self._counts["grey"] = self._counts.get("grey", 0) + 1
        return super().grey(region)

    def coarse(self, region: Any) -> Picture:
        self._counts["coarse"] = self._counts.get("coarse", 0) + 1
        return super().coarse(region)


def frame(number: int, shade: int = 100, pixels: Pixels | None = None) -> Frame:
    return Frame(pixels or Plain(np.full((48, 64), shade, np.uint8)), number / FPS, number)


def test_the_latest_frame_wins_and_the_others_are_never_decoded() -> None:
    """Only who takes a frame pays for it."""
    counts: dict[str, int] = {}
    latest = LatestFrame(monotonic=lambda: 0.2)
    for number in range(1, 6):
        latest.put(frame(number, pixels=Counting(np.zeros((48, 64, 3), np.uint8), counts)))
    taken = latest.take(0)
    assert taken is not None
    assert taken.number == 5
    assert counts == {}
    taken.grey()
    taken.grey()
    assert counts == {"grey": 1}
    assert latest.take(0) is None
    assert (latest.frames, latest.last_frame_at) == (5, 5 / FPS)


def test_a_stale_frame_decides_nothing() -> None:
    """Who was in it may have gone; it is counted."""
    now = [10.0]
    latest = LatestFrame(monotonic=lambda: now[0])
    old, fresh = (Frame(Plain(np.zeros((8, 8), np.uint8)), at, 1) for at in (9.0, 10.0 - STALE_AFTER_S))
    latest.put(old)
    assert latest.take(0) is None
    latest.put(fresh)
    assert latest.take(0) is fresh
    assert latest.stale == 1


class Scene:
    """A camera and its reader, frame by frame: what the gate lets through is read."""

    def __init__(self, gate: Gate) -> None:
        self.gate = gate
        self.number = 0
        self.read: list[int] = []

    def show(self, pixels: Pixels, frames: int = 1, *codes: str) -> None:
        for _ in range(frames):
            self.number += 1
            if self.gate.may_skip():
                continue
            shown = frame(self.number, pixels=pixels)
            if self.gate.admits(shown):
                self.read.append(self.number)
                shown.grey()
                symbols = tuple(Symbol(code.encode(), "qr", "zxing", ()) for code in codes)
                self.gate.has_read(shown, Reading(symbols))


EMPTY = Plain(np.full((360, 640), 100, np.uint8))
CODE = np.full((360, 640), 100, np.uint8)
CODE[100:220, 200:320] = np.kron(np.random.default_rng(1).integers(0, 2, (30, 30)) * 60 + 60, np.ones((4, 4)))
SHOWN = Plain(CODE)


def test_a_still_scene_is_read_twice_a_second_and_hardly_decoded() -> None:
    """After three seconds without a change; every second frame is looked at, coarsely, the others are let by."""
    counts: dict[str, int] = {}
    scene = Scene(Gate(StillnessRules()))
    scene.show(Counting(np.full((360, 640), 100, np.uint8), counts), 3 * FPS)
    assert scene.read == list(range(1, 91))
    scene.read, before = [], dict(counts)
    scene.show(Counting(np.full((360, 640), 100, np.uint8), counts), 10 * FPS)
    assert 18 <= len(scene.read) <= 22
    assert counts["grey"] - before["grey"] == len(scene.read)
    assert counts["coarse"] - before["coarse"] <= 10 * FPS / 2 + 25


@pytest.mark.parametrize("still_frames", range(100, 117))
def test_a_change_is_read_within_two_frames(still_frames: int) -> None:
    """At whatever moment a code is put before the camera; and from then on every frame is read."""
    scene = Scene(Gate(StillnessRules()))
    scene.show(EMPTY, still_frames)
    scene.read = []
    scene.show(SHOWN, 30)
    first = scene.read[0]
    assert first <= still_frames + 2
    assert scene.read == list(range(first, still_frames + 31))


def test_a_code_that_stays_in_view_is_read_often_enough() -> None:
    """Never a gap that the repeat guard would take for its leaving."""
    scene = Scene(Gate(StillnessRules(read_every_s=0.5)))
    scene.show(SHOWN, 20 * FPS, "a")
    gaps = np.diff(np.array([*scene.read, scene.number])) / FPS
    assert gaps.max() <= 0.6
    assert len(scene.read) < 20 * FPS / 4


def test_a_code_that_is_read_now_and_then_is_looked_for_in_every_frame() -> None:
    """Missed three times in a row at two readings a second, it would count as gone, and then as shown anew."""
    scene = Scene(Gate(StillnessRules()))
    for number in range(20 * FPS):
        scene.show(SHOWN, 1, *(["a"] if number % 5 == 0 else []))
    assert len(scene.read) == 20 * FPS


def test_without_rules_every_frame_is_read() -> None:
    """A technician may switch it off."""
    scene = Scene(Gate(None, is_live=True))
    scene.show(EMPTY, 300)
    assert len(scene.read) == 300


def test_pictures_of_a_file_are_not_judged() -> None:
    """A film may be dark, and a folder holds one picture for long: that is no fault of a camera."""
    film, live = Scene(Gate(StillnessRules())), Scene(Gate(StillnessRules(), is_live=True))
    for scene in (film, live):
        scene.show(EMPTY, 4 * FPS)
    assert film.gate.fault is None
    assert live.gate.fault == "frozen"
    live.show(SHOWN)
    assert live.gate.fault is None
    live.show(Plain(np.zeros((360, 640), np.uint8)), 4 * FPS)
    assert live.gate.fault == "dark"
    live.show(SHOWN, 2)
    assert live.gate.fault is None


def test_damaged_pictures_are_noticed_and_let_through() -> None:
    """Whoever reads them finds out; none stops anything."""
    gate = Gate(StillnessRules(), is_live=True)
    for number in range(1, 4 * FPS):
        damaged = frame(number, pixels=Jpeg(np.full(50 + number % 2, number % 250, np.uint8), 64, 48))
        assert gate.admits(damaged)
        with pytest.raises(CameraError):
            damaged.grey()
        gate.could_not_read(damaged)
    assert gate.fault == "format"


def test_a_film_is_played_to_its_end_through_the_gate(studio: Any) -> None:
    """The real thread on a real film: a code that appears after a long time of nothing is read within two frames."""
    empty, shown = studio.frame(), studio.frame(studio.code("ASHYQ:TEST"))
    path: Path = studio.film(*[empty] * 60, *[shown] * 15, fps=20)
    latest, gate, reader = LatestFrame(), Gate(StillnessRules(still_after_s=0.5)), SymbolReader()
    camera = Camera(CameraSettings(str(path)))
    thread = threading.Thread(target=grab, args=(camera, latest, gate))
    thread.start()
    read, found = [], []
    deadline = time.monotonic() + 20
    while not latest.ended and time.monotonic() < deadline:
        taken = latest.take(0.1)
        if taken is not None:
            reading = reader.read(taken.grey(), taken.captured_at)
            gate.has_read(taken, reading)
            read.append(taken.number)
            found += [taken.number] * len(reading.symbols)
    thread.join(5)
    camera.close()
    assert latest.frames == 75
    assert found[0] in range(61, 65)  # two frames, and what a busy machine may miss
    assert len([number for number in read if number <= 60]) < 40


def test_a_camera_that_hangs_is_waited_for() -> None:
    """It is still open: the picture that comes after all is taken."""

    class Hanging:
        def __init__(self) -> None:
            self.answers: list[Frame | CameraError] = [
                *[NoPictureYet("nothing for 3 s")] * 3,
                frame(1),
                NoPictureYet("nothing for 3 s"),
                CameraError("camera.source: gone", "unplugged"),
            ]

        def read(self) -> Frame:
            answer = self.answers.pop(0)
            if isinstance(answer, CameraError):
                raise answer
            return answer

    latest = LatestFrame()
    grab(Hanging(), latest)  # type: ignore[arg-type]  # has what is used of a camera
    assert latest.frames == 1
    assert (latest.error, latest.fault) == ("camera.source: gone", "unplugged")


def test_what_breaks_is_told() -> None:
    """The reader learns why no more frames come, and how the screen names it."""

    class Broken:
        def read(self) -> Frame:
            raise CameraError("camera.source: gone", "unplugged")

    latest = LatestFrame()
    grab(Broken(), latest)  # type: ignore[arg-type]  # has what is used of a camera
    assert (latest.error, latest.fault, latest.ended) == ("camera.source: gone", "unplugged", False)
