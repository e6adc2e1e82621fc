"""The whole program, with the same visitor before it again and again."""

import signal
from collections.abc import Callable
from pathlib import Path

from tests.system.test_run import Line, Program, change


def looped(config: Path, film: Path, **groups: object) -> Path:
    """A configuration with a film that is played without end, quick results and no screen."""
    change(
        config,
        screen={"enabled": False},
        camera={"source": str(film), "at_end": "loop"},
        reader={"forget_after": "400 ms"},
        times={"granted": "600 ms", "denied": "600 ms", "notice": "600 ms", "least": "100 ms"},
        door={"release": "300 ms"},
        **groups,
    )
    return config


def is_granted(line: Line) -> bool:
    """A visitor was let in."""
    return (line["event"], line.get("outcome"), line.get("door")) == ("decision", "granted", "released")


class Watched:
    """A running program, and where in its log the last thing happened that was waited for."""

    def __init__(self, config: Path, folder: Path) -> None:
        self.program, self._place = Program(config, folder), 0

    def wait_for_event(self, event: str) -> Line:
        """The next line of this event."""
        return self._wait(lambda line: line["event"] == event)

    def wait_for_visitor(self) -> str:
        """The next visitor who is let in; the visit's id."""
        return str(self._wait(is_granted)["visit"])

    def now(self) -> None:
        """What is waited for next comes after this."""
        self._place = len(self.program.lines())

    def admitted(self) -> set[str]:
        """The visits of all who were let in so far."""
        return {str(line["visit"]) for line in self.program.lines() if is_granted(line)}

    def stop(self) -> None:
        """As systemd does; everything that can be sent is sent."""
        self.program.process.send_signal(signal.SIGTERM)
        assert self.program.process.wait(10) == 0

    def kill(self) -> None:
        """Whatever it is doing."""
        self.program.process.kill()
        self.program.process.wait()

    def _wait(self, wanted: Callable[[Line], bool]) -> Line:
        found = self.program.wait_for(wanted, self._place)
        self._place += self.program.lines()[self._place :].index(found) + 1
        return found
