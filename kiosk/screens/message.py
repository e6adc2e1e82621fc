"""The screen of every message: a verdict, checking, could not check, not a credential, out of order."""

from collections.abc import Callable
from pathlib import Path

from kivy.clock import Clock
from kivy.lang import Builder
from kivy.properties import BooleanProperty, ColorProperty, ListProperty, NumericProperty, StringProperty
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.floatlayout import FloatLayout

from kiosk.screens import look, words
from kiosk.screens.model import ScreenModel

Builder.load_file(str(Path(__file__).with_suffix(".kv")))

_COUNTDOWN_STEP_S = 1 / 15


class OtherLanguage(BoxLayout):  # type: ignore[misc]  # Kivy ships no types
    """The same words, smaller, in another language."""

    title = StringProperty()
    detail = StringProperty()
    ink = ColorProperty()
    largest = NumericProperty(20)
    centred = BooleanProperty(defaultvalue=False)


class MessageScreen(FloatLayout):  # type: ignore[misc]  # Kivy ships no types
    """Fills the screen with the colour; icon and words do without it. `remaining`: share of the time left, 0 to 1."""

    background = ColorProperty(look.NEUTRAL)
    ink = ColorProperty(look.LIGHT_TEXT)
    icon = StringProperty("tick")
    title = StringProperty()
    detail = StringProperty()
    footnote = StringProperty()
    others = ListProperty()
    remaining = NumericProperty(0)
    portrait = BooleanProperty(defaultvalue=False)
    unit = NumericProperty(4.8)

    def __init__(self, languages: tuple[str, ...], monotonic: Callable[[], float], **kwargs: object) -> None:
        super().__init__(**kwargs)
        self._languages = languages
        self._monotonic = monotonic
        self._model = ScreenModel()
        self.bind(size=self._measure, others=self._fill_others, unit=self._fill_others, portrait=self._fill_others)
        self._countdown = Clock.create_trigger(self._count_down, _COUNTDOWN_STEP_S, interval=True)

    def show(self, model: ScreenModel) -> None:
        """Put a message on the screen."""
        self._model = model
        background = look.fill(model)
        self.background = background
        self.ink = look.ink(background)
        self.icon = look.icon(model)
        first, *others = words.blocks(model, self._languages)
        self.title, self.detail = first.title, first.detail
        self.others = others
        self.footnote = words.footnote(model, first.language)
        self._count_down()
        if model.until is None:
            self._countdown.cancel()
        else:
            self._countdown()

    def hide(self) -> None:
        """Stop counting: another screen has taken over."""
        self._countdown.cancel()

    def _count_down(self, *_: object) -> None:
        until, shown_at = self._model.until, self._model.shown_at
        if until is None or until <= shown_at:
            self.remaining = 0
        else:
            self.remaining = min(1.0, max(0.0, (until - self._monotonic()) / (until - shown_at)))

    def _measure(self, *_: object) -> None:
        self.portrait = self.height > self.width
        self.unit = min(self.width, self.height) / 100

    def _fill_others(self, *_: object) -> None:
        box = self.ids.others
        box.clear_widgets()
        for block in self.others:
            box.add_widget(
                OtherLanguage(
                    title=block.title,
                    detail=block.detail,
                    ink=self.ink,
                    largest=self.unit * 5.5,
                    centred=self.portrait,
                )
            )
