"""What is drawn over the camera picture: where a code is, whether it has been read, and what would make it readable.

The program imports this too; the decoders' libraries stay out of it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from hardware.symbols import Hint, Reading

Corners = tuple[tuple[float, float], ...]
"""Four (x, y) points, each a fraction from 0 to 1 of the picture's width and height, from its upper left corner."""

MAX_MARKS = 4
DECODED_STAYS_S = 0.5
"""For how long a code counts as read after a frame in which it could not be read again: nobody reads every frame."""


@dataclass(frozen=True, slots=True)
class Mark:
    """One code in a picture. hint: only of one that is located and has not been read."""

    kind: Literal["decoded", "located"]
    corners: Corners
    hint: "Hint | None" = None


class Marker:
    """Follows the readings of frame after frame."""

    def __init__(self) -> None:
        self._decoded: tuple[Mark, ...] = ()
        self._decoded_at = float("-inf")

    def look(self, reading: "Reading", size: tuple[int, int], at: float) -> tuple[Mark, ...]:
        """The marks of a frame of `size` pixels (width, height), captured at the monotonic time `at` in seconds."""
        decoded = [Mark("decoded", fractions(symbol.corners, size)) for symbol in reading.symbols if symbol.corners]
        if decoded:
            self._decoded, self._decoded_at = tuple(decoded[:MAX_MARKS]), at
            return self._decoded
        located = reading.located if reading.located is not None and reading.located.corners else None
        if 0 <= at - self._decoded_at <= DECODED_STAYS_S:
            # It has been read a moment ago: telling how to hold it would be wrong.
            return self._decoded if located is None else (Mark("decoded", fractions(located.corners, size)),)
        return () if located is None else (Mark("located", fractions(located.corners, size), located.hint),)


def fractions(corners: Iterable[tuple[float, float]], size: tuple[int, int]) -> Corners:
    """Corners in pixels of a picture of `size` (width, height) as fractions of it, four of them, none outside.

    A reader that gives more points or fewer (zbar's are a hull) gets the box around them; there must be one.
    """
    width, height = size
    points = tuple((_share(x, width), _share(y, height)) for x, y in corners)
    if len(points) == 4:
        return points
    left, right = min(x for x, _ in points), max(x for x, _ in points)
    top, bottom = min(y for _, y in points), max(y for _, y in points)
    return ((left, top), (right, top), (right, bottom), (left, bottom))


def _share(pixels: float, of_pixels: int) -> float:
    return min(1.0, max(0.0, pixels / of_pixels))
