"""The camera picture for the screen, through shared memory: the scanner process writes, the program reads.

The memory is a nameless file (memfd) whose descriptor the child inherits: it goes when both are gone, however they end.
Two pictures take turns, each with a header of its own, so that picture and marks belong together; the number of the
whole one tells the reader when it has been overtaken.

The scanner process is not trusted: it decodes hostile pictures. The memory's size is sealed, since reading what a
writer has cut off would kill the program (SIGBUS), and nothing in a header is taken as it stands.
"""

import fcntl
import mmap
import os
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from hardware.marks import MAX_MARKS, Mark

if TYPE_CHECKING:
    from hardware.symbols import Hint

Picture = NDArray[np.uint8]

MAX_WIDTH_PX = 640
MAX_HEIGHT_PX = 640
_NUMBER = struct.Struct("<Q")  # of the whole picture; 0: there is none
_HEADER = struct.Struct("<HHBBd")  # width, height, channels, count of marks, monotonic seconds of its capture
_MARK = struct.Struct("<BB8H")  # kind, hint, corners as fractions of 65535: no value of them is outside the picture
_ONE = 0xFFFF
_HEADER_BYTES = _HEADER.size + MAX_MARKS * _MARK.size
_SLOT_BYTES = _HEADER_BYTES + MAX_WIDTH_PX * MAX_HEIGHT_PX * 3
_FIRST_SLOT = 64
_SIZE = _FIRST_SLOT + 2 * _SLOT_BYTES
_LAST_NUMBER = 1 << 62

_KINDS: dict[int, Literal["decoded", "located"]] = {1: "decoded", 2: "located"}
_HINTS: "dict[int, Hint | None]" = {0: None, 1: "closer", 2: "hold_still", 3: "brighter"}
_KIND_CODES = {kind: code for code, kind in _KINDS.items()}
_HINT_CODES = {hint: code for code, hint in _HINTS.items()}


@dataclass(frozen=True, slots=True)
class PreviewFrame:
    """One picture: rows from the top, `channels` bytes a pixel: three (red, green, blue) or one (grey).

    number: another one for each new picture; captured_at: monotonic seconds; marks: the codes in it, mirrored as it is.
    """

    number: int
    width: int
    height: int
    channels: int
    pixels: bytes
    captured_at: float
    marks: tuple[Mark, ...] = ()


class PreviewReader:
    """The program's side; makes the memory."""

    def __init__(self) -> None:
        self.descriptor = os.memfd_create("ashyq-preview", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        os.ftruncate(self.descriptor, _SIZE)
        # A writer that made it shorter would end the reader: reading behind a file's end is SIGBUS.
        seals = fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SEAL
        fcntl.fcntl(self.descriptor, fcntl.F_ADD_SEALS, seals)
        self._memory = mmap.mmap(self.descriptor, _SIZE, mmap.MAP_SHARED, mmap.PROT_READ)
        self._latest: PreviewFrame | None = None

    def latest(self) -> PreviewFrame | None:
        """The newest whole picture, the same object until there is a newer one; None while there is none."""
        for _ in range(3):
            [number] = _NUMBER.unpack_from(self._memory)
            if self._latest is not None and self._latest.number == number:
                return self._latest
            frame = self._frame(number)
            # While the number stands, the writer is at the other picture; once it moves on, this one may be torn.
            if _NUMBER.unpack_from(self._memory)[0] == number:
                self._latest = frame
                return frame
        return self._latest

    def close(self) -> None:
        """Give the memory back."""
        self._memory.close()
        os.close(self.descriptor)

    def _frame(self, number: int) -> PreviewFrame | None:
        """The picture as its header has it, or None where that is no header of a picture."""
        if number == 0:
            return None
        start = _start(number)
        width, height, channels, count, captured_at = _HEADER.unpack_from(self._memory, start)
        in_bounds = 1 <= width <= MAX_WIDTH_PX and 1 <= height <= MAX_HEIGHT_PX and count <= MAX_MARKS
        if not in_bounds or channels not in (1, 3) or not isfinite(captured_at):
            return None
        first = start + _HEADER.size
        marks = [_mark(_MARK.unpack_from(self._memory, first + place * _MARK.size)) for place in range(count)]
        pixels = self._memory[start + _HEADER_BYTES : start + _HEADER_BYTES + width * height * channels]
        sound = tuple(mark for mark in marks if mark is not None)
        return PreviewFrame(number, width, height, channels, pixels, captured_at, sound)


class PreviewWriter:
    """The scanner process's side."""

    def __init__(self, descriptor: int, *, mirror: bool) -> None:
        self._memory = mmap.mmap(descriptor, _SIZE)
        self._bytes = np.frombuffer(self._memory, np.uint8)
        self._mirror = mirror
        # Goes on where the process before has stopped, whatever that may have left there.
        self._number = _NUMBER.unpack_from(self._memory)[0] % _LAST_NUMBER

    def write(self, picture: Picture, marks: Sequence[Mark] = (), captured_at: float = 0.0) -> None:
        """Publish a picture of shape (height, width, 3), red first, or (height, width), grey; mirrored, if asked for.

        marks: as they are in the picture before it is mirrored; the first MAX_MARKS count. A picture larger than the
        memory is shrunk. Raises ValueError for an array of another shape.
        """
        channels = 1 if picture.ndim == 2 else picture.shape[-1]
        if picture.ndim not in (2, 3) or channels not in (1, 3) or picture.size == 0:
            raise ValueError(f"a preview of shape {picture.shape}; it must be (height, width) or (height, width, 3)")
        picture = shrunk(picture)
        height, width = picture.shape[:2]
        number = self._number % _LAST_NUMBER + 1
        start = _start(number)
        first = start + _HEADER_BYTES
        into = self._bytes[first : first + picture.size].reshape(picture.shape)
        # Straight into the memory; OpenCV and numpy let other threads run meanwhile.
        if self._mirror:
            cv2.flip(picture, 1, into)
        else:
            np.copyto(into, picture)
        count = min(len(marks), MAX_MARKS)
        _HEADER.pack_into(self._memory, start, width, height, channels, count, captured_at)
        for place, mark in enumerate(marks[:count]):
            _MARK.pack_into(self._memory, start + _HEADER.size + place * _MARK.size, *_packed(mark, self._mirror))
        # The last act. Between it and the pixels lie thousands of instructions: no processor keeps a store so long.
        _NUMBER.pack_into(self._memory, 0, number)
        self._number = number


def shrunk(picture: Picture, max_width_px: int = MAX_WIDTH_PX, max_height_px: int = MAX_HEIGHT_PX) -> Picture:
    """The picture with its proportions, at most so large; one that is not larger comes back as it is."""
    height, width = picture.shape[:2]
    scale = min(max_width_px / width, max_height_px / height)
    if scale >= 1:
        return picture
    size = (max(1, int(width * scale)), max(1, int(height * scale)))
    # By half, averaging costs as little as picking pixels; by anything else ten times as much, for no better preview.
    half = (width, height) == (size[0] * 2, size[1] * 2)
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA if half else cv2.INTER_LINEAR)
    return small.astype(np.uint8, copy=False)


def _start(number: int) -> int:
    return _FIRST_SLOT + (number % 2) * _SLOT_BYTES


def _packed(mark: Mark, mirror: bool) -> tuple[int, ...]:  # noqa: FBT001  # private, and named at its one call
    places = [
        round(share * _ONE) for x, y in mark.corners for share in ((1 - x) if mirror else x, y)
    ]  # fmt: skip
    return _KIND_CODES[mark.kind], _HINT_CODES[mark.hint], *places


def _mark(fields: tuple[int, ...]) -> Mark | None:
    """The mark of a header, or None where that is none."""
    kind, hint, *places = fields
    if kind not in _KINDS or hint not in _HINTS:
        return None
    shares = [place / _ONE for place in places]
    return Mark(_KINDS[kind], tuple(zip(shares[::2], shares[1::2], strict=True)), _HINTS[hint])
