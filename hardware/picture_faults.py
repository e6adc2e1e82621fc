"""Pictures that come and are of no use: dark, frozen, damaged. Pure."""

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from hardware.errors import CameraFault

_AFTER_S = 2.0
"""For how long it must be so. It is shown within three seconds: on a slow board a picture that is being read comes
before, and another one after."""

_RARELY_EQUAL_AFTER_S = 15.0
"""Of a stream that sends what changes: where nothing does, its pictures are equal until the next whole one."""

_LONGEST_GAP_S = 0.5
_DARK = 32.0  # grey levels; black is 16 in a camera's own formats
_SHAPES = 10.0  # grey levels between the lightest and the darkest of what a dark picture shows


@dataclass(frozen=True, slots=True)
class PictureFaults:
    """What was seen lately; times in monotonic seconds, None: it is not so."""

    equal_since: float | None = None
    dark_since: float | None = None
    damaged_since: float | None = None
    latest_at: float = float("-inf")


def came(seen: PictureFaults, at: float, *, is_equal: bool) -> PictureFaults:
    """A frame has come. is_equal: byte for byte to the one before; a real sensor's noise makes each another one."""
    # It stands still since the one before; but of a time without any picture nothing is known.
    since = max(seen.latest_at, at - _LONGEST_GAP_S) if seen.equal_since is None else seen.equal_since
    equal_since = since if is_equal else None
    return replace(seen, equal_since=equal_since, latest_at=at)


def looked(seen: PictureFaults, coarse: NDArray[np.uint8], at: float) -> PictureFaults:
    """A frame was decoded. coarse: shape (height, width)."""
    dark_since = (seen.dark_since if seen.dark_since is not None else at) if is_dark(coarse) else None
    return replace(seen, dark_since=dark_since, damaged_since=None)


def failed(seen: PictureFaults, at: float) -> PictureFaults:
    """A frame could not be decoded."""
    return replace(seen, damaged_since=seen.damaged_since if seen.damaged_since is not None else at)


def fault(seen: PictureFaults, *, whole_pictures: bool = True) -> CameraFault | None:
    """What is wrong, once it has been so for long enough. whole_pictures: each picture is sent by itself."""
    if _lasts(seen.damaged_since, seen.latest_at, _AFTER_S):
        return "format"
    if _lasts(seen.dark_since, seen.latest_at, _AFTER_S):
        return "dark"
    # Black without any noise is both; covered is what somebody can mend.
    if seen.dark_since is None and _lasts(
        seen.equal_since, seen.latest_at, _AFTER_S if whole_pictures else _RARELY_EQUAL_AFTER_S
    ):
        return "frozen"
    return None


def is_dark(coarse: NDArray[np.uint8]) -> bool:
    """Nothing is light, and nothing stands out: a covered lens, or a place without any light.

    At night something always does: a lamp, a window, an outline. Noise alone does not: it is averaged away.
    """
    if cv2.mean(coarse)[0] > _DARK:
        return False
    smooth = cv2.blur(coarse.astype(np.float32), (3, 3))
    darkest, lightest = np.percentile(smooth, (1, 99.5))
    return bool(lightest <= _DARK and lightest - darkest <= _SHAPES)


def _lasts(since: float | None, at: float, limit_s: float) -> bool:
    return since is not None and at - since >= limit_s
