"""A stand for USB scanners: the files that the kernel shows its input devices by, with pipes where the devices are."""

import shutil
import struct
from pathlib import Path

from tests.hardware.typist import KEYS, OTHER_KEYS, Plugged

_LONG_BITS = struct.calcsize("@l") * 8


def bitmap(codes: set[int]) -> str:
    """As /sys/class/input/eventN/device/capabilities/key shows it."""
    words = [0] * (max(codes) // _LONG_BITS + 1)
    for code in codes:
        words[code // _LONG_BITS] |= 1 << code % _LONG_BITS
    return " ".join(f"{word:x}" for word in reversed(words))


KEYBOARD_KEYS = bitmap({code for code, _ in KEYS.values()} | set(OTHER_KEYS.values()) | {113, 193})
MOUSE_KEYS = bitmap({0x110, 0x111, 0x112})


class Stand:
    """sysfs: like /sys/class/input; devices: like /dev/input."""

    def __init__(self, folder: Path) -> None:
        self.sysfs, self.devices = folder / "sys", folder / "dev"
        self.sysfs.mkdir()
        self.devices.mkdir()

    def add(
        self,
        number: int,
        name: str,
        *,
        vendor: int = 0x1234,
        keys: str = KEYBOARD_KEYS,
        by_id: str = "",
        by_path: str = "",
    ) -> Plugged:
        """Plug something in."""
        device = self.sysfs / f"event{number}" / "device"
        for path, text in (
            ("name", name),
            ("id/bustype", "0003"),
            ("id/vendor", f"{vendor:04x}"),
            ("id/product", "0b61"),
            ("capabilities/key", keys),
        ):
            (device / path).parent.mkdir(parents=True, exist_ok=True)
            (device / path).write_text(text + "\n", encoding="utf-8")
        plugged = Plugged(self.devices / f"event{number}")
        for folder, link in (("by-id", by_id), ("by-path", by_path)):
            if link:
                (self.devices / folder).mkdir(exist_ok=True)
                (self.devices / folder / link).symlink_to(plugged.path)
        return plugged

    def remove(self, number: int, plugged: Plugged) -> None:
        """Pull it out: first the device goes, then what the kernel shows of it."""
        shutil.rmtree(self.sysfs / f"event{number}")
        for folder in ("by-id", "by-path"):
            for link in (self.devices / folder).glob("*"):
                if link.resolve() == plugged.path:
                    link.unlink()
        plugged.path.unlink()
        plugged.unplug()
