"""Textures, drawn flat, 0 to 1: fabrics, tiles, leaves, grass, coats of animals; as dense as a code, and none."""

from collections.abc import Callable

import cv2
import numpy as np

from tests.bench.scene import Floats

Drawing = Callable[[np.random.Generator, int, int], Floats]
"""Draws something of so many pixels, height and width."""


def page(high: int, wide: int, shade: float = 1.0) -> Floats:
    """Nothing but a shade."""
    return np.full((high, wide), shade, np.float32)


def cells(rng: np.random.Generator, high: int, wide: int, least: int, most: int) -> tuple[int, int, int]:
    """The side of a cell in pixels, and how many rows and columns of them there are."""
    px = int(rng.integers(least, most))
    return px, high // px + 1, wide // px + 1


def laid(shades: Floats, px: int, high: int, wide: int) -> Floats:
    """Each value a square of so many pixels."""
    return np.kron(shades, np.ones((px, px), np.float32))[:high, :wide].astype(np.float32)


# --- fabrics, walls, floors -----------------------------------------------------------------------------------------


def _checks(rng: np.random.Generator, high: int, wide: int) -> Floats:
    """Chess boards, tartans, gingham: bands across and down, added or multiplied."""
    px, rows, columns = cells(rng, high, wide, 4, 40)
    if rng.random() < 0.4:
        return laid((np.indices((rows, columns)).sum(axis=0) % 2).astype(np.float32), px, high, wide)
    period = int(rng.integers(2, 7))
    bands = rng.uniform(0, 1, period)
    across, down = bands[np.arange(columns) % period], bands[np.arange(rows) % period]
    return laid(((across[None, :] + down[:, None]) / 2).astype(np.float32), px, high, wide)


def _weave(rng: np.random.Generator, high: int, wide: int) -> Floats:
    """One small drawing, over and over: houndstooth, knit, wallpaper, mosaics with a pattern."""
    px, side = int(rng.integers(2, 9)), int(rng.integers(3, 12))
    one = rng.random((side, side)).astype(np.float32)
    one = (one > 0.5).astype(np.float32) if rng.random() < 0.7 else one
    times = (high // (px * side) + 1, wide // (px * side) + 1)
    return laid(np.tile(one, times), px, high, wide)


def _mosaic(rng: np.random.Generator, high: int, wide: int) -> Floats:
    """Tiles of any shade, with or without joints."""
    px, rows, columns = cells(rng, high, wide, 6, 40)
    drawn = laid(rng.random((rows, columns)).astype(np.float32), px, high, wide)
    if rng.random() < 0.5:
        drawn[::px], drawn[:, ::px] = 0.1, 0.1
    return drawn


def _bricks(rng: np.random.Generator, high: int, wide: int) -> Floats:
    drawn, tall = page(high, wide, 0.85), int(rng.integers(8, 40))
    broad, joint = round(tall * rng.uniform(1, 3.5)), max(1, tall // 8)
    for number, row in enumerate(range(0, high, tall)):
        for left in range(-(number % 2) * broad // 2, wide, broad):
            shade = float(rng.uniform(0.2, 0.6))
            cv2.rectangle(drawn, (left + joint, row + joint), (left + broad - joint, row + tall - joint), shade, -1)
    return drawn


def _dots(rng: np.random.Generator, high: int, wide: int) -> Floats:
    """Dots or holes in rows, all of them or some, alike or not."""
    px, rows, columns = cells(rng, high, wide, 5, 40)
    drawn, share, alike = page(high, wide), float(rng.uniform(0.3, 1.2)), rng.random() < 0.6
    shift = px // 2 if rng.random() < 0.4 else 0
    for row in range(rows):
        for column in range(columns):
            if rng.random() < share:
                middle = (column * px + px // 2 + shift * (row % 2), row * px + px // 2)
                radius = px * (0.3 if alike else rng.uniform(0.15, 0.45))
                cv2.circle(drawn, middle, max(1, round(radius)), 0.1 if alike else float(rng.uniform(0, 0.6)), -1)
    return drawn


def _stripes(rng: np.random.Generator, high: int, wide: int) -> Floats:
    """Blinds, gratings, railings: lines one way, or two ways."""
    y, x = np.mgrid[0:high, 0:wide].astype(np.float32)
    drawn = page(high, wide)
    for _ in range(int(rng.integers(1, 3))):
        angle, period = rng.uniform(0, np.pi), rng.uniform(5, 40)
        waves = np.sin(2 * np.pi * (x * np.cos(angle) + y * np.sin(angle)) / period)
        drawn = drawn * (waves > rng.uniform(-0.6, 0.6))
    return drawn.astype(np.float32)


# --- nature ----------------------------------------------------------------------------------------------------------


def _leaves(rng: np.random.Generator, high: int, wide: int) -> Floats:
    drawn = page(high, wide, 0.5)
    size = rng.uniform(4, 40)
    for _ in range(int(rng.integers(80, 500))):
        middle = int(rng.integers(wide)), int(rng.integers(high))
        axes = max(1, round(size * rng.uniform(0.3, 1))), max(1, round(size * rng.uniform(0.1, 0.5)))
        cv2.ellipse(drawn, middle, axes, float(rng.uniform(0, 180)), 0, 360, float(rng.uniform(0, 1)), -1)
    return drawn


def _grass(rng: np.random.Generator, high: int, wide: int) -> Floats:
    """Thin things that lie over each other: grass, hair, fur, twigs, straw."""
    drawn = page(high, wide, 0.3)
    lies, spread, long = rng.uniform(0, 180), rng.uniform(5, 90), rng.uniform(8, 60)
    for _ in range(int(rng.integers(150, 700))):
        middle = int(rng.integers(wide)), int(rng.integers(high))
        axes = max(2, round(long * rng.uniform(0.3, 1))), int(rng.integers(1, 4))
        cv2.ellipse(drawn, middle, axes, float(rng.normal(lies, spread)), 0, 360, float(rng.uniform(0, 1)), -1)
    return drawn


def _grain(rng: np.random.Generator, high: int, wide: int) -> Floats:
    """Noise at all sizes: gravel, gravures, foliage far away; sometimes only its light and dark."""
    drawn = page(high, wide, 0.0)
    slope = rng.uniform(0.3, 1.3)
    for octave in range(1, 7):
        shape = max(2, high >> octave), max(2, wide >> octave)
        noise = rng.normal(0, 1, shape).astype(np.float32)
        stronger = float(2 ** (octave * (slope - 1)))
        drawn += stronger * cv2.resize(noise, (wide, high), interpolation=cv2.INTER_LINEAR)
    lowest, highest = float(drawn.min()), float(drawn.max())
    drawn = (drawn - lowest) / max(highest - lowest, 1e-6)
    return (drawn > 0.5).astype(np.float32) if rng.random() < 0.3 else drawn.astype(np.float32, copy=False)


def _even(values: cv2.typing.MatLike) -> Floats:
    """From the lowest to the highest, 0 to 1."""
    lowest, highest = float(values.min()), float(values.max())
    return ((values - lowest) / max(highest - lowest, 1e-6)).astype(np.float32)


def _meander(rng: np.random.Generator, high: int, wide: int) -> Floats:
    """Bands of one breadth that wind, branch and end: zebras, corals, sand, wood, fingerprints; or spots."""
    breadth, lengthwise = float(rng.uniform(1.2, 8)), float(rng.choice([1, 1, 1, 2, 4]))
    noise = rng.normal(0, 1, (high, wide)).astype(np.float32)
    across, along = (breadth, breadth * lengthwise)[:: int(rng.choice([-1, 1]))]
    near = cv2.GaussianBlur(noise, (0, 0), sigmaX=across, sigmaY=along)
    far = cv2.GaussianBlur(noise, (0, 0), sigmaX=across * 1.6, sigmaY=along * 1.6)
    bands = (near - far) / max(float((near - far).std()), 1e-9) * rng.uniform(0.8, 6)
    drawn: Floats = (1 / (1 + np.exp(-np.clip(bands + rng.uniform(-1.5, 1.5), -30, 30)))).astype(np.float32)
    return drawn


def _scales(rng: np.random.Generator, high: int, wide: int) -> Floats:
    """Cells around points, with joints or shades: cobbles, scales, crazed glaze, crowns of trees from far away."""
    side = float(rng.uniform(5, 34))
    points = np.full((high, wide), 255, np.uint8)
    columns, rows = max(2, round(wide / side)), max(2, round(high / side))
    grid = np.stack(np.meshgrid(np.arange(columns), np.arange(rows)), -1).reshape(-1, 2) + 0.5
    placed = (grid + rng.normal(0, rng.uniform(0.05, 0.5), grid.shape)) * (wide / columns, high / rows)
    x, y = np.clip(placed, 0, (wide - 1, high - 1)).astype(int).T
    points[y, x] = 0
    from_point, labels = cv2.distanceTransformWithLabels(points, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)
    shades = rng.uniform(0.3, 1, int(labels.max()) + 1).astype(np.float32)[labels]
    edges = cv2.morphologyEx(labels.astype(np.float32), cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)) > 0
    joints = cv2.dilate(edges.astype(np.uint8), np.ones((int(rng.integers(1, 4)),) * 2, np.uint8)) > 0
    kind = rng.random()
    if kind < 0.4:
        return np.where(joints, np.float32(0.05), shades)
    if kind < 0.7:
        return np.where(joints, np.float32(rng.uniform(0, 0.3)), np.float32(0.9))
    return _even(shades - from_point / side * rng.uniform(0.2, 1.5))


def _relief(rng: np.random.Generator, high: int, wide: int) -> Floats:
    """A rough surface with light from one side: rock, bark, crumpled paper, masonry."""
    height = cv2.GaussianBlur(_grain(rng, high, wide), (0, 0), float(rng.uniform(0.6, 3)))
    way = rng.uniform(0, 2 * np.pi)
    down, across = np.gradient(height)
    slope = down * np.sin(way) + across * np.cos(way)
    lit: Floats = np.clip(0.5 + slope / max(4 * float(slope.std()), 1e-9), 0, 1).astype(np.float32)
    return lit


# --- what has an outline, or folds ----------------------------------------------------------------------------------


def _clump(rng: np.random.Generator, high: int, wide: int) -> Floats:
    """A texture as far as an outline goes, and a plain shade around: a bush, a head of hair, a bouquet, an animal."""
    texture = PLAIN[int(rng.integers(len(PLAIN)))](rng, high, wide)
    y, x = np.mgrid[0:high, 0:wide].astype(np.float32)
    from_middle = ((x / wide - rng.uniform(0.3, 0.7)) / rng.uniform(0.25, 0.6)) ** 2
    from_middle += ((y / high - rng.uniform(0.3, 0.7)) / rng.uniform(0.25, 0.6)) ** 2
    rough = cv2.GaussianBlur(
        rng.normal(0, 1, (high, wide)).astype(np.float32), (0, 0), max(high, wide) / rng.uniform(10, 50)
    )
    inside = from_middle + rough / max(float(rough.std()), 1e-9) * rng.uniform(0.05, 0.4) < 1
    ball = (1.1 - 0.6 * from_middle * rng.uniform(0, 1)).astype(np.float32)
    return np.where(inside, np.clip(texture * ball, 0, 1), np.float32(rng.uniform(0, 1))).astype(np.float32)


def _folds(rng: np.random.Generator, high: int, wide: int) -> Floats:
    """A fabric that is not flat: stretched here, in folds there."""
    texture = PLAIN[int(rng.integers(len(PLAIN)))](rng, high, wide)
    y, x = np.mgrid[0:high, 0:wide].astype(np.float32)
    size = max(high, wide) / float(rng.uniform(4, 16))
    moved = [cv2.GaussianBlur(rng.normal(0, 1, (high, wide)).astype(np.float32), (0, 0), size) for _ in range(2)]
    by = rng.uniform(0.1, 0.7) * size
    across, down = (one / max(float(one.std()), 1e-9) * np.float32(by) for one in moved)
    bent = cv2.remap(texture, (x + across).astype(np.float32), (y + down).astype(np.float32), cv2.INTER_LINEAR,
                     borderMode=cv2.BORDER_REFLECT)  # fmt: skip
    shadow = 1 - rng.uniform(0, 0.6) * _even(moved[0])
    return np.clip(bent * shadow, 0, 1).astype(np.float32)


PLAIN: tuple[Drawing, ...] = (
    _checks, _weave, _mosaic, _bricks, _dots, _stripes, _leaves, _grass, _grain, _meander, _scales, _relief,
)  # fmt: skip
TEXTURES: tuple[Drawing, ...] = (*PLAIN, _dots, _clump, _clump, _clump, _folds, _folds)
