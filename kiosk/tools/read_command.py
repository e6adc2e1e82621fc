"""`ashyq-kiosk read`: what the terminal reads in pictures and videos, and how."""

from pathlib import Path
from typing import Annotated

import typer

NOT_READ = 1
"""Exit status: in one of the files nothing was read."""


def read_command(
    paths: Annotated[
        list[Path], typer.Argument(metavar="PICTURE|FOLDER|VIDEO...", help="What to read, in this order.")
    ],
    *,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line for each frame.")] = False,
    sequence: Annotated[
        bool,
        typer.Option(
            "--sequence",
            help="Pictures are frames of one video, thirty a second, and the reader remembers. Each folder is one "
            "sequence, and so are the pictures that are named one after the other. A video always is one.",
        ),
    ] = False,
    full_size: Annotated[
        bool,
        typer.Option("--full-size", help="Read large pictures as they are, not as small as a camera's (1920 pixels)."),
    ] = False,
    no_bar_codes: Annotated[bool, typer.Option("--no-bar-codes", help="Look for QR codes alone.")] = False,
) -> None:
    """Read the codes in pictures and videos with the terminal's own reader, and tell how it read them.

    It SHOWS THE PAYLOADS, in hexadecimal: whoever sees them can copy the codes.

    Told of every frame: its codes, by which step and decoder, and where (corners in pixels of the file, clockwise from
    the code's own upper left); a code that can't be read, and what would help; CPU milliseconds of the reader. A
    picture is read by a reader that has seen nothing before, the frames of a video by one that remembers.

    Exit status: 0 something was read in every picture, and in every video or sequence as a whole; 1 not in some, or a
    file can't be read (the others are read all the same); 2 the command was wrong.

    \b
    A visitor's code was not read? Photograph it, or film it as it is shown to the terminal:
        ashyq-kiosk read phone.jpg
        phone.jpg: 1 code read; 14.2 ms
          QR code, 33 bytes: 41534859513a...
            step whole, decoder zxing, corners 412,220 633,224 630,446 409,440
    Read a film, and count the steps that read it:
        ashyq-kiosk read --json door.mp4 | jq -r '.symbols[].step' | sort | uniq -c
    """
    from kiosk.tools.pictures import CAMERA_PX  # noqa: PLC0415  # heavy
    from kiosk.tools.reading_files import ReadOptions, read_files  # noqa: PLC0415

    largest_px = None if full_size else CAMERA_PX
    options = ReadOptions(as_json=as_json, sequence=sequence, bar_codes=not no_bar_codes, largest_px=largest_px)
    if not read_files(paths, options):
        raise typer.Exit(NOT_READ)
