"""A thread that takes the same step again and again."""

import threading
from collections.abc import Callable

_JOIN_S = 0.02


class Repeating:
    """step: tells after how many seconds the next one is due; it must not raise."""

    def __init__(self, name: str, step: Callable[[], float]) -> None:
        self._step = step
        self._stopping, self._wake = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    @property
    def is_stopping(self) -> bool:
        """Whether this step is the last one."""
        return self._stopping.is_set()

    def start(self) -> None:
        """Take the first step at once."""
        self._thread.start()

    def hurry(self) -> None:
        """Take the next step at once."""
        self._wake.set()

    def stop(self, timeout_s: float, interrupt: Callable[[], None] | None = None) -> bool:
        """End after the step that is under way; whether it ended in time. interrupt: ends a long step."""
        self._stopping.set()
        self._wake.set()
        if self._thread.ident is None:  # never started
            return True
        if interrupt is None:
            self._thread.join(timeout_s)
        else:
            for _ in range(max(1, round(timeout_s / _JOIN_S))):
                interrupt()  # again and again: the long part may not have begun yet
                self._thread.join(_JOIN_S)
                if not self._thread.is_alive():
                    break
        return not self._thread.is_alive()

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._wake.clear()
            pause_s = self._step()
            if not self._stopping.is_set():
                self._wake.wait(pause_s)
