"""Setting Kivy up before its window module is imported; afterwards is too late."""

import logging
import os
import tempfile

from kiosk.screens.model import ScreenError, ScreenSettings


def prepare_kivy(settings: ScreenSettings) -> None:
    """Choose how Kivy starts: quiet, without its own files and arguments, and deaf to keys. Call once, first."""
    # A terminal's home may be read-only, and nothing in a user's Kivy configuration may change a terminal.
    os.environ.setdefault("KIVY_HOME", os.path.join(tempfile.gettempdir(), f"ashyq-kivy-{os.getuid()}"))  # noqa: PTH118
    os.environ["KIVY_NO_ARGS"] = "1"
    os.environ["KIVY_NO_CONFIG"] = "1"
    os.environ["KIVY_NO_FILELOG"] = "1"
    os.environ["KIVY_NO_CONSOLELOG"] = "1"
    os.environ["KIVY_WINDOW"] = (
        "sdl2"  # where that finds no screen, Kivy's other one for X11 ends the program (exit 102)
    )
    os.environ["KIVY_LOG_MODE"] = "PYTHON"  # lines go to the program's own log
    from kivy.config import Config  # noqa: PLC0415  # reads the environment above

    logging.getLogger("kivy").setLevel(logging.WARNING)  # its import has made it chatty
    Config.set("kivy", "log_level", "warning")
    Config.set("kivy", "exit_on_escape", "0")
    Config.set("kivy", "keyboard_mode", "")
    Config.set("kivy", "pause_on_minimize", "0")
    Config.set("graphics", "maxfps", "30")  # an integer: without a limit idle costs a whole core
    # An order from another thread is carried out at once; the default clock sleeps until the frame is over, 33 ms.
    Config.set("kivy", "kivy_clock", "interrupt")
    Config.set("graphics", "multisamples", "0")  # some boards' drivers have none, and then there is no window
    Config.set("graphics", "width", str(settings.width))
    Config.set("graphics", "height", str(settings.height))
    Config.set("graphics", "fullscreen", "auto" if settings.fullscreen else "0")
    Config.set("graphics", "resizable", "1")
    Config.set("graphics", "show_cursor", "0" if settings.fullscreen else "1")
    Config.set("input", "mouse", "mouse,disable_multitouch")  # no red dots under a finger


def require_window() -> None:
    """Open the window; raises ScreenError where there is no screen to open it on."""
    try:
        from kivy.core.window import Window  # noqa: PLC0415  # opens the window
    except SystemExit:  # Kivy's way to say so
        Window = None  # noqa: N806  # Kivy's name
    if Window is None:
        raise ScreenError(
            "screen: no window can be opened; is a screen attached, and may this user use it "
            "(groups video, render, input)? "
            "Off screen: set SDL_VIDEODRIVER=offscreen. Without any screen: screen.enabled: false"
        )
