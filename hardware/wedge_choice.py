"""Which of the keyboards that are there is a bar-code scanner. Pure: nothing is opened here.

Nothing in USB says "scanner": it calls itself a keyboard. So `auto` takes what is known to be one, by its maker or by
its name, and never something that merely might be: an ordinary keyboard that was taken would be dead for the technician
who sits at it. Lamps prove nothing: many scanners claim Caps Lock's, and remote controls and security keys have none.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

AUTO = "auto"
BUS_USB, BUS_BLUETOOTH = 0x03, 0x05  # linux/input.h

# Makers of scanners that make no keyboards for people (http://www.linux-usb.org/usb.ids).
_MAKERS = {
    0x0536: "Hand Held Products",
    0x05E0: "Symbol, Zebra",
    0x05F9: "PSC, Datalogic",
    0x065A: "Opticon",
    0x080C: "Datalogic",
    0x0C2E: "Metrologic, Honeywell",
    0x1777: "Microscan",
    0x1EAB: "Newland",
    0x27DD: "Mindeo",
}
_NAME = re.compile(
    r"bar[ _-]?code|qr[ _-]?code|scanner|(?<![a-z])(?:scan|scanning|imager|kbw|wedge)(?![a-z])", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Keyboard:
    """What can type letters, digits and Enter. path: /dev/input/eventN; link: its lasting name, if it has one."""

    path: str
    name: str
    bus: int
    vendor: int
    product: int
    link: str | None = None

    @property
    def text(self) -> str:
        """For a log line: name, USB numbers, and what to write into the configuration."""
        return f"'{self.name}' ({self.vendor:04x}:{self.product:04x}) {self.link or self.path}"


def why_scanner(keyboard: Keyboard) -> str | None:
    """What tells that this is a bar-code scanner, or None: it may be anybody's keyboard."""
    if keyboard.bus not in (BUS_USB, BUS_BLUETOOTH):
        return None  # a keyboard that a program has made, or one on the board
    maker = _MAKERS.get(keyboard.vendor) if keyboard.bus == BUS_USB else None
    if maker is not None:
        return f"made by {maker}"
    return "by its name" if _NAME.search(keyboard.name) else None


def scanners(keyboards: Sequence[Keyboard]) -> tuple[Keyboard, ...]:
    """Those that `auto` takes."""
    return tuple(keyboard for keyboard in keyboards if why_scanner(keyboard) is not None)


def none_found(keyboards: Sequence[Keyboard]) -> str:
    """Why `auto` takes nothing, with what there is and the way out."""
    if not keyboards:
        return "no USB scanner is connected, nor any keyboard"
    listed = ", ".join(keyboard.text for keyboard in keyboards)
    return f"none of the keyboards is known to be a scanner: {listed}; if one is, name it in usb_scanner.device"


def not_there(device: str, keyboards: Sequence[Keyboard]) -> str:
    """Why a device that was named is not taken, with what there is."""
    listed = ", ".join(keyboard.text for keyboard in keyboards) or "none"
    return f"usb_scanner.device: there is no {device}; is it plugged in? Keyboards that are there: {listed}"
