"""Adds up the measured modules of one code over successive frames: noise and reflections differ, the code does not."""

from dataclasses import dataclass

import numpy as np

from hardware.modules import Modules
from hardware.qr_layout import Floats, fixed_modules

_FORGET_AFTER_S = 0.5
_SAME = (
    0.5  # correlation with what was added up: one code nearly always has more; two have, that begin alike and are short
)


@dataclass(frozen=True, slots=True)
class _Sum:
    light: Floats
    last_at: float


class Fusion:
    """Keeps one sum for each version that was measured lately."""

    def __init__(self) -> None:
        self._sums: dict[int, _Sum] = {}

    def add(self, modules: Modules, at: float) -> Floats | None:
        """Add the modules of a frame at the monotonic time `at`; the sum, once there are two frames of one code."""
        self._sums = {version: old for version, old in self._sums.items() if 0 <= at - old.last_at <= _FORGET_AFTER_S}
        light = modules.log_odds
        old = self._sums.get(modules.version)
        if old is None or _likeness(old.light, light, modules.version) < _SAME:
            self._sums[modules.version] = _Sum(light, at)
            return None
        total = old.light + light
        self._sums[modules.version] = _Sum(total, at)
        return total

    def forget(self) -> None:
        """The code was read: what comes next is another one."""
        self._sums.clear()


def _likeness(first: Floats, second: Floats, version: int) -> float:
    """Correlation of the modules in which codes differ."""
    free = fixed_modules(version) == 0
    return float(np.corrcoef(first[free], second[free])[0, 1])
