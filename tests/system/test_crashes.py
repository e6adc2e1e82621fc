"""kill -9 at 200 random points of a busy run: no visit that was kept is lost, and central gets each exactly once."""

import json
import os
import random
import re
import select
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from kiosk import contract
from kiosk.adapters.clock import TerminalClock
from kiosk.adapters.issuing import new_key, new_reference, public_key_set
from kiosk.adapters.journal import SqliteJournal
from kiosk.adapters.store import Store
from kiosk.central.app import create_app
from kiosk.central.database import Database
from kiosk.central.running import RunningCentral
from kiosk.central.tables import Person
from kiosk.core.credential import VisitorReference, format_reference
from kiosk.sealing import new_private_key, private_key_of, public_jwk, public_key_of
from tests.system.busy_terminal import Plan, said_of

ROUNDS = 200
STARTING_S, WORKING_S = 0.06, 0.02
MOST_VISITS = 3
"""A terminal is killed at any time of its start, or at any time after it has kept so many visits."""
ROUNDS_WITHOUT_COPY = 40
"""So many are killed while they fetch the status copy; then it is fetched to its end, and changes come to it."""
VISITORS = 40
PEOPLE_CHANGE_EVERY = 9
LOOKED_AT_EVERY = 10
PATIENCE_S = 60.0
SECRET = private_key_of(new_private_key())


class Rounds:
    """The terminals of all rounds, one after the other, over the same files."""

    def __init__(self, plan: Plan, told: int) -> None:
        self._told, self._rest, self._kept = told, b"", 0
        self.lines: list[str] = []
        self._forker = subprocess.Popen(
            [sys.executable, "-m", "tests.system.busy_terminal", plan.as_text()],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, pass_fds=(plan.tell,), text=True, bufsize=1,
        )  # fmt: skip

    def work_and_die(self, visits: int, after_s: float) -> None:
        """One terminal, killed some time after it has told of so many visits; what it tells is read."""
        enough = self._kept + visits
        self._order("work")
        deadline = time.monotonic() + PATIENCE_S
        while self._kept < enough:
            assert time.monotonic() < deadline, "it does not serve visitors"
            self._read_once(deadline)
        self._read(until=time.monotonic() + after_s)
        assert self._answer("kill") == 9, "it ended by itself"
        self._read(until=time.monotonic())

    def drain(self, version: int) -> None:
        """A last terminal that hands everything over, and ends."""
        assert self._answer(f"drain {version}") == 0
        self._read(until=time.monotonic())

    def end(self) -> None:
        self._forker.kill()
        self._forker.wait()
        for stream in (self._forker.stdin, self._forker.stdout):
            assert stream is not None
            stream.close()

    def _order(self, order: str) -> None:
        assert self._forker.stdin is not None
        self._forker.stdin.write(order + "\n")

    def _answer(self, order: str) -> int:
        self._order(order)
        assert self._forker.stdout is not None
        ready, _, _ = select.select([self._forker.stdout], [], [], PATIENCE_S)
        assert ready, f"no answer to {order}"
        return int(self._forker.stdout.readline())

    def _read(self, until: float) -> None:
        """Read what is told until a time; what is there already is read in any case."""
        while self._read_once(until):
            pass

    def _read_once(self, until: float) -> bool:
        if not select.select([self._told], [], [], max(0.0, until - time.monotonic()))[0]:
            return False
        *lines, self._rest = (self._rest + os.read(self._told, 1 << 16)).split(b"\n")
        self.lines += [line.decode("ascii") for line in lines]
        self._kept += sum(line.startswith(b"kept") for line in lines)
        return True


@contextmanager
def entrance(folder: Path) -> Iterator[tuple[Rounds, Database, list[VisitorReference]]]:
    """A central with people, and a place for terminals."""
    database = Database(f"sqlite:///{folder / 'central.db'}")
    database.register("entrance", "token")
    visitors = [new_reference() for _ in range(VISITORS)]
    told, tell = os.pipe()
    (folder / "terminal").mkdir()
    keys = contract.KeySet.model_validate_json(public_key_set([new_key("k1")]))
    public = public_key_of(json.dumps(public_jwk(SECRET)))
    with RunningCentral(create_app(database, keys, SECRET)) as central:
        printed = [format_reference(visitor) for visitor in visitors]
        rounds = Rounds(Plan(str(folder / "terminal"), central.url, "token", public.hex(), tell, printed), told)
        try:
            yield rounds, database, visitors
        finally:
            rounds.end()
            os.close(told)
            os.close(tell)
    database.close()


def publish(database: Database, visitors: list[VisitorReference], version: int) -> None:
    """Another status for everybody."""
    said = [said_of(number, version) for number in range(len(visitors))]
    database.replace_people(
        Person(
            reference=format_reference(visitor),
            status=status.value,
            as_of="2021-06-01T09:00:00Z",
            valid_until=None,
            home_area=area,
        )
        for visitor, (status, area) in zip(visitors, said, strict=True)
    )


def forms_of(visitor: VisitorReference) -> list[bytes]:
    """Every form in which a file could name a visitor."""
    printed, hexed = format_reference(visitor).encode("ascii"), visitor.value.hex()
    return [visitor.value, printed[6:], hexed.encode("ascii"), hexed.upper().encode("ascii")]


def named_in(files: Iterable[Path], visitors: list[VisitorReference]) -> list[Path]:
    """The files that name a visitor."""
    forms = [form for visitor in visitors for form in forms_of(visitor)]
    contents = ((file, file.read_bytes()) for file in files if file.is_file())
    return [file for file, content in contents if any(form in content for form in forms)]


def wrongly_settled(told: list[str], at_central: Sequence[contract.Visit]) -> list[str]:
    """Visits of which central has another passage than the first that was told, or one that nobody ordered."""
    ordered: dict[str, str] = {}
    settled: dict[str, str] = {}
    for line in told:
        word, _, rest = line.partition(" ")
        visit_id, _, passage = rest.partition(" ")
        if word in ("settling", "settled"):
            (ordered if word == "settling" else settled).setdefault(visit_id, passage)
    assert settled, "nobody was settled"
    wrong = []
    for visit in at_central:
        visit_id, passage = str(visit.id), visit.passage.value
        # Who was killed between the order and its word may have written it, or not.
        possible = {settled[visit_id]} if visit_id in settled else {ordered.get(visit_id, "unknown"), "unknown"}
        if passage not in possible:
            wrong.append(f"{visit_id} {passage}: {possible}")
    return wrong


@pytest.mark.parametrize("seed", [int(os.environ.get("CRASH_SEED", "20210414"))])
def test_two_hundred_crashes_lose_nothing(tmp_path: Path, seed: int) -> None:
    """Kept visits are at central once and unchanged, doors opened after them, and no file names a visitor."""
    chance = random.Random(seed)  # noqa: S311  # it has to be foreseeable
    folder, version = tmp_path / "terminal", 0
    with entrance(tmp_path) as (rounds, database, visitors):
        publish(database, visitors, version)
        for number in range(ROUNDS):
            if number % PEOPLE_CHANGE_EVERY == PEOPLE_CHANGE_EVERY - 1:
                version += 1
                publish(database, visitors, version)
            if number == ROUNDS_WITHOUT_COPY:
                rounds.drain(version)
            visits = chance.randint(0, MOST_VISITS)
            rounds.work_and_die(visits, chance.uniform(0.0, WORKING_S if visits else STARTING_S))
            if number % LOOKED_AT_EVERY == 0:  # as it was left: the next start seals what was not
                assert named_in(folder.glob("kiosk.db*"), visitors) == [], f"seed {seed}"
        rounds.drain(version)
        at_central = [visit for _, visit in database.visits()]
    told = rounds.lines
    assert [line for line in told if line.startswith("wrong")] == [], f"seed {seed}"

    promised = [line.removeprefix("kept ") for line in told if line.startswith("kept ")]
    assert len(promised) > ROUNDS / 2, f"seed {seed}: it was not busy"
    assert told.count("opened") > ROUNDS / 4, f"seed {seed}: the door was not used"
    with closing(Store(folder / "kiosk.db")) as store:
        journalled = {visit.id: visit for visit in SqliteJournal(store, TerminalClock()).visits()}
        counts = SqliteJournal(store, TerminalClock()).counts()
    assert set(promised) <= set(journalled), f"seed {seed}: a promised visit is lost"
    assert (counts.unsettled, counts.unsent, counts.quarantined) == (0, 0, 0), f"seed {seed}"

    times = Counter(str(visit.id) for visit in at_central)
    assert times == Counter(dict.fromkeys(journalled, 1)), f"seed {seed}: not each once"
    everybody = {format_reference(visitor) for visitor in visitors}
    for visit in at_central:
        ours = journalled[str(visit.id)]
        assert visit.passage.value == ours.passage, f"seed {seed}"
        assert (visit.outcome.value, visit.reason) == (ours.decision.outcome.value, ours.decision.reason.value)
        assert visit.decided_at == ours.decided_at
        assert visit.reference in everybody

    assert wrongly_settled(told, at_central) == [], f"seed {seed}"
    assert named_in(folder.rglob("*"), visitors) == [], f"seed {seed}"
    text = (folder / "log.jsonl").read_text(encoding="utf-8")
    assert "Traceback" not in text, f"seed {seed}: {text[text.index('Traceback') :][:3000]}"
    trouble = """database_damaged journal_damaged journal_not_examined journal_failed sync_failed visit_quarantined
        status_copy_failed status_copy_damaged checker_failed cache_failed salvage_failed"""
    # Searched, not parsed: the line that a terminal died at has lost its end.
    assert set(trouble.split()).isdisjoint(re.findall(r'"event": "(\w+)"', text)), f"seed {seed}"
