"""The scanner process: camera and decoders, and nothing else. No GPIO, no network, no journal, no secret.

Started by hardware.scanner as `python -m hardware.scanner_process`: settings come as the first line of standard input,
messages leave on standard output, the picture for the screen goes to the memory whose descriptor is the argument.
"""

import ctypes
import os
import signal
import sys
import threading
import time

# Before cv2 is imported, which reads these once: a stalled camera blocks read() for this long instead of 10 s.
os.environ.setdefault("OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT", "3")
os.environ.setdefault("OPENCV_LOG_LEVEL", "ERROR")

import cv2

from hardware.camera import Camera, Frame, kind_of
from hardware.errors import CameraError
from hardware.grabber import Gate, LatestFrame, grab
from hardware.preview import MAX_HEIGHT_PX, MAX_WIDTH_PX, PreviewWriter
from hardware.repeat import RepeatGuard
from hardware.scanner_wire import (
    Alive,
    CameraOpened,
    CodeLeft,
    DecoderFailed,
    Message,
    ScannerSettings,
    Sighting,
    Trouble,
    encode,
)
from hardware.stillness import StillnessRules
from hardware.symbols import Symbol, SymbolReader

_ALIVE_EVERY_S = 0.25
_PREVIEW_EVERY_S = 1 / 15
_PR_SET_PDEATHSIG = 1


def main() -> int:
    """Run until standard input ends, or the camera can't be used."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the program, which then ends this
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    settings = ScannerSettings.from_json(sys.stdin.readline())
    threading.Thread(target=_leave_with_the_program, daemon=True).start()
    cv2.setNumThreads(1)  # a second core belongs to the screen
    try:
        camera = Camera(settings.camera)
    except (CameraError, cv2.error) as error:
        _send(Trouble(str(error), getattr(error, "fault", "no_picture")))
        return 1
    _send(CameraOpened(camera.in_force.what, camera.in_force.refused))
    latest, gate = LatestFrame(), _gate(settings, camera)
    threading.Thread(target=grab, args=(camera, latest, gate), daemon=True).start()
    return _read_codes(settings, latest, gate, PreviewWriter(int(sys.argv[1]), mirror=settings.mirror))


def _gate(settings: ScannerSettings, camera: Camera) -> Gate:
    still_after_s = settings.camera.still_after_s
    rules = None
    if still_after_s is not None:
        # Often enough that a code which stays in view is never taken for one that has left and come back.
        rules = StillnessRules(still_after_s, read_every_s=min(0.5, settings.forget_after_s / 3))
    is_live = kind_of(settings.camera.source) in ("device", "csi", "stream")
    return Gate(rules, is_live=is_live, whole_pictures=camera.in_force.whole_pictures)


def _leave_with_the_program() -> None:
    sys.stdin.read()
    os._exit(0)  # a thread that blocks in read() can't be joined


def _read_codes(settings: ScannerSettings, latest: LatestFrame, gate: Gate, preview: PreviewWriter) -> int:
    guard = RepeatGuard(settings.forget_after_s)
    reader = SymbolReader(
        bar_codes=settings.bar_codes, on_failure=lambda decoder, error: _send(DecoderFailed(decoder, error))
    )
    alive_at = preview_at = float("-inf")
    while True:
        frame = latest.take(_ALIVE_EVERY_S)
        now = time.monotonic()
        if frame is None and latest.error is not None:
            _send(Trouble(latest.error, latest.fault))
            return 1
        if frame is not None:
            try:
                grey = frame.grey()
            except (CameraError, cv2.error):  # a damaged picture: the next one is read
                gate.could_not_read(frame)
                grey = None
        if frame is not None and grey is not None:
            reading = reader.read(grey, frame.captured_at)
            _report(guard, reading.symbols, frame)
            gate.has_read(frame, reading)
            if frame.captured_at - preview_at >= _PREVIEW_EVERY_S:
                preview_at = frame.captured_at
                preview.write(frame.preview(MAX_WIDTH_PX, MAX_HEIGHT_PX))
        elif latest.ended:
            _report_nothing(guard, now)
        if now - alive_at >= _ALIVE_EVERY_S:
            alive_at = now
            _send(Alive(latest.frames, latest.last_frame_at, latest.ended, gate.fault, latest.stale))


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
        line = line[os.write(1, line) :]


if __name__ == "__main__":
    try:
        sys.exit(main())
    except BrokenPipeError:  # the program has gone
        os._exit(0)
