"""Bar codes, now and then: they are named to the visitor, and let nobody in."""

from collections.abc import Callable

from hardware.symbols import BarKind, Grey, Symbol, bar_codes

_TURNS: tuple[BarKind, ...] = ("goods", "stacked", "goods", "matrix")  # stripes are by far the most frequent
_MISSED = 2  # tries in a row, after which a bar code is gone


class BarCodes:
    """A bar code counts when two tries in a row read the same: stripes of all kinds look like one for a moment.

    Kinds of bar codes are tried by turns: to look for all of them takes as long as two looks for QR codes. Where one
    was read, its kind keeps the turn for a moment: a bar code that is missed once is still the same one. every_s: least
    seconds between two tries.
    """

    def __init__(self, every_s: float, look: Callable[[Grey, BarKind], list[Symbol]] = bar_codes) -> None:
        self._every_s = every_s
        self._look = look
        self._at: float | None = None
        self._turn = self._missed = 0
        self._seen: bytes | None = None

    def read(self, grey: Grey, at: float) -> tuple[Symbol, ...]:
        """The bar code of a frame at the monotonic time `at`, if it is due; raises what a decoder raises."""
        if self._at is None:
            self._at = at  # the first frame has enough to do
        if 0 <= at - self._at < self._every_s:
            return ()
        self._at = at
        kind = _TURNS[self._turn]
        read = self._looked(grey, kind)
        if not read:
            return ()
        seen, self._seen, self._missed = self._seen, read[0].payload, 0
        return tuple(read[:1]) if seen == self._seen else ()

    def _looked(self, grey: Grey, kind: BarKind) -> list[Symbol]:
        """One try; in vain, it is soon another kind's turn."""
        read: list[Symbol] = []
        try:
            read = self._look(grey, kind)
        finally:
            if not read:
                self._missed += 1
                if self._seen is None or self._missed > _MISSED:
                    self._turn = (self._turn + 1) % len(_TURNS)
                    self._seen, self._missed = None, 0
        return read
