"""A terminal at work that is there to be killed: the real parts, scans without end, and word of each visit kept.

`python -m tests.system.busy_terminal PLAN` imports everything once and forks a terminal for each round, which so
costs a few hundredths of a second. It is told `work`, `drain` and `kill` on its standard input, a line each, and
answers `kill` and the end of `drain` with a line. What terminals tell goes to the pipe `Plan.tell`, in whole lines.
"""

import itertools
import json
import os
import random
import signal
import sqlite3
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from kiosk.adapters.central_client import CentralClient
from kiosk.adapters.clock import TerminalClock
from kiosk.adapters.journal import SqliteJournal
from kiosk.adapters.journal_rows import is_sound
from kiosk.adapters.salvage import Salvage
from kiosk.adapters.status_cache import SqliteStatusCache
from kiosk.adapters.status_copy import StatusCopy
from kiosk.adapters.store import Store
from kiosk.adapters.visit_ids import new_visit_id
from kiosk.core.admission import Outcome
from kiosk.core.credential import PassClaims, PassProblem, SignedPass, VisitorReference, parse_reference
from kiosk.core.door import DoorRules
from kiosk.core.phases import SessionRules
from kiosk.core.status import Status
from kiosk.core.venue import CategoryRule, Policy, Venue, Zone
from kiosk.core.views import CouldNotCheck, LightPattern, OutOfOrder, Sound, Verdict, View
from kiosk.core.visit import Passage, Visit
from kiosk.facts import CodeGone, CodeSeen, ContactChanged
from kiosk.logs import configure_logs
from kiosk.reading import PassRules
from kiosk.runtime import Controller, Parts
from kiosk.services.checker import Checker
from kiosk.services.soundness import SoundnessWatch
from kiosk.services.statuses import StatusesSync
from kiosk.services.stored import StoredAnswers, StoredRules
from kiosk.services.sync import Sync

_LONG_S = 20.0
_STATUSES = (Status.GREEN, Status.RED, Status.BLUE, Status.YELLOW, Status.GREEN)


@dataclass(frozen=True)
class Plan:
    """What all rounds share. tell: the pipe's file descriptor; visitors: printed references, in central's order."""

    folder: str
    url: str
    token: str
    sealing_key: str
    tell: int
    visitors: list[str] = field(default_factory=list)

    def as_text(self) -> str:
        """For the command line."""
        return json.dumps(asdict(self))


def said_of(visitor: int, version: int) -> tuple[Status, str]:
    """Status and area that central says of a visitor in a version of its people: who is mixed up can be told by it."""
    return _STATUSES[(visitor + version) % len(_STATUSES)], f"{visitor}/{version}"


@dataclass
class Terminal:
    """The parts that a round needs to get at."""

    store: Store
    journal: SqliteJournal
    copy: StatusCopy
    controller: Controller
    start: Callable[[], None]


def build(plan: Plan, watch: "Watch", pending: Callable[[int], None]) -> Terminal:
    """The real parts, as kiosk.bootstrap puts them together; only door, lights, sounds and screen are stand-ins."""
    clock = TerminalClock(ZoneInfo("Asia/Almaty"))
    store = Store(Path(plan.folder) / "kiosk.db")
    journal = SqliteJournal(store, clock)
    salvage = Salvage(store, is_sound, brought_over=journal.seal_what_is_in_clear)
    salvage.run(5.0)
    journal.seal_to(bytes.fromhex(plan.sealing_key))
    journal.settle_leftovers()
    asking, sending, fetching = (CentralClient(plan.url, plan.token) for _ in range(3))
    copy = StatusCopy(Path(plan.folder) / "statuses", clock.now)
    age = dict.fromkeys(Status, timedelta(days=365))
    cache = SqliteStatusCache(store)
    checker = Checker(asking, cache, StoredAnswers((cache, copy), clock, StoredRules(age)), clock, budget_s=1.0)
    sync = Sync(
        sending,
        journal,
        clock,
        interval_s=0.05,
        keys_interval_s=3600,
        keep=timedelta(days=30),
        on_keys=lambda _: None,
        on_pending=lambda waiting, _: pending(waiting),
    )
    statuses = StatusesSync(fetching, copy, clock, interval_s=0.02)
    controller = Controller(
        Parts(
            clock=clock,
            checker=checker,
            journal=Promising(journal, watch),
            passes=NoPasses(),
            door=watch,
            lights=Quiet(),
            sounds=Quiet(),
            display=Screen(watch),
            new_id=new_visit_id,
            visit_settled=sync.wake,
        ),
        SessionRules(
            Venue("cinema", "0/0", Zone.GREEN),
            Policy({"cinema": CategoryRule(frozenset({Status.GREEN, Status.BLUE}))}),
            granted_s=0.002,
            denied_s=0.002,
            notice_s=0.002,
            least_s=0.0,
            passage_s=0.005,
            has_contact=True,
        ),
        DoorRules(release_s=0.01),
        passes=PassRules(timedelta(minutes=2)),
    )

    def start() -> None:
        threading.Thread(target=controller.run, name="controller", daemon=True).start()
        for part in (checker, sync, statuses, SoundnessWatch(store.examine, journal.probe, salvage.run)):
            part.start()

    return Terminal(store, journal, copy, controller, start)


class Watch:
    """Stands where door and screen are, and tells what it sees in lines.

    `kept ID`, `settling ID PASSAGE` and then `settled ID PASSAGE`, `opened`, `wrong WHY`, `ready`.
    """

    def __init__(self, tell: int) -> None:
        self._tell = tell
        self.result = threading.Event()
        self.granted = False
        self.is_kept: Callable[[str], bool] = lambda _: True
        self.deciding: str | None = None

    def tell(self, line: str) -> None:
        """One write: whole or not at all, whenever the process dies."""
        os.write(self._tell, f"{line}\n".encode("ascii"))

    def release(self, seconds: float) -> None:
        """The door opens: its visit must be on disk, for anybody to read."""
        if self.deciding is None or not self.is_kept(self.deciding):
            self.tell("wrong door opened before its visit was kept")
        self.tell("opened")

    def lock(self) -> None:
        """At rest."""


class Promising:
    """The journal; what it has kept is told at once."""

    def __init__(self, journal: SqliteJournal, watch: Watch) -> None:
        self._journal, self._watch = journal, watch
        self.probe: Callable[[], None] = journal.probe

    def record(self, visit: Visit) -> None:
        granted = visit.decision.outcome is Outcome.GRANTED
        self._watch.deciding = visit.id if granted else None
        self._journal.record(visit)
        self._watch.tell(f"kept {visit.id}")

    def settle(self, visit_id: str, passage: Passage) -> None:
        self._watch.tell(f"settling {visit_id} {passage.value}")
        self._journal.settle(visit_id, passage)
        self._watch.tell(f"settled {visit_id} {passage.value}")
        self._journal.settle(visit_id, Passage.UNKNOWN)  # the first word stays


class Screen:
    """Says when a visitor has been served."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch

    def show(self, view: View) -> None:
        if isinstance(view, OutOfOrder):
            self._watch.tell(f"wrong out of order: {view.fault}")
        if isinstance(view, Verdict | CouldNotCheck | OutOfOrder):
            self._watch.granted = isinstance(view, Verdict) and view.decision.outcome is Outcome.GRANTED
            self._watch.result.set()


class Quiet:
    """Lights and sounds."""

    def show(self, pattern: LightPattern) -> None:
        """Nothing to see."""

    def play(self, sound: Sound) -> None:
        """Nothing to hear."""


class NoPasses:
    """Visitors of this entrance show references."""

    def verify(self, signed_pass: SignedPass) -> PassClaims | PassProblem:
        return PassProblem.DAMAGED


def work(plan: Plan, rounds: int) -> None:
    """Serve visitors until killed."""
    watch = Watch(plan.tell)
    terminal = build(plan, watch, lambda _: None)
    with terminal.store.reading() as connection:
        watch.is_kept = _reader(terminal.store.path)
        if (found := connection.execute("PRAGMA integrity_check").fetchone()[0]) != "ok":
            watch.tell(f"wrong database: {found}")
    if terminal.store.kept_aside is not None:
        watch.tell("wrong database was kept aside")
    for problem in wrong_statuses(terminal.copy, plan):
        watch.tell(f"wrong {problem}")
    watch.tell("ready")
    terminal.start()
    chance = random.Random(rounds)  # noqa: S311  # nothing depends on its being unforeseeable
    visitors = [visitor.encode("ascii") for visitor in plan.visitors]
    chance.shuffle(visitors)
    for visitor in itertools.cycle(visitors):
        watch.result.clear()
        terminal.controller.post(CodeSeen(visitor, True, "zxing", 0.0))
        watch.result.wait(_LONG_S)
        if watch.granted and chance.random() < 0.5:
            terminal.controller.post(ContactChanged(is_open=True))
            terminal.controller.post(ContactChanged(is_open=False))
        terminal.controller.post(CodeGone())


def drain(plan: Plan, version: int) -> None:
    """Serve nobody; hand over what there is, and fetch what has changed up to a version of central's people."""
    watch, empty = Watch(plan.tell), threading.Event()
    terminal = build(plan, watch, lambda count: empty.set() if count == 0 else None)
    terminal.start()
    if not empty.wait(_LONG_S):
        watch.tell("wrong visits are left")
    never = threading.Event()
    deadline = datetime.now(UTC) + timedelta(seconds=_LONG_S)
    while any(wrong_statuses(terminal.copy, plan, version)) and datetime.now(UTC) < deadline:
        never.wait(0.01)
    for problem in wrong_statuses(terminal.copy, plan, version):
        watch.tell(f"wrong {problem}")
    terminal.controller.stop()


def wrong_statuses(copy: StatusCopy, plan: Plan, version: int | None = None) -> Iterator[str]:
    """Answers of the copy that central never gave of this visitor; with a version also old and missing ones."""
    for visitor, printed in enumerate(plan.visitors):
        reference = parse_reference(printed)
        answer = copy.get(reference) if isinstance(reference, VisitorReference) else None
        if answer is None or answer.record is None:
            if version is not None:
                yield f"the copy does not know visitor {visitor}"
            continue
        _, _, said = (answer.record.home_area or "").partition("/")
        wanted = version if version is not None else int(said)
        if (answer.record.status, answer.record.home_area) != said_of(visitor, wanted):
            yield f"the copy mistakes visitor {visitor}"


def _reader(path: Path) -> Callable[[str], bool]:
    """Looks for a visit with a connection of its own, which knows nothing but the disk."""
    beside = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=1.0, check_same_thread=False)

    def is_kept(visit_id: str) -> bool:
        return beside.execute("SELECT 1 FROM visits WHERE id = ?", (visit_id,)).fetchone() is not None

    return is_kept


def main(plan: Plan) -> None:
    """Fork what is asked for."""
    child, rounds = 0, 0
    for line in sys.stdin:
        order, _, number = line.strip().partition(" ")
        if order == "kill":
            os.kill(child, signal.SIGKILL)
            _, status = os.waitpid(child, 0)
            print(status, flush=True)  # noqa: T201  # the answer
            continue
        rounds += 1
        child = os.fork()
        if child == 0:
            log = os.open(f"{plan.folder}/log.jsonl", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            os.dup2(log, 1)
            os.dup2(log, 2)
            configure_logs("json")
            if order == "work":
                work(plan, rounds)
            else:
                drain(plan, int(number))
            os._exit(0)
        if order == "drain":
            _, status = os.waitpid(child, 0)
            print(status, flush=True)  # noqa: T201  # the answer


if __name__ == "__main__":
    main(Plan(**json.loads(sys.argv[1])))
