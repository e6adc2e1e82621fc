"""From what the scanner reports of the camera to what the controller is told."""

from typing import get_args

from hardware.errors import CameraFault
from kiosk.bootstrap import _FAULTS, _Listener
from kiosk.core.views import Fault
from kiosk.facts import Broke, Fact, Mended


def listener() -> tuple[_Listener, list[Fact]]:
    facts: list[Fact] = []
    return _Listener(facts.append, lambda: None, lambda _why: None), facts


def test_every_fault_of_a_camera_has_a_name_of_its_own() -> None:
    """So that the screen can say what to do."""
    assert set(_FAULTS) == set(get_args(CameraFault))
    assert len(set(_FAULTS.values())) == len(_FAULTS)


def test_a_fault_follows_another_without_a_moment_of_health() -> None:
    """Unplugged while it is covered: the screen goes from one to the other."""
    scanner, facts = listener()
    scanner.camera_lost("covered", "dark")
    scanner.camera_lost("gone", "unplugged")
    scanner.camera_found()
    assert facts == [
        Broke(Fault.CAMERA_DARK),
        Broke(Fault.CAMERA_UNPLUGGED),
        Mended(Fault.CAMERA_DARK),
        Mended(Fault.CAMERA_UNPLUGGED),
    ]


def test_a_camera_that_was_never_lost_mends_nothing() -> None:
    """Found is said after lost only."""
    scanner, facts = listener()
    scanner.camera_found()
    assert facts == []
