"""How much CPU time a frame may cost: counted in looks, one look being zxing-cpp's at a whole frame on this machine."""

from enum import Enum


class Evidence(Enum):
    """How sure it is that a frame has a code in it. Its value: looks earned by a frame, and the reserve it must leave."""

    NONE = (0.1, 10.0)
    UNLIKELY = (0.06, 8.5)
    LIKELY = (0.5, 5.0)
    LOCATED = (1.2, 0.0)


_FULL = 10.0  # looks: saved while nobody is there, spent when somebody holds up a code that is hard to read
_LOOK_S = 0.002  # until the first look is measured
_SMOOTH = 0.1


class Budget:
    """Looks saved up. Frames earn; attempts spend, and the less sure a code is, the more must be left for later."""

    def __init__(self) -> None:
        self._saved = _FULL
        self._look_s: float | None = None
        self._reserve = 0.0

    def looked(self, cpu_s: float) -> None:
        """A look at a whole frame took so many seconds of CPU time: the measure of all else."""
        if cpu_s > 0:
            before = cpu_s if self._look_s is None else self._look_s
            self._look_s = before + _SMOOTH * (cpu_s - before)

    def frame(self, evidence: Evidence) -> None:
        """A new frame that was looked at in vain."""
        earned, self._reserve = evidence.value
        self._saved = min(_FULL, self._saved + earned)

    def located(self) -> None:
        """A code was located in this frame: all that is saved may be spent on it."""
        self._reserve = Evidence.LOCATED.value[1]

    def allows(self, looks: float) -> bool:
        """Whether something of about this cost may be tried."""
        return self._saved - looks >= self._reserve

    def spent(self, cpu_s: float) -> None:
        """An attempt took so many seconds of CPU time."""
        self._saved -= cpu_s / (self._look_s or _LOOK_S)
