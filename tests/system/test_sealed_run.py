"""A terminal at work leaves nothing behind that says who was here."""

import json
import signal
import sqlite3
from dataclasses import replace
from pathlib import Path

from kiosk.adapters.central_client import CentralClient
from kiosk.adapters.visit_ids import new_visit_id
from kiosk.core.credential import format_reference
from kiosk.core.visit import SealedReference
from kiosk.demo.script import Act
from kiosk.demo.stage import Stage
from kiosk.sealing import new_private_key, private_key_of, public_jwk, public_key_of, seal
from tests.system.fault_line import visit
from tests.system.test_run import Program


def test_no_file_names_the_visitor(stage: Stage, act: Act, film: Path, tmp_path: Path) -> None:
    """Journal, cache, copy, log and pictures: no reference in any form, no pass; and central knows who it was."""
    config = stage.write_config(act, tmp_path, str(film))
    program = Program(config, tmp_path)
    try:
        decision = program.wait_for(lambda line: line["event"] == "decision")
        program.wait_for(lambda line: line["event"] == "visits_sent")
        program.wait_for(lambda line: line["event"] == "status_copy_taken_over")
        program.process.send_signal(signal.SIGTERM)
        assert program.process.wait(10) == 0
    finally:
        program.process.kill()
        program.process.wait()
    reference = stage.references[act.scenes[0].person.name]
    printed = format_reference(reference).encode("ascii")
    secrets = [reference.value, printed, printed[6:], b"ASHYQ1:", reference.value.hex().encode("ascii")]
    files = [file for file in tmp_path.rglob("*") if file.is_file()]
    assert {"kiosk.db", "log.jsonl", "index.db"} <= {file.name for file in files}
    for file in files:
        content = file.read_bytes()
        assert not [secret for secret in secrets if secret in content], file
    with sqlite3.connect(tmp_path / "kiosk.db") as connection:
        [(length,)] = connection.execute("SELECT length(reference) FROM visits").fetchall()
    connection.close()
    assert length > 16
    at_central = {str(visit.id): visit.reference for _, visit in stage.database.visits()}
    assert at_central[decision["visit"]] == printed.decode("ascii")


def test_a_box_that_central_cannot_open_blocks_no_other(stage: Stage) -> None:
    """A visit sealed to another key is refused with the reason; the ones beside it are stored."""
    client = CentralClient(stage.central.url, stage.token_file.read_text(encoding="ascii").strip())
    wrong_key = public_key_of(json.dumps(public_jwk(private_key_of(new_private_key()))))
    good, other = visit(), new_visit_id()
    box = seal(wrong_key, other, "ASHYQ:1G64S36D1N6RVKGEB1C9HP8SB6=")
    bad = replace(good, id=other, reference=SealedReference(box))
    moved = replace(good, id=new_visit_id(), reference=SealedReference(b"no box"))
    results = {result.visit_id: result for result in client.send_visits([bad, good, moved], 20.0)}
    client.close()
    assert [results[one.id].accepted for one in (bad, good, moved)] == [False, True, False]
    assert "can't be opened" in results[bad.id].detail
