"""What the camera makes of a scene: perspective, light, lens, sensor and compression."""

from collections.abc import Sequence
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from tests.bench.carriers import carrier
from tests.bench.halls import hall_of
from tests.bench.scene import HEIGHT_PX, WIDTH_PX, Floats, Grey, Scene

_VIEW_DEGREES = 60  # across
_SIZE = (WIDTH_PX, HEIGHT_PX)
_SATURATED = 275  # grey level: a reflection burns out what is under it


def draw(scene: Scene, rng: np.random.Generator) -> Grey:
    """One frame of the scene, shape (720, 1280); `rng` makes its noise."""
    flat, code_px = carrier(scene)
    matrix = _projection(scene, flat.shape, code_px)
    smaller = code_px / scene.module_px
    if smaller > 1.5:  # the sensor averages over its pixels
        flat = cv2.GaussianBlur(flat, (0, 0), smaller * 0.35).astype(np.float32, copy=False)
    covered = cv2.warpPerspective(np.ones_like(flat), matrix, _SIZE, flags=cv2.INTER_LINEAR)
    shown = cv2.warpPerspective(flat, matrix, _SIZE, flags=cv2.INTER_LINEAR)
    lit = scene.dark + (scene.light - scene.dark) * shown
    frame = (hall_of(scene.background) * (1 - covered) + lit * covered).astype(np.float32, copy=False)
    box = cv2.boundingRect((covered > 0.5).astype(np.uint8))
    frame = _through_lens(_lit(frame, box, scene), scene)
    noise = rng.normal(0, scene.noise, frame.shape).astype(np.float32) * (0.6 + frame / 320)
    return _compressed(np.clip(frame + noise, 0, 255).astype(np.uint8), scene.jpeg)


def turned(yaw: float, pitch: float, roll: float) -> NDArray[np.float64]:
    """How something held so is turned; angles in radians, shape (3, 3)."""
    turn_x = np.array([[1, 0, 0], [0, np.cos(pitch), -np.sin(pitch)], [0, np.sin(pitch), np.cos(pitch)]])
    turn_y = np.array([[np.cos(yaw), 0, np.sin(yaw)], [0, 1, 0], [-np.sin(yaw), 0, np.cos(yaw)]])
    turn_z = np.array([[np.cos(roll), -np.sin(roll), 0], [np.sin(roll), np.cos(roll), 0], [0, 0, 1]])
    turn: NDArray[np.float64] = turn_z @ turn_y @ turn_x
    return turn


def _projection(scene: Scene, shape: tuple[int, ...], code_px: int) -> NDArray[np.float64]:
    """The homography from the flat carrier to the frame, by a pinhole camera."""
    height, width = shape
    scale = scene.module_px / code_px
    turn = turned(*(np.deg2rad(angle) for angle in (scene.yaw, scene.pitch, scene.roll)))
    focal = WIDTH_PX / (2 * np.tan(np.deg2rad(_VIEW_DEGREES / 2)))
    corners = np.array([[-width, -height], [width, -height], [width, height], [-width, height]]) / 2
    places = np.column_stack([corners * scale, np.zeros(4)]) @ turn.T
    places[:, 2] += focal  # one flat pixel, scaled, is one pixel of the frame at this distance
    middle = np.array([scene.x * WIDTH_PX, scene.y * HEIGHT_PX])
    projected = places[:, :2] / places[:, 2:] * focal + middle
    flat = corners + np.array([width / 2, height / 2])
    matrix = cv2.getPerspectiveTransform(flat.astype(np.float32), projected.astype(np.float32))
    return matrix.astype(np.float64, copy=False)


# --- light ----------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=1)
def _pixels() -> tuple[Floats, Floats]:
    """The x and the y of every pixel of a frame."""
    y, x = np.mgrid[0:HEIGHT_PX, 0:WIDTH_PX].astype(np.float32)
    return x, y


def _lit(frame: Floats, box: Sequence[int], scene: Scene) -> NDArray[np.floating]:
    """The frame with waves, shadow and reflection; box: left, top, width and height of the carrier in it."""
    lit: NDArray[np.floating] = frame
    if scene.moire:
        lit = lit * (1 + scene.moire * 0.5 * _waves(box, scene))
    if scene.gradient:
        lit = lit * _shadow(box, scene)
    if scene.glare:
        lit = np.minimum(lit + 420 * scene.glare * _reflection(box, scene), _SATURATED)
    return lit


def _waves(box: Sequence[int], scene: Scene) -> NDArray[np.floating]:
    """The beat between the pixels of a display and those of the sensor: -2 to 2 on the carrier, 0 around it."""
    (x, y), (left, top, width, height) = _pixels(), box
    angle, period = np.deg2rad(scene.gradient_angle + 17), scene.moire_period_px
    waves = np.sin(2 * np.pi * (x * np.cos(angle) + y * np.sin(angle)) / period)
    waves += np.sin(2 * np.pi * (y * np.cos(angle) - x * np.sin(angle)) / (period * 1.13))
    inside = np.zeros((HEIGHT_PX, WIDTH_PX), np.float32)
    inside[top : top + height, left : left + width] = 1
    return np.asarray(waves * inside)


def _shadow(box: Sequence[int], scene: Scene) -> NDArray[np.floating]:
    (x, y), (left, top, width, height) = _pixels(), box
    angle = np.deg2rad(scene.gradient_angle)
    across = ((x - left - width / 2) * np.cos(angle) + (y - top - height / 2) * np.sin(angle)) / max(width, 1)
    return np.asarray(np.clip(1 - scene.gradient * (0.5 + across * 1.6), 0.04, 1.6))


def _reflection(box: Sequence[int], scene: Scene) -> NDArray[np.floating]:
    """A lamp in the glass, 0 to 1."""
    (x, y), (left, top, width, height) = _pixels(), box
    middle_x, middle_y = left + scene.glare_x * width, top + scene.glare_y * height
    reach = scene.glare_size * min(width, height)
    return np.exp(-(((x - middle_x) / reach) ** 2 + ((y - middle_y) / (reach * 0.7)) ** 2) * 1.5)


# --- lens and sensor ------------------------------------------------------------------------------------------------


def _through_lens(frame: NDArray[np.floating], scene: Scene) -> Floats:
    seen: cv2.typing.MatLike = frame
    if scene.defocus_px >= 0.4:
        seen = cv2.filter2D(seen, -1, disc(scene.defocus_px))
    if scene.motion_px >= 1:
        seen = cv2.filter2D(seen, -1, streak(scene.motion_px, scene.motion_angle))
    return cv2.GaussianBlur(seen, (0, 0), 0.6).astype(np.float32)


def disc(radius: float) -> Floats:
    """What an unfocused lens makes of a point."""
    size = 2 * int(np.ceil(radius)) + 1
    y, x = np.mgrid[0:size, 0:size] - size // 2
    kernel = np.clip(radius + 0.5 - np.hypot(x, y), 0, 1).astype(np.float32)
    return np.asarray(kernel / kernel.sum(), np.float32)


def streak(length: float, angle: float) -> Floats:
    """What a hand that moves while the shutter is open makes of a point."""
    size, detail = 2 * int(np.ceil(length / 2)) + 3, 4
    kernel = np.zeros((size * detail, size * detail), np.float32)
    middle = size * detail // 2
    offset = np.array([np.cos(np.deg2rad(angle)), np.sin(np.deg2rad(angle))]) * length * detail / 2
    start, end = (np.round(middle + sign * offset).astype(int) for sign in (-1, 1))
    cv2.line(kernel, (int(start[0]), int(start[1])), (int(end[0]), int(end[1])), 1.0, detail)
    small = cv2.resize(kernel, (size, size), interpolation=cv2.INTER_AREA)
    return np.asarray(small / small.sum(), np.float32)


def _compressed(grey: Grey, quality: int) -> Grey:
    """As a webcam sends it: through JPEG."""
    _, data = cv2.imencode(".jpg", grey, [cv2.IMWRITE_JPEG_QUALITY, quality])
    decoded = cv2.imdecode(data, cv2.IMREAD_GRAYSCALE)
    assert decoded is not None
    return decoded.astype(np.uint8, copy=False)
