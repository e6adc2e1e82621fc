"""A running terminal, watched from outside: by its log lines alone, as anybody could."""

import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

_SETTLE_S = 0.25
"""After this time the LEDs and the relay show what a decision made of them."""
_STOP_S = 10.0
RESULTS = ("decision", "could_not_check", "not_a_credential")


@dataclass(frozen=True, slots=True)
class Result:
    """One scan's end. line: the terminal's own log line; lit: LEDs lit then; relay: whether it was energised."""

    line: dict[str, Any]
    lit: frozenset[str]
    relay: bool


def environment_of_terminal() -> dict[str, str]:
    """The environment for a terminal: without a screen it draws off screen."""
    environment = dict(os.environ)
    if not has_screen():
        environment.setdefault("SDL_VIDEODRIVER", "offscreen")
    return environment


def has_screen() -> bool:
    """Whether there is a screen to open a window on."""
    return "DISPLAY" in os.environ or "WAYLAND_DISPLAY" in os.environ


class WatchedTerminal:
    """`ashyq-kiosk run` as a process; its lines are kept in the folder as log.jsonl, its errors as errors.txt."""

    def __init__(self, config: Path, folder: Path, calendar: Path | None = None) -> None:
        """calendar: the file of a kiosk.demo.calendar.Calendar, where the terminal's time is not this machine's."""
        self.status: int | None = None
        self._results: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        self._levels: dict[str, int] = {}
        self._energised: list[float] = []
        self._events: set[str] = set()
        self.sent: list[tuple[float, int]] = []  # monotonic seconds, visits that central took then
        self._news = threading.Condition()
        self._lock = threading.Lock()
        self._log = (folder / "log.jsonl").open("a", encoding="utf-8")
        self._errors = (folder / "errors.txt").open("ab")
        program = ["kiosk", "run"] if calendar is None else ["kiosk.demo.calendar", str(calendar)]
        command = [sys.executable, "-m", *program, "--config", str(config), "--log", "json"]
        command += ["--screenshots", str(folder / "screens")]
        self._process = subprocess.Popen(  # noqa: S603  # ourselves
            command, stdout=subprocess.PIPE, stderr=self._errors, env=environment_of_terminal()
        )
        self._thread = threading.Thread(target=self._read, name="watch", daemon=True)
        self._thread.start()

    def next_result(self, wait_s: float) -> Result | None:
        """What became of the next scan; None when nothing came within `wait_s` seconds, or the terminal has ended."""
        deadline = time.monotonic() + wait_s
        while True:
            try:
                line = self._results.get(timeout=0.2)
                break
            except queue.Empty:
                if time.monotonic() > deadline or self._process.poll() is not None:
                    return None
        decided_at = float(line["monotonic_s"])
        time.sleep(max(0.0, decided_at + _SETTLE_S - time.monotonic()))
        with self._lock:
            lit = frozenset(name for name in ("green", "red") if self._levels.get(f"lights.{name}"))
            relay = any(at > decided_at - _SETTLE_S for at in self._energised)
        return Result(line, lit, relay)

    def wait_for(self, event: str, wait_s: float) -> bool:
        """Whether this event has been logged, now or within `wait_s` seconds."""
        with self._news:
            return self._news.wait_for(lambda: event in self._events, timeout=wait_s)

    def stop(self) -> None:
        """Stop the terminal as systemd would."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
        try:
            self.status = self._process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self.status = self._process.wait()
        self._thread.join(_STOP_S)
        self._log.close()
        self._errors.close()

    def is_running(self) -> bool:
        """Whether the terminal has not ended."""
        return self._process.poll() is None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _read(self) -> None:
        stream = self._process.stdout
        if stream is None:
            return
        with stream:
            for raw in stream:
                text = raw.decode("utf-8", "replace")
                self._log.write(text)
                try:
                    line = json.loads(text)
                except ValueError:
                    continue  # not a log line: a library that writes to standard output
                with self._news:
                    self._events.add(str(line.get("event")))
                    if line.get("event") == "visits_sent":
                        self.sent.append((time.monotonic(), int(line["accepted"])))
                    self._news.notify_all()
                if line.get("event") == "edge":
                    self._edge(line)
                elif line.get("event") in RESULTS:
                    self._results.put(line)

    def _edge(self, line: dict[str, Any]) -> None:
        with self._lock:
            self._levels[line["line"]] = line["value"]
            if line["line"] == "door.relay" and line["energised"]:
                self._energised.append(float(line["monotonic_s"]))
