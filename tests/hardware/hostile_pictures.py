"""Pictures that somebody might hold before the camera to break its decoders, and codes that are valid and odd.

Each is made from its number alone, so that one which broke something can be made again: `hostile_picture(number)`.
"""

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import segno
from numpy.typing import NDArray
from segno import consts, encoder

Grey = NDArray[np.uint8]
Random = np.random.Generator

FINDER = np.array(
    [[1] * 7, [1, 0, 0, 0, 0, 0, 1], *[[1, 0, 1, 1, 1, 0, 1]] * 3, [1, 0, 0, 0, 0, 0, 1], [1] * 7], dtype=np.uint8
)
_CAMERA = (640, 480)
_ODD_SIZES = ((1, 1), (1, 700), (700, 1), (2, 3000), (3, 3), (5, 900), (4000, 3000), (20, 20), (4096, 8), (999, 333))


def hostile_picture(number: int) -> Grey:
    """A picture, height by width, dtype uint8; every kind comes again after as many numbers as there are kinds."""
    random = np.random.default_rng(number)
    return np.ascontiguousarray(_KINDS[number % len(_KINDS)](random))


def drawn(matrix: Grey, module_px: int = 4, quiet: int = 4) -> Grey:
    """A matrix of modules, 1 for dark, as a picture."""
    framed = np.pad(1 - matrix, quiet, constant_values=1) * 255
    return np.kron(framed, np.ones((module_px, module_px), np.uint8)).astype(np.uint8)


def _matrix(random: Random) -> Grey:
    content = bytes(random.integers(32, 127, int(random.integers(1, 400)), dtype=np.uint8)).decode("ascii")
    return np.array(segno.make(content, micro=False, error=str(random.choice(list("LMQH")))).matrix, dtype=np.uint8)


def _on_canvas(picture: Grey, random: Random) -> Grey:
    """As a camera sees it: somewhere in a picture of its size, blurred or noisy or not."""
    width, height = _CAMERA
    picture = picture[:height, :width]
    canvas = np.full((height, width), int(random.integers(0, 256)), np.uint8)
    top = int(random.integers(0, height - picture.shape[0] + 1))
    left = int(random.integers(0, width - picture.shape[1] + 1))
    canvas[top : top + picture.shape[0], left : left + picture.shape[1]] = picture
    if random.random() < 0.3:
        canvas = cv2.GaussianBlur(canvas, (0, 0), float(random.uniform(0.5, 3))).astype(np.uint8)
    return canvas


def _noise(random: Random) -> Grey:
    scale = int(random.choice([1, 2, 4, 8]))
    small = random.integers(0, 256, (_CAMERA[1] // scale, _CAMERA[0] // scale), dtype=np.uint8)
    if random.random() < 0.5:
        small = (small > 127).astype(np.uint8) * 255
    return np.kron(small, np.ones((scale, scale), np.uint8))


def _flat(random: Random) -> Grey:
    return np.full((_CAMERA[1], _CAMERA[0]), int(random.choice([0, 1, 127, 254, 255])), np.uint8)


def _gradient(random: Random) -> Grey:
    x, y = np.meshgrid(np.arange(_CAMERA[0]), np.arange(_CAMERA[1]))
    values = x * random.uniform(-2, 2) + y * random.uniform(-2, 2)
    return (values.astype(np.int64) % 256).astype(np.uint8)


def _stripes(random: Random) -> Grey:
    width = int(random.integers(1, 9))
    line = (np.arange(_CAMERA[0]) // width % 2 * 255).astype(np.uint8)
    if random.random() < 0.5:
        line = np.repeat(random.integers(0, 2, -(-_CAMERA[0] // width)).astype(np.uint8) * 255, width)[: _CAMERA[0]]
    picture = np.tile(line, (_CAMERA[1], 1))
    return picture.T if random.random() < 0.5 else picture


def _like_a_code(random: Random) -> Grey:
    """The corners of a code, and anything between them."""
    version = int(random.integers(1, 26))
    size = 17 + 4 * version
    matrix = random.integers(0, 2, (size, size)).astype(np.uint8)
    eye = np.pad(FINDER, ((0, 1), (0, 1)))
    matrix[:8, :8], matrix[:8, -8:], matrix[-8:, :8] = eye, eye[:, ::-1], eye[::-1]
    matrix[6, 8:-8] = matrix[8:-8, 6] = 1 - np.arange(size - 16) % 2
    return _on_canvas(drawn(matrix, max(1, 440 // (size + 8))), random)


def _eyes_everywhere(random: Random) -> Grey:
    """Finder patterns, as many as fit: every three of them may be a code."""
    module_px, gap = int(random.integers(1, 5)), int(random.integers(1, 4))
    cell = np.pad(FINDER, ((0, gap), (0, gap)))
    count = max(1, 470 // (cell.shape[0] * module_px))
    return _on_canvas(drawn(np.tile(cell, (count, count)), module_px), random)


def _flipped_modules(random: Random) -> Grey:
    matrix = _matrix(random)
    flips = random.random(matrix.shape) < random.choice([0.01, 0.05, 0.2])
    return _on_canvas(drawn(matrix ^ flips.astype(np.uint8), max(1, 440 // (matrix.shape[0] + 8))), random)


def _torn(random: Random) -> Grey:
    """A code with lines of modules left out, doubled, or in another order."""
    matrix = _matrix(random)
    order = np.sort(random.integers(0, matrix.shape[0], matrix.shape[0]))
    if random.random() < 0.3:
        random.shuffle(order)
    matrix = matrix[order] if random.random() < 0.5 else matrix[:, order]
    return _on_canvas(drawn(matrix, max(1, 440 // (matrix.shape[0] + 8))), random)


def _many_codes(random: Random) -> Grey:
    codes = [drawn(np.array(segno.make_qr(f"ASHYQ:{number}").matrix, dtype=np.uint8), 3) for number in range(12)]
    rows = [np.hstack(codes[start : start + 4]) for start in (0, 4, 8)]
    return _on_canvas(np.vstack(rows), random)


def _bent(random: Random) -> Grey:
    """A code in a perspective that no hand would give it."""
    picture = _on_canvas(drawn(_matrix(random), 3), random)
    height, width = picture.shape
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    moved = corners + random.uniform(-0.6, 0.6, (4, 2)).astype(np.float32) * np.array([width, height], np.float32)
    return cv2.warpPerspective(picture, cv2.getPerspectiveTransform(corners, moved), (width, height)).astype(np.uint8)


def _odd_size(random: Random) -> Grey:
    width, height = _ODD_SIZES[int(random.integers(len(_ODD_SIZES)))]
    if random.random() < 0.5:
        return random.integers(0, 256, (height, width), dtype=np.uint8)
    picture: Grey = cv2.resize(_like_a_code(random), (width, height)).astype(np.uint8)
    return picture


def _damaged_jpeg(random: Random) -> Grey:
    """A JPEG file with bits changed, or its end missing, as far as OpenCV still takes it for one."""
    _, encoded = cv2.imencode(".jpg", _like_a_code(random), [cv2.IMWRITE_JPEG_QUALITY, int(random.integers(5, 96))])
    content = encoded.copy()
    if random.random() < 0.5:
        content = content[: int(random.integers(20, content.size))]
    for place in random.integers(2, content.size, int(random.integers(0, 40))):
        content[place] ^= 1 << int(random.integers(8))
    try:
        picture = cv2.imdecode(content, cv2.IMREAD_GRAYSCALE)
    except cv2.error:  # told that it is none, by its other way
        picture = None
    if picture is None or picture.size > 1 << 24:
        return np.zeros((480, 640), np.uint8)
    return picture.astype(np.uint8)


def _lying(random: Random) -> Grey:
    """A sound code of random bits: of modes, counts and content that do not fit one another."""
    version = int(random.integers(1, 11))
    bits = ""
    while len(bits) < 2400:
        bits += str(random.choice(["0001", "0010", "0100", "1000", "0111", "0011", "0101", "1001", "1101", "0000"]))
        bits += "".join(str(bit) for bit in random.integers(0, 2, int(random.integers(0, 90))))
    return _on_canvas(of_bits(version, bits, str(random.choice(["L", "H"]))), random)


_KINDS: tuple[Callable[[Random], Grey], ...] = (
    _noise,
    _flat,
    _gradient,
    _stripes,
    _like_a_code,
    _eyes_everywhere,
    _flipped_modules,
    _torn,
    _many_codes,
    _bent,
    _odd_size,
    _damaged_jpeg,
    _lying,
    _lying,
)


def odd_codes() -> dict[str, Grey]:
    """Valid codes that are rarely seen, by name: what a decoder has to parse that no pass ever asked of it."""
    made = {
        "one byte": segno.make_qr("A"),
        "a null byte": segno.make_qr(b"\0"),
        "all byte values": segno.make_qr(bytes(range(256))),
        "as many bytes as fit": segno.make_qr(b"\xff" * 2953, error="L"),
        "as many digits as fit": segno.make_qr("7" * 7089, error="L"),
        "as many letters as fit": segno.make_qr("Z" * 4296, error="L"),
        "kanji": segno.make_qr("点茗点茗", mode="kanji"),
        "broken UTF-8": segno.make_qr(b"\xc3\x28\xf0\x28\x8c\xbc"),
        "control characters": segno.make_qr(bytes(range(32))),
        **{f"ECI {name}": segno.make_qr("ÄÖé", encoding=name, eci=True) for name in ("utf-8", "iso-8859-1", "cp437")},
        "ECI Cyrillic": segno.make_qr("Қазақ тілі", encoding="utf-8", eci=True),
        "ECI Shift JIS": segno.make_qr("点", encoding="shift_jis", eci=True),
        **{
            f"part {number} of several": code
            for number, code in enumerate(segno.make_sequence("ASHYQ:" + "X" * 300, symbol_count=4))
        },
        "micro": segno.make_micro("12345"),
        "micro with letters": segno.make_micro("ASHYQ"),
    }
    pictures = {name: drawn(np.array(code.matrix, dtype=np.uint8)) for name, code in made.items()}
    plain = drawn(np.array(segno.make_qr("ASHYQ:MIRRORED").matrix, dtype=np.uint8))
    pictures |= {
        "mirrored": np.ascontiguousarray(plain[:, ::-1]),
        "upside down": np.ascontiguousarray(plain[::-1, ::-1]),
        "inverted": 255 - plain,
        "inverted and mirrored": np.ascontiguousarray(255 - plain[:, ::-1]),
        "forty in one picture": np.vstack([np.hstack([plain] * 8)] * 5),
    }
    for number in (0, 3, 20, 25, 26, 27, 127, 128, 170, 899, 16_383, 16_384, 811_799, 999_999):
        pictures[f"ECI number {number}"] = of_bits(2, _eci(number) + _bytes_segment(b"ASHYQ:\xe9"))
    pictures |= {
        "FNC1 in first position": of_bits(2, "0101" + _bytes_segment(b"0109501101530003")),
        "FNC1 in second position": of_bits(2, "1001" + f"{65:08b}" + _bytes_segment(b"ASHYQ")),
        "nothing at all": of_bits(1, "0000"),
        "no bytes": of_bits(1, _bytes_segment(b"")),
        "more bytes than there are": of_bits(1, "0100" + f"{255:08b}" + "01000001"),
        "the same part again": of_bits(2, "0011" + "0000" + "0000" + "00000000" + _bytes_segment(b"A")),
        "a part beyond the last": of_bits(2, "0011" + "1111" + "0001" + "00000000" + _bytes_segment(b"A")),
        "a reserved mode": of_bits(1, "1111" * 8),
        "digits that are none": of_bits(1, "0001" + f"{3:010b}" + "1111111111"),
        "letters that are none": of_bits(1, "0010" + f"{2:09b}" + "11111111111"),
        "kanji that are none": of_bits(1, "1000" + f"{1:08b}" + "1111111111111"),
        "character sets in a row": of_bits(5, "".join(_eci(number) for number in range(20)) + _bytes_segment(b"A")),
    }
    return pictures


def of_bits(version: int, bits: str, error: str = "L") -> Grey:
    """A code with sound error correction whose content is these bits (ISO/IEC 18004, 7.4), whatever they mean.

    It passes every check that protects a decoder from noise, and so leads into its parser.
    """
    level = {"L": consts.ERROR_LEVEL_L, "H": consts.ERROR_LEVEL_H}[error]
    capacities: Any = consts.SYMBOL_CAPACITY
    capacity = capacities[version][level]
    content = encoder.Buffer(int(bit) for bit in bits[:capacity].ljust(capacity, "0"))
    message = encoder.make_final_message(version, level, content)
    size = encoder.calc_matrix_size(version)
    matrix = encoder.make_matrix(size, size)
    encoder.add_finder_patterns(matrix, size, size)
    encoder.add_alignment_patterns(matrix, size, size)
    encoder.add_codewords(matrix, message, version)
    mask, matrix = encoder.find_and_apply_best_mask(matrix, size, size, None)
    encoder.add_format_info(matrix, version, level, mask)
    encoder.add_version_info(matrix, version)
    return drawn(np.array(matrix, dtype=np.uint8))


def _eci(number: int) -> str:
    """The mode and the designator of a character set (7.4.3.2)."""
    if number < 128:
        return "0111" + f"{number:08b}"
    return "0111" + (f"10{number:014b}" if number < 16_384 else f"110{number:021b}")


def _bytes_segment(content: bytes) -> str:
    """As versions 1 to 9 count: eight bits."""
    return "0100" + f"{len(content):08b}" + "".join(f"{byte:08b}" for byte in content)
