"""What is shown: a phone or a sheet of paper with a QR code, drawn flat; 0 is dark and 1 is light."""

import cv2
import numpy as np
import segno
from numpy.typing import NDArray

from tests.bench.scene import Floats, Scene, Style

_ENOUGH_QUIET = 4  # modules, by ISO/IEC 18004; with less, writing and lines come close
_OVERSAMPLED = 4  # dots are drawn so much larger


def carrier(scene: Scene) -> tuple[Floats, int]:
    """The carrier, flat, and the pixels of one module in it."""
    symbol = segno.make(scene.payload, error=scene.error, boost_error=False, micro=False)
    px = max(4, min(14, round(scene.module_px * 1.6)))
    code = _modules(np.array(symbol.matrix, np.uint8), px, scene.style)
    side = len(code)
    if scene.logo:
        _logo(code, scene.logo)
    quiet = round(scene.quiet_modules * px)
    page = np.pad(code, quiet, constant_values=1.0)
    if scene.dark_mode:
        page = 1 - page
    crowded = scene.quiet_modules < _ENOUGH_QUIET
    around = 0.08 if scene.dark_mode else 0.55 if crowded else 0.95
    phone = scene.carrier == "phone"
    tall, wide = round(len(page) * (0.9 if phone else 0.5)), round(len(page) * 0.12)
    page = np.pad(page, ((tall, tall), (wide, wide)), constant_values=around)
    if crowded:
        _neighbours(page, quiet + wide)
    page = np.pad(page, px * 2, constant_values=0.03 if phone else 0.9)
    damage = np.random.default_rng(scene.background + 7)
    if scene.occluded:
        _finger(page, side, scene.occluded, damage)
    for _ in range(scene.cracks):
        _crack(page, side, damage)
    return _bent(page, scene.bend) if scene.bend else page, px


def write(picture: Floats, text: str, place: tuple[int, int], size: float, shade: float) -> None:
    """Letters in one shade, into the picture; place: the lower left corner, x and y in pixels."""
    letters = np.zeros(picture.shape, np.uint8)
    cv2.putText(letters, text, place, cv2.FONT_HERSHEY_SIMPLEX, size, 255, 2)
    picture[letters > 127] = shade


def _modules(matrix: NDArray[np.uint8], px: int, style: Style) -> Floats:
    """The code without its quiet zone; finder patterns are square in every style."""
    code = np.kron(1 - matrix, np.ones((px, px))).astype(np.float32)
    if style == "squares":
        return code
    finders = np.zeros(matrix.shape, bool)
    finders[:7, :7] = finders[:7, -7:] = finders[-7:, :7] = True
    dot = _dot(px, 0.38 if style == "dots" else 0.5)
    for row, column in zip(*np.nonzero(matrix.astype(bool) & ~finders), strict=True):
        code[row * px : (row + 1) * px, column * px : (column + 1) * px] = dot
    return code


def _dot(px: int, radius: float) -> Floats:
    """A dark disc in a module; radius: as a share of the module's side."""
    large = np.ones((px * _OVERSAMPLED, px * _OVERSAMPLED), np.float32)
    middle = px * _OVERSAMPLED // 2
    cv2.circle(large, (middle - 1, middle - 1), round(px * radius * _OVERSAMPLED), 0.0, -1)
    return cv2.resize(large, (px, px), interpolation=cv2.INTER_AREA).astype(np.float32, copy=False)


def _logo(code: Floats, share: float) -> None:
    middle, half = len(code) // 2, round(len(code) * share / 2)
    code[middle - half : middle + half, middle - half : middle + half] = 1.0
    cv2.circle(code, (middle, middle), round(half * 0.8), 0.35, -1)


def _neighbours(page: Floats, margin: int) -> None:
    """Text and a frame that come close to the code."""
    height, width = page.shape
    for row in range(3):
        write(page, "ASHYQ 2026", (4, height // 2 + row * 40 - height // 3), 0.8, 0.1)
    near = margin // 3
    cv2.rectangle(page, (near, near), (width - near, height - near), 0.2, 2)


def _finger(page: Floats, side: int, share: float, rng: np.random.Generator) -> None:
    """Over the lower or the right edge, so that no finder pattern is hidden wholly."""
    height, width = page.shape
    left, top, reach = (width - side) / 2, (height - side) / 2, side * share
    below = rng.random() < 0.5
    along, beyond = side * rng.uniform(0.35, 0.8), side + reach * 0.2
    x, y = (left + along, top + beyond) if below else (left + beyond, top + along)
    cv2.ellipse(page, (round(x), round(y)), (round(reach), round(reach)), 0, 0, 360, 0.45, -1)


def _crack(page: Floats, side: int, rng: np.random.Generator) -> None:
    """A light line with a dark edge, through the glass."""
    height, width = page.shape
    x, y, angle = rng.uniform(0, width), rng.uniform(0, height), rng.uniform(0, 6.28)
    points = [(x, y)]
    for _ in range(6):
        angle += rng.normal(0, 0.4)
        x, y = x + side * 0.25 * np.cos(angle), y + side * 0.25 * np.sin(angle)
        points.append((x, y))
    line = np.array(points, np.int32).reshape(-1, 1, 2)
    cv2.polylines(page, [line], isClosed=False, color=1.0, thickness=2)
    cv2.polylines(page, [line + 2], isClosed=False, color=0.2, thickness=1)


def _bent(flat: Floats, bend: float) -> Floats:
    """A sheet that is rolled: columns move up and down along an arc."""
    height, width = flat.shape
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    arc = bend * width * ((x / width - 0.5) ** 2 - 0.08)
    bent = cv2.remap(flat, x, y + arc, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return bent.astype(np.float32, copy=False)
