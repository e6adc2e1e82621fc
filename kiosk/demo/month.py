"""The month: a terminal that loses its network, and goes on deciding and counting for weeks, until it is back."""

import sys
import time
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import typer

from config import load
from kiosk import on_board
from kiosk.adapters.clock import TerminalClock
from kiosk.adapters.issuing import new_reference
from kiosk.adapters.journal import SqliteJournal
from kiosk.adapters.store import Store
from kiosk.adapters.visit_ids import new_visit_id
from kiosk.core.admission import Reason, because
from kiosk.core.credential import CredentialKind
from kiosk.core.status import Source, Status, StatusAnswer, StatusRecord
from kiosk.core.visit import Passage, Visit
from kiosk.demo.acting import SCAN_S, film, wait_until_sent
from kiosk.demo.report import Report
from kiosk.demo.script import MONTH_AFTER, MONTH_BEFORE, RED, Act, Scene
from kiosk.demo.stage import Stage
from kiosk.demo.watch import WatchedTerminal

_BACKLOG = 3_000
"""Visitors of the weeks between, whom nobody filmed: a hundred a day."""
_COPY_S = 30.0
_ACT = Act("a month without network, at a cinema", "cinema", MONTH_BEFORE + MONTH_AFTER)
_OPTIONS: dict[str, dict[str, object]] = {
    # The calendar is turned by hand, as no clock is: the terminal is told to follow it.
    "clock": {"trust": "always"},
    "cache": {"maximum_age": {"green": "30 d", "blue": "30 d", "yellow": "30 d", "red": "60 d"}, "warn_before": "5 d"},
    "storage": {"keep_visits": "90 d"},
}


def play_month(stage: Stage, number: int, seed: int, report: Report) -> None:
    """Play it in two parts, with a restart and the visits of the weeks in between."""
    folder = stage.folder / f"act-{number}"
    folder.mkdir()
    typer.echo(f"\nAct {number}: {_ACT.venue}")
    _play_part(stage, folder, MONTH_BEFORE, seed + number, report)
    _fill_journal(stage, folder)
    _play_part(stage, folder, MONTH_AFTER, seed + number + 1, report)


def _play_part(stage: Stage, folder: Path, scenes: Sequence[Scene], seed: int, report: Report) -> None:
    video = folder / f"day-{scenes[0].day}.avi"
    film(stage, scenes, video, seed)
    day, central_on = scenes[0].day, scenes[0].central_on
    stage.calendar.turn(day)
    back_at = None
    config = stage.write_config(_ACT, folder, str(video), **_OPTIONS)
    with WatchedTerminal(config, folder, stage.calendar_file) as terminal:
        for scene in scenes:
            if central_on and not scene.central_on and not terminal.wait_for("status_copy_taken_over", _COPY_S):
                report.differ(scene.title, "no copy of the statuses is on board yet")
            if scene.day != day:
                day = scene.day
                stage.calendar.turn(day)
                typer.echo(f"  --- day {day} ---")
            if scene.central_on != central_on:
                central_on = scene.central_on
                if central_on:
                    stage.publish(**{RED.name: "green"})
                    back_at = time.monotonic()
                (stage.central.start if central_on else stage.central.stop)()
                typer.echo(f"  --- central is switched {'on' if central_on else 'off'} ---")
            report.add(scene, terminal.next_result(SCAN_S))
        if central_on:
            wait_until_sent(folder / "kiosk.db")
    report.check_end(terminal.status)
    if back_at is not None and terminal.sent:
        visits = sum(count for _, count in terminal.sent)
        typer.echo(f"  {visits} visits of the month were handed over within {terminal.sent[-1][0] - back_at:.1f} s")


def _fill_journal(stage: Stage, folder: Path) -> None:
    """The visits of the weeks between, written as the terminal itself writes them: one by one, sealed, committed."""
    settings = load(folder / "kiosk.yaml").settings
    store = Store(settings.storage.path)
    try:
        journal = SqliteJournal(store, TerminalClock())
        on_board.seal_journal(settings, store, journal)
        day_0 = stage.calendar.now() - timedelta(days=MONTH_BEFORE[-1].day)
        with typer.progressbar(length=_BACKLOG, label="  the visitors of the weeks between", file=sys.stderr) as bar:
            for count in range(_BACKLOG):
                answer = StatusAnswer(StatusRecord(Status.GREEN, day_0), Source.COPY, day_0)
                at = day_0 + timedelta(days=12 + 15 * count / _BACKLOG)
                decision = because(Reason.ADMITTED, answer)
                kind = CredentialKind.REFERENCE
                journal.record(Visit(new_visit_id(), at, kind, new_reference(), decision, Passage.TAKEN))
                bar.update(1)
    finally:
        store.close()
