"""How often frames are searched for codes that no decoder has located: seldom where all is as it was."""

from hardware import stillness
from hardware.stillness import Stillness
from hardware.symbols import Grey

_A_FRAME_S = 1 / 16  # at most: a camera that gives fewer frames a second is searched as often as this one
_STILL_S = 0.32  # while nothing moves
_COARSE_PX = 16  # of so many pixels one is compared to tell that
_NOISE = 2.5  # grey levels between two of them, until it is known


class Pace:
    """Tells when to search. Times are monotonic, in seconds; frames have the shape (height, width)."""

    def __init__(self) -> None:
        self._scene, self._has_changed = Stillness(noise=_NOISE), True
        self._compared_at = self._searched_at = self._asked_at = float("-inf")
        self._passed = 0

    def changed(self, grey: Grey, at: float) -> bool:
        """Whether the frame of this time is not as it was."""
        if at != self._compared_at:
            coarse = grey[::_COARSE_PX, ::_COARSE_PX]
            self._scene, self._has_changed = stillness.look(self._scene, coarse, at)
            self._compared_at = at
        return self._has_changed

    def is_due(self, grey: Grey, at: float, *, every: int) -> bool:
        """Whether this frame should be searched; if so, it counts as searched. every: so many frames, at most."""
        self._passed += 1
        if self._passed < every and 0 < at - self._asked_at < every * _A_FRAME_S:
            return False
        self._passed, self._asked_at = 0, at
        if not self.changed(grey, at) and 0 < at - self._searched_at < _STILL_S:
            return False
        self._searched_at = at
        return True

    def searched(self, at: float) -> bool:
        """Whether the frame of this time was."""
        return self._searched_at == at
