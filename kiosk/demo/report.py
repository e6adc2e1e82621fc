"""Holds what happened against the script, and tells both, one line a scan."""

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import typer

from kiosk.contract import Visit
from kiosk.demo.script import ON_BOARD, Scene
from kiosk.demo.watch import Result

_LIT = {
    "granted": frozenset({"green"}),
    "denied": frozenset({"red"}),
    "proof_needed": frozenset({"green", "red"}),
    "call_staff": frozenset({"green", "red"}),
}


class Report:
    """Collects differences; none at the end means that everything came out as the script says."""

    def __init__(self) -> None:
        self.differences: list[str] = []
        self._scans = 0

    def add(self, scene: Scene, result: Result | None) -> None:
        """Judge one scan and print its line."""
        self._scans += 1
        if result is None:
            self.differ(scene.title, "no scan was seen in time")
            return
        line, expected = result.line, scene.expected
        checks = {
            "read": (line["read"], expected.read),
            "outcome": (line["outcome"], expected.outcome),
            "reason": (line["reason"], expected.reason),
            "status": (line.get("status"), expected.status),
            "source": (_source(line, expected.source), expected.source),
            "ageing": (line.get("ageing", False), expected.ageing),
            "light": (line["light"], expected.light),
            "door": (line["door"], "released" if expected.released else "locked"),
            "relay": ("energised" if result.relay else "at rest", "energised" if expected.released else "at rest"),
        }
        if expected.days_old is not None:
            checks["age in days"] = (_days(line), str(expected.days_old))
        if expected.light in _LIT:
            checks["LED"] = (_names(result.lit), _names(_LIT[expected.light]))
        wrong = [f"{name} is {is_}, not {should}" for name, (is_, should) in checks.items() if is_ != should]
        typer.echo(f"  {'ok ' if not wrong else 'NOT'} {scene.title}: {told(result)}")
        for what in wrong:
            self.differ(scene.title, what)

    def check_end(self, status: int | None) -> None:
        """The terminal has been stopped."""
        if status != 0:
            self.differ("stopping", f"the terminal's exit status is {status}, not 0")

    def check_visits(self, journals: Sequence[Path], at_central: Sequence[Visit]) -> None:
        """Central must hold exactly the visits of the journals, each once and unchanged."""
        journalled: dict[str, tuple[str, str, str]] = {}
        for path in journals:
            with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as connection:
                for visit_id, *content in connection.execute("SELECT id, outcome, reason, passage FROM visits"):
                    journalled[visit_id] = (content[0], content[1], content[2])
            connection.close()
        central = {str(visit.id): (visit.outcome.value, visit.reason, visit.passage.value) for visit in at_central}
        same = sum(1 for visit_id in journalled if central.get(visit_id) == journalled[visit_id])
        typer.echo(f"\nvisits: {len(journalled)} in the journals, {len(central)} at central, {same} the same in both")
        if journalled != central or not journalled:
            self.differ("visits", "central does not hold exactly the journals' visits")

    def conclude(self) -> int:
        """Say how it went; returns the exit status."""
        if not self.differences:
            typer.echo(f"{self._scans} scans, all as the script says")
            return 0
        typer.echo(f"{self._scans} scans, {len(self.differences)} differences:", err=True)
        for difference in self.differences:
            typer.echo(f"  {difference}", err=True)
        return 1

    def differ(self, title: str, what: str) -> None:
        """Note that something did not come out as the script says."""
        self.differences.append(f"{title}: {what}")
        typer.echo(f"      {title}: {what}")


def told(result: Result) -> str:
    """What was read, answer and source, decision and reason, LED, door, time from frame to decision."""
    line = result.line
    if line.get("source") is not None:
        age = f", {_age(line)}" if line["source"] != "online" else ""
        answer = f"{line.get('status') or 'unknown'} ({line['source']}{age})"
    else:
        answer = "no answer to be had" if line["outcome"] == "could_not_check" else "no answer needed"
    milliseconds = line.get("frame_to_decision_ms") or line["frame_to_result_ms"]
    return (
        f"read {line['read']} by {line['reader']} | {answer} | {line['outcome']}: {line['reason']} | "
        f"LED {_names(result.lit) or 'dark'} | door {line['door']} | {milliseconds:.0f} ms"
    )


def _age(line: dict[str, Any]) -> str:
    seconds = float(line["age_s"])
    age = f"{seconds:.0f} s old" if seconds < 86_400 else f"{seconds / 86_400:.0f} days old"
    return f"{age}, soon too old" if line.get("ageing") else age


def _source(line: dict[str, Any], expected: str | None) -> str | None:
    source = line.get("source")
    return ON_BOARD if expected == ON_BOARD and source in ("cache", "copy") else source


def _days(line: dict[str, Any]) -> str | None:
    age_s = line.get("age_s")
    return None if age_s is None else str(int(age_s // 86_400))


def _names(lit: frozenset[str]) -> str:
    return "+".join(sorted(lit))
