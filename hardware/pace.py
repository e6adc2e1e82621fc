"""How often frames are searched for codes that no decoder has located: seldom where all is as it was."""

from hardware import stillness
from hardware.stillness import Stillness
from hardware.symbols import Grey

_TIRED_S = 0.12  # seconds, at least, between two searches where nothing has come of it for some frames
_STILL_S = 0.32  # while nothing moves
_COARSE_PX = 16  # of so many pixels one is compared to tell that
_NOISE = 2.5  # grey levels between two of them, until it is known


class Pace:
    """Tells when to search. Times are monotonic, in seconds; frames have the shape (height, width)."""

    def __init__(self) -> None:
        self._scene, self._has_changed = Stillness(noise=_NOISE), True
        self._compared_at = self._searched_at = float("-inf")

    def changed(self, grey: Grey, at: float) -> bool:
        """Whether the frame of this time is not as it was."""
        if at != self._compared_at:
            coarse = grey[::_COARSE_PX, ::_COARSE_PX]
            self._scene, self._has_changed = stillness.look(self._scene, coarse, at)
            self._compared_at = at
        return self._has_changed

    def is_due(self, grey: Grey, at: float, *, tired: bool) -> bool:
        """Whether this frame should be searched; if so, it counts as searched. tired: little is expected of it."""
        since = at - self._searched_at
        if tired and 0 < since < _TIRED_S:
            return False
        if not self.changed(grey, at) and 0 < since < _STILL_S:
            return False
        self._searched_at = at
        return True

    def searched(self, at: float) -> bool:
        """Whether the frame of this time was."""
        return self._searched_at == at
