"""Watches a camera as the terminal uses it, and tells each second what its pictures are worth."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

# Before cv2 is imported, which reads these once: a stalled camera blocks read() for this long instead of 10 s.
os.environ.setdefault("OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT", "3")
os.environ.setdefault("OPENCV_LOG_LEVEL", "ERROR")

import cv2
import numpy as np
from numpy.typing import NDArray

from hardware.camera import Camera, CameraSettings, EndOfPictures, Frame, kind_of
from hardware.errors import CameraError
from hardware.grabber import LatestFrame
from hardware.marks import Mark, Marker
from hardware.preview import MAX_HEIGHT_PX, MAX_WIDTH_PX, PreviewFrame
from hardware.reader import SymbolReader
from hardware.symbols import Grey, Located, Reading, Symbol
from kiosk.tools.camera_words import LatestCode, Second, median
from kiosk.tools.picture_measures import edge_px, light_of, module_px

_SECOND_S = 1.0
_LEAST_S = 0.2  # what is shorter is no second to tell of
_WAIT_S = 0.1
_LEAVE_S = 5.0
_WHOLE_PX = 100_000


@dataclass
class _Tally:
    """What has come since a second began."""

    since: float
    grabbed: int
    read_frames: int = 0
    with_code: int = 0
    cpu_ms: list[float] = field(default_factory=list)
    located: Located | None = None


class Watch:
    """An open camera; raises CameraError when it can't be opened. `seconds` does the work, on the thread that asks.

    seconds_s: for how long, None: until `stop` or the end of a film. show: pictures for a window are made, too; mirror:
    these are mirrored.
    """

    def __init__(
        self,
        settings: CameraSettings,
        *,
        bar_codes: bool = True,
        show: bool = False,
        mirror: bool = False,
        seconds_s: float | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        cv2.setNumThreads(1)  # as on the terminal
        self._settings, self._seconds_s, self._monotonic = settings, seconds_s, monotonic
        self._show, self._mirror = show, mirror
        self._camera = Camera(settings)
        self._reader = SymbolReader(bar_codes=bar_codes)
        self._marker = Marker()
        self._frames = LatestFrame()
        self._grabbed = 0
        self._stopping = threading.Event()
        self._grabber = threading.Thread(target=self._grab, daemon=True)
        self._frame: Frame | None = None
        self._grey: Grey | None = None
        self._symbol: Symbol | None = None
        self._symbol_in: Grey | None = None
        self._latest: LatestCode | None = None
        self._picture: PreviewFrame | None = None

    @property
    def in_force(self) -> tuple[str, ...]:
        """What the camera gives, and what was asked for and is not to be had; nothing where it does not say."""
        told = self._camera.in_force
        return (told.what, *told.refused)

    def seconds(self) -> Iterator[Second]:
        """What each second has shown; raises CameraError when the camera breaks."""
        self._grabber.start()
        began = self._monotonic()
        tally, is_told = _Tally(began, self._grabbed), False
        while not self._stopping.is_set():
            frame = self._frames.take(_WAIT_S)
            if frame is not None:
                self._read(frame, tally)
            now = self._monotonic()
            is_over = frame is None and (self._frames.ended or self._frames.error is not None)
            ends = is_over or (self._seconds_s is not None and now - began >= self._seconds_s)
            least_s = _SECOND_S if not ends else _LEAST_S if is_told else 0.0
            if now - tally.since >= least_s:
                yield self._told(tally, now)
                tally, is_told = _Tally(now, self._grabbed), True
            if is_over and self._frames.error is not None:
                raise CameraError(self._frames.error)
            if ends:
                return

    def picture(self) -> PreviewFrame | None:
        """The newest picture for the window, with its marks; None while there is none, or none is wanted."""
        return self._picture

    def last_picture(self) -> NDArray[np.uint8] | None:
        """The last frame as large as it is: shape (height, width, 3), blue first, or (height, width), grey."""
        if self._frame is None:
            return None
        whole = self._frame.preview(_WHOLE_PX, _WHOLE_PX)
        return whole if whole.ndim == 2 else cv2.cvtColor(whole, cv2.COLOR_RGB2BGR).astype(np.uint8, copy=False)

    def stop(self) -> None:
        """End `seconds` soon; from any thread."""
        self._stopping.set()

    def close(self) -> None:
        """Give the camera back."""
        self.stop()
        if self._grabber.is_alive():
            self._grabber.join(_LEAVE_S)  # one that hangs in the driver goes with the program
        elif self._grabber.ident is None:
            self._camera.close()

    # --- on a thread of its own --------------------------------------------------------------------------------------

    def _grab(self) -> None:
        try:
            while not self._stopping.is_set():
                self._frames.put(self._camera.read())
                self._grabbed += 1
        except EndOfPictures:
            self._frames.finish(None)
        except (CameraError, cv2.error, MemoryError) as error:
            self._frames.finish(str(error) or type(error).__name__)
        finally:
            self._camera.close()

    # --- on the thread that asks -------------------------------------------------------------------------------------

    def _read(self, frame: Frame, tally: _Tally) -> None:
        try:
            grey = frame.grey()
        except (CameraError, cv2.error):  # a damaged picture: the next one is read
            return
        began = time.thread_time()
        reading = self._reader.read(grey, frame.captured_at)
        tally.cpu_ms.append((time.thread_time() - began) * 1000)
        tally.read_frames += 1
        tally.with_code += bool(reading.symbols)
        tally.located = reading.located
        if reading.symbols:
            self._symbol, self._symbol_in = reading.symbols[0], grey
        self._frame, self._grey = frame, grey
        if self._show:
            self._picture = self._shown(frame, grey, reading)

    def _shown(self, frame: Frame, grey: Grey, reading: Reading) -> PreviewFrame:
        marks = self._marker.look(reading, (grey.shape[1], grey.shape[0]), frame.captured_at)
        small = frame.preview(MAX_WIDTH_PX, MAX_HEIGHT_PX)
        if self._mirror:
            small = cv2.flip(small, 1).astype(np.uint8, copy=False)
            marks = tuple(Mark(mark.kind, tuple((1 - x, y) for x, y in mark.corners), mark.hint) for mark in marks)
        channels = 1 if small.ndim == 2 else 3
        height, width = small.shape[:2]
        return PreviewFrame(frame.number, width, height, channels, small.tobytes(), frame.captured_at, marks)

    def _told(self, tally: _Tally, now: float) -> Second:
        if self._symbol is not None and self._symbol_in is not None:
            self._latest = _latest(self._symbol, self._symbol_in)
            self._symbol = self._symbol_in = None
        grey = self._grey if tally.read_frames else None
        settings = self._settings
        is_camera = kind_of(settings.source) not in ("film", "folder")
        return Second(
            fps=(self._grabbed - tally.grabbed) / max(now - tally.since, _LEAST_S),
            asked_fps=settings.fps if is_camera else None,
            size=None if grey is None else (grey.shape[1], grey.shape[0]),
            pixel_format=settings.pixel_format if kind_of(settings.source) == "device" else None,
            read_frames=tally.read_frames,
            with_code=tally.with_code,
            cpu_ms=median(tally.cpu_ms),
            light=None if grey is None else light_of(grey),
            edge_px=None if grey is None else edge_px(grey),
            latest=self._latest,
            is_located=tally.located is not None,
            hint=None if tally.located is None else tally.located.hint,
        )


def _latest(symbol: Symbol, grey: Grey) -> LatestCode:
    is_qr = symbol.symbology == "qr"
    size = module_px(grey, symbol.corners) if is_qr else None
    return LatestCode("QR code" if is_qr else "bar code", len(symbol.payload), symbol.step, size)
