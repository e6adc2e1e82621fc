"""The program's side of the scanner process: starts it, hears it, and puts another in its place when it dies or hangs.

A spare process has imported everything and waits: importing takes seconds on a small board, reading on takes a fraction
of one. It is a process of its own, no copy of one that is running: a copy would have its secrets of memory layout, too.
"""

import select
import sys
import threading
import time
from collections.abc import Sequence
from typing import Protocol

import structlog

from hardware.camera_watch import CameraWatch, Loss
from hardware.cameras.settings import without_credentials
from hardware.errors import CameraFault
from hardware.preview import PreviewFrame, PreviewReader
from hardware.scanner_child import Nonsense, ScannerChild
from hardware.scanner_hearing import Hearing
from hardware.scanner_watch import POLL_S, DecodeWatch, Ending, RateLimit, Restarts
from hardware.scanner_wire import (
    Alive,
    CameraOpened,
    CodeLeft,
    Confined,
    DecoderFailed,
    Message,
    Ready,
    ScannerSettings,
    Sighting,
    Trouble,
)

_COMMAND = (sys.executable, "-P", "-m", "hardware.scanner_process")
_SILENT_S = 30.0  # to import OpenCV from a slow card, or to get no processor time, may take long, and is no hang
_SPARE_AGAIN_S = 3.0
_TOLD_PAUSE_S = 1.0  # a shorter one is over before anybody would notice


class ScannerListener(Protocol):
    """Is told what happens, on the scanner's thread: it must not block."""

    def symbol_seen(self, sighting: Sighting) -> None: ...
    def symbol_gone(self) -> None: ...
    def camera_lost(self, why: str, fault: CameraFault) -> None: ...
    def camera_found(self) -> None: ...
    def camera_ended(self) -> None: ...
    def not_confined(self, why: str) -> None: ...


class Scanner:
    """Owns the scanner process, its spare, and the picture memory."""

    def __init__(
        self, settings: ScannerSettings, listener: ScannerListener, *, command: Sequence[str] = _COMMAND
    ) -> None:
        """command: what starts a scanner process, without its argument."""
        self._settings = settings
        self._listener = listener
        self._command = command
        self._preview = PreviewReader()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="scanner")
        self._child: ScannerChild | None = None
        self._spare: ScannerChild | None = None
        self._spare_at = float("-inf")
        self._is_spare_ready = False
        self._dying: list[ScannerChild] = []
        self._restarts = Restarts()
        self._camera = CameraWatch(settings.lost_after_s, time.monotonic())
        self._told: Loss | None = None
        self._stale = 0
        self._ended = False
        self._warnings = RateLimit(10, 0.1)  # the card must not fill up with them
        self._log = structlog.get_logger(__name__)

    @property
    def process_id(self) -> int | None:
        """The scanner process's id while it runs."""
        child = self._child
        return None if child is None else child.pid

    @property
    def is_spare_ready(self) -> bool:
        """Whether another process waits to take over at once."""
        return self._is_spare_ready

    def start(self) -> None:
        """Start reading; returns at once."""
        self._thread.start()

    def stop(self, timeout_s: float = 1.0) -> bool:
        """End the processes and the thread; whether that was done within `timeout_s` seconds."""
        deadline = time.monotonic() + timeout_s
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(timeout_s)
        if self._thread.is_alive():
            return False
        for child in self._dying:
            child.status(max(0.0, deadline - time.monotonic()))
        self._preview.close()
        return True

    def preview(self) -> PreviewFrame | None:
        """The newest camera picture, or None while there is none or the camera is lost."""
        return self._preview.latest() if self._camera.gives_pictures and not self._stopping.is_set() else None

    # --- the thread ---------------------------------------------------------------------------------------------

    def _run(self) -> None:
        self._camera = CameraWatch(self._settings.lost_after_s, time.monotonic())
        while not self._stopping.is_set():
            how: Ending = "ended"
            try:
                why, how = self._run_process()
            except OSError as error:  # no memory or no processes left: try again later
                why = f"the scanner process can't be started: {error.strerror}"
            if self._stopping.is_set():
                break
            pause_s = self._restarts.failed(how)
            self._log.warning("scanner_restarting", why=why, pause_s=pause_s)
            if pause_s >= _TOLD_PAUSE_S:
                self._camera.no_picture(why)
                self._tell()
            if pause_s and self._spare is None:
                self._begin_spare(time.monotonic())  # it can import meanwhile
            self._stopping.wait(pause_s)
        self._end_spare()

    def _run_process(self) -> tuple[str, Ending]:
        """Hear a process until it ends or must be ended; returns why, and what that says."""
        child, self._spare, self._is_spare_ready = self._spare, None, False
        if child is None or child.status() is not None:
            child = self._new()
        self._log.info("scanner_starting", source=without_credentials(self._settings.camera.source), process=child.pid)
        self._child = child
        hearing = Hearing(time.monotonic())
        self._camera.begins(time.monotonic())
        try:
            child.give(self._settings)
            return self._hear(child, hearing)
        except BrokenPipeError:
            return f"the scanner process ended with status {child.status(1.0)}", "ended"
        except Nonsense as nonsense:
            return f"the scanner process talks nonsense: {nonsense}", "ended"
        finally:
            self._child = None
            self._end(child)
            if hearing.in_view and not self._stopping.is_set():
                self._listener.symbol_gone()  # nobody else will tell; the next process sees it anew if it is there

    def _hear(self, child: ScannerChild, hearing: Hearing) -> tuple[str, Ending]:
        heard_at = time.monotonic()
        watch = DecodeWatch(self._restarts.picture_cpu_s)
        is_reading = is_in_trouble = has_pictures = False
        self._stale = 0
        while not self._stopping.is_set():
            spare = self._spare
            readable = select.select([child] if spare is None else [child, spare], [], [], POLL_S)[0]
            lines = child.lines() if child in readable else []
            now = time.monotonic()  # no earlier: what was said is not from the future
            if lines is None:
                how: Ending = "camera_failed" if is_in_trouble else "ended"
                return f"the scanner process ended with status {child.status(1.0)}", how
            for message in hearing.messages(lines, now):
                if isinstance(message, Alive):
                    watch.alive(reads_first=not has_pictures)
                    is_reading, has_pictures = True, message.frames > 0
                if isinstance(message, Alive | Trouble):
                    heard_at = now
                    is_in_trouble = isinstance(message, Trouble)
                why = self._take(message, now)
                if why:
                    return why, "camera_silent"
            self._look_after_spare(now, readable, wanted=is_reading or is_in_trouble)
            self._camera.look(now)
            self._tell()
            sample = child.sample()
            hangs = "" if sample is None else watch.look(now, sample)
            if hangs:
                return hangs, "hung"
            if now - heard_at > (self._settings.lost_after_s if is_reading and sample is None else _SILENT_S):
                return "the scanner process is silent", "hung"
        return "told to stop", "ended"

    def _take(self, message: Message | None, now: float) -> str:
        """Pass a message on; returns why the process must be ended, or an empty text."""
        match message:
            case Sighting():
                self._listener.symbol_seen(message)
            case CodeLeft():
                self._listener.symbol_gone()
            case DecoderFailed(decoder=decoder, error=error):
                self._warn("decoder_failed", decoder=decoder, error=error)
            case Alive():
                return self._alive(message, now)
            case Trouble():
                self._camera.trouble(message)  # the process tries again by itself, or ends
                self._tell()
            case CameraOpened(what=what, refused=refused):
                self._camera.opened(now)
                self._log.info("camera_opened", what=what, refused=list(refused))
            case Confined(missing=missing, second_missing=second_missing):
                self._tell_confinement(missing, second_missing)
            case Ready():
                pass
            case None:
                self._warn("scanner_nonsense")
        return ""

    def _alive(self, message: Alive, now: float) -> str:
        self._count_stale(message.stale)
        if message.ended:
            self._camera.ended(now)
            self._restarts.reads(now)
            if not self._ended:
                self._ended = True
                self._listener.camera_ended()
            return ""
        if self._camera.alive(message, now):
            self._restarts.reads(now)
        self._tell()
        return self._camera.gives_up(now, spare_ready=self._is_spare_ready)

    def _tell_confinement(self, missing: str, second_missing: str) -> None:
        if missing:
            self._log.warning("scanner_not_confined", missing=missing)
            self._listener.not_confined(missing)
        elif second_missing:
            self._log.info("scanner_confined", without=second_missing)
        else:
            self._log.info("scanner_confined")

    def _warn(self, event: str, **values: str | int) -> None:
        if self._warnings.allows(time.monotonic()):
            self._log.warning(event, **values)

    def _count_stale(self, stale: int) -> None:
        if stale > self._stale:
            self._warn("stale_frames_dropped", count=stale - self._stale)
        self._stale = stale

    def _tell(self) -> None:
        """Whatever is new about the camera."""
        told, self._told = self._told, self._camera.loss
        if self._told is None and told is not None:
            self._log.info("camera_found")
            self._listener.camera_found()
        elif self._told is not None and self._told is not told:
            self._log.error("camera_lost", why=self._told.why, fault=self._told.fault)
            self._listener.camera_lost(self._told.why, self._told.fault)

    # --- processes ----------------------------------------------------------------------------------------------

    def _new(self) -> ScannerChild:
        return ScannerChild(self._command, self._preview.descriptor)

    def _look_after_spare(self, now: float, readable: Sequence[ScannerChild], *, wanted: bool) -> None:
        """One spare at most, once pictures are read, or the camera waited for: at the start the processor has better
        to do."""
        self._dying = [child for child in self._dying if child.status() is None]
        spare = self._spare
        if spare is None:
            if wanted and now - self._spare_at >= _SPARE_AGAIN_S:
                self._begin_spare(now)
        elif spare in readable:
            if spare.lines() is None:
                self._warn("scanner_spare_failed", why=f"it ended with status {spare.status(1.0)}")
                self._end_spare()
            else:
                self._is_spare_ready = True

    def _begin_spare(self, now: float) -> None:
        self._spare_at = now
        try:
            self._spare = self._new()
        except OSError as error:
            self._warn("scanner_spare_failed", why=str(error.strerror))

    def _end_spare(self) -> None:
        spare, self._spare, self._is_spare_ready = self._spare, None, False
        if spare is not None:
            self._end(spare)

    def _end(self, child: ScannerChild) -> None:
        if not child.end(0.1 if self._stopping.is_set() else 0.3):
            self._dying.append(child)
