"""The command line: `ashyq-kiosk COMMAND`. Heavy imports happen inside the commands, so that --help is quick."""

import json
import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from kiosk import __version__
from kiosk.adapters.pass_commands import pass_app
from kiosk.central.command import central_command
from kiosk.exits import Exit
from kiosk.journal_commands import DEFAULT_CONFIG, ConfigOption, journal_app
from kiosk.tools.camera_command import camera_command
from kiosk.tools.read_command import read_command

app = typer.Typer(
    name="ashyq-kiosk",
    help="The entrance terminal: a visitor's QR code becomes a verdict on the screen, a lit LED and an open door.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,  # locals may hold references and passes
)
app.add_typer(pass_app, name="pass")
app.add_typer(journal_app, name="journal")
app.command("central")(central_command)
app.command("camera")(camera_command)
app.command("read")(read_command)


@app.command()
def run(
    config: ConfigOption = DEFAULT_CONFIG,
    log: Annotated[
        Literal["plain", "json"], typer.Option(help="Lines for people, or one JSON object per line for programs.")
    ] = "plain",
    screenshots: Annotated[
        Path | None, typer.Option(help="Folder in which a picture of the screen is kept after each result.")
    ] = None,
) -> None:
    """Run the terminal until it is told to stop (SIGTERM, Ctrl-C).

    Exit status: 0 stopped as told; 78 the configuration is wrong (every problem is listed); 69 a part that the
    terminal can't do without is missing; 70 something did not stop in time.
    """
    from kiosk.bootstrap import run_terminal  # noqa: PLC0415  # heavy

    raise typer.Exit(run_terminal(config, log_format=log, screenshots=screenshots))


@app.command("check-config")
def check_config(file: Annotated[Path, typer.Argument(help="The configuration to check.")] = DEFAULT_CONFIG) -> None:
    """Check a configuration and the admission file that it names; print every problem with its place.

    Each line reads FILE:line:column: path: what is wrong; what is expected. Exit status: 0 all is well, 78 it is not.
    """
    from config import check  # noqa: PLC0415  # pydantic takes its time

    problems = check(file)
    for problem in problems:
        typer.echo(str(problem))
    if problems:
        raise typer.Exit(Exit.CONFIGURATION)
    typer.echo(f"{file}: all is well")


@app.command("config-schema")
def config_schema() -> None:
    """Print the JSON Schema of the configuration, for editors that complete and check YAML."""
    from config import json_schema  # noqa: PLC0415  # pydantic takes its time

    typer.echo(json.dumps(json_schema(), ensure_ascii=False, indent=2))


@app.command("usb-scanners")
def usb_scanners() -> None:
    """List the keyboards of this machine, and which of them `usb_scanner.device: auto` takes for bar-code scanners.

    Nothing is opened or taken. The path of each line is what `usb_scanner.device` can name.
    """
    from hardware.wedge_choice import why_scanner  # noqa: PLC0415  # only here
    from hardware.wedge_devices import keyboards  # noqa: PLC0415  # likewise

    found = keyboards()
    for one in found:
        why = why_scanner(one)
        typer.echo(f"{one.text}: {'not known to be a scanner' if why is None else f'a scanner, {why}'}")
    if not found:
        typer.echo("no keyboard is connected, nor any scanner that acts as one")


@app.command("door-rest")
def door_rest(config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Drive the door relay to its resting level and leave. systemd calls this after the terminal has ended."""
    from kiosk.bootstrap import rest_door  # noqa: PLC0415  # heavy

    raise typer.Exit(rest_door(config))


@app.command()
def demo(
    output: Annotated[Path, typer.Option(help="Folder for the video, screenshots, journals and logs.")] = Path(
        "demo-output"
    ),
    camera: Annotated[
        str | None, typer.Option(help="A real camera (0, /dev/video0, rtsp://...) instead of the recorded video.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Another seed films the same visitors differently.")] = 1,
) -> None:
    """Play a whole entrance on this machine: central, a recorded visitor video, the terminal; check every result.

    Without a screen the terminal draws off screen; pictures of every result are kept. Exit status: 0 everything came
    out as the script says, 1 something did not.
    """
    try:
        from kiosk.demo.play import play  # noqa: PLC0415  # heavy, and an optional install
    except ModuleNotFoundError as error:
        typer.echo(f"{error.name} is not installed; run: pip install 'ashyq-kiosk[demo]'", err=True)
        raise typer.Exit(Exit.UNAVAILABLE) from None

    raise typer.Exit(play(output, camera=camera, seed=seed))


@app.command()
def version() -> None:
    """Print the version."""
    typer.echo(f"ashyq-kiosk {__version__}, Python {sys.version.split()[0]}")


def main() -> None:
    """Entry point of the console script."""
    app()


if __name__ == "__main__":
    main()
