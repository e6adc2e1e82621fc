"""GPIO pins on the backend that the configuration names: lgpio on a Raspberry Pi, mock for trials. Never a fallback.

Every edge of a mock pin is reported, so that a trial can be watched from outside as a real line can with a meter.
"""

import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

from gpiozero.pins.mock import MockFactory, MockPin

from hardware.errors import PinError

FactoryName = Literal["lgpio", "mock"]


@dataclass(frozen=True, slots=True)
class Edge:
    """A line has changed. value: 0 or 1, the pin's level; monotonic_s: when."""

    line: str
    pin: int
    value: int
    monotonic_s: float


def ignore_edge(_: Edge) -> None:
    """For lines that nobody watches."""


class Pins:
    """Hands out pins, each once. `factory` is what gpiozero devices take as their pin_factory."""

    def __init__(self, factory: FactoryName, chip: int = 0, on_edge: Callable[[Edge], None] = ignore_edge) -> None:
        """Open the chip; raises PinError where there is none. chip: N of /dev/gpiochipN."""
        self._lines: dict[int, str] = {}
        self._on_edge = on_edge
        self.factory: Any = self._mock() if factory == "mock" else _lgpio(chip)

    def claim(self, line: str, pin: int) -> int:
        """Take a pin for a line such as `door.relay`; raises PinError when another line has it."""
        if pin in self._lines:
            raise PinError(f"{line}: pin {pin} is taken by {self._lines[pin]}; each needs a pin of its own")
        self._lines[pin] = line
        return pin

    def close(self) -> None:
        """Give the chip back. Devices bring their lines to rest before."""
        self.factory.close()

    def _mock(self) -> MockFactory:
        report = self._report

        class WatchedPin(MockPin):  # type: ignore[misc]  # gpiozero ships no types
            def _change_state(self, value: bool) -> bool:  # noqa: FBT001  # gpiozero's signature
                changed: bool = super()._change_state(value)
                if changed:
                    report(self.info.name, bool(value))
                return changed

        return MockFactory(pin_class=WatchedPin)

    def _report(self, name: str, value: bool) -> None:  # noqa: FBT001  # a level
        pin = int(name.removeprefix("GPIO"))
        line = self._lines.get(pin)
        if line is not None:
            self._on_edge(Edge(line, pin, int(value), time.monotonic()))


@contextmanager
def passing_folder() -> Iterator[None]:
    """A folder for lgpio while it is imported; afterwards nothing is left of it.

    lgpio makes a pipe in the folder that LG_WD names, else in the current one, which under systemd may not be written;
    and it makes that folder the whole process's current one. Both ends of the pipe are opened at once, by name once.
    """
    named = os.environ.get("LG_WD")
    here = os.open(".", os.O_PATH | os.O_DIRECTORY)
    try:
        with tempfile.TemporaryDirectory(prefix="ashyq-lgpio-", ignore_cleanup_errors=True) as folder:
            os.environ["LG_WD"] = folder
            try:
                yield
            finally:
                os.fchdir(here)
    finally:
        os.close(here)
        os.environ.pop("LG_WD", None)
        if named is not None:
            os.environ["LG_WD"] = named


def _lgpio(chip: int) -> Any:
    try:
        with passing_folder():
            import lgpio  # noqa: PLC0415  # there is none on machines without GPIO
            from gpiozero.pins.lgpio import LGPIOFactory, LGPIOPin  # noqa: PLC0415
    except ImportError:
        raise PinError(
            "pins.factory: lgpio is not installed; on a Raspberry Pi: pip install 'ashyq-kiosk[pi]' "
            "(Python 3.13: apt install python3-lgpio); for a trial without a chip: pins.factory: mock"
        ) from None

    class SteadyPin(LGPIOPin):  # type: ignore[misc]  # gpiozero ships no types
        """Claims an output with its level in one step.

        gpiozero claims first and sets the level second, so that an active-low relay clicks at every start
        (https://github.com/gpiozero/gpiozero/pull/1177).
        """

        def output_with_state(self, state: bool) -> None:  # noqa: FBT001  # gpiozero's signature
            lgpio.gpio_claim_output(self.factory._handle, self._number, int(state))  # noqa: SLF001  # no public way

    try:
        factory = LGPIOFactory(chip=chip)
    except Exception as error:  # gpiozero and lgpio raise their own kinds here
        raise PinError(
            f"pins.chip: /dev/gpiochip{chip} can't be used ({error}); is this a Raspberry Pi, and is the user in the "
            "group 'gpio'? For a trial without a chip: pins.factory: mock"
        ) from error
    factory.pin_class = SteadyPin
    return factory
