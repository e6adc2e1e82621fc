"""The reference central as a terminal sees it: checks, keys, and errors of one form that tell nothing of its inside."""

import http.client
import json
import sqlite3
from pathlib import Path

import pytest
from fastapi import FastAPI

import kiosk.central
from kiosk import contract
from kiosk.central.app import MAX_BODY_BYTES, create_app, openapi_document
from kiosk.central.database import Database
from kiosk.central.running import RunningCentral
from tests.central.caller import ALIYA, CINEMA, STRANGER, Caller, problem

QUESTION = {"reference": ALIYA}


def test_a_known_visitor(caller: Caller) -> None:
    """The record as the programme assigned it."""
    answer = caller.call("POST", "/v1/checks", QUESTION)
    assert answer.status_code == 200
    assert answer.json() == {
        "known": True,
        "record": {
            "status": "blue",
            "as_of": "2021-06-01T09:00:00+05:00",
            "valid_until": None,
            "home_area": "a/b",
        },
    }


def test_a_stranger(caller: Caller) -> None:
    """Central says outright that it knows no such visitor."""
    answer = caller.call("POST", "/v1/checks", {"reference": STRANGER})
    assert (answer.status_code, answer.json()) == (200, {"known": False, "record": None})


def test_keys(caller: Caller, keys: contract.KeySet) -> None:
    """The key set that central was started with."""
    answer = caller.call("GET", "/v1/keys")
    assert contract.KeySet.model_validate_json(answer.content) == keys


NO_TOKENS: list[dict[str, str]] = [
    {},
    {"Authorization": "Bearer"},
    {"Authorization": "Bearer "},
    {"Authorization": "Bearer wrong"},
    {"Authorization": "Basic dG86a2Vu"},
    {"Authorization": CINEMA},
]


@pytest.mark.parametrize(("method", "path"), [("POST", "/v1/checks"), ("POST", "/v1/visits"), ("GET", "/v1/keys")])
def test_nobody_without_a_token_gets_in(caller: Caller, method: str, path: str) -> None:
    """Whatever is called, a missing or a wrong token gets 401 and the way out."""
    for headers in NO_TOKENS:
        answer = caller.call(method, path, None if method == "GET" else QUESTION, token=None, headers=headers)
        assert problem(answer).status == 401
        assert answer.headers["www-authenticate"] == "Bearer"


def test_a_new_token_ends_the_old_one(caller: Caller, database: Database) -> None:
    """A terminal whose token was stolen gets another, and the thief none."""
    database.register("cinema", "another")
    assert caller.call("GET", "/v1/keys").status_code == 401
    assert caller.call("GET", "/v1/keys", token="another").status_code == 200


def test_a_token_belongs_to_one_terminal(database: Database) -> None:
    """Visits would be put down to the wrong entrance otherwise."""
    with pytest.raises(ValueError, match="that of cinema already"):
        database.register("pharmacy", "token-of-the-cinema")


def test_tokens_are_not_stored(database: Database, tmp_path: Path) -> None:
    """Whoever reads central's database can't act as a terminal."""
    database.close()
    stored = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert b"cinema" in stored
    assert b"token-of-the" not in stored


@pytest.mark.parametrize(
    "body",
    [{}, {"reference": "ASHYQ:short"}, {"reference": ALIYA, "name": "A."}, {"reference": None}, [], "text", None,
     {"reference": ALIYA.lower()}],
)  # fmt: skip
def test_no_question(caller: Caller, body: object) -> None:
    """What is no check is refused with the place of the mistake and without its content."""
    answer = caller.call("POST", "/v1/checks", body)
    told = problem(answer)
    assert told.status == 422
    assert "body" in told.detail
    assert ALIYA[10:20] not in answer.text.upper()


def test_no_json(caller: Caller) -> None:
    """Half a document is refused, and not repeated."""
    answer = caller.call(
        "POST", "/v1/checks", content=b'{"reference": "ASHYQ:0', headers={"Content-Type": "application/json"}
    )
    assert problem(answer).status == 422
    assert "ASHYQ" not in answer.text


def test_too_large(caller: Caller) -> None:
    """A body beyond the limit is refused before it is read."""
    answer = caller.call("POST", "/v1/checks", content=b" " * (MAX_BODY_BYTES + 1))
    assert problem(answer).status == 413


def test_elsewhere(caller: Caller) -> None:
    """A wrong path and a wrong method are problems of the same form."""
    assert problem(caller.call("GET", "/v2/checks")).status == 404
    assert problem(caller.call("GET", "/v1/checks")).status == 405


def test_a_fault_inside_tells_nothing(caller: Caller, tmp_path: Path) -> None:
    """A damaged row is central's problem; the terminal learns that there is one, and no more."""
    with sqlite3.connect(tmp_path / "central.db") as connection:
        connection.execute("UPDATE people SET status = 'mauve', home_area = 'secret'")
    connection.close()
    answer = caller.call("POST", "/v1/checks", QUESTION)
    assert problem(answer).status == 500
    assert "secret" not in answer.text
    assert "mauve" not in answer.text


def test_health(caller: Caller) -> None:
    """Whoever watches central needs no token, and learns nothing but that it works."""
    assert caller.call("GET", "/healthz", token=None).json()["status"] == "ok"


def test_over_a_socket_without_a_length(app: FastAPI) -> None:
    """A body of unknown length is refused, since it may have no end."""
    with RunningCentral(app) as central:
        connection = http.client.HTTPConnection(central.url.removeprefix("http://"), timeout=10)
        connection.request(
            "POST", "/v1/checks", iter([b"{}"]), {"Authorization": f"Bearer {CINEMA}"}, encode_chunked=True
        )
        response = connection.getresponse()
        assert json.loads(response.read())["status"] == response.status == 413
        connection.close()


def test_stopped_and_started_again(app: FastAPI) -> None:
    """On the same port, so that terminals find it again; stopped, it refuses connections."""
    central = RunningCentral(app)
    with central:
        url = central.url
    with pytest.raises(ConnectionRefusedError):
        http.client.HTTPConnection(url.removeprefix("http://"), timeout=10).request("GET", "/healthz")
    with central:
        assert central.url == url
        connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=10)
        connection.request("GET", "/healthz")
        assert connection.getresponse().status == 200
        connection.close()


def test_the_document_is_the_one_checked_in() -> None:
    """Who builds a central of their own reads the document; it must not lag behind the code."""
    checked_in = (Path(kiosk.central.__file__).parent / "openapi.json").read_text(encoding="utf-8")
    assert json.loads(checked_in) == json.loads(openapi_document()), "the wire contract has changed; run: make openapi"


def test_the_document_needs_no_people(tmp_path: Path) -> None:
    """It is the same whatever central holds."""
    database = Database(f"sqlite:///{tmp_path / 'other.db'}")
    document = create_app(database, contract.KeySet(keys=[])).openapi()
    database.close()
    assert document == json.loads(openapi_document())
