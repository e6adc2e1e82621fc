"""How often frames are searched for codes that no decoder has located: seldom where all is as it was."""

from hardware import stillness
from hardware.stillness import Stillness
from hardware.symbols import Grey

_TIRED_S = 0.09  # seconds between two searches where nothing has come of it for some frames
_STILL_S = 0.32  # while nothing moves
_COARSE_PX = 16  # of so many pixels one is compared to tell that
_NOISE = 2.5  # grey levels between two of them, until it is known


class Pace:
    """Tells when to search. Times are monotonic, in seconds. changed: whether the last frame is not as it was."""

    def __init__(self) -> None:
        self._scene, self.changed = Stillness(noise=_NOISE), True
        self._searched_at = float("-inf")

    def frame(self, grey: Grey, at: float) -> None:
        """Take in a frame, shape (height, width)."""
        self._scene, self.changed = stillness.look(self._scene, grey[::_COARSE_PX, ::_COARSE_PX], at)

    def is_due(self, at: float, *, tired: bool) -> bool:
        """Whether this frame should be searched; if so, it counts as searched. tired: little is expected of it."""
        every_s = (_TIRED_S if tired else 0.0) if self.changed else _STILL_S
        if 0 < at - self._searched_at < every_s:
            return False
        self._searched_at = at
        return True

    def searched(self, at: float) -> bool:
        """Whether the frame of this time was."""
        return self._searched_at == at
