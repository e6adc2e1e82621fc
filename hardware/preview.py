"""The camera picture for the screen, through shared memory: the scanner process writes, the program reads.

The memory is a nameless file (memfd) whose descriptor the child inherits: it goes when both are gone, however they end.
Two pictures take turns, and the number of the whole one tells the reader when it has been overtaken.
"""

import mmap
import os
import struct
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

MAX_WIDTH_PX = 640
MAX_HEIGHT_PX = 640
_HEADER = struct.Struct("<QII")  # number of the whole picture, its width, its height
_PICTURE_BYTES = MAX_WIDTH_PX * MAX_HEIGHT_PX * 3
_SIZE = _HEADER.size + 2 * _PICTURE_BYTES


@dataclass(frozen=True, slots=True)
class PreviewFrame:
    """One picture: rows from the top, three bytes (red, green, blue) a pixel. `number` grows with each new one."""

    number: int
    width: int
    height: int
    rgb: bytes


class PreviewReader:
    """The program's side; makes the memory."""

    def __init__(self) -> None:
        self.descriptor = os.memfd_create("ashyq-preview")
        os.ftruncate(self.descriptor, _SIZE)
        self._memory = mmap.mmap(self.descriptor, _SIZE, mmap.MAP_SHARED, mmap.PROT_READ)

    def latest(self) -> PreviewFrame | None:
        """The newest whole picture, or None while there is none."""
        for _ in range(3):
            number, width, height = _HEADER.unpack_from(self._memory)
            if number == 0 or width > MAX_WIDTH_PX or height > MAX_HEIGHT_PX:
                return None
            start = _start(number)
            rgb = self._memory[start : start + width * height * 3]
            # While the number stands, the writer is at the other picture; once it moves on, this one may be torn.
            if _HEADER.unpack_from(self._memory)[0] == number:
                return PreviewFrame(number, width, height, rgb)
        return None

    def close(self) -> None:
        """Give the memory back."""
        self._memory.close()
        os.close(self.descriptor)


class PreviewWriter:
    """The scanner process's side."""

    def __init__(self, descriptor: int, *, mirror: bool) -> None:
        self._memory = mmap.mmap(descriptor, _SIZE)
        self._mirror = mirror
        self._number = _HEADER.unpack_from(self._memory)[0]

    def write(self, picture: NDArray[np.uint8]) -> None:
        """Publish a picture of shape (height, width, 3), red first, or (height, width), grey; shrunk if too large."""
        height, width = picture.shape[:2]
        scale = min(MAX_WIDTH_PX / width, MAX_HEIGHT_PX / height, 1.0)
        size = (max(1, int(width * scale)), max(1, int(height * scale)))
        if scale < 1:
            picture = cv2.resize(picture, size, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
        if picture.ndim == 2:
            picture = cv2.cvtColor(picture, cv2.COLOR_GRAY2RGB).astype(np.uint8, copy=False)
        if self._mirror:
            picture = cv2.flip(picture, 1).astype(np.uint8, copy=False)
        self._number += 1
        start = _start(self._number)
        self._memory[start : start + picture.nbytes] = picture.tobytes()
        _HEADER.pack_into(self._memory, 0, self._number, *size)


def _start(number: int) -> int:
    return _HEADER.size + (number % 2) * _PICTURE_BYTES
