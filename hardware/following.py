"""Follows a code that was located and not read yet into the next frame: it has moved a little, as hands do."""

from dataclasses import dataclass, replace

import cv2
import numpy as np

from hardware.symbols import Grey, Outline

_PATCH_PX = 48  # the longer side of what is compared: some two pixels a module, and cheap
_REACH = 0.5  # of the longer side, to each side: so far it may move from one frame to the next
_LEAST = 0.5  # correlation: less is something else
_IN_VAIN = 3  # grids, after which it is located anew: it may have been taken for another version
_REMEMBER_S = 0.5  # so long a code is there, unless it is seen to be gone
_LEAST_PX = 12  # of the shorter side in the frame


@dataclass(frozen=True, slots=True)
class Trail:
    """Where a code was, and how it looked: `patch` is its upright rectangle of the frame, `scale` times as large."""

    outline: Outline
    patch: Grey
    left: int
    top: int
    scale: float


def trail(grey: Grey, outline: Outline) -> Trail | None:
    """What a code is followed by; None where too little of it is in the frame."""
    x, y, width, height = cv2.boundingRect(outline.corners)
    left, top = max(0, x), max(0, y)
    cut = grey[top : y + height, left : x + width] if y + height > 0 and x + width > 0 else grey[:0]
    if min(cut.shape) < _LEAST_PX:
        return None
    scale = _PATCH_PX / max(cut.shape)
    return Trail(outline, _scaled(cut, scale), left, top, scale)


def followed(before: Trail, grey: Grey) -> Outline | None:
    """Where the code is in another frame; None where nothing nearby looks like it."""
    reach = int(_REACH * _PATCH_PX / before.scale)
    left, top = max(0, before.left - reach), max(0, before.top - reach)
    height, width = (side / before.scale for side in before.patch.shape)
    around = grey[top : int(before.top + height) + reach, left : int(before.left + width) + reach]
    if min(around.shape) < _LEAST_PX:
        return None
    small = _scaled(around, before.scale)
    if small.shape[0] < before.patch.shape[0] or small.shape[1] < before.patch.shape[1]:
        return None
    likeness = cv2.matchTemplate(small, before.patch, cv2.TM_CCOEFF_NORMED)
    _, highest, _, (x, y) = cv2.minMaxLoc(likeness)
    if not highest >= _LEAST:  # or not a number, where all is of one shade
        return None
    moved = np.array([left + x / before.scale - before.left, top + y / before.scale - before.top], np.float32)
    return replace(before.outline, corners=before.outline.corners + moved)


@dataclass(frozen=True, slots=True)
class _Sight:
    """Where a code is; at: when its grid lay on it last, and how well it agreed; seen_at: when it was followed last."""

    outline: Outline
    at: float
    agreement: float
    seen_at: float


class Follower:
    """Keeps in sight the code that was located last. Times are monotonic, in seconds."""

    def __init__(self) -> None:
        self._sight: _Sight | None = None
        self._trail: Trail | None = None
        self._in_vain = 0

    def better(self, agreement: float, at: float) -> bool:
        """Whether a grid that agrees so well is the best one in this frame."""
        return self._sight is None or not self.now(at) or agreement >= self._sight.agreement

    def located(self, grey: Grey, outline: Outline, agreement: float, at: float) -> None:
        """A grid lies on a code in this frame."""
        self._sight = _Sight(outline, at, agreement, at)
        self._trail = trail(grey, outline)
        self._in_vain = 0

    def missed(self, outline: Outline) -> None:
        """No grid lies there. Where the code was followed to that place, it is soon to be located anew."""
        if self._sight is not None and self._sight.outline is outline:
            self._in_vain += 1
            if self._in_vain == _IN_VAIN:
                self._trail = None

    def now(self, at: float) -> bool:
        """Whether it was located in the frame of this time."""
        return self._sight is not None and self._sight.at == at

    def lately(self, at: float) -> Outline | None:
        """Where it is, as far as the last frames tell."""
        if self._sight is None or not 0 <= at - self._sight.seen_at <= _REMEMBER_S:
            return None
        return self._sight.outline

    def follow(self, grey: Grey, at: float) -> Outline | None:
        """Where it is in the frame of this time; None where it is gone, or should be located anew."""
        if self._trail is None or self._sight is None or self.lately(at) is None:
            return None
        outline = followed(self._trail, grey)
        if outline is None:
            self._trail = self._sight = None
            return None
        self._sight = replace(self._sight, outline=outline, seen_at=at)
        return outline

    def forget(self) -> None:
        """It was read."""
        self._sight = self._trail = None
        self._in_vain = 0


def _scaled(cut: Grey, scale: float) -> Grey:
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    return cv2.resize(cut, None, fx=scale, fy=scale, interpolation=how).astype(np.uint8, copy=False)
