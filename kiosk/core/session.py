"""One visitor at the entrance after the other. Pure: step(session, event, rules) -> (session, effects).

    Ready --credential--> Looking --answer--> Recording --committed--> Shown --time--> Ready
          --refused pass----------------------^                        ^
          --foreign code-----------------------------------------------|
                          Looking --no answer, or late-----------------'
    any   --journal or door broken--> Ready, admitting nobody until it is mended

The rule above all others: `Unlock` is emitted in one place only, for a granted decision, on the event that says this
very visit has been committed to the journal, and only while its deadline has not passed. An event that does not fit
the phase leaves the session unchanged.
"""

from dataclasses import replace

from kiosk.core.admission import Outcome, because, decide
from kiosk.core.credential import CredentialKind
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
    Presented,
    ProofAccepted,
    SessionEvent,
    StatusArrived,
    VisitNotRecorded,
    VisitRecorded,
)
from kiosk.core.phases import AwaitedPassage, Looking, Phase, Ready, Recording, Session, SessionRules, Shown
from kiosk.core.status import NoAnswer
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
from kiosk.core.visit import Passage, Visit

_STOPS_ADMISSION = frozenset({Fault.JOURNAL, Fault.DOOR})
_WAITS_S = 15.0
"""A code that has been in view for longer is not served unasked: what was judged when it was read may have changed."""
_WAITS_UNSEEN_S = 1.0
"""A code that is not in view waits for so much longer than the visitor before can take; then its own may be gone."""
_RESULT_LIGHT = {
    Outcome.GRANTED: LightPattern.GRANTED,
    Outcome.PROOF_NEEDED: LightPattern.PROOF_NEEDED,
    Outcome.DENIED: LightPattern.DENIED,
}
_RESULT_SOUND = {
    Outcome.GRANTED: Sound.GRANTED,
    Outcome.PROOF_NEEDED: Sound.PROOF_NEEDED,
    Outcome.DENIED: Sound.DENIED,
}
_UNCHECKED = {
    NoAnswer.UNREACHABLE: Unchecked.UNREACHABLE,
    NoAnswer.TOO_OLD: Unchecked.TOO_OLD,
    NoAnswer.CLOCK_NOT_TRUSTED: Unchecked.CLOCK_NOT_TRUSTED,
}


def step(session: Session, event: SessionEvent, rules: SessionRules) -> tuple[Session, Effects]:
    """What happens next. Deadlines are judged by the event's own time, whatever the event is."""
    session, overdue = _time_out(session, event.at, rules)
    session, done = _react(session, event, rules)
    session, served = _serve_waiting(session, event.at, rules)
    return session, (*overdue, *done, *served)


def next_deadline(session: Session) -> float | None:
    """When time alone will change something next, in monotonic seconds."""
    deadlines = [passage.until for passage in session.awaited]
    match session.phase:
        case Looking(until=until) | Recording(until=until):
            deadlines.append(until)
        case Shown(yields_at=yields_at, until=until):
            deadlines.append(until if session.waiting is None else yields_at)
    return min(deadlines, default=None)


def resting_effects(session: Session, rules: SessionRules) -> Effects:
    """What the screen and the LEDs say when nobody is being served. One reader that works is enough to serve."""
    broken = frozenset(fault for fault in session.faults if fault.reader in rules.readers)
    working = rules.readers - {fault.reader for fault in broken}
    stops = _STOPS_ADMISSION if working else _STOPS_ADMISSION | broken
    worst = next((fault for fault in Fault if fault in session.faults & stops), None)
    if worst is not None:
        return Show(OutOfOrder(worst)), Light(LightPattern.FAULT)
    reader = next(fault for fault in Fault if fault in working)
    return Show(Idle(reader, next((fault for fault in Fault if fault in broken), None))), Light(LightPattern.IDLE)


def _react(session: Session, event: SessionEvent, rules: SessionRules) -> tuple[Session, Effects]:
    match event, session.phase:
        case ((CredentialPresented() | CredentialRefused() | CredentialUnverifiable() | ForeignCodePresented()), _):
            if _is_being_served(session, event):
                return session, ()
            return replace(session, waiting=event), ()
        case CodeRemoved(), _ if session.waiting is not None and session.waiting.in_view:
            return replace(session, waiting=None), ()
        case StatusArrived(scan_id=scan_id), Looking(scan=scan) if scan_id == scan.scan_id:
            return _answered(session, scan, event, rules)
        case VisitRecorded(visit_id=visit_id), Recording(visit=visit) if visit_id == visit.id:
            return _recorded(session, session.phase, event.at, rules)
        case VisitNotRecorded(visit_id=visit_id), Recording(visit=visit) if visit_id == visit.id:
            return _faulted(replace(session, phase=Ready()), Fault.JOURNAL, rules)
        case ProofAccepted(), Shown(visit=Visit() as visit) if visit.decision.outcome is Outcome.PROOF_NEEDED:
            return _proven(session, visit, session.phase.language, event, rules)
        case VisitRecorded(visit_id=visit_id), _ if not _is_under_way(session, visit_id):
            # Committed too late to count: it stays in the journal, and nobody passed by it.
            return session, (Settle(visit_id, Passage.NOT_TAKEN),)
        case DoorWasOpened(), _:
            taken, awaited = session.awaited[:1], session.awaited[1:]
            session = replace(session, door_open=True, awaited=awaited)
            return session, tuple(Settle(passage.visit_id, Passage.TAKEN) for passage in taken)
        case DoorWasClosed(), _:
            return replace(session, door_open=False), ()
        case FaultFound(fault=fault), _:
            return _faulted(session, fault, rules)
        case FaultMended(fault=fault), _ if fault in session.faults:
            session = replace(session, faults=session.faults - {fault})
            return session, resting_effects(session, rules) if isinstance(session.phase, Ready) else ()
    return session, ()


def _serve_waiting(session: Session, at: float, rules: SessionRules) -> tuple[Session, Effects]:
    """Begin with whoever is waiting, once the one before has had the least time, and the terminal can serve anybody."""
    waiting = session.waiting
    if waiting is not None and at - waiting.at > _patience_s(waiting, rules):
        session, waiting = replace(session, waiting=None), None
    match session.phase:
        case _ if session.faults & _STOPS_ADMISSION:
            free = False
        case Ready():
            free = True
        case Shown(yields_at=yields_at):
            free = at >= yields_at
        case _:
            free = False
    if waiting is None or not free:
        return session, ()
    session = replace(session, waiting=None)
    match waiting:
        case CredentialPresented():
            session = replace(session, phase=Looking(waiting, at + rules.answer_s))
            look_up = LookUp(waiting.scan_id, waiting.reference)
            # The beep comes at once, before any answer.
            return session, (
                Play(Sound.ACKNOWLEDGED),
                look_up,
                Show(Checking(waiting.language)),
                Light(LightPattern.CHECKING),
            )
        case CredentialRefused():
            visit = Visit(
                waiting.scan_id,
                waiting.now,
                CredentialKind.PASS,
                waiting.reference,
                because(waiting.reason),
                monotonic_s=waiting.at,
            )
            session, effects = _record(session, visit, waiting.language, at, rules)
            return session, (Play(Sound.ACKNOWLEDGED), *effects)
        case CredentialUnverifiable(why=why):
            return _could_not_check(session, waiting.scan_id, why, None, at, rules)
        case ForeignCodePresented(scan_id=scan_id, kind=kind):
            until = at + rules.notice_s
            session = replace(session, phase=Shown(None, None, at + min(rules.least_s, rules.notice_s), until))
            return session, (Show(NotOurs(kind, until), scan_id), Light(LightPattern.IDLE))


def _patience_s(waiting: Presented, rules: SessionRules) -> float:
    """For how long a code waits, in seconds."""
    if waiting.in_view:
        return _WAITS_S
    return min(rules.answer_s + rules.record_s + rules.least_s + _WAITS_UNSEEN_S, _WAITS_S)


def _answered(
    session: Session, scan: CredentialPresented, event: StatusArrived, rules: SessionRules
) -> tuple[Session, Effects]:
    if isinstance(event.answer, NoAnswer):
        return _could_not_check(session, scan.scan_id, _UNCHECKED[event.answer], scan.language, event.at, rules)
    decision = decide(event.answer, rules.venue, rules.policy, event.now)
    visit = Visit(scan.scan_id, event.now, scan.kind, scan.reference, decision, monotonic_s=event.at)
    return _record(session, visit, scan.language, event.at, rules)


def _record(
    session: Session, visit: Visit, language: str | None, at: float, rules: SessionRules
) -> tuple[Session, Effects]:
    phase = Recording(visit, language, at + rules.record_s)
    return replace(session, phase=phase), (Record(visit),)


def _recorded(session: Session, phase: Phase, at: float, rules: SessionRules) -> tuple[Session, Effects]:
    assert isinstance(phase, Recording)
    visit, outcome = phase.visit, phase.visit.decision.outcome
    seconds = rules.granted_s if outcome is Outcome.GRANTED else rules.denied_s
    shown = Shown(visit, phase.language, at + min(rules.least_s, seconds), at + seconds)
    session = replace(session, phase=shown)
    effects: Effects = (
        Show(Verdict(visit.decision, phase.language, shown.until), visit.id),
        Light(_RESULT_LIGHT[outcome]),
        Play(_RESULT_SOUND[outcome]),
    )
    if outcome is not Outcome.GRANTED:
        return session, (*effects, Settle(visit.id, Passage.NOT_TAKEN))
    if not rules.has_contact:
        return session, (Unlock(visit.id), *effects, Settle(visit.id, Passage.UNKNOWN))
    if session.door_open:  # somebody holds it for the next one: there will be no second opening to wait for
        return session, (Unlock(visit.id), *effects, Settle(visit.id, Passage.TAKEN))
    awaited = AwaitedPassage(visit.id, at + rules.passage_s)
    return replace(session, awaited=(*session.awaited, awaited)), (Unlock(visit.id), *effects)


def _proven(
    session: Session, visit: Visit, language: str | None, event: ProofAccepted, rules: SessionRules
) -> tuple[Session, Effects]:
    answer = visit.decision.answer
    assert answer is not None, "a decision that needs proof rests on an answer"
    decision = decide(answer, rules.venue, rules.policy, event.now, proof_accepted=True)
    kind, reference = visit.credential_kind, visit.reference
    proven = Visit(event.scan_id, event.now, kind, reference, decision, monotonic_s=event.at)
    return _record(session, proven, language, event.at, rules)


def _could_not_check(
    session: Session, scan_id: str, why: Unchecked, language: str | None, at: float, rules: SessionRules
) -> tuple[Session, Effects]:
    shown = Shown(None, language, at + min(rules.least_s, rules.denied_s), at + rules.denied_s)
    return replace(session, phase=shown), (
        Show(CouldNotCheck(why, language, shown.until), scan_id),
        Light(LightPattern.CALL_STAFF),
        Play(Sound.CALL_STAFF),
    )


def _is_being_served(session: Session, event: Presented) -> bool:
    """Whether this is the visitor whose check or verdict is on the screen: a second look is no second visit."""
    if not isinstance(event, CredentialPresented | CredentialRefused) or event.reference is None:
        return False
    match session.phase:
        case Looking(scan=scan):
            return scan.reference == event.reference
        case Recording(visit=Visit(reference=reference)) | Shown(visit=Visit(reference=reference)):
            return reference == event.reference
    return False


def _is_under_way(session: Session, visit_id: str) -> bool:
    match session.phase:
        case Recording(visit=Visit(id=current)) | Shown(visit=Visit(id=current)) if current == visit_id:
            return True
    return any(passage.visit_id == visit_id for passage in session.awaited)


def _faulted(session: Session, fault: Fault, rules: SessionRules) -> tuple[Session, Effects]:
    session = replace(session, faults=session.faults | {fault})
    if fault in _STOPS_ADMISSION:
        # Whoever is being checked is not let in by a terminal that can't keep or do what it says.
        session = replace(session, phase=Ready(), waiting=None)
    return session, resting_effects(session, rules) if isinstance(session.phase, Ready) else ()


def _time_out(session: Session, at: float, rules: SessionRules) -> tuple[Session, Effects]:
    effects: Effects = ()
    late = tuple(passage for passage in session.awaited if at >= passage.until)
    if late:
        session = replace(session, awaited=tuple(p for p in session.awaited if p not in late))
        effects += tuple(Settle(passage.visit_id, Passage.NOT_TAKEN) for passage in late)
    match session.phase:
        case Looking(scan=scan, until=until) if at >= until:
            session, more = _could_not_check(session, scan.scan_id, Unchecked.UNREACHABLE, scan.language, at, rules)
            effects += more
        case Recording(until=until) if at >= until:
            session, more = _faulted(replace(session, phase=Ready()), Fault.JOURNAL, rules)
            effects += more
        case Shown(until=until) if at >= until:
            session = replace(session, phase=Ready())
            effects += resting_effects(session, rules)
    return session, effects
