"""Fakes of every port of the controller; they record what was asked of them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from kiosk.core.credential import PassClaims, PassProblem, SignedPass, VisitorReference
from kiosk.core.door import DoorRules
from kiosk.core.phases import SessionRules
from kiosk.core.ports import JournalError
from kiosk.core.status import NoAnswer, Source, Status, StatusAnswer, StatusRecord
from kiosk.core.venue import CategoryRule, Policy, Venue, Zone
from kiosk.core.views import LightPattern, Sound, View
from kiosk.core.visit import Passage, Visit
from kiosk.facts import CodeSeen, Fact
from kiosk.reading import PassRules
from kiosk.runtime import Controller, Parts, RecoverableJournal

START = datetime(2021, 6, 1, 9, 0, tzinfo=UTC)


class FakeClock:
    """Time that moves only when it is told to."""

    def __init__(self) -> None:
        self.elapsed_s = 100.0
        self.trusted = True

    def monotonic(self) -> float:
        return self.elapsed_s

    def is_trusted(self) -> bool:
        return self.trusted

    def now(self) -> datetime:
        return START + timedelta(seconds=self.elapsed_s)

    def advance(self, seconds: float) -> None:
        self.elapsed_s += seconds


class FakeChecker:
    """Keeps each question until the test answers it."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, VisitorReference, Callable[[str, StatusAnswer | NoAnswer], None]]] = []

    def look_up(
        self, scan_id: str, reference: VisitorReference, answered: Callable[[str, StatusAnswer | NoAnswer], None]
    ) -> None:
        self.asked.append((scan_id, reference, answered))


@dataclass
class FakeJournal:
    """A journal that can be broken."""

    diary: list[str]
    broken: bool = False
    visits: list[Visit] = field(default_factory=list)
    passages: dict[str, Passage] = field(default_factory=dict)

    def record(self, visit: Visit) -> None:
        self._may_fail()
        self.diary.append(f"record {visit.decision.outcome}")
        self.visits.append(visit)

    def settle(self, visit_id: str, passage: Passage) -> None:
        self._may_fail()
        self.passages.setdefault(visit_id, passage)

    def probe(self) -> None:
        self._may_fail()

    def _may_fail(self) -> None:
        if self.broken:
            raise JournalError("disk full; free some space")


@dataclass
class FakePasses:
    """Answers with what the test has put in, by the pass's text."""

    known: dict[str, PassClaims | PassProblem] = field(default_factory=dict)

    def verify(self, signed_pass: SignedPass) -> PassClaims | PassProblem:
        return self.known.get(signed_pass.text, PassProblem.DAMAGED)


@dataclass
class FakeDoor:
    """Door, lights, sounds and screen write into one diary, so that their order can be seen."""

    diary: list[str]

    def release(self, seconds: float) -> None:
        self.diary.append(f"release {seconds:g}")

    def lock(self) -> None:
        self.diary.append("lock")


@dataclass
class FakeLights:
    diary: list[str]

    def show(self, pattern: LightPattern) -> None:
        self.diary.append(f"light {pattern}")


@dataclass
class FakeSounds:
    diary: list[str]

    def play(self, sound: Sound) -> None:
        self.diary.append(f"play {sound}")


@dataclass
class FakeDisplay:
    diary: list[str]
    views: list[View] = field(default_factory=list)

    def show(self, view: View) -> None:
        self.diary.append(f"show {type(view).__name__}")
        self.views.append(view)


class Entrance:
    """A controller on fakes, driven step by step without a thread."""

    def __init__(self, journal: RecoverableJournal | None = None) -> None:
        """journal: instead of the fake one."""
        self.diary: list[str] = []
        self.clock, self.checker, self.passes = FakeClock(), FakeChecker(), FakePasses()
        self.journal, self.display = FakeJournal(self.diary), FakeDisplay(self.diary)
        self.settled = 0
        self.scans = 0
        self._kept_in: RecoverableJournal = self.journal if journal is None else journal
        self.controller = self.with_passes(PassRules(timedelta(minutes=2)))

    def with_passes(self, passes: PassRules) -> Controller:
        """A controller that judges passes so."""
        parts = Parts(
            clock=self.clock,
            checker=self.checker,
            journal=self._kept_in,
            passes=self.passes,
            door=FakeDoor(self.diary),
            lights=FakeLights(self.diary),
            sounds=FakeSounds(self.diary),
            display=self.display,
            new_id=self.new_id,
            visit_settled=self._count_settled,
        )
        policy = Policy({"cinema": CategoryRule(frozenset({Status.GREEN, Status.BLUE}))})
        rules = SessionRules(Venue("cinema", "shymkent/abay", Zone.GREEN), policy, has_contact=True)
        return Controller(parts, rules, DoorRules(release_s=5.0), passes=passes)

    def new_id(self) -> str:
        self.scans += 1
        return f"scan-{self.scans}"

    def _count_settled(self) -> None:
        self.settled += 1

    def happens(self, *facts: Fact, after_s: float = 0.0) -> list[str]:
        """What the devices were told because of these facts."""
        self.clock.advance(after_s)
        del self.diary[:]
        for fact in facts:
            self.controller.post(fact)
            self.controller.run_once(0)
        if not facts:
            self.controller.run_once(0)
        return list(self.diary)

    def shows(self, payload: bytes, *, is_qr: bool = True, age_s: float = 0.05) -> list[str]:
        return self.happens(CodeSeen(payload, is_qr, "zxing", self.clock.monotonic() - age_s))

    def central_says(self, answer: Status | NoAnswer | None, after_s: float = 0.1) -> list[str]:
        """Answer the last question; None: central does not know the visitor."""
        self.clock.advance(after_s)
        del self.diary[:]
        scan_id, _, answered = self.checker.asked[-1]
        now = self.clock.now()
        if isinstance(answer, NoAnswer):
            answered(scan_id, answer)
        else:
            record = None if answer is None else StatusRecord(answer, now)
            answered(scan_id, StatusAnswer(record, Source.ONLINE, now))
        self.controller.run_once(0)
        return list(self.diary)


@pytest.fixture
def entrance() -> Entrance:
    return Entrance()
