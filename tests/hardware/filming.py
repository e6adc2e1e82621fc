"""A code before a camera, and readers whose course is the same on every machine."""

from collections.abc import Callable, Iterable
from itertools import count
from typing import Any

from hardware.reader import SymbolReader
from hardware.symbols import Grey, Reading
from tests.hardware.shown import code, square

PASS = code("ASHYQ:7K3QW9XE2MZ5T8RV4NBJ", "M")
HELD = square(500, 250, 170, 6)
CAMERA = (1280, 720)
FRAME_S = 1 / 15


def steady(look_s: float = 0.001) -> Callable[[], float]:
    """A clock by which every look and attempt takes as long as every other."""
    ticks = count()
    return lambda: next(ticks) * look_s


def fresh(**options: Any) -> SymbolReader:
    """A reader that has seen nothing, with a clock that makes its course the same on every machine."""
    return SymbolReader(bar_codes=False, cpu=steady(), **options)


def film(reader: SymbolReader, frames: Iterable[Grey], start: float = 0.0) -> list[Reading]:
    """What it reads of frames at the camera's pace."""
    return [reader.read(frame, start + number * FRAME_S) for number, frame in enumerate(frames)]
