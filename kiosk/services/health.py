"""Health: tells systemd that the terminal is ready and alive (sd_notify), and only while it really is."""

import os
import socket
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import structlog

from kiosk.core.ports import Clock


class Notifier:
    """Speaks sd_notify's protocol (sd_notify(3)); silent where systemd does not listen."""

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        address = environment.get("NOTIFY_SOCKET", "")
        # "@" stands for the null byte of an abstract socket's name.
        self._address = "\0" + address[1:] if address.startswith("@") else address
        microseconds = environment.get("WATCHDOG_USEC", "")
        for_us = environment.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        # cage starts the terminal as its child: then systemd's watchdog is meant for us although it names cage.
        by_child = environment.get("ASHYQ_KIOSK_WATCHDOG") == "child"
        is_set = microseconds.isdecimal() and (for_us or by_child)
        self.watchdog_s: float | None = int(microseconds) / 1e6 if is_set else None

    def tell(self, *facts: str) -> None:
        """Send facts such as `READY=1`; a listener that has gone is no error of ours."""
        if not self._address:
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as connection:
                connection.sendto("\n".join(facts).encode("utf-8"), self._address)
        except OSError as error:
            structlog.get_logger(__name__).warning("sd_notify_failed", why=error.strerror)


@dataclass(frozen=True, slots=True)
class Watched:
    """A party that must beat: `beat` gives its last beat in monotonic seconds, at most `limit_s` ago."""

    name: str
    beat: Callable[[], float]
    limit_s: float


class Watchdog:
    """Pings systemd while every watched party beats; when one hangs it stops, and systemd restarts the terminal."""

    def __init__(self, notifier: Notifier, clock: Clock, watched: tuple[Watched, ...]) -> None:
        self._notifier, self._clock, self._watched = notifier, clock, watched
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watchdog", daemon=True)
        self._log = structlog.get_logger(__name__)

    def start(self) -> None:
        """Begin, if systemd has asked for it."""
        if self._notifier.watchdog_s is not None:
            self._thread.start()

    def stop(self, timeout_s: float) -> bool:
        """End; whether the thread ended in time."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def check(self) -> tuple[str, ...]:
        """The names of those who hang."""
        now = self._clock.monotonic()
        return tuple(party.name for party in self._watched if now - party.beat() > party.limit_s)

    def _run(self) -> None:
        interval_s = (self._notifier.watchdog_s or 1.0) / 3
        while not self._stopping.wait(interval_s):
            hanging = self.check()
            if hanging:
                self._log.error("hanging", who=hanging)
            else:
                self._notifier.tell("WATCHDOG=1")
