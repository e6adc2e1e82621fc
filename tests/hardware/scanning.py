"""A scanner at work on a real film, and what it tells."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hardware.camera import CameraSettings
from hardware.errors import CameraFault
from hardware.scanner import Scanner
from hardware.scanner_wire import ScannerSettings, Sighting

PATIENCE_S = 60.0


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

    def not_confined(self, why: str) -> None:
        self._note("not confined", why)

    def wait_for(self, what: str, count: int = 1) -> list[Any]:
        """The values of the first `count` entries of this kind."""
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.of(what)) >= count, PATIENCE_S), self.entries
            return self.of(what)[:count]

    def of(self, what: str) -> list[Any]:
        return [value for name, value in self.entries if name == what]


@contextmanager
def scanning(source: Path | str, **options: Any) -> Iterator[tuple[Scanner, Diary]]:
    diary = Diary()
    at_end, command = options.pop("at_end", "loop"), options.pop("command", None)
    settings = ScannerSettings(CameraSettings(str(source), at_end=at_end), **options)
    scanner = Scanner(settings, diary) if command is None else Scanner(settings, diary, command=command)
    scanner.start()
    try:
        yield scanner, diary
    finally:
        assert scanner.stop(3.0)


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline


def is_gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True
