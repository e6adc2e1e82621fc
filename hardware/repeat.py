"""The repeat guard: one code in view is one scan."""

from collections.abc import Hashable, Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class InView:
    """What changed with one frame.

    appeared: codes that came into view, in the order given; latest_gone: the code that appeared last has left the view.
    """

    appeared: tuple[Hashable, ...]
    latest_gone: bool


class RepeatGuard:
    """Reports each code once while it stays in view.

    A code stays in view while no more than `forget_after_s` seconds pass between two frames that show it: motion blur
    and reflections hide a code for some frames, and that must not make a second scan.
    """

    def __init__(self, forget_after_s: float) -> None:
        self._forget_after_s = forget_after_s
        self._last_seen: dict[Hashable, float] = {}
        self._latest: Hashable | None = None

    def look(self, codes: Iterable[Hashable], at: float) -> InView:
        """Take in the codes of one frame, captured at the monotonic time `at` in seconds."""
        gone = [code for code, seen in self._last_seen.items() if at - seen > self._forget_after_s]
        for code in gone:
            del self._last_seen[code]
        appeared = []
        for code in codes:
            if code not in self._last_seen:
                appeared.append(code)
            self._last_seen[code] = at
        latest_gone = self._latest in gone and self._latest not in self._last_seen
        if appeared:
            self._latest = appeared[-1]
        elif latest_gone:
            self._latest = None
        return InView(tuple(appeared), latest_gone and not appeared)
