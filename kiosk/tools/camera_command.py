"""`ashyq-kiosk camera`: helps to mount the camera, with its picture and a line a second that judges it."""

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from kiosk.exits import Exit
from kiosk.journal_commands import DEFAULT_CONFIG, ConfigOption

if TYPE_CHECKING:  # heavy, and --help shall be quick
    from hardware.camera import CameraSettings
    from kiosk.screens.model import ScreenSettings
    from kiosk.tools.camera_watch import Watch

_STOP = "if the terminal runs, stop it: systemctl stop ashyq-kiosk (and afterwards: systemctl start ashyq-kiosk)"


def camera_command(
    config: ConfigOption = DEFAULT_CONFIG,
    *,
    source: Annotated[
        str | None,
        typer.Option(
            help="A camera (0, /dev/video0, rtsp://...), video or folder of pictures, and no configuration is read."
        ),
    ] = None,
    no_window: Annotated[bool, typer.Option("--no-window", help="Lines alone, as over ssh.")] = False,
    seconds: Annotated[float | None, typer.Option(min=0.5, help="End by itself after so many seconds.")] = None,
    snapshot: Annotated[
        Path | None,
        typer.Option(help="Write the last picture to this file (.png, .jpg). Whoever stood there can be seen in it."),
    ] = None,
) -> None:
    """Help to mount the camera: show what it sees, and tell each second what that is worth for reading codes.

    Stop the terminal first: systemctl stop ashyq-kiosk. Then hold a printed code where visitors will, and turn focus
    ring and lamps until light and sharpness are good and the modules of the code large enough. No payload is shown.
    It ends with Ctrl-C, when the window is closed, or with Esc.

    Exit status: 0 ended as told, or the video is over; 69 the camera can't be used; 78 the configuration is wrong.

    \b
        $ ashyq-kiosk camera --no-window
        frames: 29.8 a second of 30 asked for | picture: 1280x720, MJPG | light: good (mean 117, burnt out 0%, black 1%)
        | sharpness: good (edges 2.6 px) | reading: a code in 28 of 30 frames, 2.6 ms each
        | read last: a QR code of 190 bytes, step whole, modules 4.1 px, large enough
    """
    if snapshot is not None:
        _check_snapshot(snapshot)
    settings, bar_codes, mirror, screen = _wanted(config, source)
    _check_users(settings)
    from hardware.errors import CameraError  # noqa: PLC0415  # heavy
    from kiosk.tools.camera_watch import Watch  # noqa: PLC0415

    try:
        watch = Watch(settings, bar_codes=bar_codes, show=not no_window, mirror=mirror, seconds_s=seconds)
    except CameraError as error:
        device = _device_of(settings)
        hint = f"\n{_STOP}" if device is not None and device.exists() else ""
        _fail(f"{error}{hint}", Exit.UNAVAILABLE)
    for words in watch.in_force:
        typer.echo(words)
    try:
        _run(watch, None if no_window else screen)
    except CameraError as error:
        _fail(str(error), Exit.UNAVAILABLE)
    except KeyboardInterrupt:
        pass
    finally:
        watch.close()
        if snapshot is not None:
            _write(snapshot, watch)


def _wanted(config: Path, source: str | None) -> "tuple[CameraSettings, bool, bool, ScreenSettings]":
    """Camera, whether bar codes are read, whether the picture is mirrored, and the window."""
    from config import ConfigurationError, load  # noqa: PLC0415  # heavy
    from hardware.camera import CameraSettings  # noqa: PLC0415
    from kiosk import mapping  # noqa: PLC0415
    from kiosk.screens.model import ScreenSettings  # noqa: PLC0415

    if source is not None:
        wanted: int | str = int(source) if source.isdecimal() else source
        screen = ScreenSettings(("en",), {"en": ""}, "UTC", fullscreen=False, width=1024, height=600, sounds=False)
        return CameraSettings(wanted, at_end="exit"), True, False, screen
    try:
        settings = load(config).settings
    except ConfigurationError as error:
        _fail(str(error), Exit.CONFIGURATION)
    scanner = mapping.scanner_of(settings)
    if scanner is None:
        _fail(f"{config}: camera.source is null, so there is no camera; name one: --source 0", Exit.CONFIGURATION)
    return scanner.camera, scanner.bar_codes, scanner.mirror, replace(mapping.screen_of(settings), sounds=False)


def _device_of(settings: "CameraSettings") -> Path | None:
    source = settings.source
    if isinstance(source, int):
        return Path(f"/dev/video{source}")
    return Path(source) if source.startswith("/dev/") else None


def _check_users(settings: "CameraSettings") -> None:
    """A camera that another program uses is left alone: opening it might change how that one sees."""
    from kiosk.tools.camera_users import users_of  # noqa: PLC0415

    device = _device_of(settings)
    users = users_of(device) if device is not None and device.exists() else ()
    if users:
        _fail(f"camera.source: {device} is used by {', '.join(users)}; {_STOP}", Exit.UNAVAILABLE)


def _run(watch: "Watch", screen: "ScreenSettings | None") -> None:
    from kiosk.tools.camera_words import line  # noqa: PLC0415

    if screen is not None:
        from kiosk.screens.model import ScreenError  # noqa: PLC0415
        from kiosk.tools.camera_window import show  # noqa: PLC0415  # opens a window

        try:
            show(watch, screen, lambda second: typer.echo(line(second)))
        except ScreenError as error:
            typer.echo(f"{error}\nThere are only lines, then (--no-window).", err=True)
        else:
            return
    for second in watch.seconds():
        typer.echo(line(second))


def _check_snapshot(path: Path) -> None:
    import cv2  # noqa: PLC0415  # heavy

    if not path.parent.is_dir():
        _fail(f"--snapshot: there is no folder {path.parent}", os.EX_CANTCREAT)
    if not path.suffix or not cv2.haveImageWriter(path.name):
        _fail(f"--snapshot: {path.name} names no kind of picture; end it with .png or .jpg", os.EX_USAGE)


def _write(path: Path, watch: "Watch") -> None:
    import cv2  # noqa: PLC0415  # heavy

    picture = watch.last_picture()
    if picture is None:
        typer.echo(f"{path} is not written: there was no picture", err=True)
        return
    try:
        _, content = cv2.imencode(path.suffix, picture)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content.tobytes())
    except (OSError, cv2.error) as error:
        _fail(f"{path} can't be written: {getattr(error, 'strerror', None) or error}", os.EX_CANTCREAT)
    typer.echo(f"{path}: the last picture")


def _fail(message: str, status: int) -> NoReturn:
    typer.echo(message, err=True)
    raise typer.Exit(status)
