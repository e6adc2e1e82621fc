"""Icons, drawn as strokes of one width, so that they are crisp at every size. Their shapes tell what colours tell."""

from math import cos, pi, sin

from kivy.graphics import Color, Line
from kivy.properties import ColorProperty, StringProperty
from kivy.uix.widget import Widget

# Each stroke is a list of points in a square of side 1, from its lower left corner.
Stroke = tuple[tuple[float, float], ...]


def _circle(x: float, y: float, radius: float, start: float = 0.0, end: float = 2 * pi) -> Stroke:
    steps = 48
    angles = [start + (end - start) * step / steps for step in range(steps + 1)]
    return tuple((x + radius * cos(angle), y + radius * sin(angle)) for angle in angles)


def _box(left: float, bottom: float, side: float) -> Stroke:
    right, top = left + side, bottom + side
    return ((left, bottom), (right, bottom), (right, top), (left, top), (left, bottom))


_RING = _circle(0.5, 0.5, 0.46)
STROKES: dict[str, tuple[Stroke, ...]] = {
    "tick": (_RING, ((0.27, 0.51), (0.43, 0.35), (0.73, 0.66))),
    "cross": (_RING, ((0.33, 0.33), (0.67, 0.67)), ((0.33, 0.67), (0.67, 0.33))),
    "document": (
        ((0.22, 0.06), (0.78, 0.06), (0.78, 0.7), (0.58, 0.94), (0.22, 0.94), (0.22, 0.06)),
        ((0.58, 0.94), (0.58, 0.7), (0.78, 0.7)),
        ((0.5, 0.56), (0.5, 0.36)),
        _circle(0.5, 0.22, 0.012),
    ),
    "dots": (_circle(0.2, 0.5, 0.03), _circle(0.5, 0.5, 0.03), _circle(0.8, 0.5, 0.03)),
    "person": (_circle(0.5, 0.68, 0.19), _circle(0.5, 0.08, 0.36, 0.0, pi), ((0.14, 0.08), (0.86, 0.08))),
    "code": (
        _box(0.1, 0.6, 0.28),
        _box(0.62, 0.6, 0.28),
        _box(0.1, 0.1, 0.28),
        ((0.6, 0.12), (0.88, 0.4)),
        ((0.6, 0.4), (0.88, 0.12)),
    ),
    "warning": (
        ((0.5, 0.92), (0.05, 0.1), (0.95, 0.1), (0.5, 0.92)),
        ((0.5, 0.62), (0.5, 0.38)),
        _circle(0.5, 0.24, 0.012),
    ),
}


class Icon(Widget):  # type: ignore[misc]  # Kivy ships no types
    """Draws the icon called `name` as large as fits, in `color`."""

    name = StringProperty("tick")
    color = ColorProperty((1, 1, 1, 1))

    def __init__(self, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self.bind(pos=self._draw, size=self._draw, name=self._draw, color=self._draw)
        self._draw()

    def _draw(self, *_: object) -> None:
        self.canvas.clear()
        side = min(self.width, self.height)
        if side <= 0:
            return
        width = side * 0.042
        left, bottom = self.center_x - side / 2, self.center_y - side / 2
        with self.canvas:
            Color(*self.color)
            for stroke in STROKES.get(self.name, ()):
                points = [coordinate for x, y in stroke for coordinate in (left + x * side, bottom + y * side)]
                Line(points=points, width=width, cap="round", joint="round")
