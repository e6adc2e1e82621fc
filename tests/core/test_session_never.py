"""What a session never does, whatever happens in whatever order."""

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from kiosk.core.admission import Outcome, Reason
from kiosk.core.credential import CredentialKind, ForeignKind, VisitorReference
from kiosk.core.effects import LookUp, Record, SessionEffect, Settle, Unlock
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
from kiosk.core.phases import Session, SessionRules
from kiosk.core.session import next_deadline, step
from kiosk.core.status import NoAnswer, Source, Status, StatusAnswer, StatusRecord
from kiosk.core.venue import CategoryRule, Policy, Venue, Zone
from kiosk.core.views import Fault
from kiosk.core.visit import Visit

NOW = datetime(2021, 6, 1, 9, 0, tzinfo=UTC)
RULES = SessionRules(
    Venue("clinic", "shymkent/abay", Zone.GREEN),
    Policy({"clinic": CategoryRule(frozenset({Status.GREEN, Status.BLUE}), pcr_compulsory=True)}),
    has_contact=True,
)
REFERENCES = [VisitorReference(bytes([number]) * 16) for number in range(3)]
SCAN_IDS = [f"scan-{number}" for number in range(3)]

ids, references = st.sampled_from(SCAN_IDS), st.sampled_from(REFERENCES)
records = st.builds(StatusRecord, st.sampled_from(Status), st.just(NOW))
known = st.builds(StatusAnswer, records, st.sampled_from(Source), st.just(NOW))
answers = st.one_of(known, known, known, st.sampled_from(NoAnswer), st.just(StatusAnswer(None, Source.ONLINE, NOW)))
refusals = st.sampled_from([Reason.PASS_FORGED, Reason.PASS_EXPIRED, Reason.PASS_NOT_YET_VALID])


def events_at(times: st.SearchStrategy[float]) -> st.SearchStrategy[SessionEvent]:
    """Any event; mostly those of an admission, so that many sequences come near the door."""
    admission: st.SearchStrategy[SessionEvent] = st.one_of(
        st.builds(
            CredentialPresented, ids, references, st.sampled_from(CredentialKind), st.none(), times, st.booleans()
        ),
        st.builds(StatusArrived, ids, answers, times, st.just(NOW)),
        st.builds(VisitRecorded, ids, times),
    )
    anything: st.SearchStrategy[SessionEvent] = st.one_of(
        st.builds(CredentialRefused, ids, refusals, st.none() | references, st.none(), times, st.just(NOW)),
        st.builds(CredentialUnverifiable, ids, times),
        st.builds(ForeignCodePresented, ids, st.sampled_from(ForeignKind), times),
        st.builds(CodeRemoved, times),
        st.builds(VisitNotRecorded, ids, times),
        st.builds(ProofAccepted, ids, times, st.just(NOW)),
        st.builds(DoorWasOpened, times),
        st.builds(DoorWasClosed, times),
        st.builds(FaultFound, st.sampled_from(Fault), times),
        st.builds(FaultMended, st.sampled_from(Fault), times),
        st.builds(TimePassed, times),
    )
    # By flatmap, since one_of takes a strategy that it is given twice as given once.
    return st.integers(0, 5).flatmap(lambda number: anything if number == 0 else admission)


# Within a visitor's seconds, where deadlines are met; and at any time, where they are not.
# Long ones: a list without a least size has five events on average.
any_events = st.one_of(
    st.lists(events_at(st.floats(0, 2)), min_size=30, max_size=60),
    st.lists(events_at(st.floats(0, 1000)), min_size=30, max_size=60),
)


@settings(max_examples=300)
@given(any_events)
def test_events_in_any_order_unlock_only_by_the_commit_of_the_grant_asked_for_last(events: list[SessionEvent]) -> None:
    """With lying clocks, lost, doubled and invented events, an unlock still answers the commit of the last grant."""
    session, last = Session(), None
    for event in events:
        session, effects = step(session, event, RULES)
        for effect in effects:
            if isinstance(effect, Unlock):
                assert isinstance(event, VisitRecorded)
                assert last is not None
                assert event.visit_id == effect.visit_id == last.id
                assert last.decision.outcome is Outcome.GRANTED
                last = None
            if isinstance(effect, Record):
                last = effect.visit


class Entrance(RuleBasedStateMachine):
    """A session with a journal, a checker and a door that do their work late, twice or not at all."""

    def __init__(self) -> None:
        super().__init__()
        self.session = Session()
        self.at = 0.0
        self.scans = 0
        self.now = NOW
        self.questions: list[LookUp] = []
        self.writes: list[Visit] = []
        self.committed: dict[str, Visit] = {}
        self.unlocked: list[str] = []
        self.settled: list[str] = []
        self.latest_scan = ""
        self.presented_at: dict[str, float] = {}

    def happen(self, event: SessionEvent) -> None:
        self.session, effects = step(self.session, event, RULES)
        for effect in effects:
            self.carry_out(effect)

    def carry_out(self, effect: SessionEffect) -> None:
        match effect:
            case LookUp():
                self.questions.append(effect)
                self.latest_scan, self.presented_at[effect.scan_id] = effect.scan_id, self.at
            case Record(visit=visit):
                self.writes.append(visit)
                self.latest_scan = visit.id
                self.presented_at.setdefault(visit.id, self.at)
            case Unlock(visit_id=visit_id):
                assert self.committed[visit_id].decision.outcome is Outcome.GRANTED
                assert visit_id == self.latest_scan
                assert visit_id not in self.unlocked
                assert self.at < self.presented_at[visit_id] + RULES.answer_s + RULES.record_s
                assert not self.session.faults & {Fault.JOURNAL, Fault.DOOR}
                self.unlocked.append(visit_id)
            case Settle(visit_id=visit_id):
                assert visit_id in self.committed
                assert visit_id not in self.settled
                self.settled.append(visit_id)

    def new_id(self) -> str:
        self.scans += 1
        return f"scan-{self.scans}"

    @rule(seconds=st.sampled_from([0.01, 0.3, 1.1, 2.5, 7.0]))
    def wait(self, seconds: float) -> None:
        self.at += seconds
        self.now += timedelta(seconds=seconds)
        self.happen(TimePassed(self.at))

    @rule(seconds=st.sampled_from([0.3, 2.5]))
    def be_busy(self, seconds: float) -> None:
        self.at += seconds  # no tick comes: the next event must notice what is overdue

    @rule(reference=references, in_view=st.booleans())
    def show_a_credential(self, reference: VisitorReference, in_view: bool) -> None:
        self.happen(CredentialPresented(self.new_id(), reference, CredentialKind.PASS, "kk", self.at, in_view))

    @rule(reason=refusals)
    def show_a_bad_pass(self, reason: Reason) -> None:
        self.happen(CredentialRefused(self.new_id(), reason, None, None, self.at, self.now))

    @rule(kind=st.sampled_from(ForeignKind))
    def show_something_else(self, kind: ForeignKind) -> None:
        self.happen(ForeignCodePresented(self.new_id(), kind, self.at))

    @rule()
    def take_it_away(self) -> None:
        waiting = self.session.waiting
        if waiting is not None and not waiting.in_view:
            # What a USB scanner has read was never in the camera's view: only time takes it away.
            removed, passed = (
                step(self.session, event, RULES) for event in (CodeRemoved(self.at), TimePassed(self.at))
            )
            assert removed == passed
        self.happen(CodeRemoved(self.at))

    @precondition(lambda self: self.questions)
    @rule(data=st.data(), answer=answers)
    def answer(self, data: st.DataObject, answer: StatusAnswer | NoAnswer) -> None:
        question = data.draw(st.sampled_from(self.questions))
        self.happen(StatusArrived(question.scan_id, answer, self.at, self.now))

    @rule(reference=references, status=st.sampled_from(Status))
    def come_alone_and_be_answered(self, reference: VisitorReference, status: Status) -> None:
        """The common case, which steps drawn one by one seldom make."""
        self.wait(7.0)
        self.show_a_credential(reference, in_view=True)
        if self.questions:
            known = StatusAnswer(StatusRecord(status, NOW), Source.ONLINE, NOW)
            self.happen(StatusArrived(self.questions[-1].scan_id, known, self.at, self.now))

    @precondition(lambda self: self.writes)
    @rule(works=st.booleans())
    def write(self, works: bool) -> None:
        visit = self.writes.pop(0)
        if works:
            self.committed[visit.id] = visit
            self.happen(VisitRecorded(visit.id, self.at))
        else:
            self.happen(VisitNotRecorded(visit.id, self.at))

    @rule()
    def accept_proof(self) -> None:
        self.happen(ProofAccepted(self.new_id(), self.at, self.now))

    @rule(is_open=st.booleans())
    def move_the_door(self, is_open: bool) -> None:
        self.happen(DoorWasOpened(self.at) if is_open else DoorWasClosed(self.at))

    @rule(fault=st.sampled_from(Fault), mended=st.booleans())
    def break_or_mend(self, fault: Fault, mended: bool) -> None:
        self.happen(FaultMended(fault, self.at) if mended else FaultFound(fault, self.at))

    @invariant()
    def time_never_stands_still(self) -> None:
        """A session that waits for time says until when, and that is not in the past after a tick."""
        session, _ = step(self.session, TimePassed(self.at), RULES)
        deadline = next_deadline(session)
        assert deadline is None or deadline > self.at

    def teardown(self) -> None:
        """At the end of all things every committed visit is settled, once."""
        while self.writes:
            self.write(works=True)
        self.at += 1000
        self.happen(TimePassed(self.at))
        assert sorted(self.settled) == sorted(self.committed)


TestEntrance = Entrance.TestCase
