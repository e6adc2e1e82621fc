"""A label whose text is as large as its box allows: words differ in length by language, boxes by screen."""

from functools import lru_cache

from kivy.clock import Clock
from kivy.core.text import Label as CoreLabel
from kivy.properties import NumericProperty
from kivy.uix.label import Label

SMALLEST_PX = 9


class FitLabel(Label):  # type: ignore[misc]  # Kivy ships no types
    """Finds the largest font, up to `largest` pixels, at which the wrapped text fits its box and no word is broken."""

    largest = NumericProperty(40)

    def __init__(self, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self._trigger = Clock.create_trigger(self.fit, -1)
        self.bind(size=self._trigger, text=self._trigger, largest=self._trigger, bold=self._trigger)

    def fit(self, *_: object) -> None:
        """Choose the font size now."""
        if self.width < 1 or self.height < 1:
            return
        box = (int(self.width), int(self.height))
        self.font_size = largest_font(self.text, self.font_name, box, int(self.largest), bold=self.bold)
        self.text_size = box


@lru_cache(maxsize=512)
def largest_font(text: str, font_name: str, box: tuple[int, int], largest_px: int, *, bold: bool) -> int:
    """The largest font size in pixels, at least SMALLEST_PX, at which the wrapped text fits the box (width, height)."""
    low, high = SMALLEST_PX, max(SMALLEST_PX, largest_px)
    while low < high:
        middle = (low + high + 1) // 2
        if fits(text, font_name, box, middle, bold=bold):
            low = middle
        else:
            high = middle - 1
    return low


def fits(text: str, font_name: str, box: tuple[int, int], font_px: int, *, bold: bool) -> bool:
    """Whether the text, wrapped between words, fits the box at this font size."""
    width, height = box
    label = CoreLabel(text=text, font_name=font_name, font_size=font_px, bold=bold, text_size=(width, None))
    label.resolve_font_name()
    if any(label.get_extents(word)[0] > width for word in text.split()):
        return False
    label.refresh()
    return bool(label.content_height <= height)
