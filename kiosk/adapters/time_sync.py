"""Whether a time server has set the system's clock: what the kernel says, and systemd-timesyncd's mark.

The kernel forgets it some hours after the last contact, when its own estimate of the error has grown to 16 s; the mark
stays until the next boot. So the mark counts as long as nobody has stepped the clock since it was seen.
"""

import ctypes
import functools
import time
from collections.abc import Callable
from pathlib import Path

_MARK = Path("/run/systemd/timesync/synchronized")
_STA_UNSYNC = 0x0040
_TIME_ERROR = 5
_STEP_S = 2.0
"""Slewing moves the clock by 0.5 ms a second at the most; whatever moves it by more has set it."""


class _Timeval(ctypes.Structure):
    _fields_ = (("tv_sec", ctypes.c_long), ("tv_usec", ctypes.c_long))


class _Timex(ctypes.Structure):
    """struct timex of adjtimex(2), as on 64-bit Linux and on 32-bit ARM alike."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("constant", ctypes.c_long),
        ("precision", ctypes.c_long),
        ("tolerance", ctypes.c_long),
        ("time", _Timeval),
        ("tick", ctypes.c_long),
        ("ppsfreq", ctypes.c_long),
        ("jitter", ctypes.c_long),
        ("shift", ctypes.c_int),
        ("stabil", ctypes.c_long),
        ("jitcnt", ctypes.c_long),
        ("calcnt", ctypes.c_long),
        ("errcnt", ctypes.c_long),
        ("stbcnt", ctypes.c_long),
        ("tai", ctypes.c_int),
        ("padding", ctypes.c_int * 11),
    )


def kernel_says_synchronised() -> bool | None:
    """The kernel's word, adjtimex(2); None where it may not be asked or has none."""
    adjtimex = _adjtimex()
    if adjtimex is None:
        return None
    answer = _Timex()  # modes 0: nothing is set
    state = adjtimex(ctypes.byref(answer))
    if state < 0:
        return None
    return state != _TIME_ERROR and not answer.status & _STA_UNSYNC


@functools.cache
def _adjtimex() -> Callable[[object], int] | None:
    try:
        return ctypes.CDLL(None, use_errno=True).adjtimex
    except (OSError, AttributeError):
        return None


class TimeServerWatch:
    """Call it to know whether the system's clock is right now."""

    def __init__(
        self,
        kernel: Callable[[], bool | None] = kernel_says_synchronised,
        mark: Path = _MARK,
        real: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._kernel, self._mark = kernel, mark
        self._real, self._monotonic = real, monotonic
        self._marked_offset: float | None = None

    def __call__(self) -> bool:
        """Whether a time server's word stands behind the system's clock."""
        if self._kernel():
            return True
        return self._is_marked()

    def _is_marked(self) -> bool:
        offset = self._real() - self._monotonic()
        if self._marked_offset is None:
            if not self._mark.exists():
                return False
            self._marked_offset = offset
        return abs(offset - self._marked_offset) < _STEP_S
