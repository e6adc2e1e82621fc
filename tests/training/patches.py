"""Patches to train with: places in a frame as the reader looks at them, with a code or with something else."""

from dataclasses import dataclass

import cv2
import numpy as np
import segno
from numpy.typing import NDArray

from hardware.recognition import SIDE_PX
from tests.bench.carriers import carrier
from tests.bench.clutter import something
from tests.bench.optics import disc, streak, turned
from tests.bench.scene import Floats, Grey, Scene, Style
from tests.bench.scenes import ALPHANUMERIC

_STYLES: tuple[Style, ...] = ("squares", "squares", "squares", "dots", "rounded")
_LEAST_PX, _MOST_PX = 36, 340  # a side of the place, in pixels of the frame at half its size


def patches(rng: np.random.Generator, count: int) -> tuple[Grey, NDArray[np.uint8]]:
    """So many patches, shape (count, 80, 80), every other one with a code, and 1 for each that has one."""
    labels = (np.arange(count) % 2).astype(np.uint8)
    return np.stack([with_code(rng) if label else without(rng) for label in labels]), labels


def with_code(rng: np.random.Generator) -> Grey:
    """A code somewhere in the patch; mostly it fills half of its side or more."""
    page, module_px, code_px = _page(rng)
    chance = rng.random()
    share = float(
        rng.uniform(0.5, 1) if chance < 0.65 else rng.uniform(0.25, 0.5) if chance < 0.86 else rng.uniform(1, 1.3)
    )
    side = min(_MOST_PX, max(_side(rng, 300), round(_side(rng, 300) * 0.45 / share)))
    scale = side * share / code_px
    if module_px * scale < 0.7:  # less than that nobody reads
        scale = 0.7 / module_px
        side = min(_MOST_PX, round(scale * code_px / share))
    off = side * float(np.clip((1 - share) / 2 * 0.8 + 0.06, 0.05, 0.36))
    middle = side / 2 + rng.uniform(-off, off), side / 2 + rng.uniform(-off, off)
    return _seen(rng, _laid_on(rng, page, side, _Held(scale, middle)), module_px * scale)


def without(rng: np.random.Generator) -> Grey:
    """Anything else, most of it with the density of a code."""
    side = _side(rng, 240)
    if rng.random() < 0.25:
        return _seen(rng, _behind(rng, side), float(rng.uniform(0.7, 4)))
    high = max(30, round(side * rng.uniform(0.6, 1.8) * rng.uniform(0.7, 2)))
    drawn = something(rng, high, max(30, round(high * rng.uniform(0.5, 1.6))))
    middle = side / 2 + rng.uniform(-0.2, 0.2) * side, side / 2 + rng.uniform(-0.2, 0.2) * side
    held = _Held(float(rng.uniform(0.4, 1.3)), middle)
    return _seen(rng, _laid_on(rng, drawn, side, held), float(rng.uniform(0.7, 4)))


def _side(rng: np.random.Generator, most_px: int) -> int:
    return round(float(np.exp(rng.uniform(np.log(_LEAST_PX), np.log(most_px)))))


def _page(rng: np.random.Generator) -> tuple[Floats, int, int]:
    """A carrier with a code, flat; the pixels of a module and of the code in it."""
    length = int(rng.integers(10, 200 if rng.random() < 0.6 else 60))
    letters = rng.choice(np.frombuffer(ALPHANUMERIC, np.uint8), length).tobytes()
    address = b"https://" + rng.integers(97, 122, max(4, length * 2 // 3)).astype(np.uint8).tobytes()
    scene = Scene(
        letters if rng.random() < 0.5 else address,
        error=str(rng.choice(list("LMQH"))),
        style=_STYLES[int(rng.integers(len(_STYLES)))],
        dark_mode=bool(rng.random() < 0.3),
        logo=float(rng.uniform(0.1, 0.33)) if rng.random() < 0.25 else 0.0,
        quiet_modules=float(rng.choice([4, 4, 4, 2, 1, 0.5, 0])),
        carrier="phone" if rng.random() < 0.5 else "paper",
        occluded=float(rng.uniform(0.05, 0.35)) if rng.random() < 0.2 else 0.0,
        cracks=int(rng.integers(0, 5)) if rng.random() < 0.2 else 0,
        bend=float(rng.uniform(0.05, 0.4)) if rng.random() < 0.12 else 0.0,
        module_px=float(rng.uniform(2.5, 7)),
        background=int(rng.integers(1, 2**31)),
    )
    page, module_px = carrier(scene)
    symbol = segno.make(scene.payload, error=scene.error, boost_error=False, micro=False)
    return page, module_px, int(symbol.symbol_size(border=0)[0]) * module_px


def _behind(rng: np.random.Generator, side: int) -> Floats:
    """Up to three things side by side or over each other."""
    seen = np.full((side, side), rng.uniform(0, 1), np.float32)
    for _ in range(int(rng.integers(0, 4))):
        high, wide = (int(rng.integers(24, max(26, side))) for _ in range(2))
        top, left = int(rng.integers(-high // 2, side - 8)), int(rng.integers(-wide // 2, side - 8))
        drawn = something(rng, high, wide)[max(0, -top) : side - top, max(0, -left) : side - left]
        seen[max(0, top) :, max(0, left) :][: drawn.shape[0], : drawn.shape[1]] = drawn
    return seen


# --- how it is held -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Held:
    """scale: of flat pixels to those of the place; middle: where the flat picture's middle lies."""

    scale: float
    middle: tuple[float, float]


def _laid_on(rng: np.random.Generator, flat: Floats, side: int, held: _Held) -> Floats:
    """The flat picture, tilted and turned, before what is behind."""
    matrix = _projection(rng, flat.shape, side, held)
    if held.scale < 0.8:
        flat = cv2.GaussianBlur(flat, (0, 0), 0.4 / held.scale).astype(np.float32, copy=False)
    covered = cv2.warpPerspective(np.ones_like(flat), matrix, (side, side))
    shown = cv2.warpPerspective(flat, matrix, (side, side))
    return (_behind(rng, side) * (1 - covered) + shown * covered).astype(np.float32)


def _projection(rng: np.random.Generator, shape: tuple[int, ...], side: int, held: _Held) -> NDArray[np.float64]:
    high, wide = shape
    tilt = np.deg2rad(abs(rng.normal(0, 15)) if rng.random() < 0.6 else rng.uniform(15, 65))
    way = rng.uniform(0, 2 * np.pi)
    roll = np.deg2rad(rng.normal(0, 10) if rng.random() < 0.6 else rng.uniform(-180, 180))
    turn = turned(tilt * np.cos(way), tilt * np.sin(way), roll)
    corners = np.array([[-wide, -high], [wide, -high], [wide, high], [-wide, high]]) / 2
    far = side * rng.uniform(2, 5)
    places = np.column_stack([corners * held.scale, np.zeros(4)]) @ turn.T
    places[:, 2] = np.maximum(places[:, 2] + far, far * 0.15)
    projected = places[:, :2] / places[:, 2:] * far + held.middle
    flat = corners + np.array([wide / 2, high / 2])
    matrix = cv2.getPerspectiveTransform(flat.astype(np.float32), projected.astype(np.float32))
    return matrix.astype(np.float64, copy=False)


# --- light, lens and sensor -----------------------------------------------------------------------------------------


def _seen(rng: np.random.Generator, drawn: Floats, detail_px: float) -> Grey:
    """As the camera has it, brought to the network's size; detail_px: what a module or the like measures."""
    dark = rng.uniform(0, 70)
    contrast = rng.uniform(70, 235) if rng.random() < 0.75 else rng.uniform(16, 80)
    frame = _lit(rng, dark + contrast * drawn)
    if rng.random() < 0.35 and (radius := rng.uniform(0.2, 0.75) * detail_px) > 0.4:
        frame = cv2.filter2D(frame, -1, disc(float(radius))).astype(np.float32, copy=False)
    if rng.random() < 0.35 and (length := rng.uniform(0.4, 1.8) * detail_px) > 1:
        frame = cv2.filter2D(frame, -1, streak(float(length), float(rng.uniform(0, 180)))).astype(
            np.float32, copy=False
        )
    frame = cv2.GaussianBlur(frame, (0, 0), float(rng.uniform(0.4, 0.8))).astype(np.float32, copy=False)
    noise = rng.uniform(0.5, 5) if rng.random() < 0.7 else rng.uniform(5, 22) * min(1, contrast / 120 + 0.15)
    grey = np.clip(frame + rng.normal(0, noise, frame.shape) * (0.6 + frame / 320), 0, 255).astype(np.uint8)
    if rng.random() < 0.4:
        _, data = cv2.imencode(".jpg", grey, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(10, 90))])
        grey = np.asarray(cv2.imdecode(data, cv2.IMREAD_GRAYSCALE), np.uint8)
    grey = 255 - grey if rng.random() < 0.15 else grey
    interpolation = cv2.INTER_AREA if len(grey) > SIDE_PX else cv2.INTER_LINEAR
    return cv2.resize(grey, (SIDE_PX, SIDE_PX), interpolation=interpolation).astype(np.uint8, copy=False)


def _lit(rng: np.random.Generator, frame: NDArray[np.floating]) -> Floats:
    """With a shadow, a reflection, or the waves of a display, each now and then."""
    y, x = np.mgrid[0 : len(frame), 0 : len(frame)] / len(frame)
    if rng.random() < 0.3:
        way, depth = rng.uniform(0, 2 * np.pi), rng.uniform(0.3, 1.2)
        frame = frame * np.clip(
            1 - depth * (0.5 + 1.6 * ((x - 0.5) * np.cos(way) + (y - 0.5) * np.sin(way))), 0.04, 1.6
        )
    if rng.random() < 0.2:
        wide, high = rng.uniform(0.08, 0.4), rng.uniform(0.08, 0.3)
        lamp = ((x - rng.uniform(0, 1)) / wide) ** 2 + ((y - rng.uniform(0, 1)) / high) ** 2
        frame = np.minimum(frame + 420 * rng.uniform(0.2, 0.9) * np.exp(-lamp * 1.5), 275)
    if rng.random() < 0.15:
        way, period = rng.uniform(0, np.pi), rng.uniform(2, 8) / len(frame)
        waves = np.sin(2 * np.pi * (x * np.cos(way) + y * np.sin(way)) / period)
        waves += np.sin(2 * np.pi * (y * np.cos(way) - x * np.sin(way)) / (period * 1.13))
        frame = frame * (1 + rng.uniform(0.05, 0.35) * waves)
    return frame.astype(np.float32)
