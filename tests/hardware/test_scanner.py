"""The scanner process: read, watched, killed, stopped, started again. Real processes on real films."""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from hardware.camera import CameraSettings
from hardware.errors import CameraFault
from hardware.scanner import Scanner
from hardware.scanner_wire import ScannerSettings, Sighting

_PATIENCE_S = 20.0


class Diary:
    """A listener that writes down what it is told, and can be waited for."""

    def __init__(self) -> None:
        self.entries: list[tuple[str, Any]] = []
        self._changed = threading.Condition()

    def _note(self, what: str, value: Any = None) -> None:
        with self._changed:
            self.entries.append((what, value))
            self._changed.notify_all()

    def symbol_seen(self, sighting: Sighting) -> None:
        self._note("seen", sighting)

    def symbol_gone(self) -> None:
        self._note("gone")

    def camera_lost(self, why: str, fault: CameraFault) -> None:
        self._note("lost", why)
        self._note(fault)

    def camera_found(self) -> None:
        self._note("found")

    def camera_ended(self) -> None:
        self._note("ended")

    def wait_for(self, what: str, count: int = 1) -> list[Any]:
        """The values of the first `count` entries of this kind."""
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.of(what)) >= count, _PATIENCE_S), self.entries
            return self.of(what)[:count]

    def of(self, what: str) -> list[Any]:
        return [value for name, value in self.entries if name == what]


@contextmanager
def scanning(source: Path | str, **options: Any) -> Iterator[tuple[Scanner, Diary]]:
    diary = Diary()
    at_end = options.pop("at_end", "loop")
    scanner = Scanner(ScannerSettings(CameraSettings(str(source), at_end=at_end), **options), diary)
    scanner.start()
    try:
        yield scanner, diary
    finally:
        assert scanner.stop(3.0)


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline


def is_gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


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


def test_a_killed_scanner_process_is_replaced_without_a_word_to_visitors(film: Path) -> None:
    """After kill -9 another process reads on; one crash is mended before anybody is told."""
    with scanning(film, forget_after_s=0.2) as (scanner, diary):
        diary.wait_for("seen")
        first = scanner.process_id
        assert first is not None
        os.kill(first, signal.SIGKILL)
        until(lambda: scanner.process_id not in (None, first))
        diary.wait_for("seen", len(diary.of("seen")) + 1)
    assert diary.of("lost") == []


def test_a_hanging_scanner_process_is_noticed_and_replaced(film: Path) -> None:
    """A process that says nothing for the configured time counts as a lost camera, and is ended and replaced."""
    with scanning(film, lost_after_s=0.6, forget_after_s=0.2) as (scanner, diary):
        diary.wait_for("seen")
        first = scanner.process_id
        assert first is not None
        lost, found = len(diary.of("lost")), len(diary.of("found"))  # a start can be slow, too
        os.kill(first, signal.SIGSTOP)
        assert diary.wait_for("lost", lost + 1)[-1] == "the scanner process is silent"
        diary.wait_for("found", found + 1)
        assert scanner.process_id != first
        assert is_gone(first)


def test_a_camera_that_is_not_there_is_told_and_tried_again(tmp_path: Path, film: Path) -> None:
    """The reason names the source; as soon as it is there, the camera is found."""
    source = tmp_path / "later.avi"
    with scanning(source) as (_, diary):
        [why] = diary.wait_for("lost")
        assert "no such file" in why
        source.write_bytes(film.read_bytes())
        diary.wait_for("found")
        diary.wait_for("seen")


def test_stopping_leaves_no_process_behind(film: Path) -> None:
    """After stop the scanner process is gone, and so is the picture."""
    with scanning(film) as (scanner, diary):
        diary.wait_for("seen")
        pid = scanner.process_id
        assert pid is not None
    assert is_gone(pid)
    assert scanner.preview() is None


def test_the_scanner_process_sees_no_secrets(film: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither systemd's credentials nor its socket are in the environment of the process that decodes pictures."""
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", "/run/credentials/x")
    monkeypatch.setenv("NOTIFY_SOCKET", "/run/notify")
    with scanning(film) as (scanner, diary):
        diary.wait_for("seen")
        environment = Path(f"/proc/{scanner.process_id}/environ").read_bytes()
    assert b"CREDENTIALS" not in environment
    assert b"NOTIFY_SOCKET" not in environment
