"""The kernel's input devices: which there are, taking one for this program alone, and reading its events.

Names, numbers and keys are read from sysfs, so that nobody's keyboard is opened only to be looked at. Written here
because python-evdev has no wheels for aarch64 (docs/decisions/0010). Sources: linux/input.h and
linux/input-event-codes.h (in include/uapi), Documentation/input/input.rst; drivers/input/input.c (sysfs).
"""

import contextlib
import errno
import fcntl
import os
import stat
import struct
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from hardware.errors import WedgeError
from hardware.wedge_choice import Keyboard
from hardware.wedge_keys import ENTER, EV_SYN, LETTERS_AND_DIGITS, SYN_REPORT, InputEvent

# struct input_event: two kernel longs (seconds, microseconds), type, code, value. 24 bytes for a 64-bit program, 16 for
# a 32-bit one, on any kernel: the kernel follows the program that reads, and so do struct's native sizes.
EVENT = struct.Struct("@llHHi")
_INPUT_ID = struct.Struct("@HHHH")  # bus, vendor, product, version
_LONG_BITS = struct.calcsize("@l") * 8
_READ_BYTES = EVENT.size * 256

# _IOC(direction, 'E', number, size) of asm-generic/ioctl.h, as on x86 and Arm.
_EVIOCGID = 0x80084502  # _IOR('E', 0x02, struct input_id)
_EVIOCGRAB = 0x40044590  # _IOW('E', 0x90, int)
_EVIOCSCLOCKID = 0x400445A0  # _IOW('E', 0xa0, int)
_CLOCK_MONOTONIC = 1  # linux/time.h; the clock of time.monotonic()
_EV_LED, _LED_CAPSL = 0x11, 0x01
_LATE_S = 60.0
_CAPS_LAMP_OFF = EVENT.pack(0, 0, _EV_LED, _LED_CAPSL, 0) + EVENT.pack(0, 0, EV_SYN, SYN_REPORT, 0)

_NUMBERS = ("bustype", "vendor", "product")
SYSFS, DEVICES = Path("/sys/class/input"), Path("/dev/input")


def keyboards(sysfs: Path = SYSFS, devices: Path = DEVICES) -> tuple[Keyboard, ...]:
    """Every device with letters, digits and Enter, by its number. Never raises: what can't be read is not there."""
    links = dict(_links(devices))
    found = []
    for folder in sorted(sysfs.glob("event*"), key=lambda path: (len(path.name), path.name)):
        try:
            if not _types_text(_text(folder / "device/capabilities/key")):
                continue
            bus, vendor, product = (int(_text(folder / "device/id" / part), 16) for part in _NUMBERS)
            name = _text(folder / "device/name")
        except (OSError, ValueError):
            continue  # unplugged this moment
        printable = "".join(letter if letter.isprintable() else "?" for letter in name)[:80]
        found.append(Keyboard(str(devices / folder.name), printable, bus, vendor, product, links.get(folder.name)))
    return tuple(found)


def _text(path: Path) -> str:
    return path.read_bytes()[:4096].decode("utf-8", "replace").strip()


def _links(devices: Path) -> Iterator[tuple[str, str]]:
    """From eventN to the name that udev keeps for it; one by the device's own name wins over one by its place."""
    for folder in ("by-path", "by-id"):
        with contextlib.suppress(OSError, RuntimeError):  # links that go round in a circle
            for link in sorted((devices / folder).iterdir()):
                yield link.resolve().name, str(link)


def _types_text(bitmap: str) -> bool:
    """bitmap: words of a kernel long, in hexadecimal, the highest first (drivers/input/input.c)."""
    bits = 0
    for word in bitmap.split():
        bits = bits << _LONG_BITS | int(word, 16)
    return all(bits >> key & 1 for key in (*LETTERS_AND_DIGITS, ENTER))


class InputDevice:
    """One input device, taken for this program alone: its keys reach neither screen nor console."""

    def __init__(self, path: str, expected: Keyboard | None = None) -> None:
        """Open and take it; raises WedgeError.

        path: a device under /dev/input, or a pipe (FIFO), through which another program sends the same events: nobody
        else reads those, so there is nothing to take. expected: what was there when sysfs was read; another device is
        left alone.
        """
        self.path = path
        self._pending = b""
        self._descriptor = _open(path)
        try:
            self._take(expected)
            self._pump = _start_pump(self._descriptor)
        except BaseException:
            os.close(self._descriptor)
            raise

    def fileno(self) -> int:
        """For `select`: readable when there are events, or when it is gone."""
        assert self._pump.stdout is not None
        return self._pump.stdout.fileno()

    def read(self, now: float) -> tuple[InputEvent, ...]:
        """Events, waiting until there are some. now: monotonic seconds; raises WedgeError once the device is gone."""
        data = os.read(self.fileno(), _READ_BYTES)
        if not data:
            status = self._pump.wait()
            why = os.strerror(status) if status > 0 else "the process that reads it ended"
            raise WedgeError(f"{self.path}: it was unplugged ({why})")
        data = self._pending + data
        whole = len(data) - len(data) % EVENT.size
        self._pending = data[whole:]
        return tuple(
            InputEvent(kind, code, value, _at(seconds + microseconds / 1e6, now))
            for seconds, microseconds, kind, code, value in EVENT.iter_unpack(data[:whole])
        )

    def close(self) -> None:
        """Give it back."""
        if self._descriptor < 0:
            return
        os.close(self._descriptor)
        self._descriptor = -1
        assert self._pump.stdin is not None
        assert self._pump.stdout is not None
        self._pump.kill()  # it has nothing to lose, and lets the device go
        self._pump.wait()
        self._pump.stdin.close()
        self._pump.stdout.close()

    def _take(self, expected: Keyboard | None) -> None:
        if stat.S_ISFIFO(os.fstat(self._descriptor).st_mode):
            return
        try:
            bus, vendor, product, _ = _INPUT_ID.unpack(fcntl.ioctl(self._descriptor, _EVIOCGID, bytes(_INPUT_ID.size)))
            fcntl.ioctl(self._descriptor, _EVIOCGRAB, 1)
        except OSError as error:
            raise _refused(self.path, error) from error
        if expected is not None and (bus, vendor, product) != (expected.bus, expected.vendor, expected.product):
            raise WedgeError(f"{self.path}: another device is there now")  # closing it gives it back
        with contextlib.suppress(OSError):  # before Linux 3.4: events then have the time of their reading
            fcntl.ioctl(self._descriptor, _EVIOCSCLOCKID, struct.pack("@i", _CLOCK_MONOTONIC))
        # A scanner that sees Caps Lock's lamp on turns its letters round. From now on nobody else can light it.
        with contextlib.suppress(OSError):
            os.write(self._descriptor, _CAPS_LAMP_OFF)


def _start_pump(descriptor: int) -> "subprocess.Popen[bytes]":
    """The process that reads the device; it sees nothing of this program."""
    try:
        return subprocess.Popen(  # noqa: S603  # our own file, no shell
            [sys.executable, "-I", "-S", str(Path(__file__).with_name("wedge_pump.py")), str(descriptor)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={name: os.environ[name] for name in ("LD_LIBRARY_PATH",) if name in os.environ},
            pass_fds=(descriptor,),
        )
    except OSError as error:  # no memory or no processes left: tried again
        raise WedgeError(f"the process that reads a USB scanner can't be started: {error.strerror}") from error


def _open(path: str) -> int:
    flags = os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY
    try:
        kind = Path(path).stat().st_mode
        if stat.S_ISFIFO(kind):
            return os.open(path, os.O_RDONLY | flags)
        if stat.S_ISCHR(kind):
            try:
                return os.open(path, os.O_RDWR | flags)  # its lamps are written
            except PermissionError:
                return os.open(path, os.O_RDONLY | flags)
    except OSError as error:
        raise _refused(path, error) from error
    raise _refused(path, OSError(errno.ENOTTY, ""))


def _refused(path: str, error: OSError) -> WedgeError:
    match error.errno:
        case errno.ENOENT | errno.ENODEV | errno.ENXIO:
            why = "is not there"
        case errno.EACCES:
            why = "may not be opened; is the user in the group 'input'? (systemd: SupplementaryGroups=input)"
        case errno.EPERM:
            why = "may not be opened; systemd: DeviceAllow=char-input rw"
        case errno.EBUSY:
            why = "is taken by another program; is a second terminal running, or a key remapper?"
        case errno.ENOTTY | errno.EINVAL:
            why = "is no input device; those are /dev/input/eventN and the links in /dev/input/by-id"
        case _:
            why = f"can't be used: {error.strerror}"
    return WedgeError(f"{path} {why}")


def _at(stamp: float, now: float) -> float:
    """When an event happened. A time that can't be is replaced by the present."""
    return stamp if 0 <= now - stamp <= _LATE_S else now
