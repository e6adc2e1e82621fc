"""`ashyq-kiosk journal`, beside a journal that is in use."""

import json
import sqlite3
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from config import shipped
from kiosk import contract
from kiosk.__main__ import app
from kiosk.adapters.clock import TerminalClock
from kiosk.adapters.issuing import new_reference
from kiosk.adapters.journal import SqliteJournal
from kiosk.adapters.store import Store
from kiosk.adapters.visit_ids import new_visit_id
from kiosk.core.admission import Reason, because
from kiosk.core.credential import CredentialKind, VisitorReference, format_reference
from kiosk.core.visit import Passage, Visit


@dataclass
class Desk:
    """A configuration, and the journal that a terminal has open."""

    config: Path
    journal: SqliteJournal
    refused: Visit
    waiting: Visit

    def run(self, *arguments: str) -> Result:
        return CliRunner().invoke(app, ["journal", *arguments, "--config", str(self.config)])


def visit() -> Visit:
    return Visit(
        new_visit_id(),
        datetime.now(UTC),
        CredentialKind.PASS,
        new_reference(),
        because(Reason.PASS_EXPIRED),
        Passage.NOT_TAKEN,
    )


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    config = tmp_path / "kiosk.yaml"
    config.write_text(
        "venue: {category: cinema, area: a, zone: green}\n"
        "central: {url: https://c.kz, token_file: token}\n"
        f"storage: {{path: {tmp_path / 'kiosk.db'}}}\nadmission: {shipped('admission.yaml')}\n",
        encoding="utf-8",
    )
    (tmp_path / "token").touch(0o600)
    (tmp_path / "token").write_text("t0ken\n", encoding="ascii")
    store = Store(tmp_path / "kiosk.db")
    journal = SqliteJournal(store, TerminalClock())
    refused, waiting = visit(), visit()
    journal.record(refused)
    journal.record(waiting)
    journal.quarantine(refused.id, "another content")
    yield Desk(config, journal, refused, waiting)
    store.close()


def test_show(desk: Desk) -> None:
    """How many are where, and why central refuses which; nobody is named."""
    shown = desk.run("show")
    assert shown.exit_code == 0
    assert "waiting to be sent    1" in shown.stdout
    assert "refused by central    1" in shown.stdout
    assert f"{desk.refused.id}  another content" in shown.stdout
    for one in (desk.refused, desk.waiting):
        assert isinstance(one.reference, VisitorReference)
        assert format_reference(one.reference)[6:] not in shown.stdout


def test_retry(desk: Desk) -> None:
    """What was refused waits again, and the terminal sees it at once."""
    assert "to be sent again: 1" in desk.run("retry").stdout
    assert [found.id for found in desk.journal.unsent(10)] == [desk.refused.id, desk.waiting.id]
    assert desk.journal.counts().quarantined == 0
    assert "to be sent again: 0" in desk.run("retry").stdout


def test_retry_one(desk: Desk) -> None:
    """By its id; an id that was not refused is told."""
    missing = desk.run("retry", desk.waiting.id)
    assert (missing.exit_code, "no visit of this id was refused" in missing.stderr) == (65, True)
    assert desk.run("retry", desk.refused.id).exit_code == 0


def test_export(desk: Desk, tmp_path: Path) -> None:
    """In central's own form, for the owner's eyes, the refused ones or all; the journal keeps them."""
    file = tmp_path / "refused.jsonl"
    assert desk.run("export", str(file)).exit_code == 0
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    [line] = file.read_text(encoding="utf-8").splitlines()
    assert str(contract.Visit.model_validate_json(line).id) == desk.refused.id
    everything = tmp_path / "all.jsonl"
    assert desk.run("export", str(everything), "--all").exit_code == 0
    lines = everything.read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["id"] for line in lines] == [desk.refused.id, desk.waiting.id]
    again = desk.run("export", str(file))
    assert (again.exit_code, "exists already" in again.stderr) == (73, True)
    assert desk.journal.counts().quarantined == 1


def test_export_of_a_row_that_can_not_be_read(desk: Desk, tmp_path: Path) -> None:
    """It is named, and keeps no other one here: among the refused there is one for each that was unreadable."""
    with sqlite3.connect(tmp_path / "kiosk.db") as connection:
        connection.execute("UPDATE visits SET decided_at = 'soon' WHERE id = ?", (desk.refused.id,))
    connection.close()
    file = tmp_path / "all.jsonl"
    done = desk.run("export", str(file), "--all")
    assert (done.exit_code, desk.refused.id in done.stderr) == (0, True)
    [line] = file.read_text(encoding="utf-8").splitlines()
    assert json.loads(line)["id"] == desk.waiting.id
    assert [visit.id for visit in desk.journal.visits()] == [desk.waiting.id]


def test_what_is_wrong_is_said(desk: Desk, tmp_path: Path) -> None:
    """No configuration, no journal, a file that is none, a folder that is not there."""
    good = desk.config.read_text(encoding="utf-8")
    for name, content, words, status in (
        ("none.yaml", "", "the file is empty", 78),
        ("missing.yaml", good.replace("kiosk.db", "missing.db"), "can't be opened", 69),
        ("other.yaml", good.replace("kiosk.db", "other.db"), "can't be opened", 69),
    ):
        (tmp_path / name).write_text(content, encoding="utf-8")
        (tmp_path / "other.db").write_bytes(b"noise" * 1000)
        said = CliRunner().invoke(app, ["journal", "show", "--config", str(tmp_path / name)])
        assert (said.exit_code, words in said.stderr) == (status, True), said.output
    assert not (tmp_path / "missing.db").exists()
    nowhere = desk.run("export", "/nowhere/visits.jsonl")
    assert (nowhere.exit_code, "can't be written" in nowhere.stderr) == (73, True)
