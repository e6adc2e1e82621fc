"""The demonstration: it plays, and it notices when something does not come out as its script says."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from kiosk import contract
from kiosk.demo.play import play
from kiosk.demo.report import Report
from kiosk.demo.script import ACTS, Act, Scene
from kiosk.demo.watch import Result

FIRST = ACTS[0].scenes[0]
LINE: dict[str, Any] = {
    "read": "pass",
    "reader": "zxing",
    "outcome": "granted",
    "reason": "admitted",
    "status": "green",
    "source": "online",
    "light": "granted",
    "door": "released",
    "frame_to_decision_ms": 12.0,
}
GREEN_LIT = Result(LINE, frozenset({"green"}), relay=True)


def short(scene: Scene) -> list[Act]:
    """One visitor, at the bus station where a PCR test is compulsory."""
    return [replace(ACTS[1], scenes=(scene,))]


def test_a_scene_that_comes_out_and_one_that_does_not(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The same visitor before the real terminal: as the script says, and against it."""
    scene = ACTS[1].scenes[0]
    assert play(tmp_path / "good", camera=None, seed=3, acts=short(scene), month=False) == 0
    said = capsys.readouterr().out
    assert "1 scans, all as the script says" in said
    assert "1 in the journals, 1 at central, 1 the same in both" in said
    assert list((tmp_path / "good" / "act-1" / "screens").glob("*verdict-proof_needed-blue*.png"))

    wrong = replace(scene, expected=replace(scene.expected, outcome="granted"))
    assert play(tmp_path / "bad", camera=None, seed=3, acts=short(wrong), month=False) == 1
    assert "outcome is proof_needed, not granted" in capsys.readouterr().err


def test_every_difference_counts() -> None:
    """What was read, decided, lit, released: each alone is enough to fail."""
    good = Report()
    good.add(FIRST, GREEN_LIT)
    assert (good.conclude(), good.differences) == (0, [])
    for name, value in {
        "read": "url",
        "outcome": "denied",
        "reason": "near_home",
        "status": "blue",
        "source": "cache",
        "light": "denied",
        "door": "locked",
    }.items():
        line = {**LINE, name: value, "age_s": 1.0}
        bad = Report()
        bad.add(FIRST, Result(line, frozenset({"green"}), relay=True))
        assert bad.conclude() == 1
        assert [difference for difference in bad.differences if f"{name} is {value}" in difference]


@pytest.mark.parametrize(
    "result",
    [None, Result(LINE, frozenset({"red"}), relay=True), Result(LINE, frozenset({"green"}), relay=False)],
    ids=["no scan", "the wrong LED", "no relay"],
)
def test_what_the_lines_show_counts_too(result: Result | None) -> None:
    """A terminal that says the right thing and lights or drives the wrong one has failed."""
    report = Report()
    report.add(FIRST, result)
    assert report.conclude() == 1


def test_visits_must_be_the_same_on_both_sides(tmp_path: Path) -> None:
    """No journal, no visits: nothing was proved."""
    report = Report()
    at_central: list[contract.Visit] = []
    report.check_visits([], at_central)
    assert report.conclude() == 1


def test_a_terminal_that_does_not_end_well() -> None:
    """Its exit status counts."""
    report = Report()
    report.check_end(70)
    assert report.conclude() == 1
