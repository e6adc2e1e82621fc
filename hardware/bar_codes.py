"""Bar codes, now and then: they are named to the visitor, and let nobody in."""

from collections.abc import Callable

from hardware.symbols import BarKind, Grey, Symbol, bar_codes

_TURNS: tuple[BarKind, ...] = ("goods", "stacked", "goods", "matrix")  # stripes are by far the most frequent
_FRAMES = 10  # between two tries, where that many come


class BarCodes:
    """A bar code counts when two tries in a row read the same: stripes of all kinds look like one for a moment.

    Kinds of bar codes are tried by turns: to look for all of them takes as long as two looks for QR codes. every_s:
    least seconds between two tries; where few frames come, it may be twice as long, so that each costs no more.
    """

    def __init__(self, every_s: float, look: Callable[[Grey, BarKind], list[Symbol]] = bar_codes) -> None:
        self._every_s = every_s
        self._look = look
        self._at: float | None = None
        self._frames = self._turn = 0
        self._seen: bytes | None = None

    def read(self, grey: Grey, at: float) -> tuple[Symbol, ...]:
        """The bar code of a frame at the monotonic time `at`, if it is due; raises what a decoder raises."""
        if self._at is None:
            self._at = at  # the first frame has enough to do
        self._frames += 1
        enough_s = self._every_s * (1 if self._frames > _FRAMES else 2)
        if 0 <= at - self._at < enough_s:
            return ()
        self._at, self._frames = at, 0
        kind = _TURNS[self._turn]
        self._turn = (self._turn + 1) % len(_TURNS)  # even if it raises
        read = self._look(grey, kind)
        seen = read[0].payload if read else None
        if seen is not None:
            self._turn = _TURNS.index(kind)
        confirmed = tuple(read[:1]) if seen is not None and seen == self._seen else ()
        self._seen = seen
        return confirmed
