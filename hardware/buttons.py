"""Inputs: the REX button, the staff's button and the door contact. They report; they decide nothing."""

from collections.abc import Callable
from dataclasses import dataclass

from gpiozero import Button as Input

from hardware.pins import Pins

_BOUNCE_S = 0.03


@dataclass(frozen=True, slots=True)
class InputSettings:
    """One input. active_high: pressed (or open) while the pin is high; the pin is pulled to the other level."""

    pin: int | None
    active_high: bool = False


class Button:
    """Calls `on_pressed` once for each press, from gpiozero's thread."""

    def __init__(self, line: str, settings: InputSettings, pins: Pins, on_pressed: Callable[[], None]) -> None:
        self._input = _input(line, settings, pins)
        if self._input is not None:
            self._input.when_activated = on_pressed

    def close(self) -> None:
        """Stop reporting and give the pin back."""
        if self._input is not None:
            self._input.close()


class Contact:
    """Calls `on_change(is_open)` when the door opens or closes, and at once if it is open already."""

    def __init__(self, line: str, settings: InputSettings, pins: Pins, on_change: Callable[[bool], None]) -> None:
        self._input = _input(line, settings, pins)
        if self._input is None:
            return
        self._input.when_activated = lambda: on_change(True)  # noqa: FBT003  # the callback's one argument
        self._input.when_deactivated = lambda: on_change(False)  # noqa: FBT003  # likewise
        if self._input.is_active:
            on_change(True)  # noqa: FBT003  # likewise

    def close(self) -> None:
        """Stop reporting and give the pin back."""
        if self._input is not None:
            self._input.close()


def _input(line: str, settings: InputSettings, pins: Pins) -> Input | None:
    if settings.pin is None:
        return None
    return Input(
        pins.claim(line, settings.pin),
        pull_up=not settings.active_high,
        bounce_time=_BOUNCE_S,
        pin_factory=pins.factory,
    )
