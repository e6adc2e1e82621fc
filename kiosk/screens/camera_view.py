"""What a technician sees who mounts the camera: its picture with the codes in it, and what it is worth, in words."""

from collections.abc import Callable, Sequence
from pathlib import Path

from kivy.app import App
from kivy.clock import Clock
from kivy.core.window import Window
from kivy.lang import Builder
from kivy.properties import BooleanProperty, NumericProperty, StringProperty
from kivy.uix.boxlayout import BoxLayout

from kiosk.screens.idle import CameraPicture
from kiosk.screens.model import PreviewFrame

Builder.load_file(str(Path(__file__).with_suffix(".kv")))

__all__ = ["CameraApp", "CameraPicture", "CameraView"]

_TICK_S = 1 / 20
_ESCAPE = 27


class Told(BoxLayout):  # type: ignore[misc]  # Kivy ships no types
    """One thing that is told."""

    name = StringProperty()
    value = StringProperty()
    largest = NumericProperty(30)


class CameraView(BoxLayout):  # type: ignore[misc]  # Kivy ships no types
    """Picture and words."""

    portrait = BooleanProperty(defaultvalue=False)
    unit = NumericProperty(4.8)

    def __init__(self, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self._told: dict[str, Told] = {}
        self.bind(size=self._measure)
        self._measure()

    def take(self, frame: PreviewFrame | None) -> None:
        """Show a picture, and outline its codes."""
        self.ids.picture.take(frame)
        self.ids.picture.mark(() if frame is None else frame.marks)

    def tell(self, block: Sequence[tuple[str, str]]) -> None:
        """Names and values, in this order; what is named as before keeps its place."""
        if tuple(self._told) != tuple(name for name, _ in block):
            self._told = {name: Told(name=name, largest=self.unit * 4) for name, _ in block}
            self.ids.told.clear_widgets()
            for widget in self._told.values():
                self.ids.told.add_widget(widget)
        for name, value in block:
            self._told[name].value = value

    def _measure(self, *_: object) -> None:
        self.portrait = self.height > self.width
        self.unit = min(self.width, self.height) / 100
        for widget in self._told.values():
            widget.largest = self.unit * 4


class CameraApp(App):  # type: ignore[misc]  # Kivy ships no types
    """The window: asks for picture and words some times a second, until it is closed or `is_over` says so."""

    use_kivy_settings = False
    title = "Ashyq Kiosk: camera"

    def __init__(
        self,
        picture: Callable[[], PreviewFrame | None],
        told: Callable[[], Sequence[tuple[str, str]]],
        is_over: Callable[[], bool],
    ) -> None:
        super().__init__()
        self._picture, self._told_now, self._is_over = picture, told, is_over
        self.view = CameraView()

    def build(self) -> CameraView:
        """Kivy asks for the widget that fills the window."""
        Window.bind(on_keyboard=self._key)
        Clock.schedule_interval(self.tick, _TICK_S)
        return self.view

    def open_settings(self, *_: object) -> bool:
        """There are none."""
        return False

    def tick(self, *_: object) -> None:
        """Show what there is now."""
        if self._is_over():
            self.stop()
            return
        self.view.take(self._picture())
        self.view.tell(self._told_now())

    def _key(self, _window: object, key: int, *_: object) -> bool:
        if key == _ESCAPE:
            self.stop()
        return True
