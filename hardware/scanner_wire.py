"""What crosses the pipes between the program and its scanner process: one JSON object a line.

The scanner process is not trusted: it decodes hostile pictures. So its lines are bounded, and what does not have the
form of a message is dropped, never unpickled or evaluated.
"""

import base64
import binascii
import json
import math
from dataclasses import asdict, dataclass
from typing import get_args

from hardware.cameras.settings import CameraSettings
from hardware.errors import CameraFault

MAX_LINE_BYTES = 16 * 1024
_MAX_TEXT = 300
_MAX_COUNT = 1 << 53
_MAX_REFUSED = 16
_MAX_PAYLOAD_BYTES = 7089  # the most that a QR code holds: digits, version 40-L (ISO/IEC 18004)


@dataclass(frozen=True, slots=True)
class ScannerSettings:
    """What the scanner process needs to know; times in seconds."""

    camera: CameraSettings
    forget_after_s: float = 1.5
    lost_after_s: float = 2.0
    bar_codes: bool = True
    mirror: bool = True

    def to_json(self) -> str:
        """One line."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, line: str) -> "ScannerSettings":
        """The settings that `to_json` wrote."""
        values = json.loads(line)
        return cls(**{**values, "camera": CameraSettings.from_values(values["camera"])})


@dataclass(frozen=True, slots=True)
class Sighting:
    """A code came into view. captured_at, decoded_at: monotonic seconds. Its repr hides the payload."""

    payload: bytes
    symbology: str
    reader: str
    captured_at: float
    decoded_at: float
    frame: int

    def __repr__(self) -> str:
        return f"Sighting(<{len(self.payload)} bytes hidden>, {self.symbology!r}, {self.reader!r}, frame={self.frame})"


@dataclass(frozen=True, slots=True)
class CodeLeft:
    """The code that appeared last has left the view."""


@dataclass(frozen=True, slots=True)
class Alive:
    """A sign of life. last_frame_at: monotonic seconds, None before the first; ended: a file is over.

    fault: what is wrong with the pictures that come; stale: how many frames were too old when their turn came.
    """

    frames: int
    last_frame_at: float | None
    ended: bool
    fault: CameraFault | None = None
    stale: int = 0


@dataclass(frozen=True, slots=True)
class Trouble:
    """The camera can't be opened or read; `why` names the way out."""

    why: str
    fault: CameraFault = "no_picture"


@dataclass(frozen=True, slots=True)
class CameraOpened:
    """The camera is open. what: it gives; refused: what was asked for and is not to be had, each with how it is."""

    what: str
    refused: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DecoderFailed:
    """A decoder raised on a picture."""

    decoder: str
    error: str


@dataclass(frozen=True, slots=True)
class Ready:
    """Everything is imported: the process waits for its settings."""


@dataclass(frozen=True, slots=True)
class Confined:
    """The process has shut itself in. missing, second_missing: why one of its two walls does not stand, or nothing."""

    missing: str
    second_missing: str


_Plain = CodeLeft | Alive | Trouble | CameraOpened | DecoderFailed | Ready | Confined
Message = Sighting | _Plain
_KINDS: dict[str, type[_Plain]] = {
    "ready": Ready,
    "confined": Confined,
    "opened": CameraOpened,
    "left": CodeLeft,
    "alive": Alive,
    "trouble": Trouble,
    "decoder_failed": DecoderFailed,
}
_NAMES = {kind: name for name, kind in _KINDS.items()}


def encode(message: Message) -> bytes:
    """One line with its end."""
    if isinstance(message, Sighting):
        fields = asdict(message)
        fields["payload"] = base64.b64encode(message.payload).decode("ascii")
        fields["kind"] = "seen"
    else:
        fields = {**asdict(message), "kind": _NAMES[type(message)]}
    return json.dumps(fields).encode("utf-8") + b"\n"


def decode(line: bytes) -> Message | None:
    """The message of a line, or None when it is none."""
    if len(line) > MAX_LINE_BYTES:
        return None
    try:
        fields = json.loads(line)
        kind = fields.pop("kind")
        if kind == "seen":
            return _sighting(fields)
        if kind == "opened":
            fields["refused"] = tuple(fields["refused"])
        message = _KINDS[kind](**fields)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None
    return _bounded(message) if _is_sound(message) else None


def _sighting(fields: dict[str, object]) -> Sighting | None:
    try:
        payload = base64.b64decode(str(fields.pop("payload")), validate=True)
    except (binascii.Error, ValueError):
        return None
    sighting = Sighting(payload=payload, **fields)  # type: ignore[arg-type]  # checked below, field by field
    sound = (
        len(payload) <= _MAX_PAYLOAD_BYTES
        and sighting.symbology in ("qr", "bar")
        and sighting.reader in ("zxing", "zbar")
        and _is_time(sighting.captured_at)
        and _is_time(sighting.decoded_at)
        and _is_count(sighting.frame)
    )
    return sighting if sound else None


def _is_sound(message: _Plain) -> bool:
    match message:
        case CodeLeft() | Ready():
            return True
        case Alive(frames=frames, last_frame_at=last_frame_at, ended=ended, fault=fault, stale=stale):
            are_numbers = _is_count(frames) and _is_count(stale) and (last_frame_at is None or _is_time(last_frame_at))
            return are_numbers and isinstance(ended, bool) and (fault is None or _is_fault(fault))
        case Trouble(why=why, fault=fault):
            return isinstance(why, str) and _is_fault(fault)
        case CameraOpened(what=what, refused=refused):
            return isinstance(what, str) and len(refused) <= _MAX_REFUSED and all(isinstance(it, str) for it in refused)
        case DecoderFailed(decoder=decoder, error=error):
            return isinstance(decoder, str) and isinstance(error, str)
        case Confined(missing=missing, second_missing=second_missing):
            return isinstance(missing, str) and isinstance(second_missing, str)


def _is_time(value: object) -> bool:
    """JSON as Python reads it knows NaN, Infinity and numbers of any length: arithmetic with them ends in errors."""
    return isinstance(value, float) and math.isfinite(value)


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _MAX_COUNT


def _is_fault(value: object) -> bool:
    return isinstance(value, str) and value in get_args(CameraFault)


def _bounded(message: _Plain) -> _Plain:
    """Texts as they may get into the log: one short line without control characters."""
    match message:
        case Trouble(why=why, fault=fault):
            return Trouble(_plain(why), fault)
        case CameraOpened(what=what, refused=refused):
            return CameraOpened(_plain(what), tuple(_plain(it) for it in refused))
        case DecoderFailed(decoder=decoder, error=error):
            return DecoderFailed(_plain(decoder), _plain(error))
        case Confined(missing=missing, second_missing=second_missing):
            return Confined(_plain(missing), _plain(second_missing))
        case _:
            return message


def _plain(text: str) -> str:
    return "".join(letter if letter.isprintable() else "?" for letter in text[:_MAX_TEXT])
