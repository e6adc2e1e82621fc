"""The checker: a visitor's status within one time budget, online first, else from what is on board: cache and copy.

Two threads: one keeps the time of the visitor who waits, the other talks to central and may hang without harm. The
second also probes central when nobody asks: so the next visitor meets a warm connection, or no attempt at all.
"""

import random
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from kiosk.core.credential import VisitorReference
from kiosk.core.link import Link, LinkRules, heard, probe_pause_s
from kiosk.core.ports import Central, CentralError, Clock, StatusCache
from kiosk.core.status import NoAnswer, Source, StatusAnswer
from kiosk.services.defects import describe
from kiosk.services.patience import patience_of
from kiosk.services.stored import StoredAnswers

Answered = Callable[[str, StatusAnswer | NoAnswer], None]

_HANDING_OVER = 0.05
"""The part of the budget that central does not get, so that its answer still arrives in time."""
_LATE = 0.6
"""With less than this part of the budget left a failure may be a line's that is slow, and no more."""
_CONNECTING_S = 5.0
_MOST_QUESTIONS = 8
_LONGEST_PATIENCE_S = 900.0
"""Central may ask for patience; a terminal that is told to wait for a day by mistake still comes back."""


@dataclass(frozen=True, slots=True)
class _Question:
    scan_id: str
    reference: VisitorReference
    answered: Answered
    deadline: float


@dataclass(slots=True, eq=False)
class _Attempt:
    """One call to central; `answer` stays None where it fails. reference: None for a probe.

    late: a call before it took so much of its time that its own failure would say little.
    """

    reference: VisitorReference | None
    deadline: float
    answer: StatusAnswer | None = None
    late: bool = False
    finished: bool = False


class Checker:
    """Fits `kiosk.core.ports.StatusSource`. A newer question supersedes the older, which what is on board then answers.

    budget_s: from the question to the answer, whatever happens; cache: what central says is kept there; on_online: told
    True or False when the link to central changes, from any thread; jitter: 0 to 1.
    """

    def __init__(
        self,
        central: Central,
        cache: StatusCache,
        stored: StoredAnswers,
        clock: Clock,
        *,
        budget_s: float,
        rules: LinkRules = LinkRules(),  # noqa: B008  # frozen
        on_online: Callable[[bool], None] = lambda _: None,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._central, self._cache, self._stored, self._clock = central, cache, stored, clock
        self._budget_s = budget_s
        self._rules = rules
        self._on_online = on_online
        self._jitter = jitter
        self._telling = threading.Lock()  # guards what has been told
        self._told: bool | None = None
        self._changed = threading.Condition()  # guards all that follows
        self._questions: deque[_Question] = deque()
        self._wanted: _Attempt | None = None
        self._stopping = False
        self._link = Link()
        self._probe_at = self._patient_until = clock.monotonic()
        self._threads = (
            threading.Thread(target=self._answer_questions, name="checker", daemon=True),
            threading.Thread(target=self._make_attempts, name="checker-central", daemon=True),
        )
        self._log = structlog.get_logger(__name__)

    def start(self) -> None:
        """Start answering and probing."""
        for thread in self._threads:
            thread.start()

    def stop(self, timeout_s: float) -> bool:
        """Stop answering; whoever waits gets UNREACHABLE. Returns whether the threads ended in time."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        until = self._clock.monotonic() + timeout_s
        for thread in self._threads:
            if thread.ident is not None:  # started
                thread.join(max(0.0, until - self._clock.monotonic()))
        return not any(thread.is_alive() for thread in self._threads)

    def look_up(self, scan_id: str, reference: VisitorReference, answered: Answered) -> None:
        """Ask for a status; never waits. `answered` is called once, mostly from the checker's thread."""
        deadline = self._clock.monotonic() + self._budget_s
        with self._changed:
            accepted = not self._stopping and len(self._questions) < _MOST_QUESTIONS
            if accepted:
                self._questions.append(_Question(scan_id, reference, answered, deadline))
                self._changed.notify_all()
        if not accepted:
            answered(scan_id, NoAnswer.UNREACHABLE)

    def noticed(self, online: bool) -> None:  # noqa: FBT001  # a callback's one argument
        """Another part has reached central, or has not: where that is news, a probe finds out what visitors would meet.

        It is no proof by itself: the others have more patience than a visitor.
        """
        with self._changed:
            if online is not self._link.online:
                self._probe_at = min(self._probe_at, self._clock.monotonic() + self._rules.doubt_s)
                self._changed.notify_all()

    @property
    def link(self) -> Link:
        """How the link to central stands."""
        with self._changed:
            return self._link

    # --- the thread that keeps the time ---------------------------------------------------------------------------

    def _answer_questions(self) -> None:
        while (question := self._next_question()) is not None:
            try:
                answer = self._answer(question)
            except Exception as error:  # noqa: BLE001  # whatever it is: the visitor waits, and so will the next one
                self._log.error("checker_failed", **describe(error))
                answer = NoAnswer.UNREACHABLE
            try:
                question.answered(question.scan_id, answer)
            except Exception as error:  # noqa: BLE001  # the asker's defect must not end the thread that others wait for
                self._log.error("answer_not_taken", **describe(error))

    def _next_question(self) -> _Question | None:
        with self._changed:
            self._changed.wait_for(lambda: self._questions or self._stopping)
            return self._questions.popleft() if self._questions else None

    def _answer(self, question: _Question) -> StatusAnswer | NoAnswer:
        known = self._stored.answer(question.reference)
        with self._changed:
            if self._stopping:
                return NoAnswer.UNREACHABLE
            if self._questions:  # superseded
                return known
            attempt = _Attempt(question.reference, question.deadline)
            # Also while offline, behind the visitor's back: it says whether central is there again.
            self._wanted = attempt
            self._changed.notify_all()
            if self._is_not_worth_waiting(known):
                return known
            left_s = question.deadline - self._clock.monotonic()
            decided = self._changed.wait_for(lambda: self._may_answer(attempt), timeout=max(0.0, left_s))
        if not decided and not attempt.late:
            self._note(answered=False, visitor=True, why="no answer in time")
        return known if attempt.answer is None else attempt.answer

    def _may_answer(self, attempt: _Attempt) -> bool:
        return attempt.finished or bool(self._questions) or self._stopping

    def _is_not_worth_waiting(self, known: StatusAnswer | NoAnswer) -> bool:
        """Nobody pays for a dead network twice: a known visitor never waits for it, a stranger only when it wakes."""
        if self._clock.monotonic() < self._patient_until:
            return True
        if self._link.online is not False:
            return False
        return isinstance(known, StatusAnswer) or not self._link.recovering

    # --- the thread that talks to central -------------------------------------------------------------------------

    def _make_attempts(self) -> None:
        while (attempt := self._next_attempt()) is not None:
            try:
                self._make(attempt)
            finally:
                self._finish(attempt)
            self._remember(attempt)

    def _finish(self, attempt: _Attempt) -> None:
        with self._changed:
            attempt.finished = True
            self._changed.notify_all()

    def _next_attempt(self) -> _Attempt | None:
        """What to ask central next; waits until there is something, or until a probe is due."""
        with self._changed:
            while not self._stopping:
                now = self._clock.monotonic()
                attempt, self._wanted = self._wanted, None
                if attempt is not None and now < self._patient_until:
                    self._finish(attempt)  # central has asked not to be asked
                elif attempt is not None:
                    return attempt
                due = max(self._probe_at, self._patient_until)
                if now >= due:
                    return _Attempt(None, now + self._budget_s)
                self._changed.wait(due - now)
            return None

    def _make(self, attempt: _Attempt) -> None:
        left_s = attempt.deadline - self._clock.monotonic() - self._budget_s * _HANDING_OVER
        if left_s <= 0:  # the attempt before took all the time
            return
        attempt.late = left_s < self._budget_s * _LATE
        visitor = attempt.reference is not None and not attempt.late and self.link.online is not False
        try:
            if attempt.reference is None:
                self._probe()
            else:
                record = self._central.check(attempt.reference, left_s)
                attempt.answer = StatusAnswer(record, Source.ONLINE, self._clock.now())
        except CentralError as error:
            patience_s = patience_of(error, _LONGEST_PATIENCE_S)
            self._note(answered=False, visitor=visitor, why=str(error), patience_s=patience_s)
        except Exception as error:  # noqa: BLE001  # a defect in the client must not end the thread that visitors wait for
            self._log.error("checker_failed", **describe(error))
            self._note(answered=False, visitor=visitor, why=type(error).__name__)
        else:
            self._note(answered=True, visitor=visitor)

    def _probe(self) -> None:
        """What counts is a call within a visitor's time, over a connection that stands.

        A slow line may need longer for the handshake than a visitor waits, and be quick enough after that.
        """
        try:
            self._central.probe(self._budget_s)
        except TimeoutError:
            self._central.probe(_CONNECTING_S)
            self._central.probe(self._budget_s)

    def _remember(self, attempt: _Attempt) -> None:
        answer = attempt.answer
        if answer is None or attempt.reference is None:
            return
        try:
            if answer.record is None or not self._clock.is_trusted():
                # By a clock that may be wrong nobody could tell the answer's age afterwards.
                self._cache.forget(attempt.reference)
            else:
                self._cache.put(attempt.reference, answer.record, answer.confirmed_at)
        except Exception as error:  # noqa: BLE001  # a cache that can't be written costs nobody his answer
            self._log.error("cache_failed", **describe(error))

    def _note(self, *, answered: bool, visitor: bool, why: str = "", patience_s: float = 0.0) -> None:
        with self._changed:
            now = self._clock.monotonic()
            self._link = heard(self._link, now, self._rules, answered=answered, visitor=visitor)
            pause_s = probe_pause_s(self._link, self._rules)
            # Spread, so that a city's terminals don't all come back at once.
            self._probe_at = now + pause_s * (0.75 + 0.5 * self._jitter())
            self._patient_until = now if answered else max(self._patient_until, now + patience_s)
            self._changed.notify_all()
        with self._telling:  # two threads may have news, and the last one told must be how it stands
            online = self.link.online
            if online is self._told or online is None:
                return
            self._told = online
            if online:
                self._log.info("central_reached")
            else:
                self._log.warning("central_not_reached", why=why)
            try:
                self._on_online(online)
            except Exception as error:  # noqa: BLE001  # a listener's defect must not end a thread that visitors wait for
                self._log.error("listener_failed", **describe(error))
