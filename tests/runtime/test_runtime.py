"""The controller: facts in, effects out, in the right order."""

import threading
from datetime import timedelta
from typing import Any

import pytest
import structlog.testing

from kiosk.core.admission import Reason
from kiosk.core.credential import PassClaims, PassProblem, VisitorReference, format_reference
from kiosk.core.status import NoAnswer, Status
from kiosk.core.views import Checking, CouldNotCheck, Fault, OutOfOrder, Unchecked, Verdict
from kiosk.core.visit import Passage
from kiosk.facts import Broke, CodeGone, CodeSeen, ContactChanged, ExitPressed, Mended
from kiosk.reading import PassRules, present

REFERENCE = VisitorReference(bytes(range(16)))
PRINTED = format_reference(REFERENCE).encode()


def test_a_green_visitor_gets_the_door_open_after_the_commit(entrance: Any) -> None:
    """Journal, then door, then screen, light and sound."""
    assert entrance.shows(PRINTED) == ["play acknowledged", "show Checking", "light checking"]
    assert entrance.central_says(Status.GREEN) == [
        "record granted",
        "release 5",
        "show Verdict",
        "light granted",
        "play granted",
    ]
    assert entrance.checker.asked[0][1] == REFERENCE


def test_a_broken_journal_keeps_the_door_shut_until_a_write_works_again(entrance: Any) -> None:
    """No admission without a journal; it is tried again by itself, and then serves whoever is there."""
    entrance.shows(PRINTED)
    entrance.journal.broken = True
    assert entrance.central_says(Status.GREEN) == ["show OutOfOrder", "light fault"]
    assert entrance.happens(CodeGone(), after_s=1) == []
    assert entrance.shows(PRINTED) == []
    assert entrance.happens(after_s=3) == []
    entrance.journal.broken = False
    shown = ["show Idle", "light idle", "play acknowledged", "show Checking", "light checking"]
    assert entrance.happens(after_s=3) == shown


def test_a_failure_to_settle_is_a_journal_fault_too(entrance: Any) -> None:
    """A journal that can't note the passage can't be trusted with the next visit."""
    entrance.shows(PRINTED)
    entrance.central_says(Status.GREEN)
    entrance.journal.broken = True
    assert "show OutOfOrder" in entrance.happens(ContactChanged(is_open=True), after_s=0.5)


def test_the_door_contact_settles_the_visit_and_locks_behind_it(entrance: Any) -> None:
    """Opened: taken. Closed: locked."""
    entrance.shows(PRINTED)
    entrance.central_says(Status.GREEN)
    entrance.happens(ContactChanged(is_open=True), after_s=1)
    assert entrance.journal.passages == {"scan-1": Passage.TAKEN}
    assert entrance.settled == 1
    assert entrance.happens(ContactChanged(is_open=False), after_s=1) == ["lock"]


def test_the_door_locks_when_the_release_is_over(entrance: Any) -> None:
    """The controller locks by itself; the relay's own limit is only the second belt."""
    entrance.shows(PRINTED)
    entrance.central_says(Status.GREEN)
    assert "lock" in entrance.happens(after_s=5)
    assert entrance.journal.passages == {"scan-1": Passage.NOT_TAKEN}


def test_rex_opens_whatever_is_broken(entrance: Any) -> None:
    """The way out works without journal, camera and central."""
    for fault in Fault:
        entrance.happens(Broke(fault))
    assert entrance.happens(ExitPressed()) == ["release 5"]


@pytest.mark.parametrize(
    ("verified", "shown", "asked"),
    [
        (PassProblem.FORGED, "show Verdict", 0),
        (PassProblem.KEY_UNKNOWN, "show CouldNotCheck", 0),
        (PassProblem.DAMAGED, "show NotOurs", 0),
        (None, "show Checking", 1),
    ],
)
def test_a_pass_is_looked_up_only_when_its_signature_is_good(
    entrance: Any, verified: PassProblem | None, shown: str, asked: int
) -> None:
    """A forged pass is denied, an unknown key is for staff, a damaged code is no credential."""
    now = entrance.clock.now()
    claims = PassClaims(REFERENCE, now, now + timedelta(days=1), "kk", "k1")
    entrance.passes.known["ASHYQ1:X"] = verified or claims
    assert shown in entrance.shows(b"ASHYQ1:X")
    assert len(entrance.checker.asked) == asked


def test_an_expired_pass_is_denied_with_its_reason(entrance: Any) -> None:
    """The visitor reads that the pass has expired, not that something is wrong with them."""
    now = entrance.clock.now()
    entrance.passes.known["ASHYQ1:X"] = PassClaims(
        REFERENCE, now - timedelta(days=2), now - timedelta(days=1), "ru", "k"
    )
    entrance.shows(b"ASHYQ1:X")
    view = entrance.display.views[-1]
    assert isinstance(view, Verdict)
    assert (view.decision.reason, view.language) == (Reason.PASS_EXPIRED, "ru")


@pytest.mark.parametrize("by_clock", [False, True])
@pytest.mark.parametrize("expired", [False, True])
def test_a_pass_is_for_staff_while_the_clock_may_be_wrong(entrance: Any, by_clock: bool, expired: bool) -> None:
    """Neither let in nor refused by a time that nobody knows, unless the technician has chosen so; a forged one is."""
    entrance.clock.trusted = False
    entrance.controller = entrance.with_passes(PassRules(by_untrusted_clock=by_clock))
    now = entrance.clock.now()
    ends = now - timedelta(days=1) if expired else now + timedelta(days=1)
    entrance.passes.known["ASHYQ1:X"] = PassClaims(REFERENCE, now - timedelta(days=2), ends, "ru", "k")
    entrance.passes.known["ASHYQ1:Y"] = PassProblem.FORGED
    entrance.shows(b"ASHYQ1:X")
    view = entrance.display.views[-1]
    if not by_clock:
        assert isinstance(view, CouldNotCheck)
        assert view.why is Unchecked.CLOCK_NOT_TRUSTED
        assert entrance.checker.asked == []
        assert entrance.journal.visits == []
        entrance.happens(after_s=10)
        assert "show Verdict" in entrance.shows(b"ASHYQ1:Y")
    else:
        assert isinstance(view, Verdict if expired else Checking)


def test_a_printed_reference_needs_no_clock(entrance: Any) -> None:
    """It does not expire, and central says what holds now."""
    entrance.clock.trusted = False
    entrance.shows(PRINTED)
    assert "release 5" in entrance.central_says(Status.GREEN)


def test_each_scan_ends_in_one_line_without_identifiers(entrance: Any) -> None:
    """Granted, could not check and foreign codes are each one line, with times, and never with what was read."""
    with structlog.testing.capture_logs() as lines:
        entrance.shows(PRINTED)
        entrance.central_says(Status.GREEN, after_s=0.2)
        entrance.happens(CodeGone(), after_s=6)
        entrance.shows(PRINTED)
        entrance.central_says(NoAnswer.UNREACHABLE)
        entrance.happens(CodeGone(), after_s=7)
        entrance.shows(b"https://example.kz/secret-menu")
    ends = [line for line in lines if "outcome" in line]
    assert [(line["event"], line["outcome"], line["reason"], line["door"]) for line in ends] == [
        ("decision", "granted", "admitted", "released"),
        ("could_not_check", "could_not_check", "unreachable", "locked"),
        ("not_a_credential", "not_a_credential", "url", "locked"),
    ]
    assert ends[0]["frame_to_decision_ms"] == pytest.approx(250.0)
    assert ends[0]["frame_to_release_ms"] == pytest.approx(250.0)
    assert "secret-menu" not in str(lines)
    assert PRINTED.decode() not in str(lines)


def test_a_fact_hides_what_was_read() -> None:
    """A payload does not reach a traceback."""
    assert "secret" not in repr(CodeSeen(b"secret", True, "zxing", 0.0))


def test_a_code_from_a_usb_scanner_is_served_after_another_code_has_left_the_view(entrance: Any) -> None:
    """It takes the same way as what the camera sees, but the camera's loss of another code does not take it away."""
    other = format_reference(VisitorReference(bytes(16))).encode()
    entrance.shows(PRINTED)
    entrance.central_says(Status.GREEN)
    entrance.happens(CodeSeen(other, True, "usb", entrance.clock.monotonic(), in_view=False), after_s=0.2)
    assert entrance.happens(CodeGone(), after_s=0.2) == []
    assert "show Checking" in entrance.happens(after_s=2.0)
    assert [asked[1] for asked in entrance.checker.asked] == [REFERENCE, VisitorReference(bytes(16))]


@pytest.mark.parametrize("payload", [PRINTED, b"ASHYQ1:FORGED", b"https://example.kz", b"\xff", b""])
def test_whatever_a_usb_scanner_reads_is_known_not_to_stay_in_view(entrance: Any, payload: bytes) -> None:
    """Credentials, refused ones and foreign codes alike."""
    for problem in (PassProblem.FORGED, PassProblem.KEY_UNKNOWN, PassProblem.DAMAGED):
        entrance.passes.known["ASHYQ1:FORGED"] = problem
        for in_view in (True, False):
            seen = CodeSeen(payload, True, "usb", 0.0, in_view)
            event, _ = present(seen, "scan", entrance.passes, entrance.clock, PassRules())
            assert event.in_view is in_view


def test_a_lost_camera_is_shown_and_over_when_it_is_back(entrance: Any) -> None:
    """A fault shows at once on an idle terminal, and goes by itself."""
    assert entrance.happens(Broke(Fault.CAMERA)) == ["show OutOfOrder", "light fault"]
    assert entrance.happens(Mended(Fault.CAMERA)) == ["show Idle", "light idle"]


def test_a_journal_that_fails_is_said_before_the_first_visitor(entrance: Any) -> None:
    """A terminal that starts on a full card shows it at once, and goes on by itself when there is room."""
    entrance.journal.broken = True
    entrance.controller.stop()
    entrance.controller.run()
    assert entrance.display.views[-1] == OutOfOrder(Fault.JOURNAL)
    entrance.journal.broken = False
    entrance.happens(after_s=3)
    assert "show Idle" in entrance.happens()


def test_a_stopped_controller_leaves_the_door_locked(entrance: Any) -> None:
    """`run` ends on `stop`, and its last act is the lock."""
    thread = threading.Thread(target=entrance.controller.run)
    thread.start()
    entrance.controller.stop()
    thread.join(5)
    assert not thread.is_alive()
    assert entrance.diary[-1] == "lock"
