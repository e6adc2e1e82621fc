"""Pictures that end, hang or swell the scanner process, and one that says what it likes: real processes."""

import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import cv2
import pytest
from structlog.testing import capture_logs

from hardware.confinement import MEMORY_HEADROOM_BYTES
from hardware.scanner_wire import Sighting, encode
from tests.hardware.scanning import Diary, scanning, until


@pytest.fixture(autouse=True)
def _importable(monkeypatch: pytest.MonkeyPatch) -> None:
    """The scanner process looks in no current folder."""
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))


def wish(**values: Any) -> tuple[str, ...]:
    return (sys.executable, "-P", "-m", "tests.hardware.taken_over", json.dumps(values))


def payloads(diary: Diary) -> list[bytes]:
    return [sighting.payload for sighting in diary.of("seen")]


@pytest.mark.parametrize(("do", "code"), [("crash", "CRASH"), ("hang", "HANG"), ("hang", "SLEEP")])
def test_a_picture_that_ends_or_hangs_every_decoder_does_not_blind_for_others(studio: Any, do: str, code: str) -> None:
    """However often it is shown, who comes next is read; and the machine is not kept busy with starting processes."""
    hostile, friendly, empty = studio.frame(studio.code(code)), studio.frame(studio.code("NEXT")), studio.frame()
    film = studio.film(*[empty] * 5, *[friendly] * 10, *[empty] * 5, *[hostile] * 10)
    with capture_logs() as lines, scanning(film, command=wish(do=do), forget_after_s=0.2) as (_, diary):
        diary.wait_for("seen", 3)
    assert set(payloads(diary)) == {b"NEXT"}
    restarts = [line for line in lines if line["event"] == "scanner_restarting"]
    assert [line["pause_s"] for line in restarts[:2]] == [0.0, 0.2]


def test_pictures_that_each_take_long_are_no_hang(studio: Any) -> None:
    """Each has a time of its own: what two take together is nobody's limit."""
    film = studio.film(*[studio.frame(studio.code("SLOW"))] * 10, *[studio.frame()] * 10)
    with capture_logs() as lines, scanning(film, command=wish(do="slow"), forget_after_s=0.2) as (_, diary):
        diary.wait_for("seen", 8)
    assert [line for line in lines if line["event"] == "scanner_restarting"] == []


_SLOW_START = """
import os, sys, time
from hardware.scanner_wire import Alive, CameraOpened, Ready, encode
def say(message): os.write(1, encode(message))
say(Ready())
sys.stdin.readline()
time.sleep(0.6)
say(CameraOpened("a slow one", ()))
for _ in range(3):
    say(Alive(0, None, False))
    time.sleep(0.05)
while True:
    say(Alive(1, time.monotonic(), False))
    time.sleep(0.1)
"""


def test_a_camera_that_takes_long_to_open_is_given_its_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it takes to import, and until a camera is plugged in, is no time without pictures."""
    monkeypatch.setattr("hardware.camera_watch._FIRST_PICTURE_S", 0.5)
    monkeypatch.setattr("hardware.camera_watch._SPARE_PATIENCE_S", 0.0)
    command = (sys.executable, "-P", "-c", _SLOW_START)
    with capture_logs() as lines, scanning(tmp_path, command=command) as (scanner, diary):
        until(lambda: scanner.is_spare_ready)
    assert [line for line in lines if line["event"] == "scanner_restarting"] == []
    assert diary.of("lost") == []


_HANGS_ONCE = """
import os, sys, time
from hardware.scanner_wire import Alive, CameraOpened, Ready, encode
def say(message): os.write(1, encode(message))
say(Ready())
sys.stdin.readline()
say(CameraOpened("one that hangs until it is opened anew", ()))
hung_at = None if os.path.exists("MARK") else time.monotonic()
open("MARK", "w").close()
while True:
    say(Alive(1, hung_at or time.monotonic(), False))
    time.sleep(0.1)
"""


def test_a_camera_that_hangs_is_opened_anew_by_a_process_that_is_ready(tmp_path: Path) -> None:
    """It is told, and well again; nothing has failed, so that nothing pauses."""
    command = (sys.executable, "-P", "-c", _HANGS_ONCE.replace("MARK", str(tmp_path / "mark")))
    with capture_logs() as lines, scanning(tmp_path, command=command, lost_after_s=0.3) as (_, diary):
        diary.wait_for("found")
    assert [name for name, _ in diary.entries] == ["lost", "no_picture", "found"]
    [restart] = [line for line in lines if line["event"] == "scanner_restarting"]
    assert restart["pause_s"] == 0.0
    assert "no picture" in restart["why"]


@pytest.mark.parametrize(
    "line",
    [
        "\n",
        "{}\n",
        '{"kind": "left"}\n',
        encode(Sighting(b"A", "qr", "zxing", 1.0, 1e300, 1)).decode("ascii"),
        '{"kind": "alive", "frames": 1, "last_frame_at": NaN, "ended": false}\n',
        "x",
    ],
)
def test_a_process_that_talks_without_end_is_replaced(studio: Any, line: str) -> None:
    """Nothing of what it says gets through, and what it costs to hear it is bounded."""
    film = studio.film(*[studio.frame()] * 10)
    with capture_logs() as lines, scanning(film, command=wish(do="flood", line=line)) as (_, diary):
        until(lambda: sum(line["event"] == "scanner_restarting" for line in lines) >= 2)
    assert diary.of("seen") == []
    assert diary.of("gone") == []
    reasons = {line["why"] for line in lines if line["event"] == "scanner_restarting"}
    assert all("nonsense" in why for why in reasons)
    assert sum(line["event"] == "scanner_nonsense" for line in lines) <= 10


def test_a_picture_that_takes_all_memory_gets_its_share_and_no_more(studio: Any) -> None:
    """The limit is survived: the next pictures are read by the same process."""
    film = studio.film(*[studio.frame(studio.code("NEXT"))] * 20, *[studio.frame()] * 10)
    with scanning(film, command=wish(do="swallow"), forget_after_s=0.2) as (scanner, diary):
        diary.wait_for("seen")
        first = scanner.process_id
        diary.wait_for("seen", 2)
        assert scanner.process_id == first
    taken, following = payloads(diary)[:2]
    assert 1 <= json.loads(taken)["taken"] <= MEMORY_HEADROOM_BYTES // (32 << 20)
    assert following == b"NEXT"


@pytest.mark.parametrize("name", ["film.avi", "film.mp4"])
def test_large_pictures_are_read_behind_the_walls(studio: Any, name: str) -> None:
    """Twelve million pixels fit into the memory that is left; FFmpeg decodes both formats."""
    fourcc, size = ("MJPG", (4000, 3000)) if name == "film.avi" else ("mp4v", (1920, 1080))
    picture = cv2.cvtColor(studio.frame(studio.code("LARGE"), size=size), cv2.COLOR_GRAY2BGR)
    writer = cv2.VideoWriter(str(studio.folder / name), cv2.VideoWriter.fourcc(*fourcc), 10, size)
    for _ in range(6):
        writer.write(picture)
    writer.release()
    with scanning(studio.folder / name) as (_, diary):
        diary.wait_for("seen")
    assert payloads(diary) == [b"LARGE"]
    assert diary.of("not confined") == []


def test_a_network_camera_is_read_behind_the_walls(studio: Any) -> None:
    """The connection stands before the process is shut in, and is all that it keeps of the network."""
    _, jpeg = cv2.imencode(".jpg", studio.frame(studio.code("STREAM")))
    stopping = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # the library's name
            self.send_response(200)
            self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
            self.end_headers()
            part = b"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n" % jpeg.size + jpeg.tobytes()
            try:
                while not stopping.wait(0.05):
                    self.wfile.write(part + b"\r\n")
            except OSError:  # the reader has gone
                pass

        def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            with scanning(f"http://127.0.0.1:{server.server_port}/video.mjpg") as (_, diary):
                diary.wait_for("seen")
        finally:
            stopping.set()
            server.shutdown()
            thread.join()
    assert payloads(diary) == [b"STREAM"]
    assert diary.of("not confined") == []
