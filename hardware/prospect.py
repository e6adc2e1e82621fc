"""How sure it is that a frame has a code in it: by what was located, and by the places that look like one."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from hardware.budget import Prospect
from hardware.regions import UNLIKELY, Region
from hardware.symbols import Outline

_LIKELY = 0.97  # a region's likeness above which it is rather a code
_FIRST_S, _LONGEST_S = 0.15, 2.4
_MOVED = 0.5  # of that, where something moves: it may be a code by now, or a shirt
_OUTLINE_S = 0.6  # no grid lay on it
_GLANCED_S = 0.2  # it did not look like a code
_REMEMBERED = 2  # times as long as it lasts


def prospect(*, located: bool, outlined: bool, regions: Sequence[Region]) -> Prospect:
    """The prospect of one frame. located: by its modules; outlined: by zxing-cpp; regions: likeliest first."""
    if located:
        return Prospect.LOCATED
    if outlined:
        return Prospect.LIKELY
    if not regions:
        return Prospect.NONE
    best = regions[0]
    if best.likeness < UNLIKELY:
        return Prospect.DOUBTED
    if best.likeness < _LIKELY:
        return Prospect.LIKELY if best.moved else Prospect.UNLIKELY
    if best.moved is None:
        return Prospect.LIKELY
    return Prospect.MOVING if best.moved else Prospect.STILL


@dataclass(frozen=True, slots=True)
class _Doubt:
    place: Region
    at: float
    lasts_s: float


class Doubts:
    """Where a code was sought in vain a moment ago: what stands there is rather a poster.

    A first doubt soon passes, since a code in a hand may have been blurred; each further one lasts twice as long.
    """

    def __init__(self) -> None:
        self._places: list[_Doubt] = []
        self._outlines: list[tuple[Outline, float, float]] = []

    def add(self, place: Region, at: float) -> None:
        """At the monotonic time `at`, in seconds, no finder patterns were there."""
        before = [doubt for doubt in self._places if doubt.place.overlaps(place)]
        lasts_s = min(_LONGEST_S, max((2 * doubt.lasts_s for doubt in before), default=_FIRST_S))
        self._places = [doubt for doubt in self._places if doubt not in before]
        self._places.append(_Doubt(place, at, lasts_s))

    def outline(self, outline: Outline, at: float, *, measured: bool) -> None:
        """At the monotonic time `at`, in seconds, no grid lay on it, or it did not even look like a code."""
        self._outlines.append((outline, at, _OUTLINE_S if measured else _GLANCED_S))

    def believed(self, regions: Sequence[Region], at: float) -> list[Region]:
        """The same regions; those that are in doubt come last, with a likeness of 0."""
        self._places = [doubt for doubt in self._places if 0 <= at - doubt.at <= _REMEMBERED * doubt.lasts_s]
        doubted = [region for region in regions if self._in_doubt(region, at)]
        believed = [region for region in regions if region not in doubted]
        return believed + [replace(region, likeness=0.0) for region in doubted]

    def _in_doubt(self, region: Region, at: float) -> bool:
        share = _MOVED if region.moved else 1.0
        return any(at - doubt.at <= share * doubt.lasts_s and region.overlaps(doubt.place) for doubt in self._places)

    def new(self, outlines: Sequence[Outline], at: float) -> list[Outline]:
        """Those of the outlines that are not in doubt."""
        self._outlines = [old for old in self._outlines if 0 <= at - old[1] <= old[2]]
        return [outline for outline in outlines if not any(outline.same_as(old) for old, *_ in self._outlines)]
