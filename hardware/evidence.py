"""How sure it is that a frame has a code in it: by what was located, and by the places that look like one."""

from collections.abc import Sequence
from dataclasses import replace

from hardware.budget import Evidence
from hardware.regions import Region
from hardware.symbols import Outline

_LIKELY = 25.0  # a region's likeness above which it is rather a code than a pattern
_DOUBT_FOR_S = 0.3


def evidence(*, located: bool, outlined: bool, regions: Sequence[Region]) -> Evidence:
    """The evidence of one frame. located: by its modules; outlined: by zxing-cpp; regions: likeliest first."""
    if located:
        return Evidence.LOCATED
    if outlined:
        return Evidence.LIKELY
    if not regions:
        return Evidence.NONE
    best = regions[0]
    if best.likeness < _LIKELY:
        return Evidence.LIKELY if best.moved else Evidence.UNLIKELY
    if best.moved is None:
        return Evidence.LIKELY
    return Evidence.MOVING if best.moved else Evidence.STILL


class Doubts:
    """Where a code was sought in vain a moment ago: what stands there is rather a poster."""

    def __init__(self) -> None:
        self._places: list[tuple[Region, float]] = []
        self._outlines: list[tuple[Outline, float]] = []

    def add(self, place: Region, at: float) -> None:
        """At the monotonic time `at`, in seconds, no finder patterns were there."""
        self._places.append((place, at))

    def outline(self, outline: Outline, at: float) -> None:
        """At the monotonic time `at`, in seconds, no grid lay on it."""
        self._outlines.append((outline, at))

    def believed(self, regions: Sequence[Region], at: float) -> list[Region]:
        """The same regions, with a likeness of 0 where they are in doubt and don't move."""
        self._places = [(place, since) for place, since in self._places if 0 <= at - since <= _DOUBT_FOR_S]
        return [
            replace(region, likeness=0.0)
            if not region.moved and any(region.overlaps(place) for place, _ in self._places)
            else region
            for region in regions
        ]

    def new(self, outlines: Sequence[Outline], at: float) -> list[Outline]:
        """Those of the outlines that are not in doubt."""
        self._outlines = [(outline, since) for outline, since in self._outlines if 0 <= at - since <= _DOUBT_FOR_S]
        return [outline for outline in outlines if not any(outline.same_as(old) for old, _ in self._outlines)]
