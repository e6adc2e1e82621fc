"""What every act needs: its film, and patience until central has its visits."""

import sqlite3
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import typer

from kiosk.demo.script import Scene
from kiosk.demo.stage import Stage
from kiosk.demo.video import Showing, record_video

SCAN_S = 30.0
"""The longest wait for one scan; the film takes some 6 s for each."""
_SEND_S = 60.0


def film(stage: Stage, scenes: Sequence[Scene], video: Path, seed: int) -> None:
    """Film these visitors, with a pause before each one for whom central is switched or the calendar is turned."""
    showings = []
    for before, scene in zip((None, *scenes), scenes, strict=False):
        is_still = before is not None and (before.central_on, before.day) == (scene.central_on, scene.day)
        showings.append(Showing(stage.payload(scene), scene.carrier, gap_s=2.6 if is_still else 4.0))
    with typer.progressbar(length=100, label="  filming the visitors", file=sys.stderr) as bar:
        record_video(
            video, showings, seed=seed, progress=lambda done, total: bar.update(max(0, done * 100 // total - bar.pos))
        )


def wait_until_sent(journal: Path) -> None:
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
