"""What the reader found in one frame, as lines for people and as JSON for programs; and the sum of it all. Pure."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kiosk.tools.words import HINTS

if TYPE_CHECKING:
    from hardware.symbols import Corners, Located, Symbol


@dataclass(frozen=True, slots=True)
class FrameRead:
    """One frame. number: from 1 on, None: a picture by itself; corners are in pixels of the picture in the file.

    cpu_ms: what the reader needed, CPU milliseconds of its thread; failures: decoders that raised, and what.
    """

    file: Path
    number: int | None
    symbols: tuple["Symbol", ...]
    located: "Located | None"
    cpu_ms: float
    failures: tuple[str, ...] = ()


def text(read: FrameRead) -> str:
    """For people: one line for the frame, one for each code in it."""
    lines = [f"{place(read.file, read.number)}: {_found(read)}; {read.cpu_ms:.1f} ms"]
    for symbol in read.symbols:
        name = "QR code" if symbol.symbology == "qr" else "bar code"
        lines.append(
            f"  {name}, {len(symbol.payload)} bytes: {symbol.payload.hex() or '(empty)'}\n"
            f"    step {symbol.step}, decoder {symbol.reader}, corners {_corners(symbol.corners)}"
        )
    if read.located is not None:
        hint = HINTS[read.located.hint] if read.located.hint is not None else "nothing stands out that would help"
        lines.append(f"  a code that can't be read: {hint}\n    corners {_corners(read.located.corners)}")
    lines.extend(f"  a decoder failed: {failure}" for failure in read.failures)
    return "\n".join(lines)


def as_json(read: FrameRead) -> dict[str, Any]:
    """For programs."""
    found: dict[str, Any] = {
        "file": str(read.file),
        "frame": read.number,
        "symbols": [
            {
                "payload": symbol.payload.hex(),
                "symbology": symbol.symbology,
                "reader": symbol.reader,
                "step": symbol.step,
                "corners": [list(corner) for corner in symbol.corners],
            }
            for symbol in read.symbols
        ],
        "located": None
        if read.located is None
        else {"corners": [list(corner) for corner in read.located.corners], "hint": read.located.hint},
        "cpu_ms": round(read.cpu_ms, 3),
    }
    return {**found, "error": f"decoder failed: {'; '.join(read.failures)}"} if read.failures else found


def error_as_json(file: Path, number: int | None, why: str) -> dict[str, Any]:
    """A file that gives no picture, with the same keys."""
    return {"file": str(file), "frame": number, "symbols": [], "located": None, "cpu_ms": None, "error": why}


def place(file: Path, number: int | None) -> str:
    """File and frame; what can't be printed of a name is escaped."""
    name = "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in str(file))
    return name if number is None else f"{name} frame {number}"


class Total:
    """Counts frames as they come."""

    def __init__(self) -> None:
        self._cpu_ms: list[float] = []
        self._with_a_code = 0
        self._located = 0
        self._unreadable = 0
        self._payloads: set[bytes] = set()

    def add(self, read: FrameRead) -> None:
        """One more frame."""
        self._cpu_ms.append(read.cpu_ms)
        self._with_a_code += bool(read.symbols)
        self._located += read.located is not None
        self._payloads |= {symbol.payload for symbol in read.symbols}

    def unreadable(self) -> None:
        """One more file that gives no picture."""
        self._unreadable += 1

    def text(self) -> str:
        """The sum, one line."""
        frames = len(self._cpu_ms)
        parts = [
            _count(frames, "frame"),
            f"{self._with_a_code} with a code",
            f"{self._located} with one that can't be read",
            _count(len(self._payloads), "different payload"),
        ]
        if self._unreadable:
            parts.append(_count(self._unreadable, "error"))
        if frames:
            mean, median = statistics.fmean(self._cpu_ms), statistics.median(self._cpu_ms)
            parts.append(f"CPU time per frame: mean {mean:.1f} ms, median {median:.1f} ms")
        return ", ".join(parts)


def _found(read: FrameRead) -> str:
    if read.symbols:
        return f"{_count(len(read.symbols), 'code')} read"
    return "nothing found" if read.located is None else "nothing read"


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _corners(corners: "Corners | Sequence[tuple[int, int]]") -> str:
    return " ".join(f"{x},{y}" for x, y in corners)
