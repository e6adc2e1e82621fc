"""The green and red LED: patterns that tell each other apart by rhythm, not by colour alone."""

from dataclasses import dataclass

from gpiozero import LED

from hardware.pins import Pins


@dataclass(frozen=True, slots=True)
class LedSettings:
    """One LED; pin: BCM number, None: there is none; active_high: lit when the pin is high."""

    pin: int | None
    active_high: bool = True


@dataclass(frozen=True, slots=True)
class Rhythm:
    """Lit for on_s, dark for off_s, for ever. on_s 0: dark; off_s 0: lit."""

    on_s: float
    off_s: float


DARK, LIT = Rhythm(0.0, 1.0), Rhythm(1.0, 0.0)

# Each pattern's rhythm of the green and of the red LED.
PATTERNS: dict[str, tuple[Rhythm, Rhythm]] = {
    "idle": (Rhythm(0.1, 2.9), DARK),
    "checking": (Rhythm(0.12, 0.12), DARK),
    "granted": (LIT, DARK),
    "proof_needed": (Rhythm(0.5, 0.5), LIT),
    "denied": (DARK, LIT),
    "call_staff": (Rhythm(0.4, 0.4), Rhythm(0.4, 0.4)),
    "fault": (DARK, Rhythm(0.2, 1.8)),
}


class Lights:
    """Shows one pattern at a time, and the latest again only if it changes."""

    def __init__(self, green: LedSettings, red: LedSettings, pins: Pins) -> None:
        self._leds = (_led("lights.green", green, pins), _led("lights.red", red, pins))
        self._shown: str | None = None

    def show(self, pattern: str) -> None:
        """Begin a pattern; returns at once. ValueError for a pattern that does not exist."""
        try:
            rhythms = PATTERNS[pattern]
        except KeyError:
            raise ValueError(f"there is no light pattern {pattern!r}; there are {', '.join(PATTERNS)}") from None
        if pattern == self._shown:
            return
        self._shown = pattern
        for led, rhythm in zip(self._leds, rhythms, strict=True):
            if led is None:
                continue
            if rhythm.on_s == 0:
                led.off()
            elif rhythm.off_s == 0:
                led.on()
            else:
                led.blink(rhythm.on_s, rhythm.off_s)

    def close(self) -> None:
        """Put both out and give their pins back."""
        for led in self._leds:
            if led is not None:
                led.off()
                led.close()


def _led(line: str, settings: LedSettings, pins: Pins) -> LED | None:
    if settings.pin is None:
        return None
    return LED(
        pins.claim(line, settings.pin),
        active_high=settings.active_high,
        initial_value=False,
        pin_factory=pins.factory,
    )
