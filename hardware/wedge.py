"""USB bar-code scanners that act as keyboards: found, taken for this program alone, read, and found again."""

import os
import select
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import structlog

from hardware.errors import WedgeError
from hardware.repeat import RepeatGuard
from hardware.wedge_choice import AUTO, Keyboard, none_found, not_there, scanners, why_scanner
from hardware.wedge_devices import DEVICES, SYSFS, InputDevice, keyboards
from hardware.wedge_keys import Dropped, Line, Result, Typing, rest, step
from hardware.wedge_symbology import read_symbology

_LOOK_S = 0.5
"""How often it is looked whether a scanner was plugged in: so long at the most can its keys reach the console."""


@dataclass(frozen=True, slots=True)
class WedgeSettings:
    """device: a path, or "auto" for all that are known to be scanners.

    forget_after_s: the repeat guard's time in seconds; lost_after_s: after a start, USB devices and their permissions
    take a moment, so for this many seconds nobody is told that there is no scanner; sysfs, devices: where the kernel
    shows its input devices.
    """

    device: str
    forget_after_s: float = 1.5
    lost_after_s: float = 3.0
    sysfs: Path = SYSFS
    devices: Path = DEVICES


@dataclass(frozen=True, slots=True)
class TypedCode:
    """A code that a USB scanner has read. begun_at: monotonic seconds of its first key. Its repr hides the payload."""

    payload: bytes
    is_qr: bool
    begun_at: float

    def __repr__(self) -> str:
        return f"TypedCode(<{len(self.payload)} bytes hidden>, is_qr={self.is_qr})"


class WedgeListener(Protocol):
    """Is told what happens, on the wedge's thread: it must not block."""

    def code_typed(self, code: TypedCode) -> None: ...
    def usb_scanner_lost(self, why: str) -> None: ...
    def usb_scanner_found(self) -> None: ...


@dataclass(slots=True)
class _Taken:
    """A scanner that is in use."""

    device: InputDevice
    name: str
    typing: Typing = field(default_factory=Typing)


class Wedge:
    """Reads USB scanners on a thread of its own.

    A scanner does not say that a code has left its view. What it reads again within `forget_after_s` of the last time
    is the same showing (a double read, or a code that lies under a scanner on a stand); after that it is a new one.
    """

    def __init__(self, settings: WedgeSettings, listener: WedgeListener) -> None:
        self._settings, self._listener = settings, listener
        self._taken: dict[str, _Taken] = {}
        self._refusals: dict[str, tuple[str, int]] = {}
        self._guard = RepeatGuard(settings.forget_after_s)
        self._lost: bool | None = None
        self._why = ""
        self._told_why = ""
        self._look_at = self._patient_until = 0.0
        self._stopping = threading.Event()
        self._wake = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        self._thread = threading.Thread(target=self._run, name="wedge", daemon=True)
        self._log = structlog.get_logger(__name__)

    def start(self) -> None:
        """Start looking and reading; returns at once."""
        self._thread.start()

    def stop(self, timeout_s: float = 1.0) -> bool:
        """Give every device back and end; whether that was done within `timeout_s` seconds."""
        self._stopping.set()
        if self._thread.is_alive():
            os.eventfd_write(self._wake, 1)
            self._thread.join(timeout_s)
            if self._thread.is_alive():
                return False
        if self._wake >= 0:
            os.close(self._wake)
            self._wake = -1
        return True

    # --- the thread ---------------------------------------------------------------------------------------------

    def _run(self) -> None:
        self._patient_until = time.monotonic() + self._settings.lost_after_s
        try:
            while not self._stopping.is_set():
                if time.monotonic() >= self._look_at:
                    self._look()
                    self._look_at = time.monotonic() + _LOOK_S
                self._wait_and_read()
        finally:
            for taken in self._taken.values():
                taken.device.close()

    def _wait_and_read(self) -> None:
        poll = select.poll()
        poll.register(self._wake, select.POLLIN)
        for taken in self._taken.values():
            poll.register(taken.device, select.POLLIN)
        times = [taken.typing.deadline for taken in self._taken.values()]
        due_at = min([self._look_at, *(at for at in times if at is not None)])
        ready = {descriptor for descriptor, _ in poll.poll(max(0.0, due_at - time.monotonic()) * 1000 + 1)}
        for path, taken in list(self._taken.items()):
            if taken.device.fileno() in ready:
                self._read(path, taken)
            else:  # only of a scanner that is silent: of another, keys may be waiting that came before
                taken.typing, result = rest(taken.typing, time.monotonic())
                self._report(taken, result)

    def _read(self, path: str, taken: _Taken) -> None:
        try:
            events = taken.device.read(time.monotonic())
        except WedgeError as error:
            self._let_go(path, str(error))
            return
        for event in events:
            taken.typing, result = step(taken.typing, event)
            self._report(taken, result)

    def _report(self, taken: _Taken, result: Result) -> None:
        match result:
            case Line(payload=line, begun_at=begun_at, ended_at=ended_at):
                payload, is_qr = read_symbology(line)
                if self._guard.look([payload], ended_at).appeared:
                    self._listener.code_typed(TypedCode(payload, is_qr, begun_at))
            case Dropped(why=why):
                self._log.warning("usb_scanner_line_dropped", scanner=taken.name, why=why)

    # --- which devices there are --------------------------------------------------------------------------------

    def _look(self) -> None:
        """Take what has come, and let go what has gone without a word."""
        present = keyboards(self._settings.sysfs, self._settings.devices)
        if self._settings.device == AUTO:
            self._look_for_any(present)
        else:
            self._look_for_the_named(self._settings.device, present)
        self._tell()

    def _look_for_any(self, present: tuple[Keyboard, ...]) -> None:
        wanted = scanners(present)
        paths = {one.path for one in wanted}
        self._refusals = {path: refusal for path, refusal in self._refusals.items() if path in paths}
        for one in wanted:
            if one.path not in self._taken:
                self._take(one.path, one)
        self._why = "; ".join(why for why, _ in self._refusals.values()) or none_found(present)

    def _look_for_the_named(self, device: str, present: tuple[Keyboard, ...]) -> None:
        if not _is_there(device):
            self._refusals.clear()
            self._why = not_there(device, present)
            return
        if device in self._taken:
            return
        real = os.path.realpath(device)
        named = next((one for one in present if one.path == real), None)
        self._take(device, named)
        self._why = self._refusals.get(device, ("", 0))[0]

    def _take(self, path: str, keyboard: Keyboard | None) -> None:
        name = path if keyboard is None else keyboard.text
        try:
            device = InputDevice(path, keyboard)
        except WedgeError as error:
            why, times = str(error), self._refusals.get(path, ("", 0))[1] + 1
            self._refusals[path] = why, times
            if times == 2:  # just plugged in, its permissions may not be set yet
                self._log.error("usb_scanner_refused", scanner=name, why=why)
            return
        self._refusals.pop(path, None)
        self._taken[path] = _Taken(device, name)
        why = "named in usb_scanner.device"
        if self._settings.device == AUTO and keyboard is not None:
            why = why_scanner(keyboard) or ""
        self._log.info("usb_scanner_taken", scanner=name, why=why)

    def _let_go(self, path: str, why: str) -> None:
        taken = self._taken.pop(path)
        taken.device.close()
        self._why = why
        self._log.warning("usb_scanner_gone", scanner=taken.name, why=why)
        self._look_at = time.monotonic() + _LOOK_S
        self._tell()

    def _tell(self) -> None:
        lost = not self._taken
        if lost and self._lost is None and time.monotonic() < self._patient_until:
            return
        if lost and self._why != self._told_why:
            self._told_why = self._why
            (self._log.warning if self._lost else self._log.error)("usb_scanner_lost", why=self._why)
        if not lost:
            self._told_why = ""
        if lost is self._lost:
            return
        was_lost, self._lost = self._lost, lost
        if lost:
            self._listener.usb_scanner_lost(self._why)
        elif was_lost:
            self._log.info("usb_scanner_found")
            self._listener.usb_scanner_found()


def _is_there(path: str) -> bool:
    try:
        return Path(path).exists()
    except OSError:  # it can't be looked at: opening it tells why
        return True
