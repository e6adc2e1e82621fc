"""The camera's picture in a window while it is watched on another thread."""

import threading
from collections.abc import Callable

from kiosk.screens.model import ScreenSettings
from kiosk.screens.start import prepare_kivy, require_window
from kiosk.tools.camera_watch import Watch
from kiosk.tools.camera_words import Second, block

_LEAVE_S = 5.0


def show(watch: Watch, settings: ScreenSettings, tell: Callable[[Second], None]) -> None:
    """Show until the watch ends or the window is closed; `tell` is called each second.

    Raises ScreenError, before anything is watched, where no window can be opened, and what `Watch.seconds` raises.
    """
    prepare_kivy(settings)
    require_window()
    from kiosk.screens.camera_view import CameraApp  # noqa: PLC0415  # after the window

    watching = _Watching(watch, tell)
    app = CameraApp(watch.picture, lambda: watching.told, watching.is_over)
    watching.start()
    try:
        app.run()
    finally:
        watching.stop()
    if watching.error is not None:
        raise watching.error


class _Watching:
    """The watch at work, on a thread of its own: the main thread is Kivy's."""

    def __init__(self, watch: Watch, tell: Callable[[Second], None]) -> None:
        self._watch, self._tell = watch, tell
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.told: tuple[tuple[str, str], ...] = (("camera", "waiting for its first second"),)
        self.error: Exception | None = None

    def start(self) -> None:
        self._thread.start()

    def is_over(self) -> bool:
        return not self._thread.is_alive()

    def stop(self) -> None:
        """End it; what was broken is in `error` afterwards."""
        self._watch.stop()
        self._thread.join(_LEAVE_S)

    def _run(self) -> None:
        try:
            for second in self._watch.seconds():
                self.told = block(second)
                self._tell(second)
        except Exception as error:  # noqa: BLE001  # it is raised where the window was asked for
            self.error = error
