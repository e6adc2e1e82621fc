"""What visitors hold in front of the camera: a phone, a phone in dark mode, a printed sheet; drawn flat."""

from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
import segno
from numpy.typing import NDArray

Carrier = Literal["phone", "paper", "dark_phone"]
Picture = NDArray[np.uint8]

_MODULE_PX = 6
_QUIET_MODULES = 4  # ISO/IEC 18004
_FONT = cv2.FONT_HERSHEY_SIMPLEX


@dataclass(frozen=True, slots=True)
class Drawn:
    """A carrier seen straight on. bgr: shape (height, width, 3); alpha: shape (height, width), 0 where it is not."""

    bgr: Picture
    alpha: Picture


def draw(carrier: Carrier, payload: str, rng: np.random.Generator) -> Drawn:
    """Draw a carrier that shows `payload` as a QR code."""
    code = _code(payload)
    if carrier == "paper":
        return _paper(code, rng)
    return _phone(code, dark=carrier == "dark_phone")


def _code(payload: str) -> Picture:
    """A QR code in grey with its quiet zone; error correction M, since a phone's screen is clean."""
    matrix = np.array(segno.make(payload, error="m", micro=False, boost_error=False).matrix, dtype=np.uint8)
    modules = np.pad(1 - matrix, _QUIET_MODULES, constant_values=1) * 255
    return np.kron(modules, np.ones((_MODULE_PX, _MODULE_PX))).astype(np.uint8)


def _phone(code: Picture, *, dark: bool) -> Drawn:
    side = code.shape[0]
    bezel, head, foot = 14, 90, 120
    width, height = side + 2 * (bezel + 16), side + 2 * bezel + head + foot
    body = _rounded(width, height, 38)
    screen = np.zeros_like(body)
    screen[bezel : height - bezel, bezel : width - bezel] = _rounded(width - 2 * bezel, height - 2 * bezel, 26)
    paper, ink, accent = (
        ((24, 22, 20), (235, 235, 235), (120, 200, 90)) if dark else ((250, 250, 250), (40, 40, 40), (90, 150, 40))
    )
    picture = np.full((height, width, 3), (30, 28, 26), np.uint8)
    picture[screen > 0] = paper
    cv2.putText(picture, "12:30", (bezel + 24, bezel + 26), _FONT, 0.5, ink, 1, cv2.LINE_AA)
    cv2.rectangle(picture, (width - bezel - 62, bezel + 14), (width - bezel - 32, bezel + 27), ink, 1, cv2.LINE_AA)
    cv2.rectangle(picture, (width - bezel - 60, bezel + 16), (width - bezel - 40, bezel + 25), ink, -1)
    cv2.putText(picture, "Ashyq", (bezel + 24, bezel + 72), _FONT, 1.1, accent, 3, cv2.LINE_AA)
    left, top = (width - side) // 2, bezel + head
    shown = 255 - code if dark else code
    tone = np.where(shown[..., None] > 127, ink if dark else paper, paper if dark else ink)
    picture[top : top + side, left : left + side] = tone.astype(np.uint8)
    button_top = top + side + 34
    cv2.rectangle(picture, (width // 2 - 90, button_top), (width // 2 + 90, button_top + 44), accent, -1)
    return Drawn(picture, body)


def _paper(code: Picture, rng: np.random.Generator) -> Drawn:
    side = code.shape[0]
    margin, lines = 70, 7
    width, height = side + 2 * margin, side + 2 * margin + 40 * lines
    sheet = np.full((height, width, 3), (238, 243, 245), np.uint8)
    sheet[margin : margin + side, margin : margin + side] = np.where(
        code[..., None] > 127, (238, 243, 245), (52, 50, 48)
    ).astype(np.uint8)
    for line in range(lines):
        length = int(side * rng.uniform(0.55, 1.0))
        y = margin + side + 30 + 36 * line
        cv2.line(sheet, (margin, y), (margin + length, y), (120, 118, 116), 7, cv2.LINE_AA)
    # A sheet that is held by hand bends: a soft shadow runs across it.
    bend = 1 - 0.16 * np.sin(np.linspace(0, np.pi, width)) ** 2
    return Drawn((sheet * bend[None, :, None]).astype(np.uint8), np.full((height, width), 255, np.uint8))


def _rounded(width: int, height: int, radius: int) -> Picture:
    mask = np.zeros((height, width), np.uint8)
    cv2.rectangle(mask, (radius, 0), (width - radius - 1, height - 1), 255, -1)
    cv2.rectangle(mask, (0, radius), (width - 1, height - radius - 1), 255, -1)
    for x in (radius, width - radius - 1):
        for y in (radius, height - radius - 1):
            cv2.circle(mask, (x, y), radius, 255, -1, cv2.LINE_AA)
    return mask
