"""How much CPU time a frame may cost: counted in looks, one look being zxing-cpp's at a whole frame on this machine.

There are two purses. A small one is for guesses: it fills by and by, so that whatever may be a code gets its turns, and
no poster costs much. A large one is saved up for codes that are held up now: that move, or that were located.
"""

from dataclasses import dataclass
from enum import Enum
from math import inf


@dataclass(frozen=True, slots=True)
class _Terms:
    """Looks that a frame earns for guesses and for codes, and what must be left of both."""

    guesses: float
    codes: float
    leave_guesses: float = 0.0
    leave_codes: float = inf


class Prospect(Enum):
    """How sure it is that a frame has a code in it."""

    # Where nothing hopeful is, nothing is spent of what is saved for codes: it may be full again in some seconds.
    NONE = _Terms(0.14, 0.3, leave_guesses=4.0)
    DOUBTED = _Terms(0.1, 0.2, leave_guesses=3.0)  # cheap attempts, no search for finder patterns
    UNLIKELY = _Terms(0.15, 0.1)
    STILL = _Terms(0.3, 0.2)
    LIKELY = _Terms(0.6, 0.1, leave_codes=4.0)
    MOVING = _Terms(0.3, 3.5, leave_codes=0.0)
    LOCATED = _Terms(0.3, 4.5, leave_codes=0.0)


QUIET = (Prospect.NONE, Prospect.DOUBTED)
"""Prospects of frames in which nothing hopeful is."""

_HOPEFUL = (Prospect.LIKELY, Prospect.MOVING, Prospect.LOCATED)
_GUESSES, _CODES = 4.5, 16.0  # looks that the purses hold
_FRAME_S = 0.15  # of CPU time at most, for all attempts at one frame: a slow board must not miss what comes next
_LOOK_S = 0.002  # until the first look is measured
_SMOOTH = 0.1
_OUTLIER = 3.0  # one look that took many times as long says nothing of the next
_PATIENCE = 16  # frames in a row in vain, by which a frame earns the less: what can't be read now may be never
_LEAST_SHARE = 0.2
_EVERY_TIRED = 2  # frames, one of which is searched
_EVERY_QUIET = ((90, 6), (30, 4))  # after so many frames without anything hopeful, one of so many


class Budget:
    """Looks saved up. Frames earn; attempts spend, and the less sure a code is, the more must be left for later."""

    def __init__(self) -> None:
        self._guesses, self._codes = _GUESSES, _CODES
        self._look_s: float | None = None
        self._terms = Prospect.NONE.value
        self._in_vain = 0
        self._quiet = 0
        self._frame_s = 0.0

    @property
    def is_rich(self) -> bool:
        """Whether a code is likely enough for many attempts in one frame."""
        return self._terms.leave_codes < _CODES / 2

    @property
    def is_doubted(self) -> bool:
        """Whether what is there is hardly a code."""
        return self._terms is Prospect.DOUBTED.value

    @property
    def search_every(self) -> int:
        """So many frames apart is enough where nothing is, or nothing has come of what was there."""
        if self._quiet == 0 and self._in_vain <= _PATIENCE // 2:
            return 1
        return next((every for frames, every in _EVERY_QUIET if self._quiet > frames), _EVERY_TIRED)

    def looked(self, cpu_s: float) -> None:
        """A look at a whole frame took so many seconds of CPU time: the measure of all else."""
        if cpu_s > 0:
            before = cpu_s if self._look_s is None else self._look_s
            self._look_s = before + _SMOOTH * (min(cpu_s, _OUTLIER * before) - before)

    def frame(self, prospect: Prospect) -> None:
        """A new frame that was looked at in vain."""
        self._terms = prospect.value
        self._frame_s = 0.0
        self._in_vain = self._in_vain + 1 if prospect in _HOPEFUL else 0
        self._quiet = self._quiet + 1 if prospect in QUIET else 0
        patience = max(_LEAST_SHARE, 1 - self._in_vain / _PATIENCE)
        self._guesses = min(_GUESSES, self._guesses + self._terms.guesses)
        self._codes = min(_CODES, self._codes + self._terms.codes * patience)

    def read(self) -> None:
        """A code was read: patience is new for the next one, and all is looked for where this one was."""
        self._in_vain = self._quiet = 0

    def located(self) -> None:
        """A code was located in this frame: all that is saved may be spent on it."""
        self._terms = Prospect.LOCATED.value

    def judged(self, prospect: Prospect) -> None:
        """What seemed to be a code in this frame has been looked into; this is what is left."""
        if self._terms is not Prospect.LOCATED.value:
            self._terms = prospect.value

    def allows(self, looks: float) -> bool:
        """Whether something of about this cost may be tried."""
        if self._frame_s + looks * (self._look_s or _LOOK_S) > _FRAME_S:
            return False
        return self._open(self._guesses, self._codes) >= looks

    def may_ever(self, looks: float) -> bool:
        """Whether it could, with full purses."""
        return self._open(_GUESSES, _CODES) >= looks

    def _open(self, guesses: float, codes: float) -> float:
        """The looks that may be spent of such purses."""
        return max(0.0, guesses - self._terms.leave_guesses) + max(0.0, codes - self._terms.leave_codes)

    def spent(self, cpu_s: float) -> None:
        """An attempt took so many seconds of CPU time."""
        self._frame_s += cpu_s
        looks = cpu_s / (self._look_s or _LOOK_S)
        from_codes = min(looks, max(0.0, self._codes - self._terms.leave_codes))
        self._codes -= from_codes
        # What one visitor's code has cost beyond all that was saved, the next visitor need not wait for.
        self._guesses = max(-_GUESSES, self._guesses - (looks - from_codes))
