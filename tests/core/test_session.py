"""The session: one visitor after the other, and the rule that no door opens without a committed visit."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from kiosk.core.admission import Outcome, Reason
from kiosk.core.credential import CredentialKind, ForeignKind, VisitorReference
from kiosk.core.effects import Effects, Light, LookUp, Play, Record, Settle, Show, Unlock
from kiosk.core.events import (
    CodeRemoved,
    CredentialPresented,
    CredentialRefused,
    CredentialUnverifiable,
    DoorWasClosed,
    DoorWasOpened,
    FaultFound,
    FaultMended,
    ForeignCodePresented,
    ProofAccepted,
    SessionEvent,
    StatusArrived,
    TimePassed,
    VisitNotRecorded,
    VisitRecorded,
)
from kiosk.core.phases import Looking, Ready, Recording, Session, SessionRules, Shown
from kiosk.core.session import next_deadline, step
from kiosk.core.status import NoAnswer, Source, Status, StatusAnswer, StatusRecord
from kiosk.core.venue import CategoryRule, Policy, Venue, Zone
from kiosk.core.views import (
    Checking,
    CouldNotCheck,
    Fault,
    Idle,
    LightPattern,
    NotOurs,
    OutOfOrder,
    Sound,
    Unchecked,
    Verdict,
)
from kiosk.core.visit import Passage

NOW = datetime(2021, 6, 1, 9, 0, tzinfo=UTC)
ANNA, BERIK = VisitorReference(bytes(16)), VisitorReference(bytes(15) + b"\x01")
CINEMA = CategoryRule(admits=frozenset({Status.GREEN, Status.BLUE}))
AIRPORT = replace(CINEMA, pcr_compulsory=True)
RULES = SessionRules(
    Venue("cinema", "shymkent/abay", Zone.GREEN),
    Policy({"cinema": CINEMA, "airport": AIRPORT}),
    answer_s=1.5,
    record_s=2.0,
    granted_s=4.0,
    denied_s=6.0,
    notice_s=3.0,
    least_s=1.0,
    passage_s=5.0,
    has_contact=True,
)


def presented(scan_id: str, reference: VisitorReference = ANNA, at: float = 0.0) -> CredentialPresented:
    return CredentialPresented(scan_id, reference, CredentialKind.PASS, "kk", at)


def answer(status: Status) -> StatusAnswer:
    return StatusAnswer(StatusRecord(status, NOW), Source.ONLINE, NOW)


def run(*events: SessionEvent, session: Session | None = None, rules: SessionRules = RULES) -> tuple[Session, Effects]:
    """The session after these events, and the effects of the last one."""
    session = session or Session()
    effects: Effects = ()
    for event in events:
        session, effects = step(session, event, rules)
    return session, effects


def decided(status: Status, at: float = 0.3) -> tuple[SessionEvent, ...]:
    return presented("s1"), StatusArrived("s1", answer(status), at, NOW)


def test_a_credential_is_acknowledged_before_any_answer() -> None:
    """The beep comes first, then the question to central, then the screen."""
    session, effects = run(presented("s1"))
    assert effects == (
        Play(Sound.ACKNOWLEDGED),
        LookUp("s1", ANNA),
        Show(Checking("kk")),
        Light(LightPattern.CHECKING),
    )
    assert isinstance(session.phase, Looking)


def test_a_decision_is_recorded_before_anything_is_shown() -> None:
    """Journal before door, and before the verdict."""
    session, effects = run(*decided(Status.GREEN))
    assert [type(effect) for effect in effects] == [Record]
    assert isinstance(session.phase, Recording)


def test_a_committed_grant_unlocks_first_and_then_shows() -> None:
    """The door is the first effect of a committed grant, since the visitor waits for it."""
    _, effects = run(*decided(Status.GREEN), VisitRecorded("s1", 0.4))
    assert effects[0] == Unlock("s1")
    assert Light(LightPattern.GRANTED) in effects
    assert Play(Sound.GRANTED) in effects


@pytest.mark.parametrize(
    ("status", "category", "outcome", "light", "sound"),
    [
        (Status.RED, "cinema", Outcome.DENIED, LightPattern.DENIED, Sound.DENIED),
        (Status.YELLOW, "cinema", Outcome.DENIED, LightPattern.DENIED, Sound.DENIED),
        (Status.BLUE, "airport", Outcome.PROOF_NEEDED, LightPattern.PROOF_NEEDED, Sound.PROOF_NEEDED),
    ],
)
def test_what_is_not_granted_opens_nothing(
    status: Status, category: str, outcome: Outcome, light: LightPattern, sound: Sound
) -> None:
    """A denied visitor and one who needs proof see their verdict and no open door."""
    rules = replace(RULES, venue=replace(RULES.venue, category=category))
    _, effects = run(*decided(status), VisitRecorded("s1", 0.4), rules=rules)
    assert not [effect for effect in effects if isinstance(effect, Unlock)]
    [view] = [effect.view for effect in effects if isinstance(effect, Show)]
    assert isinstance(view, Verdict)
    assert view.decision.outcome is outcome
    assert Light(light) in effects
    assert Play(sound) in effects
    assert Settle("s1", Passage.NOT_TAKEN) in effects


def test_an_answer_for_another_scan_is_ignored() -> None:
    """An answer that belongs to an earlier visitor decides nothing."""
    before, _ = run(presented("s1"))
    after, effects = run(StatusArrived("s0", answer(Status.GREEN), 0.2, NOW), session=before)
    assert (after, effects) == (before, ())


def test_a_late_answer_is_a_could_not_check() -> None:
    """An answer after the deadline decides nothing, even when no tick came in between."""
    session, effects = run(*decided(Status.GREEN, at=1.6))
    assert not [effect for effect in effects if isinstance(effect, Record | Unlock)]
    assert Show(CouldNotCheck(Unchecked.UNREACHABLE, "kk", 7.6), "s1") in effects
    assert isinstance(session.phase, Shown)


def test_a_commit_that_comes_late_opens_nothing() -> None:
    """A visit that took too long to commit is settled as not taken, and the terminal is out of order."""
    session, effects = run(*decided(Status.GREEN), VisitRecorded("s1", 2.5))
    assert not [effect for effect in effects if isinstance(effect, Unlock)]
    assert Settle("s1", Passage.NOT_TAKEN) in effects
    assert session.faults == {Fault.JOURNAL}


def test_the_commit_of_another_visit_opens_nothing() -> None:
    """Only the commit of this very visit lets this visitor in; an earlier one is settled as not taken."""
    before, _ = run(*decided(Status.GREEN))
    session, effects = run(VisitRecorded("s0", 0.4), session=before)
    assert (session, effects) == (before, (Settle("s0", Passage.NOT_TAKEN),))


@pytest.mark.parametrize(
    ("why", "shown"), [(NoAnswer.UNREACHABLE, Unchecked.UNREACHABLE), (NoAnswer.TOO_OLD, Unchecked.TOO_OLD)]
)
def test_no_answer_is_never_a_refusal(why: NoAnswer, shown: Unchecked) -> None:
    """Without an answer the visitor reads "could not check", staff is called, and no visit is written."""
    _, effects = run(presented("s1"), StatusArrived("s1", why, 1.0, NOW))
    assert effects == (
        Show(CouldNotCheck(shown, "kk", 7.0), "s1"),
        Light(LightPattern.CALL_STAFF),
        Play(Sound.CALL_STAFF),
    )


def test_a_journal_that_fails_lets_nobody_in() -> None:
    """After a failed write the terminal is out of order and serves nobody until the journal is mended."""
    session, effects = run(*decided(Status.GREEN), VisitNotRecorded("s1", 0.4))
    assert effects == (Show(OutOfOrder(Fault.JOURNAL)), Light(LightPattern.FAULT))
    waiting, effects = run(presented("s2", BERIK, 1.0), TimePassed(1.5), session=session)
    assert effects == ()
    gone, _ = run(CodeRemoved(1.8), session=waiting)
    mended, effects = run(FaultMended(Fault.JOURNAL, 2.0), session=gone)
    assert effects == (Show(Idle()), Light(LightPattern.IDLE))
    assert run(presented("s3", BERIK, 3.0), session=mended)[1][0] == Play(Sound.ACKNOWLEDGED)


@pytest.mark.parametrize(("mended_at", "served"), [(2.0, True), (15.9, True), (16.1, False), (9_000.0, False)])
def test_who_holds_a_code_while_the_journal_is_mended_is_served(mended_at: float, served: bool) -> None:
    """The reader tells of a code once while it is in view; but not one that has been lying there for long."""
    session, _ = run(*decided(Status.GREEN), VisitNotRecorded("s1", 0.4), presented("s2", BERIK, 1.0))
    _, effects = run(FaultMended(Fault.JOURNAL, mended_at), session=session)
    assert effects[:2] == (Show(Idle()), Light(LightPattern.IDLE))
    assert (LookUp("s2", BERIK) in effects) is served


def test_a_refused_pass_is_a_denied_visit_without_a_question() -> None:
    """A forged pass is denied and journalled without asking central, and names nobody."""
    session, effects = run(CredentialRefused("s1", Reason.PASS_FORGED, None, None, 0.0, NOW))
    [visit] = [effect.visit for effect in effects if isinstance(effect, Record)]
    assert (visit.reference, visit.decision.outcome) == (None, Outcome.DENIED)
    _, effects = run(VisitRecorded("s1", 0.1), session=session)
    assert Light(LightPattern.DENIED) in effects


def test_a_pass_with_an_unknown_key_is_for_staff() -> None:
    """A terminal that lacks the key can't tell forged from new: it could not check."""
    _, effects = run(CredentialUnverifiable("s1", Unchecked.PASS_KEY_UNKNOWN, 0.0))
    assert Show(CouldNotCheck(Unchecked.PASS_KEY_UNKNOWN, None, 6.0), "s1") in effects


def test_a_foreign_code_is_named_and_not_judged() -> None:
    """A URL is named on the screen; no light turns red and no sound refuses anybody."""
    session, effects = run(ForeignCodePresented("s1", ForeignKind.URL, 0.0))
    assert effects == (Show(NotOurs(ForeignKind.URL, 3.0), "s1"), Light(LightPattern.IDLE))
    assert run(TimePassed(3.0), session=session)[1] == (Show(Idle()), Light(LightPattern.IDLE))


def test_the_next_visitor_is_served_once_the_verdict_was_seen() -> None:
    """Who shows a code during a verdict is served after the least time, not after the whole."""
    session, effects = run(*decided(Status.GREEN), VisitRecorded("s1", 0.4), presented("s2", BERIK, 0.6))
    assert effects == ()
    assert next_deadline(session) == pytest.approx(1.4)
    session, effects = run(TimePassed(1.4), session=session)
    assert LookUp("s2", BERIK) in effects


def test_a_waiting_visitor_who_leaves_is_not_served() -> None:
    """Whoever takes the code away while another is served is forgotten."""
    session, _ = run(*decided(Status.GREEN), VisitRecorded("s1", 0.4), presented("s2", BERIK, 0.6), CodeRemoved(0.8))
    assert run(TimePassed(1.4), session=session)[1] == ()


def test_the_same_visitor_is_not_served_twice_during_the_verdict() -> None:
    """A phone that wobbles out of view and back is no second visit."""
    shown, _ = run(*decided(Status.GREEN), VisitRecorded("s1", 0.4))
    for at in (0.6, 2.0):
        session, effects = run(presented("s2", ANNA, at), session=shown)
        assert (session, effects) == (shown, ())
    checking, _ = run(presented("s1"))
    assert run(presented("s2", ANNA, 0.2), session=checking) == (checking, ())


def test_proof_accepted_by_staff_grants_with_a_visit_of_its_own() -> None:
    """A blue visitor whose paper test staff accepts gets a second, granted decision."""
    rules = replace(RULES, venue=replace(RULES.venue, category="airport"))
    session, effects = run(*decided(Status.BLUE), VisitRecorded("s1", 0.4), ProofAccepted("s2", 2.0, NOW), rules=rules)
    [visit] = [effect.visit for effect in effects if isinstance(effect, Record)]
    assert (visit.id, visit.decision.reason) == ("s2", Reason.PROOF_ACCEPTED)
    assert run(VisitRecorded("s2", 2.1), session=session, rules=rules)[1][0] == Unlock("s2")


def test_proof_for_a_denied_visitor_changes_nothing() -> None:
    """The staff button does not overrule a red status."""
    session, _ = run(*decided(Status.RED), VisitRecorded("s1", 0.4))
    assert run(ProofAccepted("s2", 2.0, NOW), session=session) == (session, ())


def test_a_visit_is_taken_when_the_door_opens_in_time() -> None:
    """The door contact settles the oldest released visit."""
    session, _ = run(*decided(Status.GREEN), VisitRecorded("s1", 0.4))
    session, effects = run(DoorWasOpened(2.0), session=session)
    assert effects == (Settle("s1", Passage.TAKEN),)
    assert session.awaited == ()


def test_one_opening_settles_one_visit() -> None:
    """Of two released visitors, the first through the door is the first released; the other is still awaited."""
    second = (presented("s2", BERIK, 0.6), TimePassed(1.4), StatusArrived("s2", answer(Status.GREEN), 1.5, NOW))
    session, _ = run(*decided(Status.GREEN), VisitRecorded("s1", 0.4), *second, VisitRecorded("s2", 1.6))
    session, effects = run(DoorWasOpened(2.0), session=session)
    assert effects == (Settle("s1", Passage.TAKEN),)
    assert Settle("s2", Passage.NOT_TAKEN) in run(TimePassed(7.0), session=session)[1]


def test_a_visit_is_not_taken_when_the_door_stays_shut() -> None:
    """Nobody opened the door in time: nobody passed."""
    session, _ = run(*decided(Status.GREEN), VisitRecorded("s1", 0.4))
    assert Settle("s1", Passage.NOT_TAKEN) in run(TimePassed(5.5), session=session)[1]


def test_a_door_held_by_the_visitor_before_counts_as_opened() -> None:
    """Through a door that stands open there is no second opening to wait for."""
    _, effects = run(DoorWasOpened(-1.0), *decided(Status.GREEN), VisitRecorded("s1", 0.4))
    assert Settle("s1", Passage.TAKEN) in effects
    _, effects = run(DoorWasOpened(-2.0), DoorWasClosed(-1.0), *decided(Status.GREEN), VisitRecorded("s1", 0.4))
    assert not [effect for effect in effects if isinstance(effect, Settle)]


def test_without_a_door_contact_the_passage_is_unknown() -> None:
    """A terminal that can't see the door doesn't claim to know."""
    rules = replace(RULES, has_contact=False)
    _, effects = run(*decided(Status.GREEN), VisitRecorded("s1", 0.4), rules=rules)
    assert effects[0] == Unlock("s1")
    assert Settle("s1", Passage.UNKNOWN) in effects


def test_a_lost_camera_is_shown_once_the_visitor_was_served() -> None:
    """A fault that doesn't stop admission waits until the verdict has been shown."""
    session, effects = run(*decided(Status.GREEN), VisitRecorded("s1", 0.4), FaultFound(Fault.CAMERA, 0.5))
    assert effects == ()
    session, effects = run(TimePassed(4.5), session=session)
    assert Show(OutOfOrder(Fault.CAMERA)) in effects
    assert Play(Sound.ACKNOWLEDGED) in run(presented("s2", BERIK, 5.0), session=session)[1]


@pytest.mark.parametrize("fault", [fault for fault in Fault if fault.startswith("camera")])
def test_no_fault_of_the_camera_keeps_a_visitor_out(fault: Fault) -> None:
    """Whoever has a code read by a USB scanner is served, whatever is wrong with the camera."""
    session, effects = run(FaultFound(fault, 0.0))
    assert Show(OutOfOrder(fault)) in effects
    assert Play(Sound.ACKNOWLEDGED) in run(presented("s2", BERIK, 5.0), session=session)[1]


def test_the_worst_fault_is_shown() -> None:
    """Of several faults the one that matters most stands on the screen."""
    session, _ = run(FaultFound(Fault.CAMERA, 0.0))
    session, effects = run(FaultFound(Fault.JOURNAL, 0.1), session=session)
    assert Show(OutOfOrder(Fault.JOURNAL)) in effects
    _, effects = run(FaultMended(Fault.JOURNAL, 0.2), session=session)
    assert Show(OutOfOrder(Fault.CAMERA)) in effects
    assert isinstance(session.phase, Ready)
