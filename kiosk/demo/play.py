"""Plays the demonstration: central on loopback, a filmed visitor video, the real terminal as a program of its own."""

import shutil
from collections.abc import Sequence
from pathlib import Path

import segno
import typer

from kiosk.demo.acting import SCAN_S, film, wait_until_sent
from kiosk.demo.month import play_month
from kiosk.demo.report import Report, told
from kiosk.demo.script import ACTS, Act
from kiosk.demo.stage import Stage, build_stage
from kiosk.demo.watch import WatchedTerminal


def play(output: Path, *, camera: str | None, seed: int, acts: Sequence[Act] = ACTS, month: bool = True) -> int:
    """Play all acts and the month against the script, or the first act with a real camera; returns the exit status."""
    folder = output.absolute()
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    stage = build_stage(folder)
    try:
        if camera is not None:
            return _play_live(stage, acts[0], camera)
        report = Report()
        for number, act in enumerate(acts, 1):
            _play_act(stage, act, number, seed, report)
        if month:
            play_month(stage, len(acts) + 1, seed, report)
        journals = sorted(folder.glob("act-*/kiosk.db"))
        report.check_visits(journals, [visit for _, visit in stage.database.visits()])
    finally:
        stage.central.stop()
        stage.database.close()
    typer.echo(f"screenshots, films, journals and logs: {folder}")
    return report.conclude()


def _play_act(stage: Stage, act: Act, number: int, seed: int, report: Report) -> None:
    folder = stage.folder / f"act-{number}"
    folder.mkdir()
    typer.echo(f"\nAct {number}: {act.venue}")
    video = folder / "visitors.avi"
    film(stage, act.scenes, video, seed + number)
    central_on = True
    with WatchedTerminal(stage.write_config(act, folder, str(video)), folder) as terminal:
        for scene in act.scenes:
            if scene.central_on != central_on:
                central_on = scene.central_on
                (stage.central.start if central_on else stage.central.stop)()
                typer.echo(f"  --- central is switched {'on' if central_on else 'off'} ---")
            report.add(scene, terminal.next_result(SCAN_S))
        wait_until_sent(folder / "kiosk.db")
    report.check_end(terminal.status)


def _play_live(stage: Stage, act: Act, camera: str) -> int:
    """A real camera: draw the codes for whoever wants to show them, and print what comes of them, until Ctrl-C."""
    folder = stage.folder / "live"
    codes = folder / "codes"
    codes.mkdir(parents=True)
    for number, scene in enumerate(act.scenes, 1):
        name = f"{number:02d}-{scene.title.replace(':', '').replace(',', '').replace(' ', '-')}.png"
        segno.make(stage.payload(scene), error="m", micro=False).save(str(codes / name), scale=8, border=4)
    typer.echo(f"Show these codes to the camera, on a phone or printed: {codes}\nCtrl-C ends it.")
    source: int | str = int(camera) if camera.isdecimal() else camera
    try:
        with WatchedTerminal(stage.write_config(act, folder, source), folder) as terminal:
            while terminal.is_running():
                result = terminal.next_result(3600)
                if result is not None:
                    typer.echo(f"  {told(result)}")
    except KeyboardInterrupt:
        typer.echo("")
    if terminal.status:
        typer.echo((folder / "errors.txt").read_text(encoding="utf-8", errors="replace"), err=True)
    return terminal.status or 0
