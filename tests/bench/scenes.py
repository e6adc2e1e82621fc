"""Generated door scenes for measuring the reading: what a camera of 1280x720 sees of a code that somebody shows.

A scene is described by a frozen dataclass of what the optics did to it; `single` makes one for one factor at a random
severity, `hand_held` a row of frames as a hand brings a code up, `empty` a door without a code. All from a seed.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import cv2
import numpy as np
import segno
from numpy.typing import NDArray

Grey = NDArray[np.uint8]
Floats = NDArray[np.float32]

WIDTH_PX, HEIGHT_PX = 1280, 720
Style = Literal["squares", "dots", "rounded"]


@dataclass(frozen=True, slots=True)
class Scene:
    """What is shown, how it is held, and what the optics do. Angles in degrees, sizes in pixels of the frame."""

    payload: bytes
    error: str = "M"
    module_px: float = 6.0
    x: float = 0.5
    y: float = 0.5
    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0
    bend: float = 0.0
    dark_mode: bool = False
    style: Style = "squares"
    logo: float = 0.0
    quiet_modules: float = 4.0
    carrier: Literal["phone", "paper"] = "phone"
    occluded: float = 0.0
    cracks: int = 0
    defocus_px: float = 0.0
    motion_px: float = 0.0
    motion_angle: float = 0.0
    dark: float = 20.0
    light: float = 225.0
    gradient: float = 0.0
    gradient_angle: float = 0.0
    glare: float = 0.0
    glare_x: float = 0.5
    glare_y: float = 0.5
    glare_size: float = 0.4
    moire: float = 0.0
    moire_period_px: float = 5.0
    noise: float = 2.5
    jpeg: int = 88
    background: int = 0


def draw(scene: Scene, rng: np.random.Generator) -> Grey:
    """One frame of the scene, shape (720, 1280); `rng` makes its noise."""
    flat, code_px = _carrier(scene)
    frame = _background(scene.background)
    matrix = _projection(scene, flat.shape, code_px)
    if scene.bend:
        flat = _bent(flat, scene.bend)
    factor = code_px / scene.module_px
    if factor > 1.5:  # the sensor averages over its pixels
        flat = cv2.GaussianBlur(flat, (0, 0), factor * 0.35)
    size = (WIDTH_PX, HEIGHT_PX)
    mask = cv2.warpPerspective(np.ones_like(flat), matrix, size, flags=cv2.INTER_LINEAR)
    shown = cv2.warpPerspective(flat, matrix, size, flags=cv2.INTER_LINEAR)
    lit = scene.dark + (scene.light - scene.dark) * shown
    frame = frame * (1 - mask) + lit * mask
    box = cv2.boundingRect((mask > 0.5).astype(np.uint8))
    frame = _optics(frame, box, scene)
    frame = frame + rng.normal(0, scene.noise, frame.shape).astype(np.float32) * (0.6 + frame / 320)
    grey = np.clip(frame, 0, 255).astype(np.uint8)
    _, data = cv2.imencode(".jpg", grey, [cv2.IMWRITE_JPEG_QUALITY, scene.jpeg])
    return cv2.imdecode(data, cv2.IMREAD_GRAYSCALE).astype(np.uint8, copy=False)


# --- what is shown --------------------------------------------------------------------------------------------------


def _carrier(scene: Scene) -> tuple[Floats, int]:
    """Phone or sheet, drawn flat, 0 dark to 1 light, and the pixels of one module in it."""
    matrix = np.array(segno.make(scene.payload, error=scene.error, boost_error=False, micro=False).matrix, np.uint8)
    px = max(4, min(14, round(scene.module_px * 1.6)))
    code = _modules(matrix, px, scene.style)
    side = code.shape[0]
    if scene.logo:
        half = round(side * scene.logo / 2)
        middle = side // 2
        code[middle - half : middle + half, middle - half : middle + half] = 1.0
        cv2.circle(code, (middle, middle), round(half * 0.8), 0.35, -1)
    quiet = round(scene.quiet_modules * px)
    page = np.pad(code, quiet, constant_values=1.0)
    if scene.dark_mode:
        page = 1 - page
    around = 0.08 if scene.dark_mode else 0.55 if scene.quiet_modules < 4 else 0.95
    tall, wide = round(page.shape[0] * (0.9 if scene.carrier == "phone" else 0.5)), round(page.shape[1] * 0.12)
    page = np.pad(page, ((tall, tall), (wide, wide)), constant_values=around)
    if scene.quiet_modules < 4:
        _writing(page, quiet + wide)
    edge = px * 2
    page = np.pad(page, edge, constant_values=0.03 if scene.carrier == "phone" else 0.9)
    _damage(page, scene, side)
    return page.astype(np.float32), px


def _modules(matrix: NDArray[np.uint8], px: int, style: Style) -> Floats:
    code = np.kron(1 - matrix, np.ones((px, px))).astype(np.float32)
    if style == "squares":
        return code
    size = len(matrix)
    finders = np.zeros_like(matrix, dtype=bool)
    finders[:7, :7] = finders[:7, -7:] = finders[-7:, :7] = True
    radius = px * (0.38 if style == "dots" else 0.5)
    for row, column in zip(*np.nonzero(matrix.astype(bool) & ~finders), strict=True):
        cell = np.ones((px * 4, px * 4), np.float32)
        cv2.circle(cell, (px * 2 - 1, px * 2 - 1), round(radius * 4), 0.0, -1)
        small = cv2.resize(cell, (px, px), interpolation=cv2.INTER_AREA)
        code[row * px : (row + 1) * px, column * px : (column + 1) * px] = small
    assert code.shape[0] == size * px
    return code


def _writing(page: Floats, margin: int) -> None:
    """Text and lines that come close to the code."""
    height, width = page.shape
    for row in range(3):
        _write(page, "ASHYQ 2026", (4, height // 2 + row * 40 - height // 3), 0.8, 0.1)
    cv2.rectangle(page, (margin // 3, margin // 3), (width - margin // 3, height - margin // 3), 0.2, 2)


def _write(picture: Floats, text: str, place: tuple[int, int], size: float, shade: float) -> None:
    letters = np.zeros(picture.shape, np.uint8)
    cv2.putText(letters, text, place, cv2.FONT_HERSHEY_SIMPLEX, size, 255, 2)
    picture[letters > 127] = shade


def _damage(page: Floats, scene: Scene, side: int) -> None:
    """A finger over a corner or an edge of the code, and cracks in the glass."""
    height, width = page.shape
    generator = np.random.default_rng(scene.background + 7)
    if scene.occluded:
        # Over the edge without the three finder patterns being wholly hidden: from below or from the right.
        reach = side * scene.occluded
        below = generator.random() < 0.5
        left, top = (width - side) / 2, (height - side) / 2
        centre = (
            (left + side * generator.uniform(0.35, 0.8), top + side + reach * 0.2)
            if below
            else (left + side + reach * 0.2, top + side * generator.uniform(0.35, 0.8))
        )
        cv2.ellipse(page, (round(centre[0]), round(centre[1])), (round(reach), round(reach)), 0, 0, 360, 0.45, -1)
    for _ in range(scene.cracks):
        start = (generator.uniform(0, width), generator.uniform(0, height))
        points = [start]
        angle = generator.uniform(0, 6.28)
        for _ in range(6):
            angle += generator.normal(0, 0.4)
            step = side * 0.25
            points.append((points[-1][0] + step * np.cos(angle), points[-1][1] + step * np.sin(angle)))
        line = np.array(points, np.int32).reshape(-1, 1, 2)
        cv2.polylines(page, [line], isClosed=False, color=1.0, thickness=2)
        cv2.polylines(page, [line + 2], isClosed=False, color=0.2, thickness=1)


def _bent(flat: Floats, bend: float) -> Floats:
    """A sheet that is rolled: columns move up and down along an arc."""
    height, width = flat.shape
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    arc = bend * width * ((x / width - 0.5) ** 2 - 0.08)
    return cv2.remap(flat, x, y + arc, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE).astype(np.float32)


# --- how it is held -------------------------------------------------------------------------------------------------


def _projection(scene: Scene, shape: tuple[int, ...], code_px: int) -> NDArray[np.float64]:
    """The homography from the flat carrier to the frame, by a pinhole camera with 60 degrees across."""
    height, width = shape
    scale = scene.module_px / code_px
    yaw, pitch, roll = (np.deg2rad(angle) for angle in (scene.yaw, scene.pitch, scene.roll))
    turn_x = np.array([[1, 0, 0], [0, np.cos(pitch), -np.sin(pitch)], [0, np.sin(pitch), np.cos(pitch)]])
    turn_y = np.array([[np.cos(yaw), 0, np.sin(yaw)], [0, 1, 0], [-np.sin(yaw), 0, np.cos(yaw)]])
    turn_z = np.array([[np.cos(roll), -np.sin(roll), 0], [np.sin(roll), np.cos(roll), 0], [0, 0, 1]])
    turn = turn_z @ turn_y @ turn_x
    focal = WIDTH_PX / (2 * np.tan(np.deg2rad(30)))
    corners = np.array([[-width, -height], [width, -height], [width, height], [-width, height]]) / 2
    places = np.column_stack([corners * scale, np.zeros(4)]) @ turn.T
    places[:, 2] += focal  # one flat pixel, scaled, is one pixel of the frame at this distance
    projected = places[:, :2] / places[:, 2:] * focal + [scene.x * WIDTH_PX, scene.y * HEIGHT_PX]
    flat = (corners + [width / 2, height / 2]).astype(np.float32)
    return cv2.getPerspectiveTransform(flat, projected.astype(np.float32))


# --- light and lens -------------------------------------------------------------------------------------------------


def _optics(frame: Floats, box: tuple[int, int, int, int], scene: Scene) -> Floats:
    left, top, width, height = box
    y, x = np.mgrid[0:HEIGHT_PX, 0:WIDTH_PX].astype(np.float32)
    if scene.moire:
        angle = np.deg2rad(scene.gradient_angle + 17)
        waves = np.sin(2 * np.pi * (x * np.cos(angle) + y * np.sin(angle)) / scene.moire_period_px)
        waves += np.sin(2 * np.pi * (y * np.cos(angle) - x * np.sin(angle)) / (scene.moire_period_px * 1.13))
        inside = np.zeros_like(frame)
        inside[top : top + height, left : left + width] = 1
        frame = frame * (1 + scene.moire * 0.5 * waves * inside)
    if scene.gradient:
        angle = np.deg2rad(scene.gradient_angle)
        across = ((x - left - width / 2) * np.cos(angle) + (y - top - height / 2) * np.sin(angle)) / max(width, 1)
        frame = frame * np.clip(1 - scene.gradient * (0.5 + across * 1.6), 0.04, 1.6)
    if scene.glare:
        centre_x, centre_y = left + scene.glare_x * width, top + scene.glare_y * height
        reach = scene.glare_size * min(width, height)
        spot = np.exp(-(((x - centre_x) / reach) ** 2 + ((y - centre_y) / (reach * 0.7)) ** 2) * 1.5)
        frame = frame + 420 * scene.glare * spot
        frame = np.minimum(frame, 275)
    if scene.defocus_px >= 0.4:
        frame = cv2.filter2D(frame, -1, _disc(scene.defocus_px))
    if scene.motion_px >= 1:
        frame = cv2.filter2D(frame, -1, _streak(scene.motion_px, scene.motion_angle))
    return cv2.GaussianBlur(frame, (0, 0), 0.6).astype(np.float32)


def _disc(radius: float) -> Floats:
    size = 2 * int(np.ceil(radius)) + 1
    y, x = np.mgrid[0:size, 0:size] - size // 2
    kernel = np.clip(radius + 0.5 - np.hypot(x, y), 0, 1).astype(np.float32)
    return (kernel / kernel.sum()).astype(np.float32)


def _streak(length: float, angle: float) -> Floats:
    size = 2 * int(np.ceil(length / 2)) + 3
    kernel = np.zeros((size * 4, size * 4), np.float32)
    middle = size * 2
    offset = np.array([np.cos(np.deg2rad(angle)), np.sin(np.deg2rad(angle))]) * length * 2
    start, end = (np.round(middle + sign * offset).astype(int) for sign in (-1, 1))
    cv2.line(kernel, (int(start[0]), int(start[1])), (int(end[0]), int(end[1])), 1.0, 4)
    small = cv2.resize(kernel, (size, size), interpolation=cv2.INTER_AREA)
    return (small / small.sum()).astype(np.float32)


_backgrounds: dict[int, Floats] = {}


def _background(seed: int) -> Floats:
    """A hall: walls, shelves, blinds, posters, somebody standing there. Kept for the frames of a sequence."""
    if seed not in _backgrounds:
        _backgrounds.clear()
        _backgrounds[seed] = _hall(np.random.default_rng(seed))
    return _backgrounds[seed]


def _hall(rng: np.random.Generator) -> Floats:
    y, x = np.mgrid[0:HEIGHT_PX, 0:WIDTH_PX].astype(np.float32)
    hall = (rng.uniform(60, 160) + rng.uniform(-60, 60) * x / WIDTH_PX + rng.uniform(-50, 50) * y / HEIGHT_PX).astype(
        np.float32
    )
    for _ in range(int(rng.integers(4, 16))):
        left, top = int(rng.integers(-100, WIDTH_PX)), int(rng.integers(-100, HEIGHT_PX))
        size = int(rng.integers(30, 400)), int(rng.integers(30, 400))
        cv2.rectangle(hall, (left, top), (left + size[0], top + size[1]), float(rng.uniform(10, 245)), -1)
    if rng.random() < 0.35:
        _stripes(hall, rng)
    if rng.random() < 0.35:
        _chequered(hall, rng)
    for _ in range(int(rng.integers(0, 12))):
        place = int(rng.integers(0, WIDTH_PX - 100)), int(rng.integers(20, HEIGHT_PX))
        text = "".join(chr(int(code)) for code in rng.integers(65, 91, 12))
        _write(hall, text, place, float(rng.uniform(0.4, 2)), float(rng.uniform(0, 255)))
    if rng.random() < 0.8:
        middle = int(rng.integers(300, 1000))
        skin, coat = float(rng.uniform(90, 190)), float(rng.uniform(20, 150))
        cv2.ellipse(hall, (middle, 760), (300, 380), 0, 0, 360, coat, -1)
        cv2.ellipse(hall, (middle, 260), (105, 140), 0, 0, 360, skin, -1)
        cv2.circle(hall, (middle - 40, 240), 12, 30.0, -1)
        cv2.circle(hall, (middle + 40, 240), 12, 30.0, -1)
    hall = cv2.GaussianBlur(hall, (0, 0), float(rng.uniform(0.8, 4)))
    grain = cv2.resize(rng.normal(0, 1, (180, 320)).astype(np.float32), (WIDTH_PX, HEIGHT_PX))
    return (hall + grain * rng.uniform(1, 7)).astype(np.float32)


def _stripes(hall: Floats, rng: np.random.Generator) -> None:
    period, left = int(rng.integers(6, 30)), int(rng.integers(0, 900))
    shade = float(rng.uniform(150, 240))
    for line in range(0, HEIGHT_PX, period):
        cv2.line(hall, (left, line), (left + 350, line), shade, max(1, period // 2))


def _chequered(hall: Floats, rng: np.random.Generator) -> None:
    period, left, top = int(rng.integers(8, 30)), int(rng.integers(0, 900)), int(rng.integers(0, 400))
    cells = np.indices((260 // period, 340 // period)).sum(axis=0) % 2
    patch = np.kron(cells, np.ones((period, period))) * 120 + 60
    hall[top : top + patch.shape[0], left : left + patch.shape[1]] = patch[: HEIGHT_PX - top, : WIDTH_PX - left]


# --- which scenes ---------------------------------------------------------------------------------------------------


_ALPHANUMERIC = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"


def _payload(rng: np.random.Generator) -> bytes:
    """A printed pass or a signed one."""
    start, letters, least, most = (b"ASHYQ:", 36, 14, 27) if rng.random() < 0.5 else (b"ASHYQ1:", 45, 150, 195)
    chosen = rng.integers(0, letters, int(rng.integers(least, most)))
    return start + bytes(_ALPHANUMERIC[index] for index in chosen)


def plain(rng: np.random.Generator) -> Scene:
    """A code that is held well: what each factor begins with."""
    payload = _payload(rng)
    long = len(payload) > 60
    return Scene(
        payload,
        error=str(rng.choice(["L", "M"] if long else ["L", "M", "Q", "H"])),
        module_px=float(rng.uniform(4.0, 5.5) if long else rng.uniform(5, 9)),
        x=float(rng.uniform(0.35, 0.65)),
        y=float(rng.uniform(0.4, 0.6)),
        yaw=float(rng.normal(0, 8)),
        pitch=float(rng.normal(0, 8)),
        roll=float(rng.normal(0, 6)),
        carrier="phone" if rng.random() < 0.7 else "paper",
        light=float(rng.uniform(190, 245)),
        dark=float(rng.uniform(10, 45)),
        background=int(rng.integers(1, 2**31)),
    )


def _angle(rng: np.random.Generator) -> float:
    return float(rng.uniform(0, 180))


def _low_contrast(scene: Scene, s: float, rng: np.random.Generator) -> Scene:
    middle, half = rng.uniform(50, 200), 40 - 36 * s
    return replace(scene, dark=float(middle - half), light=float(middle + half), noise=2 + 3 * s)


def _tilted(scene: Scene, s: float, rng: np.random.Generator) -> Scene:
    tilt, turn = 30 + 40 * s, rng.uniform(0, 2 * np.pi)
    return replace(
        scene, yaw=float(tilt * np.cos(turn)), pitch=float(tilt * np.sin(turn)), roll=float(rng.uniform(-180, 180))
    )


def _glaring(scene: Scene, s: float, rng: np.random.Generator) -> Scene:
    return replace(
        scene,
        glare=0.2 + 0.6 * s,
        glare_x=float(rng.uniform(0.1, 0.9)),
        glare_y=float(rng.uniform(0.3, 0.7)),
        glare_size=0.1 + 0.3 * s,
    )


def _mixed(scene: Scene, s: float, rng: np.random.Generator) -> Scene:
    names = rng.choice([name for name in FACTORS if name != "mix"], int(rng.integers(2, 4)), replace=False)
    for name in names:
        scene = FACTORS[str(name)](scene, s * float(rng.uniform(0.1, 0.7)), rng)
    return scene


FACTORS: dict[str, Callable[[Scene, float, np.random.Generator], Scene]] = {
    "module size": lambda scene, s, _: replace(scene, module_px=2.6 - 1.3 * s, noise=4),
    "dark mode": lambda scene, s, _: replace(
        scene, dark_mode=True, light=160 - 110 * s, noise=3 + 6 * s, defocus_px=3 * s
    ),
    "tilt": _tilted,
    "motion": lambda scene, s, rng: replace(
        scene, motion_px=scene.module_px * (0.5 + 2.0 * s), motion_angle=_angle(rng)
    ),
    "defocus": lambda scene, s, _: replace(scene, defocus_px=scene.module_px * (0.25 + 0.6 * s)),
    "noise": lambda scene, s, _: replace(scene, noise=5 + 45 * s, light=170, dark=40),
    "contrast": _low_contrast,
    "glare": _glaring,
    "moire": lambda scene, s, rng: replace(
        scene, moire=0.15 + 0.6 * s, moire_period_px=float(rng.uniform(2.3, 9)), gradient_angle=_angle(rng)
    ),
    "gradient": lambda scene, s, rng: replace(scene, gradient=0.6 + 0.6 * s, gradient_angle=_angle(rng) * 2),
    "logo": lambda scene, s, _: replace(scene, logo=0.1 + 0.25 * s),
    "occlusion": lambda scene, s, rng: replace(scene, occluded=0.08 + 0.3 * s, cracks=int(rng.integers(0, 5))),
    "quiet zone": lambda scene, s, _: replace(scene, quiet_modules=1.5 - 1.5 * s),
    "jpeg": lambda scene, s, _: replace(scene, jpeg=round(20 - 18 * s), module_px=2.2 + scene.module_px * 0.25),
    "dots": lambda scene, s, _: replace(
        scene, style="dots" if s > 0.4 else "rounded", defocus_px=scene.module_px * 0.55 * s
    ),
    "bend": lambda scene, s, _: replace(scene, bend=0.05 + 0.35 * s, carrier="paper"),
    "mix": _mixed,
}


def single(factor: str, rng: np.random.Generator) -> tuple[Grey, bytes]:
    """One frame with one factor at a random severity, and the payload that it shows."""
    scene = FACTORS[factor](plain(rng), float(rng.random()), rng)
    return draw(scene, rng), scene.payload


def hand_held(rng: np.random.Generator, frames: int = 10) -> tuple[list[Grey], bytes]:
    """A hand brings a code up and tries to hold it still: tremor, focus, noise and reflections change by the frame."""
    scene = _mixed(plain(rng), 1.0, rng)
    drift = rng.normal(0, 1, 8)
    pictures = []
    for number in range(frames):
        settle = 0.8**number
        shake = rng.normal(0, 1, 8)
        speed = abs(float(shake[0])) * 2 + abs(float(drift[0])) * 8 * settle
        hunting = max(0.0, 0.5 * np.sin(number * 1.3 + drift[1])) * scene.module_px * 0.3
        moved = replace(
            scene,
            x=scene.x + (drift[2] * 0.02 * settle + shake[2] * 0.002),
            y=scene.y + (drift[3] * 0.03 * settle + shake[3] * 0.003),
            yaw=scene.yaw + drift[4] * 5 * settle + shake[4],
            pitch=scene.pitch + drift[5] * 5 * settle + shake[5],
            roll=scene.roll + drift[6] * 3 * settle + shake[6],
            module_px=scene.module_px * (1 + 0.04 * drift[7] * settle + 0.01 * shake[7]),
            motion_px=max(scene.motion_px * abs(float(rng.normal(0.8, 0.3))), speed * scene.module_px / 10),
            motion_angle=scene.motion_angle + rng.normal(0, 20),
            defocus_px=scene.defocus_px * rng.uniform(0.8, 1.1) + hunting,
            glare_x=scene.glare_x + shake[2] * 0.05 + drift[2] * 0.1 * settle,
            glare_y=scene.glare_y + shake[3] * 0.05,
            gradient_angle=scene.gradient_angle + shake[4] * 2,
        )
        pictures.append(draw(moved, rng))
    return pictures, scene.payload


def empty(rng: np.random.Generator, frames: int = 1) -> list[Grey]:
    """A door without a code: the same hall, new noise."""
    hall, noise = _hall(rng), rng.uniform(1.5, 7)
    return [np.clip(hall + rng.normal(0, noise, hall.shape), 0, 255).astype(np.uint8) for _ in range(frames)]
