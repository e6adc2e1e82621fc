"""The door relay as the program sees it: orders to the door keeper, which holds the line in a process of its own."""

import contextlib
import json
import os
import select
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import structlog

from hardware.errors import PinError
from hardware.pins import FactoryName

_START_S = 10.0
_ANSWER_S = 0.5
_PING_S = 0.5
_SILENCE_S = 2.0
_RESTART_S = 0.5
_REST_S = 10.0


@dataclass(frozen=True, slots=True)
class RelaySettings:
    """The relay. pin: BCM number, None: there is no relay; maximum_on_s: hard limit of the keeper's own."""

    pin: int | None
    active_high: bool = True
    maximum_on_s: float = 15.0
    factory: FactoryName = "lgpio"
    chip: int = 0
    log: Literal["json", "plain"] = "plain"

    def arguments(self, answers: int | None) -> str:
        """What the keeper takes as its argument; answers: descriptor for its answers."""
        values = {
            "pin": self.pin,
            "active_high": self.active_high,
            "maximum_on_s": self.maximum_on_s,
            "silence_s": _SILENCE_S,
            "factory": self.factory,
            "chip": self.chip,
            "log": self.log,
            "answers": answers,
        }
        return json.dumps(values)


class Door:
    """Starts the keeper, gives it orders, and starts it again when it dies. Orders never wait for an answer.

    on_broken is called once when the keeper dies or does not answer, on_mended when it does its work again; both from
    the door's own thread. A door that breaks while it is released is not released again.
    """

    def __init__(
        self, settings: RelaySettings, on_broken: Callable[[str], None], on_mended: Callable[[], None]
    ) -> None:
        self._settings = settings
        self._on_broken, self._on_mended = on_broken, on_mended
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._answers = -1
        self._unanswered: list[float] = []
        self._released_until = 0.0
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="door")
        self._log = structlog.get_logger(__name__)

    def start(self) -> None:
        """Claim the line at its resting level; raises PinError when that can't be done."""
        if self._settings.pin is None:
            self._log.warning("no_door_relay")
            return
        self._begin()
        self._thread.start()

    @property
    def process_id(self) -> int | None:
        """The keeper's process id while it runs."""
        return None if self._process is None else self._process.pid

    def release(self, seconds: float) -> None:
        """Energise the relay for `seconds`, at most maximum_on_s in one go."""
        self._released_until = time.monotonic() + seconds
        self._order(f"release {seconds:.3f}")

    def lock(self) -> None:
        """Bring the relay to its resting level."""
        self._released_until = 0.0
        self._order("lock")

    def stop(self, timeout_s: float = 1.0) -> bool:
        """Bring the relay to rest and end the keeper; whether that was done within `timeout_s` seconds."""
        self._stopping.set()
        process = self._process
        if self._thread.is_alive():
            self._thread.join(timeout_s / 2)
        if process is None:
            return True
        with contextlib.suppress(OSError):
            if process.stdin is not None:
                process.stdin.close()  # the keeper brings the relay to rest when its orders end
        try:
            process.wait(timeout_s / 2)
        except subprocess.TimeoutExpired:
            _kill(process)
            return False
        finally:
            os.close(self._answers)
        return not self._thread.is_alive()

    def _order(self, order: str) -> None:
        with self._lock:
            process = self._process
            if process is None or process.stdin is None:
                return
            try:
                process.stdin.write(order.encode("ascii") + b"\n")
                process.stdin.flush()
            except (OSError, ValueError):
                return  # the watching thread will see the keeper's end
            self._unanswered.append(time.monotonic())

    # --- the thread ---------------------------------------------------------------------------------------------

    def _begin(self) -> None:
        reading, writing = os.pipe()
        try:
            process = subprocess.Popen(  # noqa: S603  # our own module, no shell
                [sys.executable, "-P", "-m", "hardware.door_keeper", self._settings.arguments(writing)],
                stdin=subprocess.PIPE,
                pass_fds=(writing,),
                start_new_session=True,  # Ctrl-C in a terminal is for the program, which then ends this
            )
        finally:
            os.close(writing)
        answer = _read_line(reading, _START_S)
        if answer != "ready":
            _kill(process)
            os.close(reading)
            raise PinError(answer.removeprefix("error ") or "the door keeper does not start")
        with self._lock:
            self._process, self._answers, self._unanswered = process, reading, []

    def _watch(self) -> None:
        broken = False
        while not self._stopping.is_set():
            if self._process is None:
                self._stopping.wait(_RESTART_S)
                try:
                    if not self._stopping.is_set():
                        self._begin()
                except PinError as error:
                    self._log.error("door_keeper_does_not_start", why=str(error))
                    continue
            if broken:
                broken = False
                self._on_mended()
            why = self._listen()
            if why and not self._stopping.is_set():
                self._log.error("door_keeper_lost", why=why)
                self._drop()
                broken = True
                self._on_broken(why)

    def _listen(self) -> str:
        """Take answers, and give signs of life while the door is released; returns why the keeper must be replaced."""
        pinged_at = 0.0
        while not self._stopping.is_set():
            now = time.monotonic()
            if now < self._released_until + _PING_S and now - pinged_at >= _PING_S:
                pinged_at = now
                self._order("ping")
            if select.select([self._answers], [], [], 0.1)[0]:
                data = os.read(self._answers, 4096)
                if not data:
                    return "the door keeper has ended"
                with self._lock:
                    del self._unanswered[: data.count(b"\n")]
            with self._lock:
                oldest = self._unanswered[0] if self._unanswered else None
            if oldest is not None and time.monotonic() - oldest > _ANSWER_S:
                return "the door keeper does not answer"
        return ""

    def _drop(self) -> None:
        with self._lock:
            process, self._process = self._process, None
        if process is not None:
            _kill(process)
            os.close(self._answers)
        self._released_until = 0.0
        # A keeper that was killed could not bring the relay to rest itself.
        drive_to_rest(self._settings)


def drive_to_rest(settings: RelaySettings) -> bool:
    """Bring the relay to its resting level and leave it there, without a keeper; whether that worked."""
    if settings.pin is None:
        return True
    command = [sys.executable, "-P", "-m", "hardware.door_keeper", settings.arguments(None), "--rest"]
    try:
        return subprocess.run(command, timeout=_REST_S, check=False).returncode == 0  # noqa: S603  # our own module
    except subprocess.TimeoutExpired:
        return False


def _kill(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()
    if process.stdin is not None:
        with contextlib.suppress(OSError):  # an order that it never took
            process.stdin.close()


def _read_line(descriptor: int, timeout_s: float) -> str:
    """One line without its end, or what came of it in time."""
    deadline, text = time.monotonic() + timeout_s, b""
    while not text.endswith(b"\n"):
        wait_s = deadline - time.monotonic()
        if wait_s <= 0 or not select.select([descriptor], [], [], wait_s)[0]:
            break
        data = os.read(descriptor, 1024)
        if not data:
            break
        text += data
    return text.decode("utf-8", "replace").strip()
