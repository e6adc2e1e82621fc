"""The whole program on a machine that woke up in the past, as a Raspberry Pi does."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kiosk.contract import VisitTime
from kiosk.demo.calendar import Calendar
from kiosk.demo.script import Act, Scene
from kiosk.demo.stage import Stage
from kiosk.demo.video import Showing, record_video
from kiosk.demo.watch import WatchedTerminal

PATIENCE_S = 40.0


@pytest.fixture
def past(tmp_path: Path) -> Path:
    """A clock that is 300 days behind."""
    file = tmp_path / "clock"
    Calendar(file).turn(days=-300)
    return file


def film(stage: Stage, scenes: list[Scene], tmp_path: Path) -> str:
    """These visitors, one after the other."""
    path = tmp_path / "visitors.avi"
    record_video(path, [Showing(stage.payload(scene), "phone", hold_s=1.5, gap_s=2.0) for scene in scenes], seed=7)
    return str(path)


def test_visits_get_their_time_when_central_tells_it(stage: Stage, act: Act, past: Path, tmp_path: Path) -> None:
    """A good pass is for staff and a forged one is refused; its visit reaches central dated to the second, once."""
    good, forged = (next(scene for scene in act.scenes if scene.shown == kind) for kind in ("pass", "forged pass"))
    # Pass keys are on board, as after a power cut; the network is not there.
    keys = tmp_path / "keys.json"
    keys.write_text(stage.public_keys, encoding="ascii")
    video = film(stage, [good, forged], tmp_path)
    sealing_key = tmp_path / "sealing-key.json"
    sealing_key.write_text(stage.sealing_key, encoding="ascii")
    config = stage.write_config(
        act,
        tmp_path,
        video,
        credentials={"keys_file": str(keys)},
        storage={"sealing_key_file": str(sealing_key)},
    )
    stage.central.stop()
    began = datetime.now(UTC)
    try:
        with WatchedTerminal(config, tmp_path, past) as terminal:
            assert terminal.wait_for("clock_not_trusted", PATIENCE_S)
            first, second = (terminal.next_result(PATIENCE_S) for _ in range(2))
            ended = datetime.now(UTC)
            assert first is not None
            assert (first.line["outcome"], first.line["reason"]) == ("could_not_check", "clock_not_trusted")
            assert second is not None
            assert (second.line["outcome"], second.line["reason"]) == ("denied", "pass_forged")
            stage.central.start()
            assert terminal.wait_for("clock_trusted", PATIENCE_S)
            assert terminal.wait_for("visit_times_corrected", PATIENCE_S)
            assert terminal.wait_for("visits_sent", PATIENCE_S)
    finally:
        stage.central.stop()
        stage.central.start()
    sent = {str(visit.id): visit for _, visit in stage.database.visits()}
    visit = sent[second.line["visit"]]
    assert visit.time is VisitTime.CORRECTED
    assert began - timedelta(seconds=2) <= visit.decided_at <= ended + timedelta(seconds=2)
    assert terminal.status == 0


def test_a_restart_without_network_goes_by_what_was_known(stage: Stage, act: Act, past: Path, tmp_path: Path) -> None:
    """In the same boot the time stays known, though the machine's clock says otherwise: a pass is judged by it."""
    video = film(stage, [act.scenes[0]], tmp_path)
    config = stage.write_config(act, tmp_path, video)
    with WatchedTerminal(config, tmp_path, past) as terminal:
        assert terminal.wait_for("status_copy_taken_over", PATIENCE_S)
        assert terminal.wait_for("clock_trusted", PATIENCE_S)
    stage.central.stop()
    try:
        with WatchedTerminal(config, tmp_path, past) as terminal:
            result = terminal.next_result(PATIENCE_S)
    finally:
        stage.central.start()
    assert result is not None
    assert (result.line["outcome"], result.line["source"]) == ("granted", "copy")
    assert result.line["age_s"] < PATIENCE_S
