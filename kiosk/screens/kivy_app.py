"""The Kivy application behind `Face`. Importing this needs a window."""

import contextlib
from collections.abc import Callable
from pathlib import Path

from kivy.app import App
from kivy.clock import Clock, ClockNotRunningError
from kivy.core.window import Window
from kivy.uix.floatlayout import FloatLayout
from kivy.uix.widget import Widget

from kiosk.screens.idle import IdleScreen
from kiosk.screens.message import MessageScreen
from kiosk.screens.model import PreviewFrame, ScreenModel, ScreenSettings, TerminalModel

_CLOCK_RESOLUTION_S = 0.001
_DRAWN_AFTER_S = 0.1
_SETTLED_AFTER_FRAMES = 5  # boxes are laid out frame by frame, and labels find their font size after their box


class KioskApp(App):  # type: ignore[misc]  # Kivy ships no types
    """Holds the two screens and shows one of them."""

    use_kivy_settings = False
    title = "Ashyq Kiosk"

    def __init__(
        self,
        settings: ScreenSettings,
        preview: Callable[[], PreviewFrame | None],
        on_started: Callable[[], None],
        monotonic: Callable[[], float],
    ) -> None:
        super().__init__()
        # How early Kivy takes an event for due, and waits for it busily. Its own choice, a third of a frame, costs a
        # tenth of a core with the interruptible clock (see kiosk.screens.start).
        Clock.clock_resolution = _CLOCK_RESOLUTION_S
        self._settings = settings
        self._on_started = on_started
        self._frame = FloatLayout()
        self.idle = IdleScreen(settings, preview, monotonic)
        self.message = MessageScreen(settings.languages, monotonic)
        self._model: ScreenModel | None = None
        self._terminal: TerminalModel | None = None

    def build(self) -> Widget:
        """Kivy asks for the widget that fills the window."""
        # A keyboard that somebody plugs in does nothing: no F1 settings, no ESC, no shortcuts.
        Window.bind(on_keyboard=lambda *_: True, on_key_down=lambda *_: True, on_request_close=self._may_not_close)
        return self._frame

    def on_start(self) -> None:
        """Kivy has opened the window."""
        self._on_started()

    def open_settings(self, *_: object) -> bool:
        """There are no settings to open on a terminal's screen."""
        return False

    def trigger(self, callback: Callable[..., None]) -> Callable[[], None]:
        """Something that calls `callback` on the main thread soon, from any thread, and never before or after the run.

        Lifecycle-aware: a plain trigger can deadlock at exit (https://github.com/kivy/kivy/issues/6926).
        """
        trigger = Clock.create_lifecycle_aware_trigger(callback, lambda _: None, timeout=0, release_ref=False)

        def pull() -> None:
            with contextlib.suppress(ClockNotRunningError):
                trigger()

        return pull

    def every(self, seconds: float, callback: Callable[..., None]) -> None:
        """Call `callback` again and again."""
        Clock.schedule_interval(callback, seconds)

    def show(self, model: ScreenModel, terminal: TerminalModel) -> None:
        """Show what has changed."""
        if terminal != self._terminal:
            self._terminal = terminal
            self.idle.update(terminal)
        if model == self._model:
            return
        self._model = model
        wanted = self.idle if model.screen == "idle" else self.message
        if wanted is self.message:
            self.message.show(model)
        else:
            self.message.hide()
            self.idle.tick()
        if wanted.parent is None:
            self._frame.clear_widgets()
            self._frame.add_widget(wanted)

    def tick(self, *_: object) -> None:
        """Keep the idle screen alive while it is the one shown."""
        if self.idle.parent is not None:
            self.idle.tick()

    def picture(self, path: Path, done: Callable[[], None]) -> None:
        """Write what is shown to a PNG file, once it has been laid out and drawn."""

        frames_left = _SETTLED_AFTER_FRAMES

        def write(_: float) -> None:
            nonlocal frames_left
            if tuple(self._frame.size) == tuple(Window.size):  # else the window has only just been opened
                frames_left -= 1
            if frames_left > 0:
                Clock.schedule_once(write, 0)
                return
            self._frame.export_as_image().save(str(path))
            done()

        Clock.schedule_once(write, _DRAWN_AFTER_S)

    def _may_not_close(self, *_: object) -> bool:
        return self._settings.fullscreen
