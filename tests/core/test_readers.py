"""A terminal with a camera, a USB scanner, or both: one that works is enough, and what was read is not lost."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.core.credential import CredentialKind, VisitorReference
from kiosk.core.effects import Light, LookUp, Show, Unlock
from kiosk.core.events import CodeRemoved, CredentialPresented, FaultFound, FaultMended, StatusArrived, VisitRecorded
from kiosk.core.events import TimePassed as Tick
from kiosk.core.phases import Looking, Session, SessionRules
from kiosk.core.session import resting_effects, step
from kiosk.core.status import Source, Status, StatusAnswer, StatusRecord
from kiosk.core.venue import CategoryRule, Policy, Venue, Zone
from kiosk.core.views import Fault, Idle, LightPattern, OutOfOrder

NOW = datetime(2021, 6, 1, 9, 0, tzinfo=UTC)
ANNA, BERIK = VisitorReference(bytes(16)), VisitorReference(bytes(15) + b"\x01")
READERS = frozenset({Fault.CAMERA, Fault.SCANNER})
RULES = SessionRules(
    Venue("cinema", "shymkent/abay", Zone.GREEN),
    Policy({"cinema": CategoryRule(frozenset({Status.GREEN}))}),
    readers=READERS,
)
GREEN = StatusAnswer(StatusRecord(Status.GREEN, NOW), Source.ONLINE, NOW)


def scanned(scan_id: str, reference: VisitorReference, at: float) -> CredentialPresented:
    """By a USB scanner."""
    return CredentialPresented(scan_id, reference, CredentialKind.PASS, "kk", at, in_view=False)


def serving(reference: VisitorReference = ANNA, *, until_shown: bool = True) -> Session:
    """A session that serves a visitor whom the camera sees; from 0.3 on the verdict is shown."""
    session, _ = step(Session(), CredentialPresented("s1", reference, CredentialKind.PASS, "kk", 0.0), RULES)
    if until_shown:
        session, _ = step(session, StatusArrived("s1", GREEN, 0.2, NOW), RULES)
        session, _ = step(session, VisitRecorded("s1", 0.3), RULES)
    return session


@given(
    st.sets(st.sampled_from(Fault)),
    st.sets(st.sampled_from([Fault.CAMERA, Fault.SCANNER]), min_size=1),
)
def test_visitors_are_invited_as_long_as_a_reader_works(faults: set[Fault], readers: set[Fault]) -> None:
    """Out of order is what admits nobody; else visitors are told a reader that works, and staff one that does not."""
    show, light = resting_effects(Session(faults=frozenset(faults)), replace(RULES, readers=frozenset(readers)))
    assert isinstance(show, Show)
    working = readers - {fault.reader for fault in faults}
    admits = not faults & {Fault.JOURNAL, Fault.DOOR} and bool(working)
    assert isinstance(show.view, Idle if admits else OutOfOrder)
    assert light == Light(LightPattern.IDLE if admits else LightPattern.FAULT)
    if isinstance(show.view, Idle):
        assert show.view.reader in working
        told = [fault for fault in Fault if fault in faults and fault.reader in readers]
        assert show.view.broken == (told[0] if told else None)
    if isinstance(show.view, OutOfOrder):
        assert show.view.fault in faults


@pytest.mark.parametrize("lost", [fault for fault in Fault if fault.reader is Fault.CAMERA])
def test_with_the_camera_lost_the_scanner_serves(lost: Fault) -> None:
    """From the reading to the open door, and the invitation is the scanner's until the camera is back."""
    session, effects = step(Session(), FaultFound(lost, 0.0), RULES)
    assert effects == (Show(Idle(Fault.SCANNER, lost)), Light(LightPattern.IDLE))
    session, effects = step(session, scanned("s1", ANNA, 1.0), RULES)
    assert LookUp("s1", ANNA) in effects
    session, _ = step(session, StatusArrived("s1", GREEN, 1.2, NOW), RULES)
    session, effects = step(session, VisitRecorded("s1", 1.3), RULES)
    assert Unlock("s1") in effects
    session, effects = step(session, Tick(5.3), RULES)
    assert effects == (Show(Idle(Fault.SCANNER, lost)), Light(LightPattern.IDLE))
    assert step(session, FaultMended(lost, 6.0), RULES)[1][0] == Show(Idle())


def test_with_both_lost_it_is_out_of_order() -> None:
    """There is nothing to show a code to; the camera is named, since visitors look for it."""
    session, _ = step(Session(), FaultFound(Fault.SCANNER, 0.0), RULES)
    assert step(session, FaultFound(Fault.CAMERA, 0.1), RULES)[1][0] == Show(OutOfOrder(Fault.CAMERA))


def test_another_code_that_leaves_the_camera_takes_no_scan_away() -> None:
    """The visitor before puts the phone away: who was scanned meanwhile is served next."""
    session, effects = step(serving(), scanned("s2", BERIK, 0.5), RULES)
    assert effects == ()
    session, _ = step(session, CodeRemoved(0.8), RULES)
    assert LookUp("s2", BERIK) in step(session, Tick(1.3), RULES)[1]


@pytest.mark.parametrize(("mended_at", "served"), [(3.0, True), (6.4, True), (6.6, False), (14.0, False)])
def test_a_scan_does_not_wait_for_long(mended_at: float, served: bool) -> None:
    """Nobody can tell whether its visitor is still there: longer than the one before can take it does not wait."""
    broken, _ = step(Session(), FaultFound(Fault.DOOR, 0.5), RULES)
    session, _ = step(broken, scanned("s1", ANNA, 1.0), RULES)
    _, effects = step(session, FaultMended(Fault.DOOR, mended_at), RULES)
    assert (LookUp("s1", ANNA) in effects) is served


def test_whoever_comes_while_another_is_served_for_as_long_as_it_can_take_is_served() -> None:
    """The answer at the last moment, the commit at the last moment, the least time: the scan still waits."""
    session, _ = step(serving(until_shown=False), scanned("s2", BERIK, 0.01), RULES)
    answered_at = RULES.answer_s - 0.01
    session, _ = step(session, StatusArrived("s1", GREEN, answered_at, NOW), RULES)
    recorded_at = answered_at + RULES.record_s - 0.01
    session, _ = step(session, VisitRecorded("s1", recorded_at), RULES)
    session, effects = step(session, Tick(recorded_at + RULES.least_s), RULES)
    assert LookUp("s2", BERIK) in effects
    assert isinstance(session.phase, Looking)


def test_the_same_code_scanned_again_is_a_second_visit_once_the_verdict_is_over() -> None:
    """While the verdict is on the screen it is the same visit (decision 4); afterwards it is scanned on purpose."""
    shown = serving()
    session, _ = step(shown, scanned("s2", ANNA, 2.0), RULES)
    assert session.waiting is None
    session, _ = step(session, Tick(4.4), RULES)
    assert LookUp("s3", ANNA) in step(session, scanned("s3", ANNA, 5.0), RULES)[1]
