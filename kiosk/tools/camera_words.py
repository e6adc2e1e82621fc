"""How a camera's picture is judged while it is being mounted, in words. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from kiosk.tools.words import HINTS

DARK, BRIGHT = 50.0, 205.0
"""Mean grey levels, of 255, between which a picture is well lit."""
MUCH_BURNT, MUCH_BLACK = 0.25, 0.5
"""Shares of pixels that show nothing any more: more of them, and the exposure is wrong."""
SHARP_PX, SOFT_PX = 4.0, 6.0
"""How wide the sharper edges may be, in pixels (picture_measures.edge_px): blurs of sigma 1.5 and 2.4 pixels."""
SMALL_MODULE_PX, GOOD_MODULE_PX = 2.3, 3.0
"""Below the first no decoder reads a code; from the second on one is read that is not held quite still."""


@dataclass(frozen=True, slots=True)
class Light:
    """mean: grey levels, 0 to 255; burnt, black: shares of pixels, 0 to 1, that are as light or dark as can be."""

    mean: float
    burnt: float
    black: float


@dataclass(frozen=True, slots=True)
class LatestCode:
    """What was read last. kind: "QR code" or "bar code"; module_px: pixels a module is wide, None: not known."""

    kind: str
    payload_bytes: int
    step: str
    module_px: float | None


@dataclass(frozen=True, slots=True)
class Second:
    """One second of a camera.

    fps: frames that came; asked_fps: None where nothing can be asked for; size: (width, height) as read, None: no
    frame came; read_frames, with_code: how many were looked at, and in how many a code was read; cpu_ms: the reader's,
    per frame; light, edge_px: of the last frame, edge_px None where it shows no edges; latest: None: nothing yet; hint:
    of a code that is in view and can't be read.
    """

    fps: float
    asked_fps: int | None
    size: tuple[int, int] | None
    pixel_format: str | None
    read_frames: int
    with_code: int
    cpu_ms: float
    light: Light | None
    edge_px: float | None
    latest: LatestCode | None
    is_located: bool = False
    hint: str | None = None


def light_words(light: Light) -> str:
    """Too dark, good, too bright, or both at once."""
    too_bright = light.burnt > MUCH_BURNT or light.mean > BRIGHT
    too_dark = light.black > MUCH_BLACK or light.mean < DARK
    if too_bright and too_dark:
        return "too much contrast: light from behind"
    if too_bright:
        return "too bright"
    return "too dark" if too_dark else "good"


def sharpness_words(edge_px: float | None) -> str:
    """Good, soft or blurred; None: there is nothing to judge by."""
    if edge_px is None:
        return "can't be told: hold something printed before the camera"
    if edge_px <= SHARP_PX:
        return "good"
    return "a little soft" if edge_px <= SOFT_PX else "blurred: focus, clean the lens, or hold it still"


def module_words(module_px: float | None) -> str:
    """Whether a code is large enough in the picture; None: that is not known."""
    if module_px is None:
        return "size not known"
    if module_px < SMALL_MODULE_PX:
        return "too small: come closer"
    return "large enough" if module_px >= GOOD_MODULE_PX else "just large enough: come a little closer"


def block(second: Second) -> tuple[tuple[str, str], ...]:
    """Name and value of everything that is told, for the window."""
    told = [("frames", _frames(second))]
    if second.size is not None:
        told.append(("picture", _picture(second)))
    if second.light is not None:
        told += [("light", _light(second.light)), ("sharpness", _sharpness(second.edge_px))]
    told.append(("reading", _reading(second)))
    if second.is_located:
        told.append(("in view", _in_view(second)))
    told.append(("read last", "nothing yet" if second.latest is None else _latest(second.latest)))
    return tuple(told)


def line(second: Second) -> str:
    """The same on one line, for a terminal."""
    return " | ".join(f"{name}: {value}" for name, value in block(second))


def median(values: Sequence[float]) -> float:
    """Of a few numbers; 0 of none."""
    ordered = sorted(values)
    return ordered[len(ordered) // 2] if ordered else 0.0


def _frames(second: Second) -> str:
    asked = "" if second.asked_fps is None else f" of {second.asked_fps} asked for"
    return f"{second.fps:.1f} a second{asked}" if second.size is not None else "none"


def _picture(second: Second) -> str:
    width, height = second.size or (0, 0)
    return f"{width}x{height}" + (f", {second.pixel_format}" if second.pixel_format else "")


def _light(light: Light) -> str:
    shares = f"mean {light.mean:.0f}, burnt out {light.burnt:.0%}, black {light.black:.0%}"
    return f"{light_words(light)} ({shares})"


def _sharpness(edge_px: float | None) -> str:
    return sharpness_words(edge_px) + ("" if edge_px is None else f" (edges {edge_px:.1f} px)")


def _reading(second: Second) -> str:
    if not second.read_frames:
        return "no frame read"
    return f"a code in {second.with_code} of {second.read_frames} frames, {second.cpu_ms:.1f} ms each"


def _in_view(second: Second) -> str:
    return "a code that can't be read" + (f": {HINTS[second.hint]}" if second.hint in HINTS else "")


def _latest(latest: LatestCode) -> str:
    told = f"a {latest.kind} of {latest.payload_bytes} bytes, step {latest.step}"
    if latest.kind != "QR code":
        return told
    size = "" if latest.module_px is None else f"modules {latest.module_px:.1f} px, "
    return f"{told}, {size}{module_words(latest.module_px)}"
