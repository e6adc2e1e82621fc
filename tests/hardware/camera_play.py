"""A camera, the scanner process's loop and what the program makes of it, all on one clock that nobody waits for.

The loop, the gate, the place of the latest frame and the judgements are the real ones; the camera, the time that
reading takes, and what starting a process takes, are played.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from hardware import scanner_process
from hardware.camera_watch import CameraWatch
from hardware.cameras.settings import CameraSettings
from hardware.errors import CameraFault
from hardware.frames import Frame, Jpeg, Pixels, Plain
from hardware.grabber import Gate, LatestFrame
from hardware.scanner import _SPARE_AGAIN_S
from hardware.scanner_watch import POLL_S, Restarts
from hardware.scanner_wire import Alive, Message, ScannerSettings, Trouble
from hardware.stillness import StillnessRules
from hardware.symbols import Grey, Reading

State = Literal["well", "black", "frozen", "damaged", "hung", "stuck", "unplugged"]
"""hung: the pictures go on by themselves; stuck: only when the camera is opened anew."""

SETTINGS = ScannerSettings(CameraSettings(0))
_KILL_S = 0.3


@dataclass(frozen=True, slots=True)
class Machine:
    """Times in seconds. reads_s: for one picture; begins_s: until an open camera's first picture."""

    fps: float = 30.0
    reads_s: float = 0.03
    imports_s: float = 2.0
    opens_s: float = 0.3
    begins_s: float = 0.3


class _Over(Exception):  # noqa: N818  # no error
    """The play has ended."""


@dataclass
class Play:
    """`states`: since when the camera is how, beginning at 0. `told`: when which fault was told, None: well again."""

    machine: Machine
    states: list[tuple[float, State]]
    ends_at: float
    patch: Callable[[Any, str, Any], None]
    now: float = 0.0
    told: list[tuple[float, CameraFault | None]] = field(default_factory=list)
    processes: int = 0

    def __post_init__(self) -> None:
        self._watch = CameraWatch(SETTINGS.lost_after_s, 0.0)
        self._restarts = Restarts()
        self._polled_at = self._frame_at = 0.0
        self._number = 0
        self._spare_at, self._spare_ready_at = float("-inf"), float("inf")
        self._latest: LatestFrame | None = None
        self._gate: Gate | None = None
        self._opened_at = 0.0
        self._lets_by = False
        self.patch(scanner_process, "_send", self._hear)
        self.patch(scanner_process, "time", self)

    def monotonic(self) -> float:
        return self.now

    def run(self) -> "Play":
        try:
            while True:
                self._run_process()
        except _Over:
            return self

    def after(self, at: float, fault: CameraFault | None) -> float:
        """How long it took from `at` until this was told."""
        return next((told_at for told_at, told in self.told if told_at >= at and told == fault), float("inf")) - at

    # --- the program --------------------------------------------------------------------------------------------

    def _run_process(self) -> None:
        self._go_on(max(0.0, min(self._spare_ready_at, self.now + self.machine.imports_s) - self.now))
        self._spare_ready_at = float("inf")
        self.processes += 1
        self._watch.begins(self.now)
        pause_s = self._restarts.failed("camera_silent" if self._process() else "camera_failed")
        self._latest = None
        if pause_s and self._spare_ready_at == float("inf"):
            self._begin_spare()
        self._go_on(_KILL_S + pause_s)

    def _hear(self, message: Message) -> None:
        is_wanted = isinstance(message, Alive | Trouble) and self._spare_ready_at == float("inf")
        if is_wanted and self.now - self._spare_at >= _SPARE_AGAIN_S:
            self._begin_spare()
        if isinstance(message, Trouble):
            self._watch.trouble(message)
        if isinstance(message, Alive):
            if self._watch.alive(message, self.now):
                self._restarts.reads(self.now)
            if self._watch.gives_up(self.now, spare_ready=self._spare_ready_at <= self.now):
                raise EOFError
        self._tell()

    def _begin_spare(self) -> None:
        self._spare_at, self._spare_ready_at = self.now, self.now + self.machine.imports_s

    def _tell(self) -> None:
        fault = None if self._watch.loss is None else self._watch.loss.fault
        if fault != (self.told[-1][1] if self.told else None):
            self.told.append((self.now, fault))

    # --- the scanner process ------------------------------------------------------------------------------------

    def _process(self) -> bool:
        """Whether it had to be ended, since the camera is silent."""
        while self._state() == "unplugged":
            self._hear(Trouble("unplugged", "unplugged"))
            self._go_on(scanner_process._OPEN_AGAIN_S)
        self._go_on(self.machine.opens_s)
        self._watch.opened(self.now)
        self._opened_at = self.now
        self._frame_at = max(self._frame_at, self.now + self.machine.begins_s)
        self._latest, self._gate = _Latest(self), Gate(StillnessRules(), is_live=True)
        self._lets_by = False
        try:
            scanner_process._read_codes(SETTINGS, self, self._latest, self._gate, _NoPreview())  # type: ignore[arg-type]
        except EOFError:
            return True
        return False

    def read(self, _grey: Grey, _at: float) -> Reading:
        """As a reader."""
        self._go_on(self.machine.reads_s)
        return Reading()

    def wait(self, seconds: float, until: Callable[[], bool]) -> None:
        deadline = self.now + seconds
        while not until() and self.now < deadline:
            self._go_on(min(deadline, max(self._frame_at, self.now + 1e-6)) - self.now)

    def _go_on(self, seconds: float) -> None:
        """Let time pass: pictures come, and the program looks."""
        end = self.now + seconds
        while (at := min(self._frame_at, self._polled_at + POLL_S)) <= end:
            self.now = max(self.now, at)
            if self._polled_at + POLL_S <= self.now:
                self._polled_at = self.now
                self._watch.look(self.now)
                self._tell()
            if self._frame_at <= self.now:
                self._frame_at += 1 / self.machine.fps
                self._frame()
            if self.now >= self.ends_at:
                raise _Over
        self.now = end

    # --- the camera ---------------------------------------------------------------------------------------------

    def _state(self) -> State:
        return next(state for since, state in reversed(self.states) if since <= self.now)

    def _frame(self) -> None:
        """As the grabbing thread does."""
        latest, gate, state = self._latest, self._gate, self._state()
        if latest is None or gate is None or latest.error is not None:
            return
        if state == "unplugged":
            latest.finish("unplugged", "unplugged")
        elif state not in ("hung", "stuck") and not self._is_stuck():
            self._number += 1
            if not self._lets_by and gate.may_skip():
                self._lets_by = True
                latest.passed(self.now)
                return
            self._lets_by = False
            frame = Frame(_picture(state, self._number), self.now, self._number)
            take = latest.put if gate.admits(frame) else latest.let_by
            take(frame)

    def _is_stuck(self) -> bool:
        """Whether it was opened before it was mended."""
        return any(
            state == "stuck" and self._opened_at < mended_at <= self.now
            for (_, state), (mended_at, _) in zip(self.states, self.states[1:], strict=False)
        )


class _Latest(LatestFrame):
    """Waits on the play's clock."""

    def __init__(self, play: Play) -> None:
        super().__init__(monotonic=play.monotonic)
        self._play = play

    def take(self, wait_s: float) -> Frame | None:
        self._play.wait(wait_s, lambda: self._frame is not None or self.error is not None)
        return super().take(0)


class _NoPreview:
    def read(self, *_values: object) -> None: ...


def _picture(state: State, number: int) -> Pixels:
    match state:
        case "black":
            return Plain(np.full((48, 64), 16, np.uint8))
        case "frozen":
            return Plain(np.full((48, 64), 100, np.uint8))
        case "damaged":
            return Jpeg(np.full(50 + number % 2, number % 250, np.uint8), 64, 48)
        case _:
            return Plain(np.full((48, 64), 100 + number % 3, np.uint8))
