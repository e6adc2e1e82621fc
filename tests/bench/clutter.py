"""Things that are no code and look a little like one: print, fabrics, tiles, keys, leaves; drawn flat, 0 to 1."""

import cv2
import numpy as np
import zxingcpp

from tests.bench.carriers import write
from tests.bench.scene import Floats
from tests.bench.textures import TEXTURES, Drawing, cells, laid, page

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


# --- print ----------------------------------------------------------------------------------------------------------


def _text(rng: np.random.Generator, high: int, wide: int) -> Floats:
    drawn, size = np.full((high, wide), 255, np.uint8), float(rng.uniform(0.3, 1.6))
    font, thick = int(rng.choice(_FONTS)), int(rng.integers(1, 4))
    line_px, indent = round(26 * size * rng.uniform(0.9, 1.8)), int(rng.integers(0, wide // 3))
    for row in range(line_px, high + line_px, line_px):
        line = " ".join(str(rng.choice(_WORDS)) for _ in range(12))[: int(rng.integers(2, 60))]
        left = indent if rng.random() < 0.2 else 4
        cv2.putText(drawn, line, (left, row), font, size, float(rng.uniform(0, 80)), thick)
    return (drawn / np.float32(255)).astype(np.float32)


def _poster(rng: np.random.Generator, high: int, wide: int) -> Floats:
    drawn = page(high, wide, float(rng.uniform(0.6, 1)))
    for _ in range(int(rng.integers(2, 9))):
        top, left = int(rng.integers(high)), int(rng.integers(wide))
        tall, broad = int(rng.integers(high // 8, high // 2)), int(rng.integers(wide // 6, wide))
        part = drawn[top : top + tall, left : left + broad]
        part[:] = _ANY_PRINT[int(rng.integers(len(_ANY_PRINT)))](rng, *part.shape) if min(part.shape) > 12 else 0.5
    write(drawn, str(rng.choice(_WORDS)), (5, high // 4), high / 150, 0.1)
    return drawn


def _bar_code(rng: np.random.Generator, high: int, wide: int) -> Floats:
    px = int(rng.integers(1, 5))
    drawn = laid(rng.integers(0, 2, (1, wide // px + 1)).astype(np.float32), px, px, wide)
    drawn = np.repeat(drawn[:1], high, axis=0)
    drawn[int(high * rng.uniform(0.6, 1)) :] = 1
    write(drawn, "4 870123 456789", (wide // 10, high - 4), high / 300, 0.0)
    return drawn


_NO_QR = ("PDF417", "DataMatrix", "Aztec", "MaxiCode", "Code128")


def _other_matrix(rng: np.random.Generator, high: int, wide: int) -> Floats:
    """A code of another kind, in the middle of its label."""
    kind = zxingcpp.barcode_format_from_str(str(rng.choice(_NO_QR)))
    letters = rng.integers(65, 91, int(rng.integers(6, 60))).astype(np.uint8).tobytes().decode()
    symbol = np.asarray(zxingcpp.create_barcode(letters, kind).to_image(scale=1, add_quiet_zones=False))
    scale = float(rng.uniform(0.5, 1)) * min(high / symbol.shape[0], wide / symbol.shape[1])
    size = max(1, round(symbol.shape[1] * scale)), max(1, round(symbol.shape[0] * scale))
    drawn, small = page(high, wide, 0.95), cv2.resize(symbol, size, interpolation=cv2.INTER_AREA)
    top, left = (high - size[1]) // 2, (wide - size[0]) // 2
    drawn[top : top + size[1], left : left + size[0]] = small / np.float32(255)
    return drawn


def _crossword(rng: np.random.Generator, high: int, wide: int) -> Floats:
    px, rows, columns = cells(rng, high, wide, 8, 36)
    drawn = laid((rng.random((rows, columns)) > rng.uniform(0, 0.4)).astype(np.float32), px, high, wide)
    drawn[::px], drawn[:, ::px] = 0, 0
    if rng.random() < 0.6:
        for row in range(rows):
            for column in range(columns):
                if rng.random() < 0.4:
                    write(drawn, str(rng.integers(10)), (column * px + px // 5, row * px + px * 4 // 5), px / 34, 0.2)
    return drawn


def _map(rng: np.random.Generator, high: int, wide: int) -> Floats:
    drawn = page(high, wide, 0.9)
    for _ in range(int(rng.integers(8, 60))):
        steps = rng.normal(0, rng.uniform(10, 50), (int(rng.integers(3, 10)), 2)).cumsum(axis=0)
        line = (steps + rng.uniform(0, 1, 2) * (wide, high)).astype(np.int32).reshape(-1, 1, 2)
        cv2.polylines(drawn, [line], bool(rng.random() < 0.3), float(rng.uniform(0, 0.7)), int(rng.integers(1, 6)))
    return drawn


def _circuit(rng: np.random.Generator, high: int, wide: int) -> Floats:
    drawn, px = page(high, wide, 0.3), int(rng.integers(4, 14))
    for _ in range(int(rng.integers(40, 160))):
        x, y = int(rng.integers(wide // px)) * px, int(rng.integers(high // px)) * px
        end = (x + int(rng.integers(-8, 9)) * px, y) if rng.random() < 0.5 else (x, y + int(rng.integers(-8, 9)) * px)
        cv2.line(drawn, (x, y), end, float(rng.uniform(0.5, 1)), max(1, px // 4))
        cv2.circle(drawn, end, px // 3, 0.9, -1)
    for _ in range(int(rng.integers(0, 8))):
        x, y, side = int(rng.integers(wide)), int(rng.integers(high)), int(rng.integers(2, 8)) * px
        cv2.rectangle(drawn, (x, y), (x + side, y + side), float(rng.uniform(0, 0.2)), -1)
    return drawn


# --- phones ---------------------------------------------------------------------------------------------------------


def _icons(rng: np.random.Generator, high: int, wide: int) -> Floats:
    """Squares in a grid, each with something in it: another square, a ring, a letter."""
    px, rows, columns = cells(rng, high, wide, 18, 80)
    drawn = page(high, wide, float(rng.uniform(0, 1)))
    for row in range(rows):
        for column in range(columns):
            side, at = round(px * rng.uniform(0.5, 0.8)), (column * px + px // 8, row * px + px // 8)
            for inner in range(int(rng.integers(1, 4))):
                step = inner * side // 6
                far = (at[0] + side - step, at[1] + side - step)
                cv2.rectangle(drawn, (at[0] + step, at[1] + step), far, float(rng.uniform(0, 1)), -1)
            if rng.random() < 0.5:
                cv2.circle(drawn, (at[0] + side // 2, at[1] + side // 2), side // 4, float(rng.uniform(0, 1)), -1)
            else:
                write(drawn, chr(int(rng.integers(65, 91))), (at[0] + side // 4, at[1] + side * 3 // 4), side / 40, 1.0)
    return drawn


def _keys(rng: np.random.Generator, high: int, wide: int) -> Floats:
    px, rows, columns = cells(rng, high, wide, 14, 50)
    drawn, gap = page(high, wide, 0.15), max(1, px // 7)
    for row in range(rows):
        shift = row * px // 3 % px
        for column in range(-1, columns):
            x, y = column * px + shift, row * px
            cv2.rectangle(drawn, (x + gap, y + gap), (x + px - gap, y + px - gap), float(rng.uniform(0.5, 0.7)), -1)
            write(drawn, chr(int(rng.integers(65, 91))), (x + px // 3, y + px * 2 // 3), px / 50, 0.05)
    return drawn


def _chat(rng: np.random.Generator, high: int, wide: int) -> Floats:
    drawn, row = page(high, wide, 0.9), 4
    while row < high:
        tall, broad = int(rng.integers(14, 60)), int(rng.integers(wide // 3, wide * 4 // 5))
        left = 4 if rng.random() < 0.5 else wide - broad - 4
        part = drawn[row : row + tall, left : left + broad]
        part[:] = _text(rng, *part.shape) * 0.7 if min(part.shape) > 12 else 0.6
        row += tall + int(rng.integers(4, 14))
    return drawn


# --- other patterns --------------------------------------------------------------------------------------------------


def _marquetry(rng: np.random.Generator, high: int, wide: int) -> Floats:
    """Two shades by chance, cell by cell, as a code has them, but with nothing in the corners; some have a margin."""
    px, rows, columns = cells(rng, high, wide, 3, 20)
    drawn = laid((rng.random((rows, columns)) < rng.uniform(0.3, 0.7)).astype(np.float32), px, high, wide)
    if rng.random() < 0.5:
        margin = int(rng.integers(2, 4 * px))
        drawn[:margin], drawn[-margin:], drawn[:, :margin], drawn[:, -margin:] = 1, 1, 1, 1
    return drawn


def _shelves(rng: np.random.Generator, high: int, wide: int) -> Floats:
    """Books and boxes, some with something written on them."""
    drawn, row = page(high, wide, 0.1), 0
    while row < high:
        tall, left = int(rng.integers(max(12, high // 8), max(14, high // 2))), 0
        while left < wide:
            broad = int(rng.integers(6, max(8, wide // 5)))
            cv2.rectangle(drawn, (left, row + int(rng.integers(1, 8))), (left + broad - 2, row + tall - 4),
                          float(rng.uniform(0.1, 1)), -1)  # fmt: skip
            for line in range(int(rng.integers(0, 5))):
                at = row + int(tall * (0.2 + 0.15 * line))
                cv2.line(
                    drawn, (left + 3, at), (left + broad - 5, at), float(rng.uniform(0, 1)), int(rng.integers(1, 6))
                )
            left += broad
        row += tall
    return drawn


def _shapes(rng: np.random.Generator, high: int, wide: int) -> Floats:
    """Rectangles and circles, one in the other: frames, signs, lamps, dials."""
    drawn = page(high, wide, float(rng.uniform(0, 1)))
    for _ in range(int(rng.integers(3, 40))):
        x, y, side = int(rng.integers(wide)), int(rng.integers(high)), int(rng.integers(4, max(6, wide // 3)))
        tall = round(side * rng.uniform(0.4, 1.6))
        for inner in range(int(rng.integers(1, 5))):
            step, shade = inner * side // 7, float(rng.uniform(0, 1))
            if side > 2 * step and tall > 2 * step:
                cv2.rectangle(drawn, (x + step, y + step), (x + side - step, y + tall - step), shade, -1)
        if rng.random() < 0.4:
            cv2.circle(drawn, (x, y), side // 3, float(rng.uniform(0, 1)), int(rng.choice([-1, 2, 5])))
    return drawn


_ANY_PRINT: tuple[Drawing, ...] = (_text, _text, _text, _map, _shapes, _bar_code, _other_matrix, *TEXTURES[:9:4])
DRAWINGS: tuple[Drawing, ...] = (
    _text, _text, _text, _poster, _poster, _bar_code, _other_matrix, _crossword, _map, _circuit, _icons, _icons, _keys,
    _chat, _marquetry, _shelves, _shapes, *TEXTURES,
)  # fmt: skip
