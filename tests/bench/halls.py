"""What is behind: a hall with walls, shelves, blinds and posters, and often somebody who stands there, or walks by."""

from functools import lru_cache

import cv2
import numpy as np

from tests.bench.carriers import write
from tests.bench.clutter import something
from tests.bench.scene import HEIGHT_PX, WIDTH_PX, Floats


@lru_cache(maxsize=1)
def hall_of(seed: int) -> Floats:
    """The hall of a seed, kept for the frames of a sequence: do not write to it. Shape (720, 1280), grey levels."""
    return hall(np.random.default_rng(seed))


def hall(rng: np.random.Generator) -> Floats:
    """A hall. Shape (720, 1280), grey levels."""
    y, x = np.mgrid[0:HEIGHT_PX, 0:WIDTH_PX].astype(np.float32)
    light = rng.uniform(60, 160) + rng.uniform(-60, 60) * x / WIDTH_PX + rng.uniform(-50, 50) * y / HEIGHT_PX
    seen: Floats = light.astype(np.float32)
    for _ in range(int(rng.integers(4, 16))):
        left, top = int(rng.integers(-100, WIDTH_PX)), int(rng.integers(-100, HEIGHT_PX))
        right, bottom = left + int(rng.integers(30, 400)), top + int(rng.integers(30, 400))
        cv2.rectangle(seen, (left, top), (right, bottom), float(rng.uniform(10, 245)), -1)
    if rng.random() < 0.35:
        _blinds(seen, rng)
    if rng.random() < 0.35:
        _chequered(seen, rng)
    for _ in range(int(rng.integers(0, 12))):
        place = int(rng.integers(0, WIDTH_PX - 100)), int(rng.integers(20, HEIGHT_PX))
        text = "".join(chr(code) for code in rng.integers(65, 91, 12).tolist())
        write(seen, text, place, float(rng.uniform(0.4, 2)), float(rng.uniform(0, 255)))
    if rng.random() < 0.8:
        _somebody(seen, rng)
    soft = cv2.GaussianBlur(seen, (0, 0), float(rng.uniform(0.8, 4)))
    grain = cv2.resize(rng.normal(0, 1, (180, 320)).astype(np.float32), (WIDTH_PX, HEIGHT_PX))
    return (soft + grain * rng.uniform(1, 7)).astype(np.float32)


def cluttered_hall(rng: np.random.Generator) -> Floats:
    """A hall full of print and patterns, hung up straight or not. Shape (720, 1280), grey levels."""
    seen = hall(rng)
    for _ in range(int(rng.integers(3, 13))):
        high, wide = (int(rng.integers(60, 320)) for _ in range(2))
        drawn = (10 + float(rng.uniform(120, 230)) * something(rng, high, wide)).astype(np.float32)
        left, top = rng.uniform(-50, WIDTH_PX - 60), rng.uniform(-50, HEIGHT_PX - 60)
        corners = np.array([[0, 0], [wide, 0], [wide, high], [0, high]], np.float32)
        askew = rng.normal(0, float(rng.uniform(0, 0.12)) * min(high, wide), (4, 2))
        hung = (corners + np.array([left, top]) + askew).astype(np.float32)
        _lay(seen, drawn, cv2.getPerspectiveTransform(corners, hung))
    return cv2.GaussianBlur(seen, (0, 0), float(rng.uniform(0.5, 1.8))).astype(np.float32)


class Passer:
    """Somebody in a patterned shirt who walks by."""

    def __init__(self, rng: np.random.Generator) -> None:
        shirt = 20 + float(rng.uniform(100, 220)) * something(rng, 420, 300)
        cv2.ellipse(shirt, (150, 0), (60, 50), 0, 0, 360, float(rng.uniform(90, 190)), -1)
        self._shirt = shirt.astype(np.float32)
        self._left, self._top = float(rng.uniform(-150, WIDTH_PX)), float(rng.uniform(150, 400))
        self._step = float(rng.uniform(-14, 14))

    def walk(self, behind: Floats, frame: int) -> Floats:
        """The hall behind in this frame, with the passer."""
        seen = behind.copy()
        bob = 4 * np.sin(frame * 0.8)
        shift = np.array([[1, 0, self._left + self._step * frame], [0, 1, self._top + bob], [0, 0, 1]])
        _lay(seen, self._shirt, shift)
        return seen


def _lay(seen: Floats, flat: Floats, matrix: cv2.typing.MatLike) -> None:
    """A flat thing over what is seen; matrix: from its pixels to those of the frame, shape (3, 3)."""
    covered = cv2.warpPerspective(np.ones_like(flat), matrix, (WIDTH_PX, HEIGHT_PX))
    seen *= 1 - covered
    seen += cv2.warpPerspective(flat, matrix, (WIDTH_PX, HEIGHT_PX)) * covered


def _blinds(seen: Floats, rng: np.random.Generator) -> None:
    period, left = int(rng.integers(6, 30)), int(rng.integers(0, 900))
    shade = float(rng.uniform(150, 240))
    for line in range(0, HEIGHT_PX, period):
        cv2.line(seen, (left, line), (left + 350, line), shade, max(1, period // 2))


def _chequered(seen: Floats, rng: np.random.Generator) -> None:
    period, left, top = int(rng.integers(8, 30)), int(rng.integers(0, 900)), int(rng.integers(0, 400))
    cells = np.indices((260 // period, 340 // period)).sum(axis=0) % 2
    patch = np.kron(cells, np.ones((period, period))) * 120 + 60
    seen[top : top + patch.shape[0], left : left + patch.shape[1]] = patch[: HEIGHT_PX - top, : WIDTH_PX - left]


def _somebody(seen: Floats, rng: np.random.Generator) -> None:
    middle = int(rng.integers(300, 1000))
    skin, coat = float(rng.uniform(90, 190)), float(rng.uniform(20, 150))
    cv2.ellipse(seen, (middle, 760), (300, 380), 0, 0, 360, coat, -1)
    cv2.ellipse(seen, (middle, 260), (105, 140), 0, 0, 360, skin, -1)
    for eye in (middle - 40, middle + 40):
        cv2.circle(seen, (eye, 240), 12, 30.0, -1)
