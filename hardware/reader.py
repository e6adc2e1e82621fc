"""The anytime reader: every frame is looked at once; where a code hides, the time that is left is spent on it.

Most codes are read by one look of zxing-cpp at the whole frame, and while a code stays in view the next look goes to
its place alone. What that saves is spent where a code seems to be: on cuts out of the frame, prepared one way after the
other, over frames; and on measuring the modules of a located code (hardware.modules), added up (hardware.fusion).
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

import numpy as np

from hardware import recognition, symbols
from hardware.attempts import ATTEMPTS, FAINT, Attempt
from hardware.bar_codes import BarCodes
from hardware.budget import QUIET, Budget, Prospect
from hardware.following import Follower
from hardware.hints import hint_for
from hardware.measuring import Measurer, Outcome
from hardware.pace import Pace
from hardware.prospect import Doubts, prospect
from hardware.regions import UNLIKELY, Region, RegionFinder, around
from hardware.symbols import Corners, Grey, Located, Outline, Reading, Symbol

T = TypeVar("T")

_NOTHING: tuple[list[Symbol], list[Outline]] = ([], [])
_FIRST = (0, 1)  # attempts, where there is enough to spend
_LEAST_SIDE_PX = 32  # a smaller picture holds no code that one look would miss
_AGAIN_FOR_S = 0.5  # so long after it was read, a code is looked for at its place first
_REST_S = 0.08  # so long a code that zxing-cpp does not read at once is left alone when it was read
_HOPEFUL_S = 1.0  # so long after anything hopeful was there, looks are whole
_WHOLE_EVERY = 4  # then the whole frame is looked at each so many frames: somebody else may show a code beside it
_REGIONS = 2  # of one frame, are tried
_OUTLINES = 2  # of one look, are measured
_UNKNOWN = 0.9  # likeness of a place when nothing tells it: worth a search


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a code was read; outline: where its modules were measured for that."""

    corners: Corners
    outline: Outline | None
    at: float


class SymbolReader:
    """Reads frame after frame of one camera, and remembers.

    bar_codes: also name bar codes, tried every `bar_every_s` seconds where no QR code is seen. on_failure: told the
    name of a decoder that raised, and the name of its error; a decoder that fails on one picture never stops the
    reading. cpu: seconds of CPU time that this thread has used.
    """

    def __init__(
        self,
        *,
        bar_codes: bool = True,
        bar_every_s: float = 0.4,
        on_failure: Callable[[str, str], None] = lambda _decoder, _error: None,
        cpu: Callable[[], float] = time.thread_time,
    ) -> None:
        self._bar_codes = BarCodes(bar_every_s) if bar_codes else None
        self._on_failure = on_failure
        self._cpu = cpu
        self._budget = Budget()
        self._finder = RegionFinder(self.glance)
        self._doubts = Doubts()
        self._looked_at: list[Outline] = []
        self._outlined: list[Outline] = []
        self._read_at: _Place | None = None
        self._follower = Follower()
        self._measurer = Measurer(self._doubts, self._follower, self._glance_within)
        self._since_whole = 0
        self._pace = Pace()
        self._turn = 0
        self._whole_next = False
        self._hopeful_at = float("-inf")
        self._is_brief = True  # the first look is not

    def read(self, grey: Grey, at: float) -> Reading:
        """The codes of one frame, dtype uint8; `at` is its monotonic time in seconds. Total: no picture raises."""
        self._looked_at.clear()
        nothing: tuple[Symbol, ...] = ()
        found = self._guarded("reader", lambda: self._again(grey, at), nothing)
        if found:
            return Reading(found)
        self._since_whole = 0
        read, outlines = self._looked(grey, at)
        found = tuple(read)
        if not found and min(grey.shape) >= _LEAST_SIDE_PX:
            found = self._guarded("reader", lambda: self._deeper(grey, at, outlines), ())
        if found:
            self._remember(found, at)
            self._pace.changed(grey, at)  # from now on is told whether it lies there
            return Reading(found)
        bars = self._bar_codes
        bar = nothing if bars is None else self._guarded("bar", lambda: bars.read(grey, at), nothing)
        located = None if bar else self._guarded("hint", lambda: self._still_located(grey, at), None)
        return Reading(bar, located)

    def _looked(self, grey: Grey, at: float) -> tuple[list[Symbol], list[Outline]]:
        """zxing-cpp's look at the whole frame; where nothing seems to be, every other one is brief.

        A brief one takes half as long, and misses codes that are light on dark or very large: for one frame.
        """
        is_quiet = not 0 <= at - self._hopeful_at <= _HOPEFUL_S
        self._is_brief = is_brief = is_quiet and not self._is_brief
        look = partial(symbols.with_zxing, grey, small=is_brief, inverted=not is_brief)
        began = self._cpu()
        seen = self._guarded("zxing", look, _NOTHING)
        if not is_brief:
            self._budget.looked(self._cpu() - began)
        return seen

    # --- a code that is in view already ----------------------------------------------------------------------------

    def _again(self, grey: Grey, at: float) -> tuple[Symbol, ...]:
        place = self._read_lately(at)
        if place is None or self._since_whole + 1 >= _WHOLE_EVERY:
            return ()
        self._since_whole += 1
        cut, left, top = around(np.array(place.corners, np.float32)).cut(grey)
        if not cut.size:
            return ()  # the camera gives smaller frames now
        read, _ = self._guarded("zxing", lambda: symbols.with_zxing(cut, small=True), _NOTHING)
        found = tuple(symbol.placed(1.0, left, top, "again") for symbol in read)
        if found:
            self._read_at, self._hopeful_at = _Place(found[0].corners, None, at), at
        return found

    def _remember(self, found: Sequence[Symbol], at: float) -> None:
        outline = next((one for one in self._looked_at if _rounded(one) == found[0].corners), None)
        self._read_at, self._hopeful_at = _Place(found[0].corners, outline, at), at
        self._follower.forget()
        self._turn = 0
        self._measurer.forget()
        self._budget.read()

    # --- a code that hides ------------------------------------------------------------------------------------------

    def _deeper(self, grey: Grey, at: float, outlines: Sequence[Outline]) -> tuple[Symbol, ...]:
        """Spend what the budget has on the places where a code seems to be."""
        outlines = self._doubts.new(outlines, at)
        read_at = self._read_lately(at)
        if read_at is not None and at - read_at.at < _REST_S and self._pace.changed(grey, at):
            return ()  # it has been told; where nothing moves, it is read in each frame, so that the scene is still
        known = self._follower.follow(grey, at) if read_at is None else read_at.outline
        regions = [] if outlines or known is not None else self._doubts.believed(self._regions(grey, at), at)
        # A code that was read a moment ago has been told: what shows that it is still there may cost little.
        located = read_at is None and self._follower.lately(at) is not None
        outlined = bool(outlines) or read_at is not None
        hoped = prospect(located=located, outlined=outlined, regions=regions)
        self._budget.frame(hoped)
        if hoped not in QUIET:
            self._hopeful_at = at
        for symbol in self._measured(grey, at, outlines if known is None else (known, *outlines)):
            return (symbol,)
        if outlines and not self._follower.now(at):  # what zxing-cpp took for a code is none
            regions = self._doubts.believed(self._regions(grey, at), at)
            self._budget.judged(prospect(located=located, outlined=read_at is not None, regions=regions))
        doubted, turn = self._budget.is_doubted and self._pace.searched(at), self._turn
        if doubted and self._whole_next:  # a faint code beside what hardly is one: the whole frame has its turns
            regions, self._whole_next = [], not self._may(FAINT, self._finder.half(grey, at), grey)
        place = self._known_place(at)
        if place is not None:
            regions = [place, *(region for region in regions if not region.overlaps(place))][:_REGIONS]
        for region in regions:
            if self._budget.is_doubted and region.likeness > UNLIKELY:  # what is in doubt is the region before
                self._budget.judged(Prospect.UNLIKELY)
            found = self._tried(grey, at, region, is_last=region is regions[-1])
            if found:
                return found
        if doubted and self._turn != turn:
            self._whole_next = True
        # Where something stands that may be a code, its turn comes with the others'.
        is_due = self._pace.searched(at) and not (regions and self._turn)
        return self._attempted(FAINT, grey, at, self._finder.half(grey, at), (0, 0)) if is_due else ()

    def _read_lately(self, at: float) -> _Place | None:
        place = self._read_at
        return place if place is not None and 0 <= at - place.at <= _AGAIN_FOR_S else None

    def _known_place(self, at: float) -> Region | None:
        """Where a code is, as far as the last frames tell: it was read there, or located."""
        read_at = self._read_lately(at)
        if read_at is not None:
            return around(np.array(read_at.corners, np.float32))
        outline = self._follower.lately(at)
        return None if outline is None else around(outline.corners)

    def _regions(self, grey: Grey, at: float) -> list[Region]:
        """Where a code may be; not looked for in every frame while there is nothing, or nothing comes of it."""
        is_due = self._pace.is_due(grey, at, every=self._budget.search_every)
        return self._finder.find(grey, _REGIONS, at) if is_due else []

    def glance(self, grey: Grey, left: int, top: int, width: int, height: int) -> float:
        """How likely a code lies in that place of a frame; total."""
        told = partial(recognition.likeness, grey, left, top, width, height)
        return self._guarded("recognition", told, _UNKNOWN)

    def _glance_within(self, grey: Grey, outline: Outline) -> float:
        told = partial(recognition.likeness_within, grey, outline.corners)
        return self._guarded("recognition", told, _UNKNOWN)

    def _tried(self, grey: Grey, at: float, region: Region, *, is_last: bool) -> tuple[Symbol, ...]:
        cut, left, top = region.cut(grey)
        for index in self._in_turn():
            attempt = ATTEMPTS[index]
            if attempt.judges and (self._budget.is_doubted or self._follower.now(at)):
                continue
            if not self._may(attempt, cut, grey):
                if self._budget.is_doubted and not self._budget.may_ever(attempt.looks(cut.size / grey.size)):
                    continue  # too dear for what is hardly a code
                return ()
            if index not in _FIRST or not self._budget.is_rich:
                self._turn = (index + 1) % len(ATTEMPTS)
            found = self._attempted(attempt, grey, at, cut, (left, top))
            if found:
                return found
            if attempt.judges and not self._doubts.new(self._outlined, at):
                self._doubts.add(region, at)
                self._budget.judged(Prospect.DOUBTED)
                if not is_last:
                    return ()  # the next one is more likely now
            if index not in _FIRST and self._follower.now(at):
                return ()  # what hides it, hardly another look removes: better to measure it in the next frame, too
        return ()

    def _in_turn(self) -> Iterator[int]:
        """All attempts from where the last frame stopped; where there is enough to spend, the best ones before them."""
        first, turn = _FIRST if self._budget.is_rich else (), self._turn
        yield from first
        for step in range(len(ATTEMPTS)):
            index = (turn + step) % len(ATTEMPTS)
            if index not in first:
                yield index

    def _may(self, attempt: Attempt, cut: Grey, grey: Grey) -> bool:
        return self._budget.allows(attempt.looks(cut.size / grey.size))

    def _attempted(
        self, attempt: Attempt, grey: Grey, at: float, cut: Grey, corner: tuple[int, int]
    ) -> tuple[Symbol, ...]:
        """One attempt at a cut whose top left corner lies there, if the budget has it."""
        if not self._may(attempt, cut, grey):
            return ()
        began = self._cpu()
        read, outlines = self._guarded(attempt.decoder, lambda: attempt.look(cut), _NOTHING)
        self._budget.spent(self._cpu() - began)
        if read:
            return tuple(symbol.placed(attempt.scale, *corner, attempt.name) for symbol in read)
        self._outlined = placed = [outline.placed(attempt.scale, *corner) for outline in outlines]
        if attempt.judges and placed:
            self._budget.located()  # as far as can be told without measuring it
        return next(((symbol,) for symbol in self._measured(grey, at, placed)), ())

    def _measured(self, grey: Grey, at: float, outlines: Sequence[Outline]) -> Iterator[Symbol]:
        """Codes read module by module where zxing-cpp has located one."""
        for outline in outlines[:_OUTLINES]:
            if any(outline.same_as(other) for other in self._looked_at):
                continue
            if not self._budget.allows(1.0):
                return
            self._looked_at.append(outline)
            began = self._cpu()
            done = self._guarded("grid", partial(self._measurer.measure, grey, at, outline), Outcome())
            self._budget.spent(self._cpu() - began)
            if done.is_code:
                self._budget.located()
            if done.payload is not None:
                yield Symbol(done.payload, "qr", "zxing", _rounded(outline), done.step)

    def _still_located(self, grey: Grey, at: float) -> Located | None:
        outline = self._follower.lately(at)
        return None if outline is None else Located(_rounded(outline), hint_for(grey, outline))

    def _guarded(self, decoder: str, decode: Callable[[], T], otherwise: T) -> T:
        try:
            return decode()
        except Exception as error:  # noqa: BLE001  # whatever a native decoder raises, the next frame must be read
            self._on_failure(decoder, type(error).__name__)
            return otherwise


def _rounded(outline: Outline) -> Corners:
    return tuple((round(float(x)), round(float(y))) for x, y in outline.corners)


def warm_up(reader: SymbolReader) -> None:
    """Load whatever is loaded with the first picture: it can't be once no file may be opened, and costs no visitor."""
    grey = np.full((120, 160), 130, np.uint8)
    reader.glance(grey, 0, 0, 80, 80)
    for number in range(4):
        reader.read(grey, float(number))
