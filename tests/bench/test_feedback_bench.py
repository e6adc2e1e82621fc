"""From a camera frame to what the visitor sees and hears, in the program's own road. `make bench` prints a table.

The screen is drawn by software here and its times are a display's only in part: compare "the screen takes it".
"""

import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import cv2
import numpy as np
import pytest

from hardware.camera import Frame
from hardware.frames import Plain
from hardware.preview import PreviewReader, PreviewWriter
from hardware.previewing import Previewing
from hardware.reader import SymbolReader
from kiosk.adapters.issuing import new_reference
from kiosk.core.credential import format_reference
from kiosk.demo.video import Showing, record_video

pytestmark = pytest.mark.bench

ROOT = Path(__file__).parents[2]
FPS = 30
SCANS = 40


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four visitors with phone and paper, 1280x720 at 30 frames a second."""
    path = tmp_path_factory.mktemp("film") / "film.avi"
    visitors = [
        Showing(format_reference(new_reference()), "paper" if number % 2 else "phone", 0.6, 0.5) for number in range(4)
    ]
    record_video(path, visitors, fps=FPS)
    return path


def row(name: str, spans_ms: list[float]) -> None:
    """Print a line of the table."""
    p50, p95 = np.percentile(spans_ms, [50, 95])
    print(f"  {name:<50} p50 {p50:8.2f} ms   p95 {p95:8.2f} ms   of {len(spans_ms)}")  # noqa: T201  # the result


def test_from_frame_to_acknowledgement(film: Path) -> None:
    """The scanner process, the pipe, the controller and the window, as they run at a door."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.feedback_program", str(film), str(SCANS)],
        cwd=ROOT,
        env={**os.environ, "SDL_VIDEODRIVER": "offscreen", "SDL_AUDIODRIVER": "dummy", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    print(f"\nOne code, {len(told['scans'])} times, {FPS} frames a second")  # noqa: T201  # the result
    for name, begin, end in (
        ("frame -> decoded", "captured", "decoded"),
        ("decoded -> message in the program", "decoded", "message"),
        ("frame -> message in the program", "captured", "message"),
        ("message -> beep", "message", "beep"),
        ("message -> light", "message", "light"),
        ("message -> question to the checker", "message", "look_up"),
        ("message -> the screen takes it", "message", "screen"),
        ("message -> drawn (by software)", "message", "drawn"),
        ("frame -> acknowledged, all but drawing", "captured", "screen"),
    ):
        row(name, [(scan[end] - scan[begin]) * 1000 for scan in told["scans"] if begin in scan and end in scan])
    gaps = np.diff(told["pictures"])
    print(  # noqa: T201  # the result
        f"  camera pictures taken by the idle screen: {1 / np.mean(gaps[gaps < 0.4]):.1f} a second; cores used: "
        f"program {told['program_cores']:.2f} (drawing by software), scanner process {told['scanner_cores']:.2f}"
    )


def test_what_the_preview_costs_reading(film: Path) -> None:
    """Decoding at the camera's pace, without a preview and with one."""
    capture = cv2.VideoCapture(str(film))
    frames = []
    for _ in range(60):
        _, bgr = capture.read()
        frames.append(bgr.astype(np.uint8, copy=False))
    capture.release()
    cv2.setNumThreads(1)
    print("\nReading a frame of 1280x720 in grey")  # noqa: T201  # the result
    for with_preview in (False, True, False, True):
        reader = PreviewReader()
        previewing = Previewing(PreviewWriter(reader.descriptor, mirror=True))
        thread = threading.Thread(target=previewing.run)
        thread.start()
        symbols, spans_ms, began = SymbolReader(), [], time.monotonic()
        for number in range(240):
            time.sleep(max(0.0, began + number / FPS - time.monotonic()))
            frame = Frame(Plain(frames[number % len(frames)]), time.monotonic(), number + 1)
            if with_preview:
                previewing.offer(frame)
            at = time.perf_counter()
            reading = symbols.read(frame.grey(), frame.captured_at)
            spans_ms.append((time.perf_counter() - at) * 1000)
            if with_preview:
                previewing.read(frame, (1280, 720), reading)
        seconds = time.monotonic() - began
        previewing.stop()
        thread.join()
        latest = reader.latest()
        written = 0 if latest is None else latest.number
        row(f"with {written / seconds:.1f} previews a second", spans_ms)
        reader.close()
