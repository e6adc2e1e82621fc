"""Colours, icons and outlines: which stands for what. Colours are sRGB, 0 to 1."""

from collections.abc import Sequence

from kiosk.screens.model import ScreenModel

Colour = tuple[float, float, float]
Point = tuple[float, float]

_ARM = 0.28  # of a side: the arms of a corner never meet


def _hex(text: str) -> Colour:
    red, green, blue = (int(text[place : place + 2], 16) / 255 for place in (0, 2, 4))
    return red, green, blue


# Each status in a shade on which its text keeps a contrast of 7:1 or more (WCAG 2.2, 1.4.6).
STATUS_COLOURS: dict[str, Colour] = {
    "green": _hex("0a6030"),
    "blue": _hex("0b4a9e"),
    "yellow": _hex("ffd21f"),
    "red": _hex("a01020"),
}
NEUTRAL = _hex("2b3442")
IDLE = _hex("0e1520")
LIGHT_TEXT = _hex("ffffff")
DARK_TEXT = _hex("14110a")
ONLINE = _hex("38d27a")
OFFLINE = _hex("ffb020")
FAINT_TEXT = _hex("b9c4d2")
# Yellow and blue differ for every kind of colour blindness (Okabe and Ito, Color Universal Design).
LOCATED = _hex("ffd21f")
READ = _hex("4cc2ff")
OUTLINE_EDGE = _hex("0e1520")

_ICONS = {
    "granted": "tick",
    "denied": "cross",
    "proof_needed": "document",
    "checking": "dots",
    "could_not_check": "person",
    "not_a_credential": "code",
    "out_of_order": "warning",
}


def fill(model: ScreenModel) -> Colour:
    """What fills the screen: the status's colour in a verdict, neutral where there is no status.

    A denied visitor never sees a screen full of green or blue, whatever their status: from afar it would look granted.
    """
    refused = model.outcome not in ("granted", "proof_needed")
    looks_granted = refused and model.status in ("green", "blue")
    if model.screen == "verdict" and model.status in STATUS_COLOURS and not looks_granted:
        return STATUS_COLOURS[model.status]
    return IDLE if model.screen == "idle" else NEUTRAL


def ink(background: Colour) -> Colour:
    """The text colour with the better contrast."""
    return max((LIGHT_TEXT, DARK_TEXT), key=lambda text: contrast(text, background))


def icon(model: ScreenModel) -> str:
    """The icon's name; by shape alone it tells what the colour tells."""
    return _ICONS[model.outcome or "denied"] if model.screen == "verdict" else _ICONS.get(model.screen, "code")


def placed(corners: Sequence[Point], pos: Point, size: Point) -> list[Point]:
    """Corners of a mark (fractions from the picture's upper left) in pixels; the picture's lower left is at `pos`."""
    (left, bottom), (width, height) = pos, size
    return [(left + x * width, bottom + (1 - y) * height) for x, y in corners]


def brackets(points: Sequence[Point]) -> list[list[Point]]:
    """The corners of a closed shape alone: each as three points, from one arm's end round the corner to the other's."""
    before, after = [points[-1], *points[:-1]], [*points[1:], points[0]]
    return [
        [_towards(corner, previous), corner, _towards(corner, following)]
        for previous, corner, following in zip(before, points, after, strict=True)
    ]


def _towards(start: Point, end: Point) -> Point:
    return start[0] + (end[0] - start[0]) * _ARM, start[1] + (end[1] - start[1]) * _ARM


def contrast(one: Colour, other: Colour) -> float:
    """Contrast ratio, 1 to 21 (WCAG 2.2, relative luminance)."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: Colour) -> float:
    red, green, blue = (
        channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4 for channel in colour
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
