"""Measures readers on the same door scenes: what each reads, in which frame first, and for how much CPU time.

All readers see each frame one after the other, in an order that turns by the frame, so that whatever else the machine
does hits all alike. Times are of this thread alone, and every reader works in it.
"""

import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from tests.bench.rivals import FPS, Read, rivals
from tests.bench.scene import Grey
from tests.bench.scenes import FACTORS, cluttered, empty, hand_held, single

Fresh = Callable[[], dict[str, Read]]

FRAMES = 10  # of a sequence
HELD, EMPTY, CLUTTERED = "hand-held", "empty", "cluttered"


@dataclass(frozen=True, slots=True)
class Size:
    """How many scenes of each kind; empties: plain ones, and as many cluttered ones."""

    sequences: int
    singles: int
    empties: int

    def times(self, factor: float) -> "Size":
        """So many times as many, and at least one of each; a larger run has the scenes of a smaller one in it."""
        return Size(*(max(1, round(count * factor)) for count in (self.sequences, self.singles, self.empties)))


@dataclass(slots=True)
class Score:
    """What one reader did.

    first_read: for each sequence the number of the frame that was read first, from 0, or None; singles: how many were
    read, by factor; wrong: where a payload was read that is not shown; cpu_s: CPU seconds of each frame, by the kind of
    sequence: HELD, EMPTY, CLUTTERED.
    """

    first_read: list[int | None] = field(default_factory=list)
    singles: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    cpu_s: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    def within(self, frames: int) -> float:
        """The share of the sequences read in one of the first so many frames, 0 to 1."""
        read = [number for number in self.first_read if number is not None and number < frames]
        return len(read) / len(self.first_read)


@dataclass(frozen=True, slots=True)
class Scores:
    """All readers' scores, by name, and how much they were given."""

    size: Size
    of: dict[str, Score]

    def share(self, reader: str, factor: str | None = None) -> float:
        """The share of the single scenes that a reader read, 0 to 1: of one factor, or of all."""
        counted = self.of[reader].singles
        return counted[factor] / self.size.singles if factor else counted.total() / (self.size.singles * len(FACTORS))


def scored(size: Size, seed: int, fresh: Fresh = rivals) -> Scores:
    """Run readers over generated scenes, fresh ones for each; says on the error stream how far it is."""
    scores: dict[str, Score] = defaultdict(Score)
    for factor in FACTORS:
        for number in range(size.singles):
            picture, payload = single(factor, np.random.default_rng([seed, number, *factor.encode()]))
            _one(scores, fresh(), picture, payload, factor)
        _progress(f"single scenes: {factor}")
    for number in range(size.sequences):
        pictures, shown = hand_held(np.random.default_rng([seed, number, 1]), FRAMES)
        _sequence(scores, fresh(), pictures, shown, HELD, number)
        _progress(f"hand-held sequences: {number + 1} of {size.sequences}")
    for number in range(size.empties):
        for stream, (kind, door) in enumerate(((EMPTY, empty), (CLUTTERED, cluttered)), start=2):
            pictures = door(np.random.default_rng([seed, number, stream]), FRAMES)
            _sequence(scores, fresh(), pictures, None, kind, number)
        _progress(f"empty sequences: {number + 1} of {size.empties}")
    print(file=sys.stderr)  # noqa: T201  # ends the line of progress
    return Scores(size, dict(scores))


def _one(scores: dict[str, Score], readers: dict[str, Read], picture: Grey, payload: bytes, factor: str) -> None:
    for name, read in readers.items():
        found = read(picture, 0.0)
        scores[name].singles[factor] += payload in found
        if found - {payload}:
            scores[name].wrong.append(factor)


def _sequence(
    scores: dict[str, Score],
    readers: dict[str, Read],
    pictures: Sequence[Grey],
    shown: bytes | None,
    kind: str,
    scene: int,
) -> None:
    order = list(readers.items())
    first: dict[str, int | None] = dict.fromkeys(readers)
    for frame, picture in enumerate(pictures):
        for name, read in order[frame % len(order) :] + order[: frame % len(order)]:
            found, cpu_s = _timed(read, picture, frame / FPS)
            scores[name].cpu_s[kind].append(cpu_s)
            if shown in found and first[name] is None:
                first[name] = frame
            if found - {shown}:
                scores[name].wrong.append(f"{kind} {scene}, frame {frame}")
    if shown is not None:
        for name, number in first.items():
            scores[name].first_read.append(number)


def _timed(read: Read, picture: Grey, at: float) -> tuple[set[bytes], float]:
    began = time.thread_time()
    found = read(picture, at)
    return found, time.thread_time() - began


def _progress(done: str) -> None:
    """On a terminal in one line, else a line each."""
    start, end = ("\r\033[K", "") if sys.stderr.isatty() else ("", "\n")
    print(f"{start}  {done}", end=end, file=sys.stderr, flush=True)  # noqa: T201  # long work says how far it is
