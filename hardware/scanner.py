"""The program's side of the scanner process: starts it, hears it, and starts it again when it dies or falls silent."""

import contextlib
import os
import select
import subprocess
import sys
import threading
import time
from typing import Protocol

import structlog

from hardware.cameras.settings import without_credentials
from hardware.errors import CameraFault
from hardware.preview import PreviewFrame, PreviewReader
from hardware.scanner_wire import (
    MAX_LINE_BYTES,
    Alive,
    CameraOpened,
    CodeLeft,
    DecoderFailed,
    Message,
    ScannerSettings,
    Sighting,
    Trouble,
    decode,
)

_POLL_S = 0.1
_START_S = 10.0  # importing OpenCV and opening a camera takes seconds on a slow card
_PAUSES_S = (0.2, 0.5, 1.0, 2.0)
"""How long to wait before the scanner process is started again, by how often it failed in a row.

With the time that a start takes on a slow card, a camera that is back is found within five seconds.
"""
_PICTURES_COME: frozenset[CameraFault] = frozenset({"dark", "frozen", "format"})
_FAULT_WORDS: dict[CameraFault, str] = {
    "dark": "the picture is dark: the camera is covered, or there is no light",
    "frozen": "the picture stands still: each is equal to the one before",
    "format": "the pictures can't be decoded: set another camera.format",
}

# What the scanner process may see of the environment: no credentials, no sockets of systemd.
_PASSED_ON = ("PATH", "LANG", "LC_ALL", "PYTHONPATH", "LD_LIBRARY_PATH", "PYTHONDONTWRITEBYTECODE", "TZ")


class ScannerListener(Protocol):
    """Is told what happens, on the scanner's thread: it must not block."""

    def symbol_seen(self, sighting: Sighting) -> None: ...
    def symbol_gone(self) -> None: ...
    def camera_lost(self, why: str, fault: CameraFault) -> None: ...
    def camera_found(self) -> None: ...
    def camera_ended(self) -> None: ...


class Scanner:
    """Owns the scanner process and the picture memory."""

    def __init__(self, settings: ScannerSettings, listener: ScannerListener) -> None:
        self._settings = settings
        self._listener = listener
        self._preview = PreviewReader()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="scanner")
        self._process: subprocess.Popen[bytes] | None = None
        self._lost: CameraFault | None = None
        self._stale = 0
        self._ended = False
        self._failures = 0
        self._trouble: CameraFault = "no_picture"
        self._log = structlog.get_logger(__name__)

    @property
    def process_id(self) -> int | None:
        """The scanner process's id while it runs."""
        return None if self._process is None else self._process.pid

    def start(self) -> None:
        """Start reading; returns at once."""
        self._thread.start()

    def stop(self, timeout_s: float = 1.0) -> bool:
        """End the process and the thread; whether both ended within `timeout_s` seconds."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(timeout_s)
        if self._thread.is_alive():
            return False
        self._preview.close()
        return True

    def preview(self) -> PreviewFrame | None:
        """The newest camera picture, or None while there is none or the camera is lost."""
        is_lost = self._lost is not None and self._lost not in _PICTURES_COME
        return None if is_lost or self._stopping.is_set() else self._preview.latest()

    # --- the thread ---------------------------------------------------------------------------------------------

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._trouble = "no_picture"
            try:
                why = self._run_process()
            except OSError as error:  # no memory or no processes left: try again later
                why = f"the scanner process can't be started: {error.strerror}"
            if self._stopping.is_set():
                return
            pause_s = _PAUSES_S[min(self._failures, len(_PAUSES_S) - 1)]
            self._failures += 1
            self._log.warning("scanner_restarting", why=why, pause_s=pause_s)
            if self._failures > 1 or not why.startswith("the scanner process ended"):
                self._lose(why, self._trouble)  # one crash is mended before anybody would notice
            self._stopping.wait(pause_s)

    def _run_process(self) -> str:
        """Start the process and hear it until it ends or must be ended; returns why."""
        environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
        descriptor = self._preview.descriptor
        self._log.info("scanner_starting", source=without_credentials(self._settings.camera.source))
        process = subprocess.Popen(  # noqa: S603  # our own module, no shell
            [sys.executable, "-P", "-m", "hardware.scanner_process", str(descriptor)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # native libraries chatter there
            env=environment,
            pass_fds=(descriptor,),
        )
        self._process = process
        try:
            assert process.stdin is not None
            process.stdin.write(self._settings.to_json().encode("utf-8") + b"\n")
            process.stdin.flush()
            return self._hear(process)
        except BrokenPipeError:
            return f"the scanner process ended with status {process.wait()}"
        finally:
            self._end(process)
            self._process = None

    def _hear(self, process: subprocess.Popen[bytes]) -> str:
        assert process.stdout is not None
        descriptor, pending = process.stdout.fileno(), b""
        heard_at = started_at = time.monotonic()
        while not self._stopping.is_set():
            if select.select([descriptor], [], [], _POLL_S)[0]:
                data = os.read(descriptor, 65536)
                if not data:
                    return f"the scanner process ended with status {process.wait()}"
                *lines, pending = (pending + data).split(b"\n")
                if len(pending) > MAX_LINE_BYTES:
                    return "the scanner process talks nonsense"
                for line in lines:
                    message = decode(line)
                    if isinstance(message, Trouble):
                        self._trouble = message.fault
                        return message.why
                    if isinstance(message, Alive):
                        heard_at = time.monotonic()
                    why = self._take(message, started_at)
                    if why:
                        return why
            silent_s = time.monotonic() - heard_at
            limit_s = self._settings.lost_after_s if heard_at > started_at else _START_S
            is_starting = heard_at == started_at
            if silent_s > self._settings.lost_after_s and not (is_starting and self._lost):
                self._lose("the scanner process is silent")
            if silent_s > limit_s:
                return "the scanner process is silent"
        return "told to stop"

    def _take(self, message: Message | None, started_at: float) -> str:
        """Pass a message on; returns why the process must be ended, or an empty text."""
        match message:
            case Sighting():
                self._listener.symbol_seen(message)
            case CodeLeft():
                self._listener.symbol_gone()
            case DecoderFailed(decoder=decoder, error=error):
                self._log.warning("decoder_failed", decoder=decoder, error=error)
            case Alive(ended=True):
                if not self._ended:
                    self._ended = True
                    self._listener.camera_ended()
            case Alive(last_frame_at=None):
                return self._judge(time.monotonic() - started_at, _START_S)
            case CameraOpened(what=what, refused=refused):
                self._log.info("camera_opened", what=what, refused=list(refused))
            case Alive(last_frame_at=float(last_frame_at), fault=fault, stale=stale):
                frame_age_s = time.monotonic() - last_frame_at
                self._count_stale(stale)
                if frame_age_s <= self._settings.lost_after_s:
                    self._failures = 0
                    if fault is None:
                        self._find()
                    else:
                        self._lose(_FAULT_WORDS.get(fault, fault), fault)
                return self._judge(frame_age_s, self._settings.lost_after_s)
            case None:
                self._log.warning("scanner_nonsense")
        return ""

    def _judge(self, frame_age_s: float, limit_s: float) -> str:
        why = f"no picture for {self._settings.lost_after_s:g} s"
        if frame_age_s > self._settings.lost_after_s:
            self._lose(why)
        # A camera whose read() blocks is cured only by ending the process that waits for it.
        return why if frame_age_s > limit_s else ""

    def _count_stale(self, stale: int) -> None:
        if stale > self._stale:
            self._log.warning("stale_frames_dropped", count=stale - self._stale)
        self._stale = stale

    def _lose(self, why: str, fault: CameraFault = "no_picture") -> None:
        if self._lost != fault:
            self._lost = fault
            self._log.error("camera_lost", why=why, fault=fault)
            self._listener.camera_lost(why, fault)

    def _find(self) -> None:
        if self._lost is not None:
            self._lost = None
            self._log.info("camera_found")
            self._listener.camera_found()

    def _end(self, process: subprocess.Popen[bytes]) -> None:
        with contextlib.suppress(BrokenPipeError):
            if process.stdin is not None:
                process.stdin.close()  # the process leaves when its standard input ends
        try:
            process.wait(0.3 if self._stopping.is_set() else 0.05)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout is not None:
            process.stdout.close()
