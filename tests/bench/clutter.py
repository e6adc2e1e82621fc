"""Things that are no code and look a little like one: print, fabrics, tiles, keys, leaves; drawn flat, 0 to 1."""

from collections.abc import Callable

import cv2
import numpy as np

from tests.bench.carriers import write
from tests.bench.scene import Floats

Drawing = Callable[[np.random.Generator, int, int], Floats]
"""Draws something of so many pixels, height and width."""

_WORDS = (
    "KIRU", "SHYGU", "2026", "ENTRANCE", "EXIT", "OPEN", "24h", "TEL", "8-727", "price", "1990", "menu", "tea", "sale",
)  # fmt: skip
_FONTS = (cv2.FONT_HERSHEY_SIMPLEX, cv2.FONT_HERSHEY_DUPLEX, cv2.FONT_HERSHEY_COMPLEX, cv2.FONT_HERSHEY_PLAIN)


def something(rng: np.random.Generator, high: int, wide: int) -> Floats:
    """One of all drawings, in any contrast, either way round."""
    drawn = DRAWINGS[int(rng.integers(len(DRAWINGS)))](rng, high, wide)
    if rng.random() < 0.3:
        drawn = drawn.T if high == wide else drawn[::-1]
    low, up = sorted(rng.uniform(0, 1, 2).tolist())
    if rng.random() < 0.7:
        low, up = low * 0.4, 0.6 + up * 0.4
    drawn = 1 - drawn if rng.random() < 0.4 else drawn
    shaded: Floats = (low + (up - low) * drawn).astype(np.float32)
    return shaded


def _page(high: int, wide: int, shade: float = 1.0) -> Floats:
    return np.full((high, wide), shade, np.float32)


def _cells(rng: np.random.Generator, high: int, wide: int, least: int, most: int) -> tuple[int, int, int]:
    """The side of a cell in pixels, and how many rows and columns of them there are."""
    px = int(rng.integers(least, most))
    return px, high // px + 1, wide // px + 1


def _laid(cells: Floats, px: int, high: int, wide: int) -> Floats:
    return np.kron(cells, np.ones((px, px), np.float32))[:high, :wide].astype(np.float32)


# --- print ----------------------------------------------------------------------------------------------------------


def _text(rng: np.random.Generator, high: int, wide: int) -> Floats:
    page, size = np.full((high, wide), 255, np.uint8), float(rng.uniform(0.3, 1.6))
    font, thick = int(rng.choice(_FONTS)), int(rng.integers(1, 4))
    line_px, indent = round(26 * size * rng.uniform(0.9, 1.8)), int(rng.integers(0, wide // 3))
    for row in range(line_px, high + line_px, line_px):
        line = " ".join(str(rng.choice(_WORDS)) for _ in range(12))[: int(rng.integers(2, 60))]
        left = indent if rng.random() < 0.2 else 4
        cv2.putText(page, line, (left, row), font, size, float(rng.uniform(0, 80)), thick)
    return (page / np.float32(255)).astype(np.float32)


def _poster(rng: np.random.Generator, high: int, wide: int) -> Floats:
    page = _page(high, wide, float(rng.uniform(0.6, 1)))
    for _ in range(int(rng.integers(2, 9))):
        top, left = int(rng.integers(high)), int(rng.integers(wide))
        tall, broad = int(rng.integers(high // 8, high // 2)), int(rng.integers(wide // 6, wide))
        part = page[top : top + tall, left : left + broad]
        part[:] = _ANY_PRINT[int(rng.integers(len(_ANY_PRINT)))](rng, *part.shape) if min(part.shape) > 12 else 0.5
    write(page, str(rng.choice(_WORDS)), (5, high // 4), high / 150, 0.1)
    return page


def _bar_code(rng: np.random.Generator, high: int, wide: int) -> Floats:
    px = int(rng.integers(1, 5))
    page = _laid(rng.integers(0, 2, (1, wide // px + 1)).astype(np.float32), px, px, wide)
    page = np.repeat(page[:1], high, axis=0)
    page[int(high * rng.uniform(0.6, 1)) :] = 1
    write(page, "4 870123 456789", (wide // 10, high - 4), high / 300, 0.0)
    return page


def _crossword(rng: np.random.Generator, high: int, wide: int) -> Floats:
    px, rows, columns = _cells(rng, high, wide, 8, 36)
    page = _laid((rng.random((rows, columns)) > rng.uniform(0, 0.4)).astype(np.float32), px, high, wide)
    page[::px], page[:, ::px] = 0, 0
    if rng.random() < 0.6:
        for row in range(rows):
            for column in range(columns):
                if rng.random() < 0.4:
                    write(page, str(rng.integers(10)), (column * px + px // 5, row * px + px * 4 // 5), px / 34, 0.2)
    return page


def _map(rng: np.random.Generator, high: int, wide: int) -> Floats:
    page = _page(high, wide, 0.9)
    for _ in range(int(rng.integers(8, 60))):
        steps = rng.normal(0, rng.uniform(10, 50), (int(rng.integers(3, 10)), 2)).cumsum(axis=0)
        line = (steps + rng.uniform(0, 1, 2) * (wide, high)).astype(np.int32).reshape(-1, 1, 2)
        cv2.polylines(page, [line], bool(rng.random() < 0.3), float(rng.uniform(0, 0.7)), int(rng.integers(1, 6)))
    return page


def _circuit(rng: np.random.Generator, high: int, wide: int) -> Floats:
    page, px = _page(high, wide, 0.3), int(rng.integers(4, 14))
    for _ in range(int(rng.integers(40, 160))):
        x, y = int(rng.integers(wide // px)) * px, int(rng.integers(high // px)) * px
        end = (x + int(rng.integers(-8, 9)) * px, y) if rng.random() < 0.5 else (x, y + int(rng.integers(-8, 9)) * px)
        cv2.line(page, (x, y), end, float(rng.uniform(0.5, 1)), max(1, px // 4))
        cv2.circle(page, end, px // 3, 0.9, -1)
    for _ in range(int(rng.integers(0, 8))):
        x, y, side = int(rng.integers(wide)), int(rng.integers(high)), int(rng.integers(2, 8)) * px
        cv2.rectangle(page, (x, y), (x + side, y + side), float(rng.uniform(0, 0.2)), -1)
    return page


# --- phones ---------------------------------------------------------------------------------------------------------


def _icons(rng: np.random.Generator, high: int, wide: int) -> Floats:
    """Squares in a grid, each with something in it: another square, a ring, a letter."""
    px, rows, columns = _cells(rng, high, wide, 18, 80)
    page = _page(high, wide, float(rng.uniform(0, 1)))
    for row in range(rows):
        for column in range(columns):
            side, at = round(px * rng.uniform(0.5, 0.8)), (column * px + px // 8, row * px + px // 8)
            for inner in range(int(rng.integers(1, 4))):
                step = inner * side // 6
                far = (at[0] + side - step, at[1] + side - step)
                cv2.rectangle(page, (at[0] + step, at[1] + step), far, float(rng.uniform(0, 1)), -1)
            if rng.random() < 0.5:
                cv2.circle(page, (at[0] + side // 2, at[1] + side // 2), side // 4, float(rng.uniform(0, 1)), -1)
            else:
                write(page, chr(int(rng.integers(65, 91))), (at[0] + side // 4, at[1] + side * 3 // 4), side / 40, 1.0)
    return page


def _keys(rng: np.random.Generator, high: int, wide: int) -> Floats:
    px, rows, columns = _cells(rng, high, wide, 14, 50)
    page, gap = _page(high, wide, 0.15), max(1, px // 7)
    for row in range(rows):
        shift = row * px // 3 % px
        for column in range(-1, columns):
            x, y = column * px + shift, row * px
            cv2.rectangle(page, (x + gap, y + gap), (x + px - gap, y + px - gap), float(rng.uniform(0.5, 0.7)), -1)
            write(page, chr(int(rng.integers(65, 91))), (x + px // 3, y + px * 2 // 3), px / 50, 0.05)
    return page


def _chat(rng: np.random.Generator, high: int, wide: int) -> Floats:
    page, row = _page(high, wide, 0.9), 4
    while row < high:
        tall, broad = int(rng.integers(14, 60)), int(rng.integers(wide // 3, wide * 4 // 5))
        left = 4 if rng.random() < 0.5 else wide - broad - 4
        part = page[row : row + tall, left : left + broad]
        part[:] = _text(rng, *part.shape) * 0.7 if min(part.shape) > 12 else 0.6
        row += tall + int(rng.integers(4, 14))
    return page


# --- fabrics and walls ----------------------------------------------------------------------------------------------


def _checks(rng: np.random.Generator, high: int, wide: int) -> Floats:
    """Chess boards, tartans, gingham: bands across and down, added or multiplied."""
    px, rows, columns = _cells(rng, high, wide, 4, 40)
    if rng.random() < 0.4:
        return _laid((np.indices((rows, columns)).sum(axis=0) % 2).astype(np.float32), px, high, wide)
    period = int(rng.integers(2, 7))
    bands = rng.uniform(0, 1, period)
    across, down = bands[np.arange(columns) % period], bands[np.arange(rows) % period]
    return _laid(((across[None, :] + down[:, None]) / 2).astype(np.float32), px, high, wide)


def _weave(rng: np.random.Generator, high: int, wide: int) -> Floats:
    """One small drawing, over and over: houndstooth, knit, wallpaper, mosaics with a pattern."""
    px, side = int(rng.integers(2, 9)), int(rng.integers(3, 12))
    one = rng.random((side, side)).astype(np.float32)
    one = (one > 0.5).astype(np.float32) if rng.random() < 0.7 else one
    times = (high // (px * side) + 1, wide // (px * side) + 1)
    return _laid(np.tile(one, times), px, high, wide)


def _mosaic(rng: np.random.Generator, high: int, wide: int) -> Floats:
    """Tiles of any shade, with or without joints."""
    px, rows, columns = _cells(rng, high, wide, 6, 40)
    page = _laid(rng.random((rows, columns)).astype(np.float32), px, high, wide)
    if rng.random() < 0.5:
        page[::px], page[:, ::px] = 0.1, 0.1
    return page


def _bricks(rng: np.random.Generator, high: int, wide: int) -> Floats:
    page, tall = _page(high, wide, 0.85), int(rng.integers(8, 40))
    broad, joint = round(tall * rng.uniform(1, 3.5)), max(1, tall // 8)
    for number, row in enumerate(range(0, high, tall)):
        for left in range(-(number % 2) * broad // 2, wide, broad):
            shade = float(rng.uniform(0.2, 0.6))
            cv2.rectangle(page, (left + joint, row + joint), (left + broad - joint, row + tall - joint), shade, -1)
    return page


def _marquetry(rng: np.random.Generator, high: int, wide: int) -> Floats:
    """Two shades by chance, cell by cell, as a code has them, but with nothing in the corners; some have a margin."""
    px, rows, columns = _cells(rng, high, wide, 3, 20)
    page = _laid((rng.random((rows, columns)) < rng.uniform(0.3, 0.7)).astype(np.float32), px, high, wide)
    if rng.random() < 0.5:
        margin = int(rng.integers(2, 4 * px))
        page[:margin], page[-margin:], page[:, :margin], page[:, -margin:] = 1, 1, 1, 1
    return page


def _dots(rng: np.random.Generator, high: int, wide: int) -> Floats:
    """Dots or holes in rows, all of them or some, alike or not."""
    px, rows, columns = _cells(rng, high, wide, 5, 40)
    page, share, alike = _page(high, wide), float(rng.uniform(0.3, 1.2)), rng.random() < 0.6
    shift = px // 2 if rng.random() < 0.4 else 0
    for row in range(rows):
        for column in range(columns):
            if rng.random() < share:
                middle = (column * px + px // 2 + shift * (row % 2), row * px + px // 2)
                radius = px * (0.3 if alike else rng.uniform(0.15, 0.45))
                cv2.circle(page, middle, max(1, round(radius)), 0.1 if alike else float(rng.uniform(0, 0.6)), -1)
    return page


def _stripes(rng: np.random.Generator, high: int, wide: int) -> Floats:
    """Blinds, gratings, railings: lines one way, or two ways."""
    y, x = np.mgrid[0:high, 0:wide].astype(np.float32)
    page = _page(high, wide)
    for _ in range(int(rng.integers(1, 3))):
        angle, period = rng.uniform(0, np.pi), rng.uniform(5, 40)
        waves = np.sin(2 * np.pi * (x * np.cos(angle) + y * np.sin(angle)) / period)
        page = page * (waves > rng.uniform(-0.6, 0.6))
    return page.astype(np.float32)


# --- shelves and plants ---------------------------------------------------------------------------------------------


def _shelves(rng: np.random.Generator, high: int, wide: int) -> Floats:
    """Books and boxes, some with something written on them."""
    page, row = _page(high, wide, 0.1), 0
    while row < high:
        tall, left = int(rng.integers(max(12, high // 8), max(14, high // 2))), 0
        while left < wide:
            broad = int(rng.integers(6, max(8, wide // 5)))
            cv2.rectangle(page, (left, row + int(rng.integers(1, 8))), (left + broad - 2, row + tall - 4),
                          float(rng.uniform(0.1, 1)), -1)  # fmt: skip
            for line in range(int(rng.integers(0, 5))):
                at = row + int(tall * (0.2 + 0.15 * line))
                cv2.line(
                    page, (left + 3, at), (left + broad - 5, at), float(rng.uniform(0, 1)), int(rng.integers(1, 6))
                )
            left += broad
        row += tall
    return page


def _leaves(rng: np.random.Generator, high: int, wide: int) -> Floats:
    page = _page(high, wide, 0.5)
    size = rng.uniform(4, 40)
    for _ in range(int(rng.integers(80, 500))):
        middle = int(rng.integers(wide)), int(rng.integers(high))
        axes = max(1, round(size * rng.uniform(0.3, 1))), max(1, round(size * rng.uniform(0.1, 0.5)))
        cv2.ellipse(page, middle, axes, float(rng.uniform(0, 180)), 0, 360, float(rng.uniform(0, 1)), -1)
    return page


def _grass(rng: np.random.Generator, high: int, wide: int) -> Floats:
    """Thin things that lie over each other: grass, hair, fur, twigs, straw."""
    page = _page(high, wide, 0.3)
    lies, spread, long = rng.uniform(0, 180), rng.uniform(5, 90), rng.uniform(8, 60)
    for _ in range(int(rng.integers(150, 700))):
        middle = int(rng.integers(wide)), int(rng.integers(high))
        axes = max(2, round(long * rng.uniform(0.3, 1))), int(rng.integers(1, 4))
        cv2.ellipse(page, middle, axes, float(rng.normal(lies, spread)), 0, 360, float(rng.uniform(0, 1)), -1)
    return page


def _grain(rng: np.random.Generator, high: int, wide: int) -> Floats:
    """Noise at all sizes: gravel, gravures, foliage far away; sometimes only its light and dark."""
    page = _page(high, wide, 0.0)
    slope = rng.uniform(0.3, 1.3)
    for octave in range(1, 7):
        shape = max(2, high >> octave), max(2, wide >> octave)
        noise = rng.normal(0, 1, shape).astype(np.float32)
        stronger = float(2 ** (octave * (slope - 1)))
        page += stronger * cv2.resize(noise, (wide, high), interpolation=cv2.INTER_LINEAR)
    lowest, highest = float(page.min()), float(page.max())
    page = (page - lowest) / max(highest - lowest, 1e-6)
    return (page > 0.5).astype(np.float32) if rng.random() < 0.3 else page.astype(np.float32, copy=False)


def _shapes(rng: np.random.Generator, high: int, wide: int) -> Floats:
    """Rectangles and circles, one in the other: frames, signs, lamps, dials."""
    page = _page(high, wide, float(rng.uniform(0, 1)))
    for _ in range(int(rng.integers(3, 40))):
        x, y, side = int(rng.integers(wide)), int(rng.integers(high)), int(rng.integers(4, max(6, wide // 3)))
        tall = round(side * rng.uniform(0.4, 1.6))
        for inner in range(int(rng.integers(1, 5))):
            step, shade = inner * side // 7, float(rng.uniform(0, 1))
            if side > 2 * step and tall > 2 * step:
                cv2.rectangle(page, (x + step, y + step), (x + side - step, y + tall - step), shade, -1)
        if rng.random() < 0.4:
            cv2.circle(page, (x, y), side // 3, float(rng.uniform(0, 1)), int(rng.choice([-1, 2, 5])))
    return page


_ANY_PRINT: tuple[Drawing, ...] = (_text, _text, _text, _map, _grain, _shapes, _checks, _leaves, _bar_code)
DRAWINGS: tuple[Drawing, ...] = (
    _text, _text, _poster, _poster, _bar_code, _crossword, _map, _circuit, _icons, _icons, _keys, _chat, _checks,
    _weave, _mosaic, _marquetry, _bricks, _dots, _dots, _stripes, _shelves, _leaves, _grass, _grain, _shapes,
)  # fmt: skip
