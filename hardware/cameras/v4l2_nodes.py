"""Which /dev/videoN is a camera, and which of them is meant.

A camera that is plugged in again may get another number, and a Raspberry Pi has a dozen nodes that are no cameras at
all. Structures and numbers: linux/videodev2.h,
https://www.kernel.org/doc/html/latest/userspace-api/media/v4l/vidioc-querycap.html
"""

import fcntl
import os
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from hardware.errors import CameraError

_QUERYCAP = 0x80685600
_CAPABILITY = struct.Struct("=16s32s32sIII3I")  # driver, card, bus, version, capabilities, those of this node, reserved
_VIDEO_CAPTURE = 0x00000001
# Nodes of a Raspberry Pi that capture what its own parts have made: a CSI camera is opened as csi:0.
_NO_CAMERAS = {"bcm2835-isp", "bcm2835-codec", "unicam", "pispbe", "rp1-cfe", "rpivid", "rpi-hevc-dec"}


@dataclass(frozen=True, slots=True)
class Node:
    """A camera. by_id: a path that stays the same whatever its number is, or None where there is none."""

    path: Path
    card: str
    by_id: Path | None = None

    def __str__(self) -> str:
        name = self.path if self.by_id is None else f"{self.path} = {self.by_id}"
        return f"{name} ({self.card})" if self.card else str(name)


def cameras(dev: Path = Path("/dev"), card_of: Callable[[Path], str | None] | None = None) -> tuple[Node, ...]:
    """The cameras that are here, in the order of their numbers. card_of: a camera's name, None where it is none."""
    card_of = card_of or _card
    links = {link.resolve(): link for link in sorted(dev.glob("v4l/by-id/*"))}
    paths = sorted(dev.glob("video*"), key=lambda path: _number(path) or 0)
    found = ((path, card_of(path)) for path in paths)
    return tuple(Node(path, card, links.get(path.resolve())) for path, card in found if card is not None)


def choose(source: int | str, here: Sequence[Node], dev: Path = Path("/dev")) -> Path:
    """The node that a source names. Raises CameraError where it is not there.

    A number is where the camera was when it was set up. When it has gone and one camera alone is here, that is it: it
    was unplugged, and got another number.
    """
    path = dev / f"video{source}" if isinstance(source, int) else Path(source)
    if path.exists():
        return path
    if isinstance(source, int) and len(here) == 1:
        return here[0].path
    others = ", ".join(str(node) for node in here) or "none"
    name_one = "; name one by its path in /dev/v4l/by-id" if isinstance(source, int) and here else "; is it plugged in?"
    raise CameraError(f"camera.source: there is no {path}; cameras here: {others}{name_one}", "unplugged")


def number_of(path: Path) -> int | None:
    """OpenCV takes /dev/videoN by number only; names such as /dev/v4l/by-id/... are links to it."""
    return _number(path.resolve())


def _number(path: Path) -> int | None:
    number = path.name.removeprefix("video")
    return int(number) if number.isdecimal() else None


def _card(path: Path) -> str | None:
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_NONBLOCK)
    except PermissionError:
        return "may not be used"
    except OSError:
        return None
    try:
        answer = fcntl.ioctl(descriptor, _QUERYCAP, bytes(_CAPABILITY.size))
    except OSError:
        return None
    finally:
        os.close(descriptor)
    driver, card, _, _, _, of_this_node, *_ = _CAPABILITY.unpack(answer)
    is_camera = of_this_node & _VIDEO_CAPTURE and _text(driver) not in _NO_CAMERAS
    return _text(card) if is_camera else None


def _text(name: bytes) -> str:
    return name.split(b"\0")[0].decode("utf-8", "replace")
