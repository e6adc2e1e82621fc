"""How much CPU time a frame may cost: counted in looks, one look being zxing-cpp's at a whole frame on this machine."""

from enum import Enum


class Evidence(Enum):
    """How sure it is that a frame has a code in it: looks that the frame earns, and looks that it must leave saved."""

    NONE = (0.1, 15.5)
    UNLIKELY = (0.15, 11.5)
    LIKELY = (0.6, 4.0)
    MOVING = (3.5, 0.0)
    LOCATED = (4.5, 0.0)


_FULL = 16.0  # looks: saved while nobody is there, spent when somebody holds up a code that is hard to read
_LOOK_S = 0.002  # until the first look is measured
_SMOOTH = 0.1
_PATIENCE = 16  # frames in a row in vain, by which a frame earns the less: posters look like codes, and stay
_LEAST_SHARE = 0.2


class Budget:
    """Looks saved up. Frames earn; attempts spend, and the less sure a code is, the more must be left for later."""

    def __init__(self) -> None:
        self._saved = _FULL
        self._look_s: float | None = None
        self._reserve = 0.0
        self._in_vain = 0
        self._quiet = 0

    @property
    def is_rich(self) -> bool:
        """Whether a code is likely enough for more than one attempt a frame."""
        return self._reserve < Evidence.UNLIKELY.value[1]

    @property
    def tired(self) -> bool:
        """Whether nothing has been there for a while, or nothing has come of what was there."""
        return self._quiet > 0 or self._in_vain > _PATIENCE // 2

    def looked(self, cpu_s: float) -> None:
        """A look at a whole frame took so many seconds of CPU time: the measure of all else."""
        if cpu_s > 0:
            before = cpu_s if self._look_s is None else self._look_s
            self._look_s = before + _SMOOTH * (cpu_s - before)

    def frame(self, evidence: Evidence) -> None:
        """A new frame that was looked at in vain."""
        earned, self._reserve = evidence.value
        self._in_vain = self._in_vain + 1 if evidence in (Evidence.LIKELY, Evidence.MOVING, Evidence.LOCATED) else 0
        self._quiet = 0 if evidence is not Evidence.NONE else self._quiet + 1
        self._saved = min(_FULL, self._saved + earned * max(_LEAST_SHARE, 1 - self._in_vain / _PATIENCE))

    def read(self) -> None:
        """A code was read: patience is new for the next one."""
        self._in_vain = 0

    def located(self) -> None:
        """A code was located in this frame: all that is saved may be spent on it."""
        self._reserve = Evidence.LOCATED.value[1]

    def allows(self, looks: float) -> bool:
        """Whether something of about this cost may be tried."""
        return self._saved - looks >= self._reserve

    def spent(self, cpu_s: float) -> None:
        """An attempt took so many seconds of CPU time."""
        self._saved -= cpu_s / (self._look_s or _LOOK_S)
