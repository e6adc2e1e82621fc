"""Draws the road of one hard frame through the reader, for the documentation: `python -m tests.bench.picture FILE`.

The scene is generated, and chosen among many because it needs every step and shows each well; how often that comes,
the bench says. Every panel is what the reader's own parts make of it.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import segno
from numpy.typing import NDArray

# Private names: the steps between are the reader's own matter, and only this picture shows them.
from hardware.attempts import ATTEMPTS, thresholded
from hardware.grid import Grid, View
from hardware.modules import EVEN_OVER, Modules, _even, _upright, decode, measured
from hardware.qr_layout import Floats, fixed_modules, modules_of
from hardware.regions import Region, RegionFinder
from hardware.symbols import Grey, Outline, with_zxing
from tests.bench.optics import draw
from tests.bench.scene import Scene

Colours = NDArray[np.uint8]
"""Shape (height, width, 3), blue, green, red."""

NOISE_SEED = 1
SCENE = Scene(
    b"ASHYQ:7K3QW9XE2MZ5T8RV4NBJ", error="M",
    module_px=5.6, x=0.37, y=0.52, yaw=-16, pitch=-7, roll=3,
    dark=28, light=212, gradient=0.55, gradient_angle=103, glare=0.5, glare_x=0.3, glare_y=0.4, glare_size=0.25,
    motion_px=9.6, motion_angle=60, occluded=0.12, noise=6, background=983459503,
)  # fmt: skip

WIDTH_PX = 1200
_GAP, _CAPTION = 15, 34
_WIDE, _SQUARE, _LARGE = 520, 310, 380  # the frame's width; sides of the panels of the first and of the second row
_PAPER, _INK = (255, 255, 255), (60, 45, 30)
_GREEN, _ORANGE = (60, 190, 40), (20, 120, 250)


def road(scene: Scene, rng: np.random.Generator) -> Colours:
    """All panels. ValueError where zxing-cpp reads the frame at once, or the reader's parts don't read it either."""
    grey = draw(scene, rng)
    region, outline = _located(grey)
    modules = next(
        (each for each in measured(grey, outline) if decode(each.version, each.light) == scene.payload), None
    )
    if modules is None:
        raise ValueError("this frame can't be read module by module: take another scene or seed")
    wrong = (_bits(modules) < 0) != _shown(scene)
    bits = _coloured(_shades(_bits(modules)))
    bits[wrong] = _ORANGE
    panels = (
        ("1  the frame: zxing-cpp reads nothing", _frame(grey, outline)),
        ("2  thresholded: a code is located", _first_look(grey, region, outline)),
        ("3  upright, evened, with the grid fitted", _fitted(grey, outline)),
        ("4  each module measured, the blur undone", _enlarged(_coloured(_shades(modules.light)))),
        (f"5  bits: {np.count_nonzero(wrong)} of {wrong.size} are wrong", _enlarged(bits)),
        ("6  errors corrected: the payload", _payload(scene.payload, modules)),
    )
    return np.vstack([_row(panels[:3]), _row(panels[3:]), _blank(_GAP, WIDTH_PX)])


def _bits(modules: Modules) -> Floats:
    """What is handed to the decoder, -1 or 1: for the patterns that every code has, what they are."""
    fixed = fixed_modules(modules.version)
    return np.where(fixed != 0, fixed, np.where(modules.light < 0, -1, 1)).astype(np.float32)


def _shown(scene: Scene) -> NDArray[np.bool_]:
    """The code that was drawn: True where a module is dark."""
    symbol = segno.make(scene.payload, error=scene.error, boost_error=False, micro=False)
    return np.array(symbol.matrix, bool)


def _located(grey: Grey) -> tuple[Region, Outline]:
    """The likely region in which the thresholded look locates a code, and its outline in the frame."""
    read, _ = with_zxing(grey)
    for region in [] if read else RegionFinder().find(grey, 2, 0.0):
        cut, left, top = region.cut(grey)
        read, outlines = ATTEMPTS[0].look(cut)
        if outlines and not read:
            return region, outlines[0].placed(ATTEMPTS[0].scale, left, top)
    raise ValueError("this frame is too easy, or no code is located in it: take another scene or seed")


def _frame(grey: Grey, outline: Outline) -> Colours:
    scale = _WIDE / grey.shape[1]
    small = _resized(_coloured(grey), _WIDE, round(grey.shape[0] * scale), cv2.INTER_AREA)
    _outlined(small, outline.corners * np.float32(scale), _GREEN, 2)
    return _padded(small, _SQUARE, _WIDE)


def _first_look(grey: Grey, region: Region, outline: Outline) -> Colours:
    """The cut as the first look sees it, around the code."""
    cut, left, top = region.cut(grey)
    seen = _coloured(thresholded(cut).astype(np.uint8, copy=False))
    scale = _SQUARE / max(seen.shape[:2])
    small = _resized(seen, round(seen.shape[1] * scale), round(seen.shape[0] * scale), cv2.INTER_AREA)
    _outlined(small, (outline.corners - np.array([left, top], np.float32)) * np.float32(scale), _GREEN, 2)
    return _padded(small, _SQUARE, _SQUARE)


def _fitted(grey: Grey, outline: Outline) -> Colours:
    """The code set upright, and where the fit sees the middles of its modules: the known ones in another colour."""
    n = modules_of(outline.version)
    upright, _ = _upright(grey, outline.corners, n)
    light, grid = _even(upright, EVEN_OVER[0]), Grid(n)
    grid.lay(View(light), outline.version)
    even = np.clip(light * 55 + 128, 0, 255).astype(np.uint8)
    enlarged = _resized(_coloured(even), _SQUARE, _SQUARE, cv2.INTER_CUBIC)
    scale = _SQUARE / len(even)
    columns, rows = np.meshgrid(np.arange(n) + 0.5, np.arange(n) + 0.5)
    x, y = grid.places(np.column_stack([columns.ravel(), rows.ravel()]).astype(np.float32))
    for right, down, known in zip(x.tolist(), y.tolist(), fixed_modules(outline.version).ravel() != 0, strict=True):
        place = round((right + 0.5) * scale * 16), round((down + 0.5) * scale * 16)
        cv2.circle(enlarged, place, 24, _ORANGE if known else _GREEN, -1, cv2.LINE_AA, shift=4)
    return enlarged


def _shades(light: Floats) -> Grey:
    """Modules as grey levels; what is beyond light or dark is cut off."""
    return np.asarray(np.clip(light * 0.5 + 0.5, 0, 1) * 255).astype(np.uint8)


def _enlarged(modules: Colours) -> Colours:
    return _resized(modules, _LARGE, _LARGE, cv2.INTER_NEAREST)


def _payload(payload: bytes, modules: Modules) -> Colours:
    """What was read, and how sure it is."""
    panel, n = _blank(_LARGE, _LARGE), modules_of(modules.version)
    text = payload.decode("ascii")
    for number, start in enumerate(range(0, len(text), 15)):
        _said(panel, text[start : start + 15], (12, 100 + number * 40), 0.95, 2)
    facts = (
        f"version {modules.version}: {n} x {n} modules",
        f"agreement with the fixed patterns: {modules.agreement:.2f}",
        "orange in 3: the fixed patterns",
        "orange in 5: what is wrong",
    )
    for number, fact in enumerate(facts):
        _said(panel, fact, (12, 230 + number * 28), 0.6, 1)
    return panel


# --- putting together -----------------------------------------------------------------------------------------------


def _row(panels: Sequence[tuple[str, Colours]]) -> Colours:
    """Panels of one height side by side, each under its caption."""
    columns: list[Colours] = [_blank(_CAPTION + len(panels[0][1]), _GAP)]
    for caption, panel in panels:
        above = _blank(_CAPTION, panel.shape[1])
        _said(above, caption, (0, _CAPTION - 11), 0.55, 1)
        columns += [np.vstack([above, panel]), columns[0]]
    return np.hstack(columns)


def _said(picture: Colours, text: str, place: tuple[int, int], size: float, thickness: int) -> None:
    cv2.putText(picture, text, place, cv2.FONT_HERSHEY_SIMPLEX, size, _INK, thickness, cv2.LINE_AA)


def _outlined(picture: Colours, corners: Floats, colour: tuple[int, int, int], thickness: int) -> None:
    line = np.round(corners * 16).astype(np.int32).reshape(-1, 1, 2)
    cv2.polylines(picture, [line], isClosed=True, color=colour, thickness=thickness, lineType=cv2.LINE_AA, shift=4)


def _padded(picture: Colours, height: int, width: int) -> Colours:
    """In the middle of a panel of this size."""
    panel = _blank(height, width)
    top, left = (height - picture.shape[0]) // 2, (width - picture.shape[1]) // 2
    panel[top : top + picture.shape[0], left : left + picture.shape[1]] = picture
    return panel


def _blank(height: int, width: int) -> Colours:
    return np.full((height, width, 3), _PAPER, np.uint8)


def _coloured(grey: Grey) -> Colours:
    return cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR).astype(np.uint8, copy=False)


def _resized(picture: Colours, width: int, height: int, how: int) -> Colours:
    return cv2.resize(picture, (width, height), interpolation=how).astype(np.uint8, copy=False)


def main() -> None:
    """Write the picture to the file that is named on the command line."""
    if len(sys.argv) != 2:
        sys.exit("usage: python -m tests.bench.picture FILE.png")
    file = Path(sys.argv[1])
    if file.suffix != ".png":
        sys.exit(f"{file}: a PNG is written; call it {file.stem}.png")
    picture = road(SCENE, np.random.default_rng(NOISE_SEED))
    _, data = cv2.imencode(".png", picture, [cv2.IMWRITE_PNG_COMPRESSION, 9])
    file.write_bytes(data.tobytes())


if __name__ == "__main__":
    main()
