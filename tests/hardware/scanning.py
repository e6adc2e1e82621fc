"""A scanner at work on a real film, and what it tells."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hardware.camera import CameraSettings
from hardware.errors import CameraFault
from hardware.scanner import Scanner
from hardware.scanner_wire import ScannerSettings, Sighting
from tests.hardware.diary import PATIENCE_S, Notes


class Diary(Notes):
    """A listener to a scanner."""

    def symbol_seen(self, sighting: Sighting) -> None:
        self.note("seen", sighting)

    def symbol_gone(self) -> None:
        self.note("gone")

    def camera_lost(self, why: str, fault: CameraFault) -> None:
        self.note("lost", why)
        self.note(fault)

    def camera_found(self) -> None:
        self.note("found")

    def camera_ended(self) -> None:
        self.note("ended")

    def not_confined(self, why: str) -> None:
        self.note("not confined", why)


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
