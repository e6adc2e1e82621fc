"""The codes in the camera picture, outlined. What the colour tells is told by the shape as well.

A code that has been read gets a closed outline, one that has only been located gets its corners.
"""

from collections.abc import Sequence

from kivy.graphics import Color, Line
from kivy.properties import NumericProperty
from kivy.uix.widget import Widget

from kiosk.screens import look
from kiosk.screens.model import PreviewMark

_MOST = 4


class Outlines(Widget):  # type: ignore[misc]  # Kivy ships no types
    """Draws marks over the picture that fills this widget. unit: a hundredth of the screen's shorter side, pixels."""

    unit = NumericProperty(4.8)

    def __init__(self, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self._marks: tuple[PreviewMark, ...] = ()
        self._drawn: tuple[object, ...] | None = None
        self.bind(pos=self._draw, size=self._draw, unit=self._draw)

    @property
    def marks(self) -> tuple[PreviewMark, ...]:
        """What is outlined now."""
        return self._marks

    def show(self, marks: Sequence[PreviewMark]) -> None:
        """Outline these codes, and no others."""
        self._marks = tuple(marks[:_MOST])
        self._draw()

    def _draw(self, *_: object) -> None:
        wanted = (self._marks, tuple(self.pos), tuple(self.size), self.unit)
        if wanted == self._drawn:
            return
        self._drawn = wanted
        self.canvas.clear()
        for mark in self._marks:
            points = look.placed(mark.corners, tuple(self.pos), tuple(self.size))
            is_read = mark.kind == "decoded"
            strokes = [[*points, points[0]]] if is_read else look.brackets(points)
            with self.canvas:
                # A dark edge keeps the outline visible on white paper and in the sun.
                for colour, width in ((look.OUTLINE_EDGE, 1.1), (look.READ if is_read else look.LOCATED, 0.65)):
                    Color(*colour, 1)
                    for stroke in strokes:
                        flat = [coordinate for point in stroke for coordinate in point]
                        Line(points=flat, width=max(1.5, self.unit * width), cap="round", joint="round")
