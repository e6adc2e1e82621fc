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

from hardware.cameras.settings import without_credentials
from hardware.errors import CameraFault
from hardware.preview import PreviewFrame, PreviewReader
from hardware.scanner_child import Nonsense, ScannerChild
from hardware.scanner_hearing import Hearing
from hardware.scanner_watch import POLL_S, DecodeWatch, Mending, RateLimit, Restarts
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
_FIRST_PICTURE_S = 10.0  # a camera may take seconds to begin
_SILENT_S = 30.0  # to import OpenCV from a slow card, or to get no processor time, may take long, and is no hang
_SPARE_AGAIN_S = 5.0
_TOLD_PAUSE_S = 1.0  # a shorter one is over before anybody would notice
_PICTURES_COME: frozenset[CameraFault] = frozenset({"dark", "frozen", "format"})
_FAULT_WORDS: dict[CameraFault, str] = {
    "dark": "the picture is dark: the camera is covered, or there is no light",
    "frozen": "the picture stands still: each is equal to the one before",
    "format": "the pictures can't be decoded: set another camera.format",
}


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
        self._well_at = 0.0
        self._lost: CameraFault | None = None
        self._stale = 0
        self._ended = False
        self._mending = Mending()
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
        is_lost = self._lost is not None and self._lost not in _PICTURES_COME
        return None if is_lost or self._stopping.is_set() else self._preview.latest()

    # --- the thread ---------------------------------------------------------------------------------------------

    def _run(self) -> None:
        self._well_at = time.monotonic()
        while not self._stopping.is_set():
            hangs = False
            try:
                why, hangs = self._run_process()
            except OSError as error:  # no memory or no processes left: try again later
                why = f"the scanner process can't be started: {error.strerror}"
            if self._stopping.is_set():
                break
            pause_s = self._restarts.failed(by_hanging=hangs)
            self._log.warning("scanner_restarting", why=why, pause_s=pause_s)
            if pause_s >= _TOLD_PAUSE_S:
                self._no_picture(why)
            self._stopping.wait(pause_s)
        self._end_spare()

    def _run_process(self) -> tuple[str, bool]:
        """Hear a process until it ends or must be ended; returns why, and whether it hung."""
        child, self._spare, self._is_spare_ready = self._spare, None, False
        if child is None or child.status() is not None:
            child = self._new()
        self._log.info("scanner_starting", source=without_credentials(self._settings.camera.source), process=child.pid)
        self._child = child
        hearing = Hearing(time.monotonic())
        try:
            child.give(self._settings)
            return self._hear(child, hearing)
        except BrokenPipeError:
            return f"the scanner process ended with status {child.status(1.0)}", False
        except Nonsense as nonsense:
            return f"the scanner process talks nonsense: {nonsense}", False
        finally:
            self._child = None
            self._end(child)
            if hearing.in_view and not self._stopping.is_set():
                self._listener.symbol_gone()  # nobody else will tell; the next process sees it anew if it is there

    def _hear(self, child: ScannerChild, hearing: Hearing) -> tuple[str, bool]:
        heard_at = began_at = time.monotonic()
        watch = DecodeWatch(self._restarts.picture_cpu_s)
        lost_after_s = self._settings.lost_after_s
        is_reading = False
        self._stale = 0
        while not self._stopping.is_set():
            spare = self._spare
            readable = select.select([child] if spare is None else [child, spare], [], [], POLL_S)[0]
            lines = child.lines() if child in readable else []
            now = time.monotonic()  # no earlier: what was said is not from the future
            if lines is None:
                return f"the scanner process ended with status {child.status(1.0)}", False
            for message in hearing.messages(lines, now):
                if isinstance(message, Alive):
                    watch.alive()
                    is_reading = True
                if isinstance(message, Alive | Trouble):
                    heard_at = now
                if isinstance(message, CameraOpened):
                    began_at = now  # imports, and waiting for a camera to be plugged in, are no time without pictures
                why = self._take(message, began_at)
                if why:
                    return why, False
            self._look_after_spare(now, readable, wanted=is_reading)
            if now - self._well_at > lost_after_s:
                self._no_picture(f"no picture for {lost_after_s:g} s")
            sample = child.sample()
            hangs = "" if sample is None else watch.look(now, sample)
            if hangs:
                return hangs, True
            if now - heard_at > (lost_after_s if is_reading and sample is None else _SILENT_S):
                return "the scanner process is silent", True
        return "told to stop", False

    def _take(self, message: Message | None, began_at: float) -> str:
        """Pass a message on; returns why the process must be ended, or an empty text."""
        now = time.monotonic()
        match message:
            case Sighting():
                self._listener.symbol_seen(message)
            case CodeLeft():
                self._listener.symbol_gone()
            case DecoderFailed(decoder=decoder, error=error):
                self._warn("decoder_failed", decoder=decoder, error=error)
            case Alive():
                return self._alive(message, began_at, now)
            case Trouble(why=why, fault=fault):
                self._lose(why, fault)  # the process tries again by itself, or ends
            case CameraOpened(what=what, refused=refused):
                self._log.info("camera_opened", what=what, refused=list(refused))
            case Confined(missing=missing, second_missing=second_missing):
                self._tell_confinement(missing, second_missing)
            case Ready():
                pass
            case None:
                self._warn("scanner_nonsense")
        return ""

    def _alive(self, message: Alive, began_at: float, now: float) -> str:
        self._count_stale(message.stale)
        last_frame_at = message.last_frame_at
        if message.ended:
            self._well_at = now
            self._restarts.reads(now)
            if not self._ended:
                self._ended = True
                self._listener.camera_ended()
            return ""
        if last_frame_at is None:
            return self._judge(now - began_at, _FIRST_PICTURE_S)
        if now - last_frame_at <= self._settings.lost_after_s:
            self._well_at = last_frame_at
            self._restarts.reads(now)
            if message.fault is None:
                if self._mending.is_well(now):
                    self._find()
            else:
                self._mending.bad(now)
                self._lose(_FAULT_WORDS.get(message.fault, message.fault), message.fault)
        return self._judge(now - last_frame_at, self._settings.lost_after_s)

    def _judge(self, frame_age_s: float, limit_s: float) -> str:
        # A camera whose read() blocks is cured only by ending the process that waits for it.
        return f"no picture for {self._settings.lost_after_s:g} s" if frame_age_s > limit_s else ""

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

    def _no_picture(self, why: str) -> None:
        """Nothing comes, and nobody has said why; where somebody has, that stands."""
        if self._lost is None or self._lost in _PICTURES_COME:
            self._lose(why, "no_picture")

    def _lose(self, why: str, fault: CameraFault) -> None:
        if self._lost != fault:
            self._lost = fault
            self._log.error("camera_lost", why=why, fault=fault)
            self._listener.camera_lost(why, fault)

    def _find(self) -> None:
        if self._lost is not None:
            self._lost = None
            self._log.info("camera_found")
            self._listener.camera_found()

    # --- processes ----------------------------------------------------------------------------------------------

    def _new(self) -> ScannerChild:
        return ScannerChild(self._command, self._preview.descriptor)

    def _look_after_spare(self, now: float, readable: Sequence[ScannerChild], *, wanted: bool) -> None:
        """One spare at most, once pictures are read: at the start the processor has better to do."""
        self._dying = [child for child in self._dying if child.status() is None]
        spare = self._spare
        if spare is None:
            if wanted and now - self._spare_at >= _SPARE_AGAIN_S:
                self._spare_at = now
                try:
                    self._spare = self._new()
                except OSError as error:
                    self._warn("scanner_spare_failed", why=str(error.strerror))
        elif spare in readable:
            if spare.lines() is None:
                self._warn("scanner_spare_failed", why=f"it ended with status {spare.status(1.0)}")
                self._end_spare()
            else:
                self._is_spare_ready = True

    def _end_spare(self) -> None:
        spare, self._spare, self._is_spare_ready = self._spare, None, False
        if spare is not None:
            self._end(spare)

    def _end(self, child: ScannerChild) -> None:
        if not child.end(0.1 if self._stopping.is_set() else 0.3):
            self._dying.append(child)
