"""The checker: a visitor's status within one time budget, online first, else from what is on board: cache and copy.

Two threads: one keeps the time of the visitor who waits, the other talks to central and may hang without harm.
"""

import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from kiosk.core.credential import VisitorReference
from kiosk.core.ports import Central, CentralError, Clock, KnownStatuses, StatusCache
from kiosk.core.status import NoAnswer, Source, Status, StatusAnswer, latest, still_usable
from kiosk.services.defects import describe

Answered = Callable[[str, StatusAnswer | NoAnswer], None]

_RETRY_S = 5.0
"""For how long after a failure a visitor whom the cache knows is answered from it at once, while central is tried
behind his back: nobody pays for a dead network twice."""
_HANDING_OVER = 0.05
"""The part of the budget that central does not get, so that its answer still arrives in time."""
_MOST_QUESTIONS = 8


@dataclass(frozen=True, slots=True)
class Connection:
    """Whether central answers, and since when (aware). `online` is None before the first attempt."""

    online: bool | None
    since: datetime


@dataclass(frozen=True, slots=True)
class _Question:
    scan_id: str
    reference: VisitorReference
    answered: Answered
    deadline: float


@dataclass(slots=True, eq=False)
class _Attempt:
    """One call to central; `answer` stays None where it fails."""

    reference: VisitorReference
    deadline: float
    answer: StatusAnswer | None = None
    finished: bool = False


class Checker:
    """Fits `kiosk.core.ports.StatusSource`. A newer question supersedes the older, which the cache then answers.

    budget_s: from the question to the answer, whatever happens; on_online: told True or False after each attempt, from
    any thread.
    """

    def __init__(
        self,
        central: Central,
        cache: StatusCache,
        clock: Clock,
        *,
        budget_s: float,
        maximum_age: Mapping[Status, timedelta],
        copy: KnownStatuses | None = None,
        on_online: Callable[[bool], None] = lambda _: None,
    ) -> None:
        self._central, self._cache, self._clock = central, cache, clock
        self._budget_s = budget_s
        self._maximum_age = maximum_age
        self._copy = copy
        self._on_online = on_online
        self._changed = threading.Condition()  # guards all that follows
        self._questions: deque[_Question] = deque()
        self._wanted: _Attempt | None = None
        self._stopping = False
        self._failed_at: float | None = None
        self._connection = Connection(None, clock.now())
        self._threads = (
            threading.Thread(target=self._answer_questions, name="checker", daemon=True),
            threading.Thread(target=self._make_attempts, name="checker-central", daemon=True),
        )
        self._log = structlog.get_logger(__name__)

    def start(self) -> None:
        """Start answering."""
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

    def noticed_online(self) -> None:
        """Another part has just reached central: the next visitor is asked for online again."""
        with self._changed:
            self._failed_at = None

    @property
    def connection(self) -> Connection:
        """What the last attempt said of central."""
        with self._changed:
            return self._connection

    # --- the thread that keeps the time ---------------------------------------------------------------------------

    def _answer_questions(self) -> None:
        while (question := self._next_question()) is not None:
            answer = self._answer(question)
            try:
                question.answered(question.scan_id, answer)
            except Exception as error:  # noqa: BLE001  # the asker's defect must not end the thread that others wait for
                self._log.error("answer_not_taken", **describe(error))

    def _next_question(self) -> _Question | None:
        with self._changed:
            self._changed.wait_for(lambda: self._questions or self._stopping)
            return self._questions.popleft() if self._questions else None

    def _answer(self, question: _Question) -> StatusAnswer | NoAnswer:
        known = self._known(question.reference)
        with self._changed:
            if self._stopping:
                return NoAnswer.UNREACHABLE
            if self._questions:  # superseded
                return known
            attempt = _Attempt(question.reference, question.deadline)
            self._wanted = attempt
            self._changed.notify_all()
            if self._is_offline() and isinstance(known, StatusAnswer):
                return known
            left_s = question.deadline - self._clock.monotonic()
            decided = self._changed.wait_for(lambda: self._may_answer(attempt), timeout=max(0.0, left_s))
        if not decided:
            self._failed("no answer in time")
        return known if attempt.answer is None else attempt.answer

    def _may_answer(self, attempt: _Attempt) -> bool:
        return attempt.finished or bool(self._questions) or self._stopping

    def _is_offline(self) -> bool:
        return self._failed_at is not None and self._clock.monotonic() - self._failed_at < _RETRY_S

    def _known(self, reference: VisitorReference) -> StatusAnswer | NoAnswer:
        """What is on board, from the cache or the copy."""
        on_board: list[StatusAnswer] = []
        for source in (self._cache, self._copy):
            try:
                found = None if source is None else source.get(reference)
            except Exception as error:  # noqa: BLE001  # what can't be read is as good as empty
                self._log.error("cache_failed", **describe(error))
                continue
            if found is not None:
                on_board.append(found)
        known = latest(on_board)
        if known is None:
            return NoAnswer.UNREACHABLE
        return known if still_usable(known, self._clock.now(), self._maximum_age) else NoAnswer.TOO_OLD

    # --- the thread that talks to central -------------------------------------------------------------------------

    def _make_attempts(self) -> None:
        while (attempt := self._next_attempt()) is not None:
            record_known = self._make(attempt)
            with self._changed:
                attempt.finished = True
                self._changed.notify_all()
            if record_known:
                self._remember(attempt)

    def _next_attempt(self) -> _Attempt | None:
        with self._changed:
            self._changed.wait_for(lambda: self._wanted is not None or self._stopping)
            attempt, self._wanted = self._wanted, None
            return None if self._stopping else attempt

    def _make(self, attempt: _Attempt) -> bool:
        left_s = attempt.deadline - self._clock.monotonic() - self._budget_s * _HANDING_OVER
        if left_s <= 0:  # the attempt before took all the time
            return False
        try:
            record = self._central.check(attempt.reference, left_s)
        except CentralError as error:
            self._failed(str(error))
            return False
        except Exception as error:  # noqa: BLE001  # a defect in the client must not end the thread that visitors wait for
            self._log.error("checker_failed", **describe(error))
            self._failed(type(error).__name__)
            return False
        attempt.answer = StatusAnswer(record, Source.ONLINE, self._clock.now())
        self._note(online=True, why="")
        return True

    def _remember(self, attempt: _Attempt) -> None:
        answer = attempt.answer
        if answer is None:
            return
        try:
            if answer.record is None:
                self._cache.forget(attempt.reference)
            else:
                self._cache.put(attempt.reference, answer.record, answer.confirmed_at)
        except Exception as error:  # noqa: BLE001  # a cache that can't be written costs nobody his answer
            self._log.error("cache_failed", **describe(error))

    def _failed(self, why: str) -> None:
        self._note(online=False, why=why)

    def _note(self, *, online: bool, why: str) -> None:
        with self._changed:
            self._failed_at = None if online else self._clock.monotonic()
            news = self._connection.online is not online
            if news:
                self._connection = Connection(online, self._clock.now())
        if news and online:
            self._log.info("central_reached")
        elif news:
            self._log.warning("central_not_reached", why=why)
        self._on_online(online)
