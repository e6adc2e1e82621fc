"""A calendar that can be turned: so that a month goes by in a minute, for the terminal and for central alike.

`python -m kiosk.demo.calendar FILE ...` is `ashyq-kiosk run ...` on a machine whose clock follows the file.
"""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Literal

import typer

from kiosk.bootstrap import run_terminal


class Calendar:
    """The present plus the days that the file says; read anew each time, so that it can be turned while in use."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def turn(self, days: float) -> None:
        """So many days from the real present."""
        turned = self._file.with_suffix(".new")
        turned.write_text(f"{days}\n", encoding="ascii")
        turned.replace(self._file)

    def now(self) -> datetime:
        """The time on this calendar, aware."""
        return datetime.now(UTC) + timedelta(days=float(self._file.read_text(encoding="ascii")))


def main(
    calendar: Annotated[Path, typer.Argument(help="The file that says how many days to add.")],
    config: Annotated[Path, typer.Option(help="The terminal's configuration.")],
    screenshots: Annotated[Path | None, typer.Option(help="Folder for pictures of the screen.")] = None,
    log: Annotated[Literal["json"], typer.Option(help="As in `ashyq-kiosk run`.")] = "json",
) -> None:
    """Run the terminal by a calendar."""
    raise typer.Exit(run_terminal(config, log_format=log, screenshots=screenshots, system_time=Calendar(calendar).now))


if __name__ == "__main__":
    typer.run(main)
