"""Plays the demonstration: central on loopback, a filmed visitor video, the real terminal as a program of its own."""

import shutil
import sqlite3
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import segno
import typer

from kiosk.demo.report import Report, told
from kiosk.demo.script import ACTS, Act
from kiosk.demo.stage import Stage, build_stage
from kiosk.demo.video import Showing, record_video
from kiosk.demo.watch import WatchedTerminal

_SCAN_S = 30.0
"""The longest wait for one scan; the film takes some 6 s for each."""
_SEND_S = 20.0


def play(output: Path, *, camera: str | None, seed: int, acts: Sequence[Act] = ACTS) -> int:
    """Play all acts against the script, or the first with a real camera; returns the exit status."""
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
    _film(stage, act, video, seed + number)
    central_on = True
    with WatchedTerminal(stage.write_config(act, folder, str(video)), folder) as terminal:
        for scene in act.scenes:
            if scene.central_on != central_on:
                central_on = scene.central_on
                (stage.central.start if central_on else stage.central.stop)()
                typer.echo(f"  --- central is switched {'on' if central_on else 'off'} ---")
            report.add(scene, terminal.next_result(_SCAN_S))
        _wait_until_sent(folder / "kiosk.db")
    report.check_end(terminal.status)


def _film(stage: Stage, act: Act, video: Path, seed: int) -> None:
    central_on, showings = True, []
    for position, scene in enumerate(act.scenes):
        # Time for the terminal to start, and for central to be switched.
        gap_s = 4.0 if position == 0 or scene.central_on != central_on else 2.6
        central_on = scene.central_on
        showings.append(Showing(stage.payload(scene), scene.carrier, gap_s=gap_s))
    with typer.progressbar(length=100, label="  filming the visitors", file=sys.stderr) as bar:
        record_video(
            video, showings, seed=seed, progress=lambda done, total: bar.update(max(0, done * 100 // total - bar.pos))
        )


def _wait_until_sent(journal: Path) -> None:
    """Until central has acknowledged every visit; what is missing then shows when the visits are compared."""
    deadline = time.monotonic() + _SEND_S
    connection = sqlite3.connect(f"file:{journal}?mode=ro", uri=True)
    try:
        while time.monotonic() < deadline:
            waiting = connection.execute("SELECT count(*) FROM visits WHERE acknowledged_at IS NULL").fetchone()[0]
            if not waiting:
                return
            time.sleep(0.2)
    finally:
        connection.close()


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
