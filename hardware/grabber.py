"""Takes frames as fast as the camera gives them, on a thread of its own; the latest frame wins.

Nothing is decoded on that thread but, in a still scene, a coarse picture of every second frame.
"""

import contextlib
import threading
import time
from collections.abc import Callable

import cv2

from hardware import picture_faults, stillness
from hardware.camera import Camera, EndOfPictures, Frame
from hardware.errors import CameraError, CameraFault, NoPictureYet
from hardware.picture_faults import PictureFaults
from hardware.stillness import Stillness, StillnessRules
from hardware.symbols import Reading

STALE_AFTER_S = 0.5
"""An older frame decides nothing: whoever is in it may have gone."""


class LatestFrame:
    """A place for one frame: a newer one takes the place of one that nobody has taken.

    frames: how many have come, also those that need not be read; last_frame_at: when the last of them was captured,
    monotonic seconds; stale: how many were too old when their turn came.
    """

    def __init__(self, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._condition = threading.Condition()
        self._frame: Frame | None = None
        self.error: str | None = None
        self.fault: CameraFault = "no_picture"
        self.ended = False
        self.frames = 0
        self.last_frame_at: float | None = None
        self.stale = 0

    def put(self, frame: Frame) -> None:
        """Offer a frame; one that nobody took in time is forgotten, undecoded."""
        self.passed(frame.captured_at)
        with self._condition:
            self._frame = frame
            self._condition.notify()

    def let_by(self, frame: Frame) -> None:
        """A frame of a still scene, which need not be read."""
        self.passed(frame.captured_at)

    def passed(self, captured_at: float) -> None:
        """A frame has come that nobody need look at."""
        self.frames += 1
        self.last_frame_at = captured_at

    def finish(self, error: str | None, fault: CameraFault = "no_picture") -> None:
        """No more frames: the end of a file (None), or what broke."""
        with self._condition:
            self.error, self.fault, self.ended = error, fault, error is None
            self._condition.notify()

    def take(self, wait_s: float) -> Frame | None:
        """The latest frame that nobody has taken, waiting up to `wait_s` seconds for it; never a stale one."""
        with self._condition:
            if self._frame is None:
                self._condition.wait(wait_s)
            frame, self._frame = self._frame, None
        if frame is not None and self._monotonic() - frame.captured_at > STALE_AFTER_S:
            self.stale += 1
            return None
        return frame


class Gate:
    """Which frames need to be read, and whether the pictures are of any use; for the grabbing and the reading thread.

    rules: None: every frame is read. is_live: a camera's pictures, whose noise never stands still; whole_pictures: see
    `picture_faults.fault`.
    """

    def __init__(
        self, rules: StillnessRules | None = None, *, is_live: bool = False, whole_pictures: bool = True
    ) -> None:
        self._rules = rules
        self._is_live, self._whole_pictures = is_live, whole_pictures
        self._lock = threading.Lock()
        self._scene = Stillness()
        self._seen = PictureFaults()
        self._looked_at = 0
        self._before: Frame | None = None
        self._may_skip = False

    @property
    def fault(self) -> CameraFault | None:
        """What is wrong with the pictures that come."""
        return picture_faults.fault(self._seen, whole_pictures=self._whole_pictures) if self._is_live else None

    # --- asked by the grabbing thread ---------------------------------------------------------------------------

    def may_skip(self) -> bool:
        """Whether the next frame need not even be looked at: in a still scene every other one."""
        may_skip, self._may_skip = self._may_skip, False
        return may_skip

    def admits(self, frame: Frame) -> bool:
        """Whether a frame is to be read."""
        if self._is_live:
            before, self._before = self._before, frame
            is_equal = before is not None and frame.is_equal(before)
            with self._lock:
                self._seen = picture_faults.came(self._seen, frame.captured_at, is_equal=is_equal)
        rules = self._rules
        if rules is None or not stillness.is_still(self._scene, frame.captured_at, rules):
            return True
        if self._look(frame):
            return True
        is_due = stillness.is_due(self._scene, frame.captured_at, rules)
        self._may_skip = not is_due
        return is_due

    # --- told by the reading thread -----------------------------------------------------------------------------

    def has_read(self, frame: Frame, reading: Reading) -> None:
        """What reading a frame has given."""
        if self._rules is None and not self._is_live:
            return
        if frame.number > self._looked_at:
            self._look(frame)
        codes = frozenset((symbol.payload, symbol.symbology) for symbol in reading.symbols)
        with self._lock:
            self._scene = stillness.read(
                self._scene,
                codes,
                frame.captured_at,
                self._rules or StillnessRules(),
                located=reading.located is not None,
            )

    def could_not_read(self, frame: Frame) -> None:
        """A frame was no picture."""
        with self._lock:
            self._seen = picture_faults.failed(self._seen, frame.captured_at)

    def _look(self, frame: Frame) -> bool:
        """Whether something has changed."""
        try:
            coarse = frame.coarse()
        except (CameraError, cv2.error, MemoryError):
            self.could_not_read(frame)
            return True
        with self._lock:
            self._looked_at = frame.number
            self._scene, has_changed = stillness.look(self._scene, coarse, frame.captured_at)
            self._seen = picture_faults.looked(self._seen, coarse, frame.captured_at)
        return has_changed


def grab(camera: Camera, latest: LatestFrame, gate: Gate | None = None) -> None:
    """Put the frames of an open camera that are to be read into `latest`, until it ends or breaks."""
    gate = gate or Gate()
    try:
        while True:
            # While the camera hangs it is waited for: it may go on by itself, and the program opens it anew if not.
            with contextlib.suppress(NoPictureYet):
                _grab_one(camera, latest, gate)
    except EndOfPictures:
        latest.finish(None)
    except (CameraError, cv2.error, MemoryError) as error:
        latest.finish(str(error) or type(error).__name__, getattr(error, "fault", "no_picture"))


def _grab_one(camera: Camera, latest: LatestFrame, gate: Gate) -> None:
    if gate.may_skip():
        latest.passed(camera.skip())
    frame = camera.read()
    if gate.admits(frame):
        latest.put(frame)
    else:
        latest.let_by(frame)
