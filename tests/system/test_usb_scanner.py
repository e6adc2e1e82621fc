"""The whole program with a USB scanner: it serves visitors beside the camera, without it, and after an unplug."""

import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from kiosk.demo.script import Act
from kiosk.demo.stage import Stage
from tests.hardware.typist import Plugged
from tests.system.test_run import Line, Program, change, is_relay


def is_event(name: str, **fields: object) -> Callable[[Line], bool]:
    return lambda line: line["event"] == name and all(line.get(key) == value for key, value in fields.items())


@pytest.mark.parametrize("camera", ["/dev/video99", None], ids=["camera lost", "no camera"])
def test_a_scanned_visitor_is_let_in_without_a_camera(
    stage: Stage, act: Act, tmp_path: Path, camera: str | None
) -> None:
    """From the keys of a USB scanner to the open door and to central; pulled out and plugged in, it serves again."""
    scanner = Plugged(tmp_path / "scanner")
    config = stage.write_config(act, tmp_path, "")
    change(config, camera={"source": camera}, usb_scanner={"device": str(scanner.path)}, door={"release": "1 s"})
    program = Program(config, tmp_path)
    try:
        program.wait_for(is_event("usb_scanner_taken"))
        program.wait_for(is_event("ready"))
        if camera is not None:
            program.wait_for(is_event("fault_found", fault="camera_unplugged"))
        for key in ("pass_keys_replaced", "visits_are_sealed"):  # before, nobody can be let in
            program.wait_for(is_event(key))
        if any(line["event"] == "journal_failed" for line in program.lines()):
            program.wait_for(is_event("journal_mended"))
        scanner.scan(stage.payload(act.scenes[0]))
        decision = program.wait_for(is_event("decision"))
        assert (decision["reader"], decision["outcome"], decision["door"]) == ("usb", "granted", "released")
        program.wait_for(is_relay(1))
        program.wait_for(is_relay(0))
        program.wait_for(is_event("visits_sent"))

        scanner.scan("HALF OF ANOTHER", end=None)
        scanner.unplug()
        program.wait_for(is_event("usb_scanner_gone"))
        program.wait_for(is_event("fault_found", fault="scanner"))
        told = len(program.lines())
        again = Plugged(scanner.path)
        program.wait_for(is_event("fault_mended", fault="scanner"), told)
        again.scan("https://example.kz/menu")
        assert program.wait_for(is_event("not_a_credential"), told)["reason"] == "url"
        again.unplug()

        program.process.send_signal(signal.SIGTERM)
        assert program.process.wait(10) == 0
    finally:
        program.process.kill()
        program.process.wait()
    assert decision["visit"] in {str(visit.id) for _, visit in stage.database.visits()}
    assert (tmp_path / "errors.txt").read_text(encoding="utf-8") == ""
    assert "ASHYQ" not in program.log.read_text(encoding="utf-8")


def test_a_camera_and_a_scanner_side_by_side(stage: Stage, act: Act, film: Path, tmp_path: Path) -> None:
    """Each reads its own visitors."""
    scanner = Plugged(tmp_path / "scanner")
    config = stage.write_config(act, tmp_path, str(film))
    change(config, usb_scanner={"device": str(scanner.path)})
    program = Program(config, tmp_path)
    try:
        seen = program.wait_for(is_event("decision"))
        assert (seen["outcome"], seen["reader"] == "usb") == ("granted", False)
        told = len(program.lines())
        scanner.scan(stage.payload(act.scenes[1]))
        assert program.wait_for(is_event("decision"), told)["reader"] == "usb"
    finally:
        program.process.kill()
        program.process.wait()
        scanner.unplug()
