"""Reads a located code module by module, and remembers from frame to frame what it was measured to be."""

from collections.abc import Callable
from dataclasses import dataclass

from hardware import modules
from hardware.codewords import has_few_checks, repaired
from hardware.following import Follower
from hardware.fusion import Fusion
from hardware.prospect import Doubts
from hardware.qr_layout import Floats
from hardware.symbols import Grey, Outline

_NO_CODE = 0.1  # likeness, below which no code lies where one was located
_HARDLY = 0.5  # agreement, below which no code lies there
_LIKELY = 0.55  # agreement, below which most modules are guesses
_SURE = 0.65  # agreement, above which hardly anything else than a code lies there


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one measuring. step: by which the payload was read; is_code: surely, whether it was read or not."""

    payload: bytes | None = None
    step: str = ""
    is_code: bool = False


class Measurer:
    """Measures outlines in frame after frame. doubts, follower: are told of it; glance: the likeness of an outline."""

    def __init__(self, doubts: Doubts, follower: Follower, glance: Callable[[Grey, Outline], float]) -> None:
        self._doubts = doubts
        self._follower = follower
        self._glance = glance
        self._fusion = Fusion()
        self._measurings = 0

    def forget(self) -> None:
        """The code was read."""
        self._fusion.forget()
        self._measurings = 0

    def measure(self, grey: Grey, at: float, outline: Outline) -> Outcome:
        """One outline in the frame of the monotonic time `at`, in seconds."""
        # Measuring takes ten times as long as a glance; where one was located lately, it is there.
        if self._follower.lately(at) is None and self._glance(grey, outline) < _NO_CODE:
            self._doubts.outline(outline, at, measured=False)
            return Outcome()
        # The first time in every way; afterwards one way a frame: that the picture changes helps more than another way.
        way = (self._measurings - 1) % len(modules.EVEN_OVER)
        ways = modules.EVEN_OVER[way : way + 1] if self._measurings else modules.EVEN_OVER
        best = None
        for measured in modules.measured(grey, outline, ways):
            payload = _decoded(measured.version, measured.log_odds)
            if payload is not None:
                return Outcome(payload, "grid", is_code=True)
            best = measured if best is None or measured.sureness > best.sureness else best
        if best is None or best.agreement < _HARDLY:
            self._doubts.outline(outline, at, measured=True)
        else:
            self._measurings += 1
        if best is None or best.agreement <= _SURE:
            self._follower.missed(outline)
        if best is None or best.agreement < _LIKELY or not self._follower.better(best.agreement, at):
            return Outcome()
        is_code = best.agreement > _SURE
        if is_code:
            self._follower.located(grey, best.outline, best.agreement, at)
        total = self._fusion.add(best, at)
        if total is not None:
            payload = _decoded(best.version, total)
            if payload is not None:
                return Outcome(payload, "fused", is_code)
        drawn = repaired(best.version, best.log_odds if total is None else total)
        return Outcome(None if drawn is None else modules.decode(best.version, drawn), "repaired", is_code)


def _decoded(version: int, log_odds: Floats) -> bytes | None:
    """What zxing-cpp makes of the modules; of the smallest codes only if it is no accident."""
    payload = modules.decode(version, log_odds)
    if payload is None or not has_few_checks(version, log_odds):
        return payload
    drawn = repaired(version, log_odds)
    return payload if drawn is not None and modules.decode(version, drawn) == payload else None
