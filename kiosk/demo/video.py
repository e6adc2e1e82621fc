"""Films a visitor video: people hold phones and paper in front of an entrance camera, with motion, blur and noise.

Made at run time, so that its passes are valid when it is played. The same seed gives the same film.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import cos, radians, sin
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from kiosk.demo.carriers import Carrier, Drawn, Picture, draw

_ENTER_S, _LEAVE_S = 0.55, 0.4
_NOISES = 8
_NOISE_SIGMA = 5.0
_BLUR_STEP_PX = 7.0  # a moving carrier is drawn at steps of this length and averaged


@dataclass(frozen=True, slots=True)
class Showing:
    """One visitor: what they hold, for how long they hold it still, and how long nobody is there before; seconds."""

    payload: str
    carrier: Carrier
    hold_s: float = 2.2
    gap_s: float = 2.5

    def __repr__(self) -> str:
        return f"Showing(<hidden>, {self.carrier!r}, hold_s={self.hold_s}, gap_s={self.gap_s})"


@dataclass(frozen=True, slots=True)
class Timing:
    """When a code is fully in view, in seconds of the film."""

    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class _Pose:
    """Where a carrier is: centre in pixels, scale, rotation in degrees, tilt (perspective), defocus in pixels."""

    x: float
    y: float
    scale: float
    degrees: float
    tilt: float
    defocus_px: float


def record_video(
    path: Path,
    showings: Sequence[Showing],
    *,
    seed: int = 1,
    fps: int = 15,
    size: tuple[int, int] = (1280, 720),
    progress: Callable[[int, int], None] | None = None,
) -> tuple[Timing, ...]:
    """Write an MJPG film in an AVI file; size in pixels (width, height). progress is told frames done and in all.

    Raises OSError when the file can't be written.
    """
    rng = np.random.default_rng(seed)
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), fps, size)
    if not writer.isOpened():
        raise OSError(f"{path} can't be written; is there room, and may this folder be written?")
    total = sum(round(_length_s(showing) * fps) for showing in showings) + fps
    timings, number = [], 0
    try:
        hall = _hall(size)
        noises = [rng.normal(0, _NOISE_SIGMA, (size[1], size[0], 3)).astype(np.int8) for _ in range(_NOISES)]
        for showing in showings:
            drawn = draw(showing.carrier, showing.payload, rng)
            path_of = _Hand(rng, size, drawn, showing)
            begin_s = number / fps
            timings.append(
                Timing(begin_s + showing.gap_s + _ENTER_S, begin_s + showing.gap_s + _ENTER_S + showing.hold_s)
            )
            for frame in range(round(_length_s(showing) * fps)):
                picture = _exposed(hall, drawn, path_of, frame / fps, 1 / fps)
                writer.write(_noisy(picture, noises[int(rng.integers(_NOISES))]))
                number += 1
                if progress is not None:
                    progress(number, total)
        for _ in range(fps):  # the last visitor has gone
            writer.write(_noisy(hall, noises[int(rng.integers(_NOISES))]))
            number += 1
    finally:
        writer.release()
    return tuple(timings)


def _length_s(showing: Showing) -> float:
    return showing.gap_s + _ENTER_S + showing.hold_s + _LEAVE_S


class _Hand:
    """Moves a carrier: in from below, held with a tremor, out to a side."""

    def __init__(self, rng: np.random.Generator, size: tuple[int, int], drawn: Drawn, showing: Showing) -> None:
        width, height = size
        self._width, self._height = width, height
        fitting = min(1.0, 0.96 * height / drawn.bgr.shape[0])
        self._scale = fitting * rng.uniform(0.92, 1.0)
        self._x = width / 2 + rng.uniform(-0.08, 0.08) * width
        self._y = height / 2 + rng.uniform(-0.01, 0.03) * height
        self._degrees = rng.uniform(-7, 7)
        self._tilt = rng.uniform(-0.05, 0.05)
        self._leaves_to = 1 if rng.random() < 0.5 else -1
        self._phases = rng.uniform(0, 6.28, 4)
        self._showing = showing

    def at(self, second: float) -> _Pose | None:
        """The pose at a moment of this showing, or None while nobody is there."""
        since = second - self._showing.gap_s
        if since < 0:
            return None
        tremor_x = 2.2 * sin(6.1 * since + self._phases[0]) + 1.4 * sin(17.0 * since + self._phases[1])
        tremor_y = 2.0 * sin(5.3 * since + self._phases[2]) + 1.2 * sin(14.0 * since + self._phases[3])
        x, y, scale, defocus = self._x + tremor_x, self._y + tremor_y, self._scale, 0.0
        degrees = self._degrees + 0.7 * sin(2.7 * since + self._phases[0])
        if since < _ENTER_S:
            left = (1 - since / _ENTER_S) ** 2
            y += left * self._height * 1.1
            degrees += left * 14
            defocus = 3.0 * left
        leaving = since - _ENTER_S - self._showing.hold_s
        if leaving > 0:
            gone = (leaving / _LEAVE_S) ** 2
            x += gone * self._leaves_to * self._width * 0.9
            degrees += gone * self._leaves_to * 18
        scale *= 1 + 0.012 * sin(1.9 * since + self._phases[2])
        return _Pose(x, y, scale, degrees, self._tilt, defocus)


def _exposed(hall: Picture, drawn: Drawn, hand: _Hand, second: float, exposure_s: float) -> Picture:
    """One frame: what moves while the shutter is open is smeared."""
    pose = hand.at(second)
    if pose is None:
        return hall
    after = hand.at(second + exposure_s / 2) or pose
    way_px = float(np.hypot(after.x - pose.x, after.y - pose.y))
    steps = int(np.clip(way_px / _BLUR_STEP_PX, 1, 10))
    if steps == 1:
        return _composed(hall, drawn, pose)
    total = np.zeros(hall.shape, np.float32)
    for step in range(steps):
        total += _composed(hall, drawn, hand.at(second + exposure_s / 2 * step / steps) or pose)
    return (total / steps).astype(np.uint8)


def _composed(hall: Picture, drawn: Drawn, pose: _Pose) -> Picture:
    height, width = drawn.alpha.shape
    matrix = _projection(width, height, pose)
    size = (hall.shape[1], hall.shape[0])
    bgr = cv2.warpPerspective(drawn.bgr, matrix, size, flags=cv2.INTER_AREA)
    alpha = cv2.warpPerspective(drawn.alpha, matrix, size, flags=cv2.INTER_LINEAR)
    left, top, box_width, box_height = cv2.boundingRect(alpha)
    if box_width == 0:
        return hall
    picture = hall.copy()
    box = np.s_[top : top + box_height, left : left + box_width]
    cover = alpha[box][..., None].astype(np.float32) / 255
    picture[box] = (bgr[box] * cover + hall[box] * (1 - cover)).astype(np.uint8)
    if pose.defocus_px > 0.3:
        picture[box] = cv2.GaussianBlur(picture[box], (0, 0), pose.defocus_px)
    return picture


def _projection(width: int, height: int, pose: _Pose) -> NDArray[np.float64]:
    """The homography from the flat carrier to the frame."""
    angle = radians(pose.degrees)
    corners = []
    for x, y in (
        (-width / 2, -height / 2),
        (width / 2, -height / 2),
        (width / 2, height / 2),
        (-width / 2, height / 2),
    ):
        # The far edge of a tilted carrier is the smaller one.
        near = 1 + pose.tilt * (2 * y / height) + pose.tilt * (2 * x / width)
        turned_x = (x * cos(angle) - y * sin(angle)) * pose.scale * near
        turned_y = (x * sin(angle) + y * cos(angle)) * pose.scale * near
        corners.append((pose.x + turned_x, pose.y + turned_y))
    flat = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float32)
    return cv2.getPerspectiveTransform(flat, np.array(corners, np.float32)).astype(np.float64, copy=False)


def _hall(size: tuple[int, int]) -> Picture:
    """An entrance hall: wall, floor, a door frame and a soft light from above."""
    width, height = size
    hall = np.empty((height, width, 3), np.float32)
    horizon = int(height * 0.68)
    hall[:horizon] = (150, 158, 164)
    hall[horizon:] = (98, 106, 118)
    for x in range(-width, 2 * width, max(1, width // 9)):
        cv2.line(hall, (width // 2 + (x - width // 2) // 3, horizon), (x, height), (86, 94, 106), 2)
    cv2.rectangle(hall, (int(width * 0.06), int(height * 0.12)), (int(width * 0.26), horizon), (112, 122, 136), -1)
    cv2.rectangle(hall, (int(width * 0.08), int(height * 0.16)), (int(width * 0.24), horizon), (176, 184, 188), -1)
    cv2.circle(hall, (int(width * 0.225), int(height * 0.45)), max(2, width // 160), (80, 90, 100), -1)
    cv2.rectangle(
        hall, (int(width * 0.78), int(height * 0.2)), (int(width * 0.93), int(height * 0.42)), (132, 120, 96), -1
    )
    soft = cv2.GaussianBlur(hall, (0, 0), 3.0)
    column, row = np.meshgrid(np.linspace(-1, 1, width), np.linspace(0, 1, height))
    light = 1.12 - 0.28 * row - 0.18 * column**2
    return np.clip(soft * light[..., None], 0, 255).astype(np.uint8)


def _noisy(picture: Picture, noise: NDArray[np.int8]) -> Picture:
    """Sensor noise; drawn once and reused in random order, since drawing it anew costs more than all the rest."""
    return cv2.add(picture, noise, dtype=cv2.CV_8U).astype(np.uint8, copy=False)
