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

from hardware.camera import Frame
from hardware.grabber import LatestFrame, grab
from hardware.preview import PreviewWriter
from hardware.previewing import Previewing, ShownFrames
from hardware.reader import SymbolReader
from hardware.repeat import RepeatGuard
from hardware.scanner_wire import Alive, CodeLeft, DecoderFailed, Message, ScannerSettings, Sighting, Trouble, encode
from hardware.symbols import Symbol

_ALIVE_EVERY_S = 0.25
_PR_SET_PDEATHSIG = 1


def main() -> int:
    """Run until standard input ends, or the camera can't be used."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the program, which then ends this
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    settings = ScannerSettings.from_json(sys.stdin.readline())
    threading.Thread(target=_leave_with_the_program, daemon=True).start()
    cv2.setNumThreads(1)  # a second core belongs to the screen
    preview = Previewing(PreviewWriter(int(sys.argv[1]), mirror=settings.mirror))
    threading.Thread(target=preview.run, daemon=True).start()
    latest = ShownFrames(preview)
    threading.Thread(target=grab, args=(settings.camera, latest), daemon=True).start()
    return _read_codes(settings, latest, preview)


def _leave_with_the_program() -> None:
    sys.stdin.read()
    os._exit(0)  # a thread that blocks in read() can't be joined


def _read_codes(settings: ScannerSettings, latest: LatestFrame, preview: Previewing) -> int:
    guard = RepeatGuard(settings.forget_after_s)
    reader = SymbolReader(
        bar_codes=settings.bar_codes, on_failure=lambda decoder, error: _send(DecoderFailed(decoder, error))
    )
    frames, last_frame_at = 0, None
    alive_at = float("-inf")
    while True:
        frame = latest.take(_ALIVE_EVERY_S)
        now = time.monotonic()
        if frame is None and latest.error is not None:
            _send(Trouble(latest.error))
            return 1
        if frame is not None:
            frames, last_frame_at = frames + 1, frame.captured_at
            grey = frame.grey()
            reading = reader.read(grey, frame.captured_at)
            _report(guard, reading.symbols, frame)
            preview.read(frame, (grey.shape[1], grey.shape[0]), reading)
        elif latest.ended:
            _report_nothing(guard, now)
        if now - alive_at >= _ALIVE_EVERY_S:
            alive_at = now
            _send(Alive(frames, last_frame_at, latest.ended))


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
