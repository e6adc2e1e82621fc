"""What the program knows of the camera, and when another process is to try it anew: pure, fed with messages and times.

What is wrong with a camera is to be told within 3 s, and that it is well again within 5 s, on a slow board, too. The
sums that this rests on are in tests/hardware/test_camera_watch.py.
"""

from dataclasses import dataclass

from hardware.errors import CameraFault
from hardware.scanner_watch import Mending
from hardware.scanner_wire import Alive, Trouble

_START_S = 20.0  # to import OpenCV from a slow card, and to open a camera for the first time, is no fault of it
_LEAST_FIRST_PICTURE_S, _FIRST_PICTURE_S = 2.5, 10.0
_SOON = 5  # times that one which hangs is opened anew soon; later at leisure: to import costs a small board seconds
_SPARE_PATIENCE_S = 20.0
_UNHEARD_S = 0.8
"""On top where the process says nothing, either: for want of processor time, maybe. It is within the three seconds all
the same."""

_PICTURES_COME: frozenset[CameraFault] = frozenset({"dark", "frozen", "format"})
_FAULT_WORDS: dict[CameraFault, str] = {
    "dark": "the picture is dark: the camera is covered, or there is no light",
    "frozen": "the picture stands still: each is equal to the one before",
    "format": "the pictures can't be decoded: set another camera.format",
}


@dataclass(frozen=True, slots=True)
class Loss:
    """What is wrong with the camera. why: for the log; fault: as the screen names it."""

    why: str
    fault: CameraFault


class CameraWatch:
    """Watches one camera through any number of processes. Times in monotonic seconds; `at`: the program's start.

    lost_after_s: it counts as lost when no picture has come for so long.
    """

    def __init__(self, lost_after_s: float, at: float) -> None:
        self._lost_after_s = lost_after_s
        self._well_at = at + _START_S
        self._begins_in_s: float | None = None
        self._in_vain = 0
        self._opened_at = at
        self._frame_at: float | None = None
        self._mending = Mending()
        self._loss: Loss | None = None

    @property
    def loss(self) -> Loss | None:
        """What is wrong, or None."""
        return self._loss

    @property
    def gives_pictures(self) -> bool:
        """Whether there are pictures to show, be they good or not."""
        loss = self._loss  # once: the screen asks, on a thread of its own
        return loss is None or loss.fault in _PICTURES_COME

    def begins(self, at: float) -> None:
        """Another process is told to begin."""
        self._in_vain = self._in_vain + 1 if self._frame_at is None else 0
        self._opened_at, self._frame_at = at, None

    def opened(self, at: float) -> None:
        """It has opened the camera: what came before is no time without pictures."""
        self._opened_at = at
        self._well_at = min(self._well_at, at)  # of the first process; for a later one the time goes on

    def trouble(self, message: Trouble) -> None:
        """The process says what keeps it from reading."""
        self._lose(message.why, message.fault)

    def ended(self, at: float) -> None:
        """A film is over: there is nothing to wait for."""
        self._well_at = at

    def alive(self, message: Alive, at: float) -> bool:
        """Take a sign of life; returns whether pictures come."""
        frame_at = message.last_frame_at
        if frame_at is not None:
            if self._frame_at is None:
                self._begins_in_s = max(0.0, frame_at - self._opened_at)
            self._frame_at = frame_at
            self._well_at = max(self._well_at, frame_at)
        if frame_at is None or at - frame_at > self._lost_after_s:
            self._miss(at, self._lost_after_s)
            return False
        if message.fault is not None:
            self._mending.bad(at)
            self._lose(_FAULT_WORDS.get(message.fault, message.fault), message.fault)
        elif self._mending.is_well(at):
            self._loss = None
        return True

    def look(self, at: float) -> None:
        """Time has passed."""
        self._miss(at, self._lost_after_s + _UNHEARD_S)

    def no_picture(self, why: str) -> None:
        """Nothing comes, and nobody has said why; where somebody has, that stands."""
        if self.gives_pictures:
            self._lose(why, "no_picture")

    def gives_up(self, at: float, *, spare_ready: bool) -> str:
        """Why the process is to be ended, right after a sign of life; an empty text: it goes on waiting.

        A camera whose read() blocks may be cured by opening it anew, which a process that is shut in can't; or it goes
        on by itself. So the one that waits is not ended before another one is ready: somebody always listens.
        """
        if self._frame_at is None:
            silent_s, limit_s = at - self._opened_at, self._first_picture_s
        else:
            silent_s, limit_s = at - self._frame_at, self._lost_after_s
        if not spare_ready:
            limit_s += _SPARE_PATIENCE_S
        return f"no picture for {silent_s:.1f} s" if silent_s > limit_s else ""

    @property
    def _first_picture_s(self) -> float:
        """For how long the first picture is waited for: with good measure as long as it took the last time."""
        if self._begins_in_s is None or self._in_vain >= _SOON:
            return _FIRST_PICTURE_S
        return min(_FIRST_PICTURE_S, max(_LEAST_FIRST_PICTURE_S, 2 * self._begins_in_s))

    def _miss(self, at: float, limit_s: float) -> None:
        silent_s = at - self._well_at
        if silent_s > limit_s:
            self.no_picture(f"camera.source: no picture for {silent_s:.1f} s; if it stays so, check camera and plug")

    def _lose(self, why: str, fault: CameraFault) -> None:
        if self._loss is None or self._loss.fault != fault:
            self._loss = Loss(why, fault)
