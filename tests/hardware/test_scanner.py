"""The scanner process: read, watched, killed, stopped, started again. Real processes on real films."""

import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from structlog.testing import capture_logs

from tests.bench.optics import draw
from tests.bench.picture import NOISE_SEED, SCENE
from tests.hardware.scanning import is_gone, scanning, until


@pytest.fixture
def film(studio: Any) -> Path:
    """Half a second of nothing, half a second of a code, half a second of nothing."""
    empty, shown = studio.frame(), studio.frame(studio.code("ASHYQ:TEST"))
    path: Path = studio.film(*[empty] * 10, *[shown] * 10, *[empty] * 10)
    return path


def test_a_code_is_seen_once_and_then_gone(film: Path) -> None:
    """One showing is one scan; the end of the film is told, and the camera is not lost by it."""
    with scanning(film, at_end="hold", forget_after_s=0.3, lost_after_s=1.0) as (scanner, diary):
        [sighting] = diary.wait_for("seen")
        diary.wait_for("gone")
        diary.wait_for("ended")
        until(lambda: scanner.preview() is not None)
    assert sighting.payload == b"ASHYQ:TEST"
    assert sighting.symbology == "qr"
    assert sighting.decoded_at >= sighting.captured_at
    assert [name for name, _ in diary.entries] == ["seen", "ended", "gone"] or [name for name, _ in diary.entries] == [
        "seen",
        "gone",
        "ended",
    ]


def test_a_code_in_view_of_a_process_that_ends_has_left(studio: Any) -> None:
    """Nobody else could tell that its visitor has gone; one who is still there is seen anew."""
    film = studio.film(*[studio.frame(studio.code("ASHYQ:TEST"))] * 20)
    with scanning(film, forget_after_s=30.0) as (scanner, diary):
        diary.wait_for("seen")
        assert diary.of("gone") == []
        os.kill(scanner.process_id or 0, signal.SIGKILL)
        diary.wait_for("seen", 2)
    assert [name for name, _ in diary.entries if name in ("seen", "gone")] == ["seen", "gone", "seen"]


def test_codes_that_hide_are_read_behind_the_wall(studio: Any) -> None:
    """Every way of looking works in a process that can open nothing any more: a hard code is read, and none fails."""
    hard = draw(SCENE, np.random.default_rng(NOISE_SEED))
    patterned = scrambled(studio.code("ASHYQ:" + "7" * 40))
    hopeless = studio.frame(patterned, size=(1280, 720))
    shaken = [np.roll(hopeless, 8 * step, axis=1) for step in range(2)]
    with capture_logs() as logs, scanning(studio.pictures(*shaken, *[hard] * 10)) as (_, diary):
        [sighting] = diary.wait_for("seen")
    assert sighting.payload == SCENE.payload
    assert [entry for entry in logs if entry["event"] == "decoder_failed"] == []


def scrambled(code: np.ndarray[Any, np.dtype[np.uint8]]) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """A code whose patterns stand, and whose data is noise."""
    damaged = code.copy()
    modules = np.random.default_rng(1).integers(0, 2, (12, 12), dtype=np.uint8) * 255
    middle = 13 * 6
    damaged[middle : middle + 72, middle : middle + 72] = np.kron(modules, np.ones((6, 6), np.uint8))
    return damaged


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP], ids=["crash", "hang"])
def test_a_process_that_crashes_or_hangs_is_replaced_within_a_second(film: Path, number: signal.Signals) -> None:
    """Another one reads on, before anybody would notice, and so nobody is told."""
    with scanning(film, forget_after_s=0.2) as (scanner, diary):
        diary.wait_for("seen")
        until(lambda: scanner.is_spare_ready)
        first = scanner.process_id
        assert first is not None
        before = scanner.preview()
        assert before is not None
        os.kill(first, number)
        struck_at = time.monotonic()
        until(lambda: scanner.process_id not in (None, first))
        took_s = time.monotonic() - struck_at
        until(lambda: (now := scanner.preview()) is not None and now.number > before.number + 1)
        assert is_gone(first)
        diary.wait_for("seen", len(diary.of("seen")) + 1)
        until(lambda: scanner.is_spare_ready)
    assert took_s < 1.0
    assert diary.of("lost") == []


def test_a_camera_that_is_not_there_is_told_and_tried_again(tmp_path: Path, film: Path) -> None:
    """The reason names the source; as soon as it is there, the camera is found."""
    source = tmp_path / "later.avi"
    with scanning(source) as (_, diary):
        [why] = diary.wait_for("lost")
        assert "no such file" in why
        source.write_bytes(film.read_bytes())
        diary.wait_for("found")
        diary.wait_for("seen")


def children() -> list[str]:
    """The processes that this one has started on any thread."""
    return [
        child
        for thread in Path("/proc/self/task").iterdir()
        for child in (thread / "children").read_text(encoding="ascii").split()
    ]


def test_stopping_leaves_no_process_behind(film: Path) -> None:
    """After stop the scanner process is gone, and so is the picture."""
    with scanning(film) as (scanner, diary):
        diary.wait_for("seen")
        until(lambda: scanner.is_spare_ready)
        pids = [int(child) for child in children()]
        assert scanner.process_id in pids
        assert len(pids) == 2
    assert all(is_gone(pid) for pid in pids)
    assert scanner.preview() is None


def test_the_scanner_process_sees_no_secrets(film: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither systemd's credentials nor its socket are in the environment of the process that decodes pictures."""
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", "/run/credentials/x")
    monkeypatch.setenv("NOTIFY_SOCKET", "/run/notify")
    told = tmp_path / "environment"
    # The real process lets nobody read its environment, so that one that is started in its place tells it.
    tells = f"import os, sys; open({str(told)!r}, 'w').write(repr(dict(os.environ)) + chr(10)); sys.stdin.read()"
    with scanning(film, command=(sys.executable, "-c", tells)):
        until(lambda: told.exists() and told.read_text().endswith("\n"))
    environment = told.read_text()
    assert "PATH" in environment
    assert "CREDENTIALS" not in environment
    assert "NOTIFY_SOCKET" not in environment
