"""The running terminal: starts its parts in order, waits until it is told to stop, and stops them in order.

Stop order: tell everyone, door locked, then each part in the reverse order of its making, with a limit. Whoever does
not end in time makes the exit status 70: systemd then knows that something hung.
"""

import signal
import threading
from collections.abc import Callable, Sequence
from contextlib import ExitStack

import structlog

from kiosk.exits import Exit
from kiosk.runtime import Controller
from kiosk.screens.app import Face
from kiosk.services.health import Notifier, Watchdog

STOP_S = 0.5
"""The limit for one part; all of stopping must be over within 3 s."""


class Stops:
    """What must be undone, in reverse order, by name; remembers who did not end in time."""

    def __init__(self) -> None:
        self.unfinished: list[str] = []
        self._stack = ExitStack()

    def close(self, part: Callable[[], object]) -> None:
        """Call this at the end."""
        self._stack.callback(part)

    def stop(self, name: str, part: Callable[[float], bool], limit_s: float = STOP_S) -> None:
        """Call this at the end, with its limit in seconds; it tells whether it ended in time."""

        def run() -> None:
            if not part(limit_s):
                self.unfinished.append(name)

        self._stack.callback(run)

    def run(self) -> None:
        """Undo everything, whatever fails on the way."""
        self._stack.close()


class Terminal:
    """Every part, put together by kiosk.bootstrap."""

    def __init__(
        self,
        controller: Controller,
        face: Face | None,
        notifier: Notifier,
        watchdog: Watchdog,
        starts: Sequence[Callable[[], None]],
        stops: Stops,
    ) -> None:
        self._controller, self._face = controller, face
        self._notifier, self._watchdog = notifier, watchdog
        self._starts, self._stops = starts, stops
        self._told_to_stop = threading.Event()
        self._controller_thread = threading.Thread(target=self._control, name="controller")
        self._log = structlog.get_logger(__name__)
        self._warning = ""
        self._is_ready = False

    def run(self) -> int:
        """Serve visitors until told to stop; on the main thread. Returns the exit status."""
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, lambda *_: self.stop())
        try:
            self._controller_thread.start()
            for start in self._starts:
                start()
            if self._face is None:
                self.ready()
                self._told_to_stop.wait()
            else:
                self._face.run()
        finally:
            status = self._stop()
        return status

    def ready(self) -> None:
        """The screen is there: visitors can come."""
        self._watchdog.start()
        self._is_ready = True
        self._notifier.tell("READY=1", self._status())
        self._log.info("ready")

    def warn(self, of_what: str) -> None:
        """Let `systemctl status` tell a technician what is not as it should be, though visitors are served."""
        self._warning = of_what
        if self._is_ready:
            self._notifier.tell(self._status())

    def _status(self) -> str:
        return "STATUS=serving visitors" + (f"; WARNING: {self._warning}" if self._warning else "")

    def stop(self) -> None:
        """Tell the terminal to stop; from any thread, and from a signal handler."""
        self._told_to_stop.set()
        if self._face is not None:
            self._face.stop()

    def _stop(self) -> int:
        self._notifier.tell("STOPPING=1")
        self._log.info("stopping")
        self._controller.stop()  # its last act is to lock the door
        self._controller_thread.join(STOP_S)
        if self._controller_thread.is_alive():
            self._stops.unfinished.append("controller")
        self._stops.run()
        if self._stops.unfinished:
            self._log.error("did_not_stop_in_time", who=self._stops.unfinished)
            return Exit.SOFTWARE
        self._log.info("stopped")
        return Exit.OK

    def _control(self) -> None:
        try:
            self._controller.run()
        except Exception:  # noqa: BLE001  # whatever it is: without its controller the terminal serves nobody
            self._log.exception("controller_failed")
            self._stops.unfinished.append("controller")
            self.stop()  # and systemd starts a new one
