"""When the scanner process is to be replaced, and how soon: judgements, pure, fed with times and samples.

A process that hangs says nothing; so does one that gets no processor time. Only the first is cured by ending it: so it
counts not how long it was silent, but how long it worked on one picture, or waited for nothing, meanwhile.
"""

from dataclasses import dataclass
from typing import Literal

Ending = Literal["ended", "hung", "camera_failed", "camera_silent"]
"""Of a scanner process. hung: over a picture; camera_failed: it said what is wrong with the camera, and ended;
camera_silent: it was ended, since another one is to open the camera anew."""

POLL_S = 0.1
"""How often the process is looked at."""

_PICTURE_CPU_S = 0.5
_LONGEST_PICTURE_CPU_S = 3.0
"""Processor time between two signs of life, which come every 0.25 s or after each picture, whichever is longer."""

_FIRST_TIMES = 3.0  # the first picture of a process: what it touches, memory and code, it touches for the first time

_BLOCKED_S = 0.4
_IN_DRIVER_S = 3.0  # a page that is read from a slow card, too, has its end
_PAUSES_S = (0.0, 0.2, 0.5, 1.0, 2.0)
"""Before the process is replaced, by how often it failed in a row: a picture that ends every decoder can't keep the
machine busy, and two seconds after it has gone, others are read again."""

_CAMERA_PAUSE_S = 1.0  # no picture has done it: whoever plugs the camera in again waits for it

_STEADY_S = 5.0
_LONG_STEADY_S = 60.0
_WELL_AFTER_S = 1.5


@dataclass(frozen=True, slots=True)
class Sample:
    """What the kernel says of the decoding thread.

    is_blocked: it waits or is stopped, and wants no processor; in_driver: it waits where no signal reaches it.
    """

    cpu_s: float
    is_blocked: bool
    in_driver: bool = False


class DecodeWatch:
    """Watches one process, from its first sign of life on. Times in monotonic seconds."""

    def __init__(self, picture_cpu_s: float = _PICTURE_CPU_S) -> None:
        self._picture_cpu_s = self._limit_s = picture_cpu_s
        self._alive_cpu_s: float | None = None
        self._last: tuple[float, Sample] | None = None
        self._blocked_s = 0.0
        self._is_watching = False

    def alive(self, *, reads_first: bool = False) -> None:
        """It has given a sign of life. reads_first: the next picture that it reads is its first one."""
        self._is_watching, self._alive_cpu_s, self._blocked_s = True, None, 0.0
        longest_s = max(self._picture_cpu_s, _LONGEST_PICTURE_CPU_S)
        self._limit_s = min(self._picture_cpu_s * (_FIRST_TIMES if reads_first else 1.0), longest_s)

    def look(self, at: float, sample: Sample) -> str:
        """Take a sample; returns why the process hangs, or an empty text."""
        last, self._last = self._last, (at, sample)
        if not self._is_watching:
            return ""  # to import OpenCV and to open a camera takes its time
        if self._alive_cpu_s is None:
            self._alive_cpu_s = sample.cpu_s
        if sample.cpu_s - self._alive_cpu_s > self._limit_s:
            return f"one picture took more than {self._limit_s:g} s of processor time"
        if last is not None:
            last_at, before = last
            stands = sample.is_blocked or sample.in_driver
            if stands and (before.is_blocked or before.in_driver) and sample.cpu_s == before.cpu_s:
                # When this program, or the machine, stood still for long, that says nothing about the other process.
                self._blocked_s += min(at - last_at, 2 * POLL_S)
            else:
                self._blocked_s = 0.0
        limit_s = _IN_DRIVER_S if sample.in_driver else _BLOCKED_S
        return "the scanner process is blocked" if self._blocked_s > limit_s else ""


class Restarts:
    """How long to wait before the next process is put in place, and how long a picture may take it."""

    def __init__(self) -> None:
        self._failures = self._slow = 0
        self._well_since: float | None = None

    def reads(self, at: float) -> None:
        """The process reads pictures."""
        if self._well_since is None:
            self._well_since = at
        if at - self._well_since >= _STEADY_S:
            self._failures = 0
        if at - self._well_since >= _LONG_STEADY_S:
            self._slow = 0

    def failed(self, how: Ending = "ended") -> float:
        """The process has ended, or had to be ended; returns for how many seconds to wait."""
        self._well_since = None
        if how == "camera_silent":
            return 0.0  # it waited for seconds, and the next one does
        pause_s = _PAUSES_S[min(self._failures, len(_PAUSES_S) - 1)]
        self._failures += 1
        self._slow += how == "hung"
        return min(pause_s, _CAMERA_PAUSE_S) if how == "camera_failed" else pause_s

    @property
    def picture_cpu_s(self) -> float:
        """A picture that is slow on every attempt is no hostile one: the machine, or the picture, is a slow one."""
        return min(_PICTURE_CPU_S * 2.0 ** max(0, min(self._slow, 9) - 1), _LONGEST_PICTURE_CPU_S)


class Mending:
    """When a camera whose pictures were of no use counts as well again: what is dark by turns is not told by turns."""

    def __init__(self) -> None:
        self._bad_at = float("-inf")

    def bad(self, at: float) -> None:
        """Its pictures are of no use at this time."""
        self._bad_at = at

    def is_well(self, at: float) -> bool:
        """Whether they have been of use for a while."""
        return at - self._bad_at >= _WELL_AFTER_S


class RateLimit:
    """So many at once, and so many a second in the long run."""

    def __init__(self, burst: int, per_s: float) -> None:
        self._burst, self._per_s = float(burst), per_s
        self._left, self._at = float(burst), float("-inf")

    def allows(self, at: float, count: int = 1) -> bool:
        """Whether so many more are within the limit at this time; they are counted if so."""
        self._left = min(self._burst, self._left + max(0.0, at - self._at) * self._per_s)
        self._at = max(self._at, at)
        if count > self._left:
            return False
        self._left -= count
        return True
