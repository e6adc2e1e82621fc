"""Whether anything changes before the camera: pure. In a still scene few frames need to be read.

It errs towards reading. Whatever lights up, moves or comes closer counts as a change; slow ones too, since a picture is
compared with the one from when the scene came to rest, not with the one before. And a still scene is read now and then
all the same: what this file should not see is only seen later.
"""

from collections.abc import Hashable
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

_NOISES = 6.0  # so many times the noise is a change
_LEAST_CHANGE = 3.0  # grey levels: what is left of a code of low contrast when its modules are averaged
_LEAST_CELLS = 6  # a code that can be read covers more than a hundred
_LIGHT_CHANGE = 12.0  # grey levels by which the whole picture may become lighter or darker
_MOST_NOISE = 4.0
_NOISE_FALLS, _NOISE_RISES = 0.5, 0.05


@dataclass(frozen=True, slots=True)
class StillnessRules:
    """Times in seconds.

    still_after_s: nothing must have happened for so long. read_every_s: in a still scene. patience_s: for so long a
    code that is located and can't be read keeps the scene awake, unmoved.
    """

    still_after_s: float = 3.0
    read_every_s: float = 0.5
    patience_s: float = 15.0


@dataclass(frozen=True, slots=True, eq=False)
class Stillness:
    """What is known of the scene. noise: standard deviation of one cell between two pictures, in grey levels."""

    rest: NDArray[np.float32] | None = None
    before: NDArray[np.float32] | None = None
    noise: float = 1.0
    happened_at: float = float("-inf")
    read_at: float = float("-inf")
    codes: frozenset[Hashable] = frozenset()
    located_since: float | None = None


def look(scene: Stillness, coarse: NDArray[np.uint8], at: float) -> tuple[Stillness, bool]:
    """Take in a coarse picture, shape (height, width); returns whether something has changed."""
    # Three by three cells: a third of the noise, and whatever matters is larger.
    now = cv2.blur(coarse.astype(np.float32), (3, 3)).astype(np.float32, copy=False)
    if scene.rest is None or scene.before is None or scene.rest.shape != now.shape:
        return replace(scene, rest=now, before=now, happened_at=at), True
    noise = _noise(scene.noise, now - scene.before)
    if _differs(now - scene.rest, noise):
        return replace(scene, rest=now, before=now, noise=noise, happened_at=at), True
    return replace(scene, before=now, noise=noise), False


def read(scene: Stillness, codes: frozenset[Hashable], at: float, rules: StillnessRules, *, located: bool) -> Stillness:
    """Take in what reading a frame has given: `codes` that were decoded, and whether one was only located."""
    located_since = (scene.located_since if scene.located_since is not None else at) if located else None
    # Another code, or one that is missed: read twice a second, one that is read now and then would seem to come anew.
    is_news = codes != scene.codes
    is_hoped_for = located_since is not None and at - located_since <= rules.patience_s
    happened_at = at if is_news or is_hoped_for else scene.happened_at
    return replace(scene, codes=codes, located_since=located_since, happened_at=happened_at, read_at=at)


def is_still(scene: Stillness, at: float, rules: StillnessRules) -> bool:
    """Whether few frames need to be read."""
    return at - scene.happened_at >= rules.still_after_s


def is_due(scene: Stillness, at: float, rules: StillnessRules) -> bool:
    """Whether it is time to read a frame although the scene is still."""
    return at - scene.read_at >= rules.read_every_s


def _differs(difference: NDArray[np.float32], noise: float) -> bool:
    light = _median(difference)
    if abs(light) > _LIGHT_CHANGE:
        return True
    # What the light, or the camera's exposure, has done to the whole picture is no change of the scene.
    cells = np.count_nonzero(np.abs(difference - light) > max(_LEAST_CHANGE, _NOISES * noise))
    return bool(cells >= _LEAST_CELLS)


def _noise(known: float, step: NDArray[np.float32]) -> float:
    """Falls fast and rises slowly: what moves is not to pass for noise."""
    # The median absolute deviation: what moves in less than half the picture does not count.
    deviation = 1.4826 * _median(np.abs(step - _median(step)))
    share = _NOISE_FALLS if deviation < known else _NOISE_RISES
    return float(min(_MOST_NOISE, known + share * (deviation - known)))


def _median(values: NDArray[np.float32]) -> float:
    some = values[::4, ::4].ravel()  # some hundred cells are enough, and cost a tenth
    return float(np.partition(some, some.size // 2)[some.size // 2])
