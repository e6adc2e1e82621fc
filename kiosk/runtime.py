"""The controller: takes an event, asks the core, carries out the effects. It owns the session's and the door's state.

One thread runs `Controller.run`. Everybody else posts: posting never blocks. The only thing that this thread waits for
is the journal's fsync.
"""

import queue
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import structlog

from kiosk.core import door as door_core
from kiosk.core import session as session_core
from kiosk.core.effects import Light, LookUp, Play, Record, SessionEffect, Settle, Show, Unlock
from kiosk.core.events import (
    CodeRemoved,
    DoorWasClosed,
    DoorWasOpened,
    FaultFound,
    FaultMended,
    Presented,
    ProofAccepted,
    SessionEvent,
    StatusArrived,
    TimePassed,
    VisitNotRecorded,
    VisitRecorded,
)
from kiosk.core.phases import Session, SessionRules
from kiosk.core.ports import (
    Clock,
    Display,
    Door,
    Journal,
    JournalError,
    Lights,
    PassVerifier,
    Sounds,
    StatusSource,
)
from kiosk.core.status import NoAnswer, StatusAnswer
from kiosk.core.views import Fault, LightPattern
from kiosk.decision_log import DecisionLog
from kiosk.facts import (
    Broke,
    CodeGone,
    CodeSeen,
    ContactChanged,
    ExitPressed,
    Fact,
    Mended,
    ProofPressed,
    StatusAnswered,
)
from kiosk.reading import PassRules, present

_LONGEST_WAIT_S = 0.5
_JOURNAL_PROBE_S = 0.5


class RecoverableJournal(Journal, Protocol):
    """A journal that can try itself out after a failure."""

    def probe(self) -> None:
        """Make one real write; raises JournalError."""


@dataclass(frozen=True)
class Parts:
    """What the controller acts through."""

    clock: Clock
    checker: StatusSource
    journal: RecoverableJournal
    passes: PassVerifier
    door: Door
    lights: Lights
    sounds: Sounds
    display: Display
    new_id: Callable[[], str]
    visit_settled: Callable[[], None] = lambda: None


class Controller:
    """Runs one entrance."""

    def __init__(
        self,
        parts: Parts,
        rules: SessionRules,
        door_rules: door_core.DoorRules,
        *,
        passes: PassRules,
        facts: "queue.SimpleQueue[Fact] | None" = None,
    ) -> None:
        """facts: what was reported before the controller was made waits in here."""
        self._parts = parts
        self._rules = rules
        self._door_rules = door_rules
        self._pass_rules = passes
        self._facts: queue.SimpleQueue[Fact] = queue.SimpleQueue() if facts is None else facts
        self._next: deque[SessionEvent] = deque()
        self._stopping = threading.Event()
        self._session = Session()
        self._door = door_core.DoorState()
        self._probe_at: float | None = None
        self._log = structlog.get_logger(__name__)
        self._decisions = DecisionLog(parts.clock)
        self.beat = parts.clock.monotonic()

    def post(self, fact: Fact) -> None:
        """Tell the controller of something that happened; from any thread, without waiting."""
        self._facts.put(fact)

    def stop(self) -> None:
        """Let `run` end after the fact it is at."""
        self._stopping.set()
        self._facts.put(CodeGone())

    def run(self) -> None:
        """Serve visitors until `stop`. The door is brought to rest at the end, however it ends."""
        try:
            for effect in session_core.resting_effects(self._session, self._rules):
                self._carry_out(effect)
            self._begin_with_the_journal()
            while not self._stopping.is_set():
                self.run_once(self._wait_s())
        finally:
            self._parts.door.lock()

    def run_once(self, wait_s: float) -> None:
        """Take one fact, or none within `wait_s` seconds, and do all that follows from it."""
        self.beat = self._parts.clock.monotonic()
        try:
            fact = self._facts.get(timeout=wait_s) if wait_s > 0 else self._facts.get_nowait()
        except queue.Empty:
            self._tick()
        else:
            self._take(fact)
        while self._next:
            self._happen(self._next.popleft())

    # --- facts -> events ----------------------------------------------------------------------------------------

    def _take(self, fact: Fact) -> None:
        at, now = self._parts.clock.monotonic(), self._parts.clock.now()
        match fact:
            case CodeSeen():
                self._happen(self._presented(fact))
            case CodeGone():
                self._happen(CodeRemoved(at))
            case StatusAnswered(scan_id=scan_id, answer=answer):
                self._happen(StatusArrived(scan_id, answer, at, now))
            case ExitPressed():
                self._log.info("exit_requested")
                self._door_happens(door_core.ExitRequested(at))
            case ProofPressed():
                scan_id = self._parts.new_id()
                self._decisions.begin(scan_id, "paper_proof", "staff", at)
                self._happen(ProofAccepted(scan_id, at, now))
            case ContactChanged(is_open=True):
                self._door_happens(door_core.DoorOpened(at))
                self._happen(DoorWasOpened(at))
            case ContactChanged(is_open=False):
                self._door_happens(door_core.DoorClosed(at))
                self._happen(DoorWasClosed(at))
            case Broke(fault=fault):
                self._log.error("fault_found", fault=fault)
                self._happen(FaultFound(fault, at))
            case Mended(fault=fault):
                self._log.info("fault_mended", fault=fault)
                self._happen(FaultMended(fault, at))

    def _presented(self, seen: CodeSeen) -> Presented:
        scan_id, clock = self._parts.new_id(), self._parts.clock
        event, read = present(seen, scan_id, self._parts.passes, clock, self._pass_rules)
        self._decisions.begin(scan_id, read, seen.reader, seen.captured_at)
        self._log.debug("code_read", read=read, reader=seen.reader)
        return event

    # --- events -> effects --------------------------------------------------------------------------------------

    def _happen(self, event: SessionEvent) -> None:
        self._session, effects = session_core.step(self._session, event, self._rules)
        for effect in effects:
            self._carry_out(effect)
        self._decisions.conclude(effects)

    def _carry_out(self, effect: SessionEffect) -> None:
        match effect:
            case Unlock(visit_id=visit_id):
                self._door_happens(door_core.ReleaseOrdered(self._parts.clock.monotonic(), visit_id))
                self._decisions.released(visit_id)
            case LookUp(scan_id=scan_id, reference=reference):
                self._parts.checker.look_up(scan_id, reference, self._answered)
            case Record(visit=visit):
                self._decisions.decided(visit)
                try:
                    self._parts.journal.record(visit)
                except JournalError as error:
                    self._journal_failed(error)
                    self._next.append(VisitNotRecorded(visit.id, self._parts.clock.monotonic()))
                else:
                    self._next.append(VisitRecorded(visit.id, self._parts.clock.monotonic()))
            case Settle(visit_id=visit_id, passage=passage):
                try:
                    self._parts.journal.settle(visit_id, passage)
                except JournalError as error:
                    self._journal_failed(error)
                    self._next.append(FaultFound(Fault.JOURNAL, self._parts.clock.monotonic()))
                else:
                    self._log.info("visit_settled", visit=visit_id, passage=passage)
                    self._parts.visit_settled()
            case Show(view=view):
                self._parts.display.show(view)
            case Light(pattern=pattern):
                self._parts.lights.show(pattern)
            case Play(sound=sound):
                self._parts.sounds.play(sound)

    def _answered(self, scan_id: str, answer: StatusAnswer | NoAnswer) -> None:
        self.post(StatusAnswered(scan_id, answer))

    def _door_happens(self, event: door_core.DoorEvent) -> None:
        self._door, effects = door_core.step(self._door, event, self._door_rules)
        for effect in effects:
            match effect:
                case door_core.Release(seconds=seconds):
                    self._parts.door.release(seconds)
                case door_core.Lock():
                    self._parts.door.lock()
                case door_core.RaiseAlarm(alarm=alarm):
                    self._log.warning("door_alarm", alarm=alarm)
                    self._parts.lights.show(LightPattern.FAULT)
                case door_core.ClearAlarm(alarm=alarm):
                    self._log.info("door_alarm_over", alarm=alarm)

    # --- time ---------------------------------------------------------------------------------------------------

    def _wait_s(self) -> float:
        now = self._parts.clock.monotonic()
        deadlines = (
            session_core.next_deadline(self._session),
            door_core.next_deadline(self._door, self._door_rules),
            self._probe_at,
        )
        waits = [deadline - now for deadline in deadlines if deadline is not None]
        return max(0.0, min([_LONGEST_WAIT_S, *waits]))

    def _tick(self) -> None:
        at = self._parts.clock.monotonic()
        self._door_happens(door_core.DoorTimePassed(at))
        self._happen(TimePassed(at))
        if self._probe_at is not None and at >= self._probe_at:
            self._try_journal(at)

    def _begin_with_the_journal(self) -> None:
        """A journal that can't be written is said before the first visitor comes."""
        try:
            self._parts.journal.probe()
        except JournalError as error:
            self._journal_failed(error)
            self._happen(FaultFound(Fault.JOURNAL, self._parts.clock.monotonic()))

    def _journal_failed(self, error: JournalError) -> None:
        self._log.error("journal_failed", why=str(error))
        self._probe_at = self._parts.clock.monotonic() + _JOURNAL_PROBE_S

    def _try_journal(self, at: float) -> None:
        try:
            self._parts.journal.probe()
        except JournalError:
            self._probe_at = at + _JOURNAL_PROBE_S
        else:
            self._probe_at = None
            self._log.info("journal_mended")
            self._happen(FaultMended(Fault.JOURNAL, at))
