"""What reads codes: a camera, a USB scanner, or both; never nothing."""

from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from config import check, load
from kiosk import mapping
from kiosk.__main__ import app
from kiosk.core.views import Fault

SOUND = "venue: {category: cinema, area: a, zone: green}\ncentral: {url: https://c.kz, token_file: token}\n"

Write = Callable[[str | bytes], Path]


@pytest.mark.parametrize(
    ("options", "readers"),
    [
        ("", {Fault.CAMERA}),
        ("usb_scanner: {device: auto}\n", {Fault.CAMERA, Fault.SCANNER}),
        ("camera: {source: null}\nusb_scanner: {device: /dev/input/by-id/usb-X-event-kbd}\n", {Fault.SCANNER}),
        ("camera: {source: 0}\nusb_scanner: {device: null}\n", {Fault.CAMERA}),
    ],
)
def test_what_reads_codes(write: Write, options: str, readers: set[Fault]) -> None:
    """Each part is made only if it is there, and the rules know which there are."""
    settings = load(write(SOUND + options)).settings
    assert mapping.readers_of(settings) == readers
    assert (mapping.scanner_of(settings) is not None) is (Fault.CAMERA in readers)
    assert (mapping.wedge_of(settings) is not None) is (Fault.SCANNER in readers)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (
            "camera: {source: null}\n",
            "3:18: camera.source: nothing reads codes; name a camera, or a USB scanner in usb_scanner.device",
        ),
        (
            "usb_scanner: {device: Auto}\n",
            (
                "3:23: usb_scanner.device: 'Auto' is no device; null, auto or a path below /dev/input/by-id is "
                "expected; did you mean 'auto'?"
            ),
        ),
        (
            "usb_scanner: {device: 3}\n",
            (
                "3:23: usb_scanner.device: the number 3 is no USB scanner; null, auto or a path below /dev/input/by-id "
                "is expected"
            ),
        ),
        (
            "usb_scanner: {device: true}\n",
            "3:23: usb_scanner.device: true is no USB scanner; null, auto or a path below /dev/input/by-id is expected",
        ),
        (
            'usb_scanner: {device: ""}\n',
            "3:23: usb_scanner.device: '' is no device; null, auto or a path below /dev/input/by-id is expected",
        ),
        (
            "usb_scaner: {device: auto}\n",
            "3:1: usb_scaner: unknown option; did you mean 'usb_scanner'?",
        ),
    ],
)
def test_mistakes(write: Write, options: str, told: str) -> None:
    """With their place and the way out."""
    path = write(SOUND + options)
    assert [str(problem) for problem in check(path)] == [f"{path}:{told}"]


def test_the_command_lists_what_is_plugged_in() -> None:
    """Whatever this machine has: it says something, opens nothing and ends with 0."""
    done = CliRunner().invoke(app, ["usb-scanners"])
    assert done.exit_code == 0
    assert all("scanner" in line for line in done.stdout.splitlines())
    assert done.stdout
