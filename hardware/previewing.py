"""Writes the preview on a thread of its own: it delays no reading, and slow reading does not slow the picture.

A picture waits a moment for what reading it gives, so that marks and picture belong together; if that takes longer, it
goes with the marks of the frame before.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from hardware.camera import Frame
from hardware.grabber import LatestFrame
from hardware.marks import Mark, Marker
from hardware.preview import MAX_HEIGHT_PX, MAX_WIDTH_PX, PreviewWriter
from hardware.symbols import Reading

_EVERY_S = 1 / 20
_WAITS_S = 1 / 30
_MARKS_LAST_S = 0.5
_STILL_EVERY_S = 0.18  # nothing moves: decoding colours at the full rate would cost what reading less saves
_STILL_MARKS_LAST_S = 1.0  # nor does a code, which is read twice a second


@dataclass(frozen=True, slots=True)
class _Read:
    """What the newest frame gave that was read."""

    number: int
    captured_at: float
    marks: tuple[Mark, ...]


class Previewing:
    """Takes frames from the grabber and readings from the decoders; whoever gives them never waits."""

    def __init__(self, writer: PreviewWriter) -> None:
        self._writer = writer
        self._marker = Marker()
        self._condition = threading.Condition()
        self._frame: Frame | None = None
        self._is_still = False
        self._read = _Read(0, float("-inf"), ())
        self._due_at = self._shown_at = float("-inf")
        self._stopped = False

    def offer(self, frame: Frame) -> None:
        """The newest frame: it is shown if it is due."""
        at = frame.captured_at
        with self._condition:
            # Half a period of grace keeps the mean rate, where waiting for a whole one would drop every other frame.
            if at < self._due_at - _EVERY_S / 2:
                return
            self._due_at = max(self._due_at, at - _EVERY_S) + _EVERY_S
            self._show(frame, is_still=False)

    def offer_still(self, frame: Frame) -> None:
        """A frame that is not read, since nothing moves: it is shown now and then."""
        with self._condition:
            if frame.captured_at - self._shown_at >= _STILL_EVERY_S:
                self._show(frame, is_still=True)

    def _show(self, frame: Frame, *, is_still: bool) -> None:
        self._frame, self._is_still, self._shown_at = frame, is_still, frame.captured_at
        self._condition.notify()

    def read(self, frame: Frame, size: tuple[int, int], reading: Reading) -> None:
        """What reading a frame, `size` pixels (width, height) as it was read, has given."""
        marks = self._marker.look(reading, size, frame.captured_at)
        with self._condition:
            self._read = _Read(frame.number, frame.captured_at, marks)
            self._condition.notify()

    def run(self) -> None:
        """Write pictures until `stop`."""
        while (following := self._next()) is not None:
            self._write(*following)

    def stop(self) -> None:
        """Let `run` end after the picture it is at."""
        with self._condition:
            self._stopped = True
            self._condition.notify()

    def _next(self) -> tuple[Frame, bool] | None:
        with self._condition:
            self._condition.wait_for(lambda: self._frame is not None or self._stopped)
            frame, self._frame = self._frame, None
            return None if self._stopped or frame is None else (frame, self._is_still)

    def _write(self, frame: Frame, is_still: bool) -> None:  # noqa: FBT001  # goes with the frame
        try:
            marks = self._marks(
                frame, is_still
            )  # first: while the frame is being read, no core is taken from reading it
            self._writer.write(frame.preview(MAX_WIDTH_PX, MAX_HEIGHT_PX), marks, frame.captured_at)
        except Exception:  # noqa: BLE001, S110  # whatever is wrong with one picture, the next one is shown
            pass

    def _marks(self, frame: Frame, is_still: bool) -> tuple[Mark, ...]:  # noqa: FBT001  # goes with the frame
        with self._condition:
            if not is_still:
                self._condition.wait_for(lambda: self._read.number >= frame.number or self._stopped, _WAITS_S)
            read = self._read
        last_s = _STILL_MARKS_LAST_S if is_still else _MARKS_LAST_S
        return read.marks if abs(frame.captured_at - read.captured_at) <= last_s else ()


class ShownFrames(LatestFrame):
    """As LatestFrame; what comes there is offered to the preview too, also what nobody takes, or need read."""

    def __init__(self, previewing: Previewing, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        super().__init__(monotonic=monotonic)
        self._previewing = previewing

    def put(self, frame: Frame) -> None:
        """Offer a frame to both."""
        super().put(frame)
        self._previewing.offer(frame)

    def let_by(self, frame: Frame) -> None:
        """A frame of a still scene: not read, and shown now and then."""
        super().let_by(frame)
        self._previewing.offer_still(frame)
