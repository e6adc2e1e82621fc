"""Visits at central: stored once for ever, judged one by one."""

import json
import uuid
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk import contract
from kiosk.central.app import create_app
from kiosk.central.database import Database
from kiosk.central.running import RunningCentral
from kiosk.central.tables import VisitRow
from tests.central.caller import ALIYA, BAZAAR, CINEMA, Caller, problem

Item = dict[str, Any]


def visit(number: int = 1, **other: object) -> Item:
    """A granted visit as a terminal sends it."""
    return {
        "id": str(uuid.UUID(int=number)),
        "decided_at": "2021-06-01T09:00:00+05:00",
        "credential_kind": "pass",
        "reference": ALIYA,
        "outcome": "granted",
        "reason": "admitted",
        "status": "blue",
        "source": "online",
        "confirmed_at": "2021-06-01T09:00:00+05:00",
        "passage": "taken",
    } | other


def send(caller: Caller, items: Sequence[Item], token: str = CINEMA) -> list[str]:
    """The result of each item."""
    answer = caller.call("POST", "/v1/visits", {"visits": items}, token=token)
    assert answer.status_code == 200, answer.text
    results = contract.VisitAnswer.model_validate_json(answer.content).results
    assert [result.id for result in results] == [str(item.get("id", "")) for item in items]
    return [result.result.value for result in results]


def test_stored_once(caller: Caller, database: Database) -> None:
    """The same visit again is a duplicate, in the same batch too, and stays one visit."""
    assert send(caller, [visit(1), visit(1)]) == ["stored", "duplicate"]
    assert send(caller, [visit(2), visit(1)]) == ["stored", "duplicate"]
    stored = database.visits()
    assert [(terminal, str(found.id)) for terminal, found in stored] == [
        ("cinema", visit(1)["id"]),
        ("cinema", visit(2)["id"]),
    ]


def test_a_visit_that_an_older_central_stored_is_the_same_without_what_has_come_since(
    caller: Caller, database: Database
) -> None:
    """A terminal that sends again after central was updated must not find its visit refused."""
    send(caller, [visit(1)])
    with database._session.begin() as session:  # as if an older version had written it
        row = session.get(VisitRow, visit(1)["id"])
        assert row is not None
        old = json.loads(row.content)
        for name in ("time", "boot_id", "monotonic_s"):
            del old[name]
        row.content = json.dumps(old)
    assert send(caller, [visit(1)]) == ["duplicate"]
    assert send(caller, [visit(1, monotonic_s=3.0)]) == ["refused"]


def test_how_far_a_time_can_be_believed(caller: Caller, database: Database) -> None:
    """Boot and monotonic time are kept; a worth that is none is refused."""
    boot = str(uuid.UUID(int=7))
    items = [visit(1, time="guessed", boot_id=boot, monotonic_s=12.5), visit(2, time="undated"), visit(3)]
    assert send(caller, items) == ["stored", "refused", "stored"]
    (_, first), (_, third) = database.visits()
    assert (first.time.value, str(first.boot_id), first.monotonic_s) == ("guessed", boot, 12.5)
    assert (third.time.value, third.boot_id) == ("trusted", None)


def test_written_otherwise_is_the_same(caller: Caller) -> None:
    """The content counts: not the order of its fields, the case of its id, or how a time is written."""
    send(caller, [visit(0xABC)])
    again = dict(reversed(visit(0xABC).items()))
    again["id"] = again["id"].upper()
    assert send(caller, [again]) == ["duplicate"]


def test_another_content_is_refused(caller: Caller, database: Database) -> None:
    """The first one stays."""
    send(caller, [visit(1)])
    assert send(caller, [visit(1, passage="not_taken")]) == ["refused"]
    assert database.visits()[0][1].passage == "taken"


def test_an_id_of_another_terminal_is_refused(caller: Caller, database: Database) -> None:
    """No terminal can claim or learn of another's visits."""
    send(caller, [visit(1)])
    assert send(caller, [visit(1)], BAZAAR) == ["refused"]
    assert [terminal for terminal, _ in database.visits()] == ["cinema"]


@pytest.mark.parametrize(
    "bad",
    [
        {},
        {"id": "no id"},
        visit(7, outcome="perhaps"),
        visit(7, decided_at="2021-06-01T09:00:00"),
        visit(7, reference="ASHYQ:x"),
        visit(7, passage=None),
        visit(7, name="A."),
        visit(7, id=7),
        visit(7, reason="<b>"),
        visit(7, id="\ud800"),
    ],
    ids=lambda item: ",".join(item) if len(item) < 3 else None,
)
def test_a_bad_item_blocks_no_other(caller: Caller, database: Database, bad: Item) -> None:
    """It is refused with its place; the ones before and after it are stored."""
    answer = caller.call("POST", "/v1/visits", {"visits": [visit(1), bad, visit(2)]})
    results = answer.json()["results"]
    assert [result["result"] for result in results] == ["stored", "refused", "stored"]
    assert results[1]["detail"].startswith("not valid: ")
    assert len(database.visits()) == 2


@pytest.mark.parametrize("body", [{}, {"visits": []}, {"visits": [1]}, {"visits": {}}, {"visits": [visit()] * 501}])
def test_no_batch(caller: Caller, database: Database, body: object) -> None:
    """What is no batch is refused whole, and nothing of it is stored."""
    answer = caller.call("POST", "/v1/visits", body)
    assert problem(answer).status == 422
    assert database.visits() == []


_items = st.builds(visit, st.integers(1, 6), passage=st.sampled_from(["taken", "not_taken"]))
_batches = st.lists(st.tuples(st.sampled_from([CINEMA, BAZAAR]), st.lists(_items, min_size=1, max_size=5)), max_size=8)


@settings(max_examples=15)
@given(batches=_batches)
def test_the_first_one_counts_for_ever(batches: list[tuple[str, list[Item]]]) -> None:
    """In whatever order terminals send and send again: the first content of an id is stored, and stays."""
    with TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{Path(folder) / 'central.db'}")
        database.register("cinema", CINEMA)
        database.register("bazaar", BAZAAR)
        first: dict[str, tuple[str, str]] = {}
        with RunningCentral(create_app(database, contract.KeySet(keys=[]))) as central:
            caller = Caller(central.url)
            for token, items in batches:
                for item, result in zip(items, send(caller, items, token), strict=True):
                    sent = (token, item["passage"])
                    known = first.get(item["id"])
                    first.setdefault(item["id"], sent)
                    assert result == ("stored" if known is None else "duplicate" if known == sent else "refused")
            caller.close()
        names = {CINEMA: "cinema", BAZAAR: "bazaar"}
        kept = {str(found.id): (terminal, found.passage.value) for terminal, found in database.visits()}
        assert kept == {visit_id: (names[token], passage) for visit_id, (token, passage) in first.items()}
        database.close()


def test_visits_outlive_a_restart(tmp_path: Path) -> None:
    """They are in the file, not in the process."""
    url = f"sqlite:///{tmp_path / 'kept.db'}"
    for expected in ("stored", "duplicate"):
        database = Database(url)
        database.register("cinema", CINEMA)
        with RunningCentral(create_app(database, contract.KeySet(keys=[]))) as central:
            caller = Caller(central.url)
            assert send(caller, [visit(1)]) == [expected]
            caller.close()
        database.close()
