"""The terminal's own reader over files."""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import cv2
import typer

from hardware.reader import SymbolReader, warm_up
from hardware.symbols import Located, Reading, Symbol, bar_codes
from kiosk.tools import read_report
from kiosk.tools.pictures import CAMERA_PX, LeftOut, Shot, Take, Unreadable, shots, takes
from kiosk.tools.read_report import FrameRead, Total

Found = TypeVar("Found", Symbol, Located)


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """How files are read and told. largest_px: None reads pictures as large as they are."""

    as_json: bool = False
    sequence: bool = False
    bar_codes: bool = True
    largest_px: int | None = CAMERA_PX


def read_files(paths: Sequence[Path], options: ReadOptions) -> bool:
    """Read them and tell, each frame at once; whether something was read in every one of them."""
    cv2.setNumThreads(1)  # as on the terminal: work on other threads would not be counted
    warm_up(SymbolReader())
    total, everywhere = Total(), True
    try:
        for take in takes(paths, sequence=options.sequence):
            everywhere = _tell_take(take, total, options) and everywhere
    finally:  # also when somebody has seen enough of a long video
        typer.echo(total.text(), err=options.as_json)
    return everywhere


def read_take(
    take: Take,
    *,
    with_bar_codes: bool = True,
    largest_px: int | None = CAMERA_PX,
    cpu: Callable[[], float] = time.thread_time,
) -> Iterator[FrameRead | Unreadable]:
    """Read a take frame by frame with a reader of its own. cpu: seconds of CPU time that this thread has used."""
    failures: list[str] = []
    reader = SymbolReader(
        bar_codes=with_bar_codes, on_failure=lambda decoder, error: failures.append(f"{decoder}: {error}")
    )
    for shot in shots(take, largest_px=largest_px):
        if isinstance(shot, Unreadable):
            yield shot
            continue
        failures.clear()
        began = cpu()
        reading = reader.read(shot.grey, shot.at)
        if with_bar_codes and not take.is_sequence and not reading.symbols:
            reading = _with_its_bar_code(shot, reading)
        yield _read(shot, reading, (cpu() - began) * 1000, tuple(failures))


def _tell_take(take: Take | Unreadable | LeftOut, total: Total, options: ReadOptions) -> bool:
    """Whether something was read in it, and all of it was pictures."""
    if isinstance(take, LeftOut):
        where = read_report.place(take.folder, None)
        typer.echo(f"{where}: {take.count} left out, which are no pictures by their names", err=True)
        return True
    if isinstance(take, Unreadable):
        _tell_unreadable(take, total, options)
        return False
    is_read, is_whole = False, True
    for one in read_take(take, with_bar_codes=options.bar_codes, largest_px=options.largest_px):
        if isinstance(one, Unreadable):
            _tell_unreadable(one, total, options)
            is_whole = False
        else:
            total.add(one)
            typer.echo(json.dumps(read_report.as_json(one)) if options.as_json else read_report.text(one))
            is_read = is_read or bool(one.symbols)
    return is_read and is_whole


def _tell_unreadable(one: Unreadable, total: Total, options: ReadOptions) -> None:
    total.unreadable()
    if options.as_json:
        typer.echo(json.dumps(read_report.error_as_json(one.file, one.number, one.why)))
    else:
        typer.echo(f"{read_report.place(one.file, one.number)}: {one.why}", err=True)


def _with_its_bar_code(shot: Shot, reading: Reading) -> Reading:
    """The terminal believes a bar code that it has seen twice; of a picture by itself there is no second look."""
    try:
        found = bar_codes(shot.grey)
    except Exception:  # noqa: BLE001  # whatever a native decoder raises: the reader has tried the same, and told it
        return reading
    return Reading(tuple(found[:1])) if found else reading


def _read(shot: Shot, reading: Reading, cpu_ms: float, failures: tuple[str, ...]) -> FrameRead:
    return FrameRead(
        shot.file,
        shot.number,
        tuple(_in_the_file(symbol, shot.scale) for symbol in reading.symbols),
        None if reading.located is None else _in_the_file(reading.located, shot.scale),
        cpu_ms,
        failures,
    )


def _in_the_file(found: Found, scale: float) -> Found:
    return replace(found, corners=tuple((round(x / scale), round(y / scale)) for x, y in found.corners))
