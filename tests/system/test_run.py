"""The program as a whole, watched from outside by its log lines."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import yaml

from kiosk.demo.script import Act
from kiosk.demo.stage import Stage
from kiosk.demo.watch import environment_of_terminal

Line = dict[str, Any]
_PATIENCE_S = 30.0


class Program:
    """`ashyq-kiosk run`, with its log in a file that outlives it."""

    def __init__(self, config: Path, folder: Path) -> None:
        self.log = folder / "log.jsonl"
        with self.log.open("ab") as log, (folder / "errors.txt").open("ab") as errors:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "kiosk", "run", "--config", str(config), "--log", "json"],
                stdout=log,
                stderr=errors,
                env=environment_of_terminal(),
            )

    def lines(self) -> list[Line]:
        return [json.loads(line) for line in self.log.read_text(encoding="utf-8").splitlines(keepends=True)
                if line.endswith("\n")]  # fmt: skip

    def wait_for(self, wanted: Callable[[Line], bool], after: int = 0) -> Line:
        """The first line that is wanted; `after`: behind so many lines."""
        deadline = time.monotonic() + _PATIENCE_S
        while time.monotonic() < deadline:
            for line in self.lines()[after:]:
                if wanted(line):
                    return line
            assert self.process.poll() is None, self.log.with_name("errors.txt").read_text(encoding="utf-8")
            with pytest.raises(subprocess.TimeoutExpired):
                self.process.wait(0.02)
        raise AssertionError(f"nothing like that in {self.lines()}")


def is_relay(value: int) -> Callable[[Line], bool]:
    return lambda line: line.get("line") == "door.relay" and line["value"] == value


def change(config: Path, **groups: object) -> None:
    values = yaml.safe_load(config.read_text(encoding="utf-8"))
    values.update(groups)
    config.write_text(yaml.safe_dump(values), encoding="utf-8")


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()] + [
        int(child)
        for thread in Path(f"/proc/{pid}/task").iterdir()
        if thread.name != str(pid)
        for child in (thread / "children").read_text().split()
    ]


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_a_visitor_from_frame_to_open_door_and_a_stop_within_three_seconds(
    stage: Stage, act: Act, film: Path, tmp_path: Path
) -> None:
    """One line for the decision, edges of the lines, the visit in the journal and at central, a clean end."""
    program = Program(stage.write_config(act, tmp_path, str(film)), tmp_path)
    try:
        decision = program.wait_for(lambda line: line["event"] == "decision")
        assert (decision["outcome"], decision["status"], decision["source"]) == ("granted", "green", "online")
        energised = program.wait_for(is_relay(1))
        resting = program.wait_for(is_relay(0))
        assert 1.5 < resting["monotonic_s"] - energised["monotonic_s"] < 3.0
        program.wait_for(lambda line: line["event"] == "visits_sent")
        told_at = time.monotonic()
        program.process.send_signal(signal.SIGTERM)
        assert program.process.wait(10) == 0
        assert time.monotonic() - told_at < 3.0
    finally:
        program.process.kill()
        program.process.wait()
    assert decision["visit"] in {str(visit.id) for _, visit in stage.database.visits()}
    assert (tmp_path / "errors.txt").read_text(encoding="utf-8") == ""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP], ids=["crash", "hang"])
def test_a_scanner_process_that_fails_disturbs_nobody_who_is_being_let_in(
    stage: Stage, act: Act, film: Path, tmp_path: Path, number: signal.Signals
) -> None:
    """The release goes on for its time, no fault is shown, another process reads on, the next one enters."""
    config = stage.write_config(act, tmp_path, str(film))
    change(config, camera={"source": str(film), "at_end": "loop"})
    program = Program(config, tmp_path)
    try:
        first = program.wait_for(lambda line: line["event"] == "scanner_starting")["process"]
        energised = program.wait_for(is_relay(1))
        os.kill(first, number)
        struck_at = time.monotonic()
        program.wait_for(lambda line: line["event"] == "scanner_starting" and line["process"] != first)
        took_s = time.monotonic() - struck_at
        resting = program.wait_for(is_relay(0))
        so_far = len(program.lines())
        program.wait_for(lambda line: line["event"] == "decision" and line["outcome"] == "granted", so_far)
        program.process.send_signal(signal.SIGTERM)
        assert program.process.wait(10) == 0
    finally:
        program.process.kill()
        program.process.wait()
    assert took_s < 1.0
    assert 1.5 < resting["monotonic_s"] - energised["monotonic_s"] < 3.0
    events = [line["event"] for line in program.lines()]
    assert not {"camera_lost", "fault_found", "scanner_not_confined"} & set(events)
    assert events.count("scanner_restarting") == 1


def test_kill_9_while_the_door_is_open_leaves_it_locked_and_the_visit_kept(
    stage: Stage, act: Act, film: Path, tmp_path: Path
) -> None:
    """The relay is at rest within a second, no process stays behind, and the next start hands the visit over once."""
    config = stage.write_config(act, tmp_path, str(film))
    # With a contact the passage is not known before the door has been used: the visit can't have been sent.
    change(config, door={"release": "10 s", "contact": {"pin": 5}})
    program = Program(config, tmp_path)
    program.wait_for(is_relay(1))
    decision = program.wait_for(lambda line: line["event"] == "decision")
    left_behind = children(program.process.pid)
    killed_at = time.monotonic()
    os.kill(program.process.pid, signal.SIGKILL)
    program.process.wait()
    while not any(is_relay(0)(line) for line in program.lines()):
        assert time.monotonic() - killed_at < 5
    resting = next(line for line in program.lines() if is_relay(0)(line))
    assert resting["monotonic_s"] - killed_at < 1.0
    assert len(left_behind) >= 2
    while any(is_alive(pid) for pid in left_behind):
        assert time.monotonic() - killed_at < 5

    with sqlite3.connect(tmp_path / "kiosk.db") as connection:
        rows = connection.execute("SELECT id, passage FROM visits").fetchall()
    connection.close()
    assert [row[0] for row in rows] == [decision["visit"]]

    empty = tmp_path / "nobody"
    empty.mkdir()
    (empty / "hall.png").write_bytes(_grey_png())
    change(config, camera={"source": str(empty)})
    again = Program(config, empty)
    try:
        again.wait_for(lambda line: line["event"] == "visits_of_an_interrupted_run" and line["count"] == 1)
        again.wait_for(lambda line: line["event"] == "visits_sent" and line["accepted"] >= 1)
        again.process.send_signal(signal.SIGTERM)
        assert again.process.wait(10) == 0
    finally:
        again.process.kill()
        again.process.wait()
    at_central = [str(visit.id) for _, visit in stage.database.visits()]
    assert at_central.count(decision["visit"]) == 1


def _grey_png() -> bytes:
    return bytes(cv2.imencode(".png", np.full((240, 320, 3), 128, np.uint8))[1])


def test_a_camera_that_is_not_there_is_said_and_the_terminal_runs_on(stage: Stage, act: Act, tmp_path: Path) -> None:
    """The fault is named in the log; the program stays, and stops as told."""
    config = stage.write_config(act, tmp_path, "/dev/video99")
    program = Program(config, tmp_path)
    try:
        line = program.wait_for(lambda line: line["event"] == "camera_lost")
        assert "/dev/video99" in line["why"]
        program.wait_for(lambda line: line["event"] == "fault_found" and line["fault"] == "camera_unplugged")
        program.process.send_signal(signal.SIGTERM)
        assert program.process.wait(10) == 0
    finally:
        program.process.kill()
        program.process.wait()


@pytest.mark.parametrize(
    ("change_of", "status", "words"),
    [
        ({"pins": {"factory": "lgpio", "chip": 31}}, 69, "for a trial without a chip: pins.factory: mock"),
        ({"camera": {"sauce": 0}}, 78, "camera.sauce: unknown option; did you mean 'source'?"),
        ({"central": {"url": "http://127.0.0.1:1", "token_file": "nowhere"}}, 78, "no such file"),
        ({"storage": {"path": "/nowhere/kiosk.db"}}, 69, "storage.path"),
    ],
)
def test_a_terminal_that_cannot_start_says_why_and_how_to_mend_it(
    stage: Stage, act: Act, tmp_path: Path, change_of: dict[str, object], status: int, words: str
) -> None:
    """Exit status 78 for a wrong configuration, 69 for a part that is missing; the reason on standard error."""
    config = stage.write_config(act, tmp_path, str(tmp_path))
    change(config, **change_of)
    done = subprocess.run(
        [sys.executable, "-m", "kiosk", "run", "--config", str(config)],
        capture_output=True, text=True, timeout=60, env=environment_of_terminal(), check=False,
    )  # fmt: skip
    assert done.returncode == status, done.stderr
    assert words in done.stderr
