"""The window: shows one screen at a time, and takes orders from any thread."""

import threading
import time
from collections.abc import Callable
from pathlib import Path

import structlog

from kiosk.screens.model import PreviewFrame, ScreenModel, ScreenSettings, TerminalModel
from kiosk.screens.start import prepare_kivy, require_window

_TICK_S = 1 / 30  # the camera's: a picture is looked for as often as there may be one
_BEAT_S = 0.25


class Face:
    """The terminal's face. Made and run on the main thread; everything else may be called from any thread."""

    def __init__(
        self,
        settings: ScreenSettings,
        preview: Callable[[], PreviewFrame | None] = lambda: None,
        on_ready: Callable[[], None] = lambda: None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Open the window; raises ScreenError when there is none to be had."""
        prepare_kivy(settings)
        require_window()
        # After require_window: these modules make widgets, and widgets want a window.
        from kiosk.screens.kivy_app import KioskApp  # noqa: PLC0415
        from kiosk.screens.sound import Loudspeaker  # noqa: PLC0415

        self._monotonic = monotonic
        self.beat = monotonic()
        self._lock = threading.Lock()
        self._model = ScreenModel()
        self._terminal = TerminalModel()
        self._pictures: list[tuple[Path, threading.Event]] = []
        self._sounds: list[str] = []
        self._stopping = False
        self._log = structlog.get_logger(__name__)
        self._on_ready = on_ready
        self._loudspeaker = Loudspeaker(settings.volume) if settings.sounds else None
        self._app = KioskApp(settings, preview, self._started, monotonic)
        self._apply = self._app.trigger(self._take_orders)

    def run(self) -> None:
        """Show until `stop`; blocks the main thread."""
        if not self._stopping:
            self._app.run()

    def show(self, model: ScreenModel) -> None:
        """Show this screen; the latest order wins."""
        with self._lock:
            self._model = model
        self._apply()

    def update(self, terminal: TerminalModel) -> None:
        """Show the terminal's state on the idle screen."""
        with self._lock:
            self._terminal = terminal
        self._apply()

    def play(self, sound: str) -> None:
        """Play a sound; does nothing where there is no loudspeaker."""
        if self._loudspeaker is not None:
            with self._lock:
                self._sounds.append(sound)
            self._apply()

    def screenshot(self, path: Path, timeout_s: float = 5.0) -> bool:
        """Write what is shown to a PNG file; whether that was done within `timeout_s` seconds."""
        done = threading.Event()
        with self._lock:
            self._pictures.append((path, done))
        self._apply()
        return done.wait(timeout_s)

    def stop(self) -> None:
        """End `run`."""
        self._stopping = True
        self._apply()

    # --- on the main thread -------------------------------------------------------------------------------------

    def _started(self) -> None:
        self._app.every(_BEAT_S, self._mark_beat)
        self._app.every(_TICK_S, self._app.tick)
        self._take_orders()
        self._on_ready()

    def _mark_beat(self, *_: object) -> None:
        self.beat = self._monotonic()
        if self._stopping:  # an order that came before the window was open
            self._app.stop()

    def _take_orders(self, *_: object) -> None:
        with self._lock:
            model, terminal = self._model, self._terminal
            pictures, self._pictures = self._pictures, []
            sounds, self._sounds = self._sounds, []
        if self._stopping:
            self._app.stop()
            return
        self._app.show(model, terminal)
        for sound in sounds[-1:]:
            if self._loudspeaker is not None:
                self._loudspeaker.play(sound)
        for path, done in pictures:
            self._app.picture(path, done.set)
