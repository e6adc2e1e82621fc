"""The scanner process: camera and decoders, and nothing else. No GPIO, no network, no journal, no secret.

Started by hardware.scanner as `python -m hardware.scanner_process`: settings come as the first line of standard input,
messages leave on what was standard output, the picture for the screen goes to the memory whose descriptor is the
argument. It imports everything and waits, as a spare, for its settings; then it opens the source, shuts itself in
(hardware.confinement), and only then looks at a picture.
"""

import ctypes
import os
import select
import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence

# Before cv2 is imported, which reads these once: a stalled camera blocks read() for this long instead of 10 s.
os.environ.setdefault("OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT", "3")
os.environ.setdefault("OPENCV_LOG_LEVEL", "ERROR")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # numpy starts threads when it is imported, else

import cv2
import numpy as np

from hardware import confinement
from hardware.camera import Camera, Frame, kind_of
from hardware.confinement import Walls
from hardware.errors import CameraError
from hardware.frames import Jpeg, Picture, Pixels, Plain
from hardware.grabber import Gate, LatestFrame, grab
from hardware.preview import PreviewWriter
from hardware.previewing import Previewing, ShownFrames
from hardware.reader import SymbolReader, warm_up
from hardware.repeat import RepeatGuard
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
    encode,
)
from hardware.stillness import StillnessRules
from hardware.symbols import Symbol
from hardware.syscall_filter import Opened

_ALIVE_EVERY_S = 0.25
_LONG_S = 0.05
_LEAST_WAIT_S = 0.01
_OPEN_AGAIN_S = 0.25  # to look for a device costs next to nothing
_CONNECT_AGAIN_S = 1.0
_PR_SET_PDEATHSIG = 1
_MESSAGES = 100
"""The descriptor that messages leave by: native libraries chatter on standard output."""


def main(arguments: Sequence[str]) -> int:
    """Run until standard input ends, or the camera can't be used; the one argument is the picture's descriptor."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the program, which then ends this
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    picture = int(arguments[0])
    os.dup2(1, _MESSAGES)
    os.dup2(2, 1)
    confinement.enter((picture, _MESSAGES))
    cv2.setNumThreads(1)  # a second core belongs to the screen
    _warm_up(SymbolReader())
    _send(Ready())
    line = sys.stdin.readline()
    if not line:
        return 0
    settings = ScannerSettings.from_json(line)
    reader = SymbolReader(
        bar_codes=settings.bar_codes, on_failure=lambda decoder, error: _send(DecoderFailed(decoder, error))
    )
    _warm_up(reader)
    preview = Previewing(PreviewWriter(picture, mirror=settings.mirror))
    helpers = _Helpers(3)
    helpers.start(_leave_with_the_program)
    helpers.start(preview.run)
    camera = _open(settings)
    _send(CameraOpened(camera.in_force.what, camera.in_force.refused))
    latest, gate = ShownFrames(preview), _gate(settings, camera)
    helpers.start(lambda: grab(camera, latest, gate))
    walls = Walls(_opened(settings))
    helpers.shut_in()
    locked = walls.lock()
    _send(Confined(locked.missing, locked.second_missing))
    helpers.go_on()
    return _read_codes(settings, reader, latest, gate, preview)


def _warm_up(reader: SymbolReader) -> None:
    """Whatever is loaded with the first picture: afterwards no file can be opened."""
    warm_up(reader)
    gate = Gate(StillnessRules(), is_live=True)
    jpeg = cv2.imencode(".jpg", np.full((120, 160, 3), 20, np.uint8))[1].astype(np.uint8, copy=False)
    shots: tuple[Pixels, ...] = (Plain(np.zeros((120, 160, 3), np.uint8)), Jpeg(jpeg.reshape(-1), 160, 120))
    for number, pixels in enumerate(shots, 1):
        frame = Frame(pixels, float(number), number)
        gate.admits(frame)
        gate.has_read(frame, reader.read(frame.grey(), float(number)))
        frame.preview(80, 60)


def _open(settings: ScannerSettings) -> Camera:
    """The camera, as soon as it can be opened; what keeps it from that is told again and again."""
    again_s = _OPEN_AGAIN_S if kind_of(settings.camera.source) == "device" else _CONNECT_AGAIN_S
    while True:
        try:
            return Camera(settings.camera)
        except (CameraError, cv2.error) as error:
            _send(Trouble(str(error), getattr(error, "fault", "no_picture")))
            if select.select([sys.stdin], [], [], again_s)[0]:  # nothing more is to come but its end
                os._exit(0)


def _opened(settings: ScannerSettings) -> Opened:
    kind = kind_of(settings.camera.source)
    return Opened(
        device=kind == "device",
        csi=kind == "csi",
        network=kind == "stream",
        threads=kind in ("stream", "film", "csi"),  # FFmpeg's; of a CSI camera, lest it depends on one that comes late
    )


def _gate(settings: ScannerSettings, camera: Camera) -> Gate:
    still_after_s = settings.camera.still_after_s
    rules = None
    if still_after_s is not None:
        # Often enough that a code which stays in view is never taken for one that has left and come back.
        rules = StillnessRules(still_after_s, read_every_s=min(0.5, settings.forget_after_s / 3))
    is_live = kind_of(settings.camera.source) in ("device", "csi", "stream")
    return Gate(rules, is_live=is_live, whole_pictures=camera.in_force.whole_pictures)


class _Helpers:
    """Threads that are there before the process is shut in, since none can be started later."""

    def __init__(self, count: int) -> None:
        self._may_shut_in, self._may_go_on = threading.Event(), threading.Event()
        self._shut_in = threading.Barrier(count + 1)

    def start(self, work: Callable[[], None]) -> None:
        """A thread that waits for the others, and then works."""
        threading.Thread(target=self._run, args=(work,), daemon=True).start()

    def shut_in(self) -> None:
        """All of them, each by itself."""
        self._may_shut_in.set()
        self._shut_in.wait()

    def go_on(self) -> None:
        """Let them work."""
        self._may_go_on.set()

    def _run(self, work: Callable[[], None]) -> None:
        self._may_shut_in.wait()
        confinement.shut_in_thread()
        self._shut_in.wait()
        self._may_go_on.wait()
        work()


def _leave_with_the_program() -> None:
    sys.stdin.read()
    os._exit(0)  # a thread that blocks in read() can't be joined


def _read_codes(
    settings: ScannerSettings, reader: SymbolReader, latest: LatestFrame, gate: Gate, preview: Previewing
) -> int:
    guard = RepeatGuard(settings.forget_after_s)
    alive_at, was_idle = time.monotonic(), True
    while True:
        # No longer than to the next sign of life: one that waits for two spans in a row is taken for blocked.
        frame = latest.take(max(_LEAST_WAIT_S, alive_at + _ALIVE_EVERY_S - time.monotonic()))
        now = time.monotonic()
        if frame is not None and (now - alive_at >= _ALIVE_EVERY_S or was_idle):
            # Before it is read, which may take long: that a picture has come is news to who waits for the camera.
            alive_at = now
            _tell_alive(latest, gate)
        was_idle = frame is None
        if frame is None and latest.error is not None:
            _send(Trouble(latest.error, latest.fault))
            return 1
        if frame is not None:
            grey = _grey(frame, gate)
            if grey is not None:
                reading = reader.read(grey, frame.captured_at)
                _report(guard, reading.symbols, frame)
                gate.has_read(frame, reading)
                preview.read(frame, (grey.shape[1], grey.shape[0]), reading)
        elif latest.ended:
            _report_nothing(guard, now)
        read_at, now = now, time.monotonic()
        # After each picture that took long, too: what the watch counts is one picture's time.
        if now - alive_at >= _ALIVE_EVERY_S or now - read_at >= _LONG_S:
            alive_at = now
            _tell_alive(latest, gate)


def _tell_alive(latest: LatestFrame, gate: Gate) -> None:
    _send(Alive(latest.frames, latest.last_frame_at, latest.ended, gate.fault, latest.stale))


def _grey(frame: Frame, gate: Gate) -> Picture | None:
    """The picture that is read, or None for a damaged one: the next one is read."""
    try:
        return frame.grey()
    except (CameraError, cv2.error, MemoryError):
        gate.could_not_read(frame)
        return None


def _report(guard: RepeatGuard, symbols: tuple[Symbol, ...], frame: Frame) -> None:
    decoded_at = time.monotonic()
    found = {(symbol.payload, symbol.symbology): symbol for symbol in symbols}
    change = guard.look(found, frame.captured_at)
    for key, symbol in found.items():
        if key in change.appeared:
            _send(
                Sighting(symbol.payload, symbol.symbology, symbol.reader, frame.captured_at, decoded_at, frame.number)
            )
    if change.latest_gone:
        _send(CodeLeft())


def _report_nothing(guard: RepeatGuard, now: float) -> None:
    if guard.look((), now).latest_gone:
        _send(CodeLeft())


def _send(message: Message) -> None:
    line = encode(message)
    while line:
        line = line[os.write(_MESSAGES, line) :]


def run(arguments: Sequence[str]) -> int:
    """`main`, whose failure is told: nobody reads what this process writes on standard error."""
    try:
        return main(arguments)
    except BrokenPipeError:  # the program has gone
        os._exit(0)
    except Exception as error:  # noqa: BLE001  # whatever it is: another process is put in place
        _send(DecoderFailed("the scanner process", f"{type(error).__name__}: {error}"))
        return 1


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
