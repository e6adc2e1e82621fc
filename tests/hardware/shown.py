"""QR codes as they lie in a picture: which modules they have, and where their corners are."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import segno
from numpy.typing import NDArray

from hardware.qr_layout import DARK, LIGHT, fixed_modules
from hardware.symbols import Outline

Grey = NDArray[np.uint8]
Floats = NDArray[np.float32]

BACKGROUND = 130
SURE = 4.0  # the odds that a measured bit has at most


@dataclass(frozen=True, slots=True)
class Code:
    """What is written, and how its modules are: shape (n, n), LIGHT or DARK."""

    payload: bytes
    version: int
    light: Floats


def code(payload: bytes | str, error: str = "M", *, version: int | None = None, mask: int | None = None) -> Code:
    """A QR code of Model 2, of the smallest version that holds the payload unless one is given."""
    made = segno.make(payload, error=error, version=version, mask=mask, micro=False, boost_error=False)
    dark = np.array(made.matrix, np.uint8) == 1
    light = np.where(dark, np.float32(DARK), np.float32(LIGHT))
    return Code(payload.encode() if isinstance(payload, str) else payload, int(made.version), light)


def odds_of(codewords: Sequence[int] | Grey, sureness: float = SURE) -> Floats:
    """Natural logarithm of the odds that each bit is 0, all equally sure; shape (codewords, 8)."""
    bits = np.unpackbits(np.array(codewords, np.uint8)[:, None], axis=1)
    return np.where(bits == 1, -sureness, sureness).astype(np.float32)


def flat(light: Floats, module_px: int, quiet: int = 4) -> Grey:
    """Modules drawn black on white, with a quiet zone."""
    framed = np.pad(light, quiet, constant_values=LIGHT)
    return np.kron(framed > 0, np.ones((module_px, module_px))).astype(np.uint8) * 255


def square(left: float, top: float, side: float, turned: float = 0.0) -> Floats:
    """The corners of a square in pixels, turned about its middle by degrees, clockwise."""
    middle = np.array([left + side / 2, top + side / 2])
    half = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * side / 2
    angle = np.deg2rad(turned)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    corners: Floats = (middle + half @ turn).astype(np.float32)
    return corners


def seen(
    light: Floats,
    corners: Floats,
    *,
    size: tuple[int, int] = (320, 320),
    dark: float = 30.0,
    bright: float = 220.0,
    noise: float = 0.0,
    blur_px: float = 0.6,
    streak_px: int = 0,
    background: float = BACKGROUND,
    seed: int = 0,
) -> Grey:
    """A picture of (width, height) in which modules lie at these corners; `dark` above `bright` inverts the code.

    streak_px: how far the code moves to the right while the shutter is open.
    """
    detail, quiet = 12, 4
    page = flat(light, detail, quiet).astype(np.float32) / 255
    low, high = quiet * detail - 0.5, (quiet + len(light)) * detail - 0.5
    source = np.array([[low, low], [high, low], [high, high], [low, high]], np.float32)
    matrix = cv2.getPerspectiveTransform(source, corners.astype(np.float32))
    module_px = float(np.sqrt(cv2.contourArea(corners.astype(np.float32)))) / len(light)
    if detail / module_px > 1.5:
        page = cv2.GaussianBlur(page, (0, 0), 0.35 * detail / module_px).astype(np.float32)
    covered = cv2.warpPerspective(np.ones_like(page), matrix, size)
    shown = cv2.warpPerspective(page, matrix, size)
    frame = background * (1 - covered) + (dark + (bright - dark) * shown) * covered
    if blur_px:
        frame = cv2.GaussianBlur(frame, (0, 0), blur_px)
    if streak_px:
        frame = cv2.blur(frame, (streak_px, 1))
    frame = frame + np.random.default_rng(seed).normal(0, noise, frame.shape) if noise else frame
    return np.clip(frame, 0, 255).astype(np.uint8)


def outline(corners: Floats, version: int) -> Outline:
    """Where a decoder would have located it."""
    return Outline(corners.astype(np.float32), version)


def scrambled(shown: Code, seed: int = 0) -> Floats:
    """The modules of a code that nobody can decode: its patterns stand, all else is random."""
    fixed = fixed_modules(shown.version)
    random = np.random.default_rng(seed).choice(np.array([LIGHT, DARK], np.float32), fixed.shape)
    return np.where(fixed != 0, fixed, random).astype(np.float32)
