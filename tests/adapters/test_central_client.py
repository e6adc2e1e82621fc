"""The client of central against a server that answers well, badly, late or not at all."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kiosk.adapters.central_client import CentralClient
from kiosk.adapters.central_errors import (
    CentralBusy,
    CentralFailed,
    CentralNonsense,
    CentralRejected,
    CentralTimeout,
    CentralTlsError,
    CentralUnauthorised,
    CentralUnreachable,
)
from kiosk.core.credential import VisitorReference, format_reference
from kiosk.core.ports import Central, CentralError, VisitResult
from kiosk.core.status import Status, StatusRecord
from kiosk.core.visit import Passage, Visit
from tests.adapters.scripted_server import Act, ScriptedServer, answer, drip, flood, head, reset, send, silence

MakeVisit = Callable[..., Visit]

VISITOR = VisitorReference(b"0123456789abcdef")
PRINTED = format_reference(VISITOR)
TOKEN = "a-token-nobody-may-see"
AS_OF = datetime(2021, 6, 1, 9, 0, tzinfo=UTC)
GREEN = {"known": True, "record": {"status": "green", "as_of": "2021-06-01T09:00:00Z"}}
LONG_S, SHORT_S = 20.0, 0.3


@contextmanager
def central(*acts: Act) -> Iterator[tuple[CentralClient, ScriptedServer]]:
    """A client and the server that it calls."""
    with ScriptedServer(*acts) as server:
        client = CentralClient(server.url, TOKEN)
        yield client, server
        client.close()


def test_fits_its_port() -> None:
    """The services can use it."""
    client = CentralClient("http://127.0.0.1:1", TOKEN)
    as_central: Central = client
    assert as_central is client
    client.close()


def test_a_known_visitor() -> None:
    """Everything that central says of the visitor."""
    record = {**GREEN["record"], "valid_until": "2021-06-08T09:00:00Z", "home_area": "a/b"}  # type: ignore[dict-item]  # a dict it is
    with central(answer({"known": True, "record": record})) as (client, _):
        expected = StatusRecord(Status.GREEN, AS_OF, datetime(2021, 6, 8, 9, 0, tzinfo=UTC), "a/b")
        assert client.check(VISITOR, LONG_S) == expected


def test_a_stranger() -> None:
    """Central's word that it knows no such visitor is an answer."""
    with central(answer({"known": False, "record": None})) as (client, _):
        assert client.check(VISITOR, LONG_S) is None


def test_what_is_sent() -> None:
    """The token in the header, the reference in the body and nowhere else."""
    with central(answer(GREEN)) as (client, server):
        client.check(VISITOR, LONG_S)
    told, _, body = server.requests[0].partition(b"\r\n\r\n")
    assert told.startswith(b"POST /v1/checks HTTP/1.1\r\n")
    assert f"Authorization: Bearer {TOKEN}".encode() in told.split(b"\r\n")
    assert json.loads(body) == {"reference": PRINTED}
    assert PRINTED.encode() not in told


def test_one_connection_for_many_calls() -> None:
    """A new connection costs round trips while a visitor waits."""
    with central(answer(GREEN)) as (client, server):
        for _ in range(5):
            client.check(VISITOR, LONG_S)
        assert (server.connections, len(server.requests)) == (1, 5)


def test_a_kept_connection_that_has_gone() -> None:
    """Central closes idle connections; the next visitor doesn't notice."""
    close_after = send(head(200, len(json.dumps(GREEN))) + json.dumps(GREEN).encode())
    with central(close_after) as (client, server):
        for _ in range(3):
            assert client.check(VISITOR, LONG_S) is not None
        assert server.connections == 3


def test_more_in_an_answer_than_we_know() -> None:
    """A newer central may say more."""
    with central(answer({**GREEN, "weather": "fine"})) as (client, _):
        assert client.check(VISITOR, LONG_S) is not None


@pytest.mark.parametrize(
    ("act", "error"),
    [
        (silence, CentralTimeout),
        (drip, CentralTimeout),
        (send(b"HTTP/1.1 200 OK\r\nContent-Le"), CentralNonsense),
        (send(head(200, 500) + b'{"known": tr'), CentralUnreachable),
        (send(b""), CentralUnreachable),
        (reset, CentralUnreachable),
        (flood, CentralNonsense),
        (send(b"\x16\x03\x01 no http at all\r\n\r\n"), CentralUnreachable),
        (answer(""), CentralNonsense),
        (answer("{"), CentralNonsense),
        (answer([]), CentralNonsense),
        (answer({}), CentralNonsense),
        (answer({"known": True}), CentralNonsense),
        (answer({"known": True, "record": None}), CentralNonsense),
        (answer({**GREEN, "known": False}), CentralNonsense),
        (answer({"known": True, "record": {"status": "mauve", "as_of": "2021-06-01T09:00:00Z"}}), CentralNonsense),
        (answer({"known": True, "record": {"status": "green", "as_of": "2021-06-01T09:00:00"}}), CentralNonsense),
        (answer({"known": True, "record": {"status": "green", "as_of": "0001-01-01T00:00:00Z"}}), CentralNonsense),
        (answer("<html>Log in</html>", content_type="text/html"), CentralNonsense),
        (answer(GREEN, content_type="text/plain"), CentralNonsense),
        (answer(GREEN, Content_Encoding="gzip"), CentralNonsense),
        (answer({}, 204), CentralNonsense),
        (answer("", 302, Location="http://127.0.0.1:1/login"), CentralNonsense),
        (answer({}, 400), CentralRejected),
        (answer({}, 401), CentralUnauthorised),
        (answer({}, 403), CentralUnauthorised),
        (answer({}, 404), CentralRejected),
        (answer({}, 409), CentralRejected),
        (answer({}, 413), CentralRejected),
        (answer({}, 422), CentralRejected),
        (answer({}, 429), CentralBusy),
        (answer({}, 500), CentralFailed),
        (answer("<html>Bad gateway</html>", 502, "text/html"), CentralFailed),
        (answer({}, 503), CentralBusy),
    ],
)
def test_whatever_comes_back(act: Act, error: type[CentralError]) -> None:
    """A typed error that tells neither token nor visitor; and the next call, to a central that is well, works."""
    with central(act) as (client, server):
        with pytest.raises(CentralError) as caught:
            client.check(VISITOR, SHORT_S if error is CentralTimeout else LONG_S)
        assert type(caught.value) is error
        assert str(caught.value)
        for secret in (TOKEN, PRINTED, PRINTED[6:16], "/v1/checks"):
            assert secret not in str(caught.value)
        server.act_from_now_on(answer(GREEN))
        assert client.check(VISITOR, LONG_S) is not None


@pytest.mark.parametrize(
    ("status", "header", "seconds"), [(503, "120", 120.0), (429, "0", 0.0), (429, "soon", None), (503, None, None)]
)
def test_patience(status: int, header: str | None, seconds: float | None) -> None:
    """Central says for how long; a date or nonsense counts as no time told."""
    headers = {} if header is None else {"Retry_After": header}
    with central(answer({}, status, **headers)) as (client, _):
        with pytest.raises(CentralBusy) as caught:
            client.check(VISITOR, LONG_S)
        assert caught.value.retry_after_s == seconds


def test_a_redirect_is_not_followed() -> None:
    """A token never goes to another server."""
    with ScriptedServer(answer(GREEN)) as other, central(answer("", 307, Location=other.url)) as (client, _):
        with pytest.raises(CentralNonsense, match="log-in page"):
            client.check(VISITOR, LONG_S)
        assert other.requests == []


def test_a_cut_connection_is_tried_once_more_at_most() -> None:
    """Not for ever: a server that cuts every connection is not hammered."""
    with central(send(b"")) as (client, server):
        with pytest.raises(CentralUnreachable, match="the connection was cut"):
            client.check(VISITOR, LONG_S)
        assert len(server.requests) <= 2


def test_nobody_listens() -> None:
    """Refused at once, with the address for the technician."""
    with ScriptedServer(answer(GREEN)) as server:
        url = server.url
    client = CentralClient(url, TOKEN)
    with pytest.raises(CentralUnreachable, match=f"{url} can't be reached: the connection is refused"):
        client.check(VISITOR, LONG_S)
    client.close()


def test_an_unknown_name() -> None:
    """A name that no name server knows; where none answers either, the budget ends the wait."""
    client = CentralClient("http://central.invalid", TOKEN)
    with pytest.raises((CentralUnreachable, CentralTimeout)):
        client.check(VISITOR, 2.0)
    client.close()


def test_a_probe_asks_as_a_visitor_would() -> None:
    """The same call about nobody; it succeeds when central answers at all, and is a new nobody each time."""
    with central(answer({"known": False, "record": None})) as (client, server):
        client.probe(LONG_S)
        client.probe(LONG_S)
        first, second = (request.partition(b"\r\n\r\n")[2] for request in server.requests)
        assert first != second
        server.act_from_now_on(answer({}, 500))
        with pytest.raises(CentralFailed):
            client.probe(LONG_S)


def test_no_time_left() -> None:
    """A budget of nothing is over before it begins, and nothing is asked."""
    with central(answer(GREEN)) as (client, server):
        with pytest.raises(CentralTimeout):
            client.check(VISITOR, 0.0)
        assert server.requests == []


def test_hung_calls_do_not_pile_up() -> None:
    """However often central is silent, the threads that asked it end."""
    with central(silence) as (client, server):
        for _ in range(8):
            with pytest.raises(CentralTimeout):
                client.check(VISITOR, 0.05)
        server.act_from_now_on(answer(GREEN))
        assert client.check(VISITOR, LONG_S) is not None


def test_proxies_of_the_environment_are_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only what the configuration says: a proxy would see who visits."""
    with ScriptedServer(answer(GREEN)) as proxy, central(answer(GREEN)) as (client, server):
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)
        client.check(VISITOR, LONG_S)
        assert (len(proxy.requests), len(server.requests)) == (0, 1)


def test_visits(make_visit: MakeVisit) -> None:
    """Each with its result: stored and duplicate are accepted, refused is not, and the reason is told."""
    visits = [make_visit(number, passage=Passage.TAKEN) for number in (1, 2, 3)]
    results = [
        {"id": visits[2].id, "result": "refused", "detail": "no"},
        {"id": visits[0].id, "result": "stored"},
        {"id": visits[1].id, "result": "duplicate"},
    ]
    with central(answer({"results": results})) as (client, server):
        assert sorted(client.send_visits(visits, LONG_S), key=lambda result: result.visit_id) == [
            VisitResult(visits[0].id, accepted=True),
            VisitResult(visits[1].id, accepted=True),
            VisitResult(visits[2].id, accepted=False, detail="no"),
        ]
    sent = json.loads(server.requests[0].partition(b"\r\n\r\n")[2])["visits"]
    assert [visit["id"] for visit in sent] == [visit.id for visit in visits]
    assert {visit["passage"] for visit in sent} == {"taken"}


def test_results_for_others_and_for_none(make_visit: MakeVisit) -> None:
    """A result for a visit that was not sent counts for nothing; a visit without a result is not taken over."""
    stranger = {"id": make_visit(9).id, "result": "stored"}
    with central(answer({"results": [stranger]}), answer({"results": []})) as (client, _):
        for _ in range(2):
            assert client.send_visits([make_visit(1, passage=Passage.TAKEN)], LONG_S) == []


def test_an_unknown_result(make_visit: MakeVisit) -> None:
    """What we don't understand acknowledges nothing."""
    visit = make_visit(1, passage=Passage.TAKEN)
    with (
        central(answer({"results": [{"id": visit.id, "result": "perhaps"}]})) as (client, _),
        pytest.raises(CentralNonsense, match="results"),
    ):
        client.send_visits([visit], LONG_S)


def test_keys() -> None:
    """A key set comes as the JWK Set that it is."""
    key = {"kty": "OKP", "crv": "Ed25519", "kid": "k1", "x": "AAAA"}
    with central(answer({"keys": [key]})) as (client, server):
        [back] = json.loads(client.fetch_keys(LONG_S))["keys"]
        assert (back["kid"], back["x"]) == ("k1", "AAAA")
    assert server.requests[0].startswith(b"GET /v1/keys ")


def test_a_ca_file_that_is_none(tmp_path: Path) -> None:
    """Told at the start, not to the first visitor."""
    (tmp_path / "ca.pem").write_text("no certificate", encoding="ascii")
    for file in (tmp_path / "ca.pem", tmp_path / "missing.pem"):
        with pytest.raises(CentralTlsError, match=r"central\.ca_file: .* is no CA certificate"):
            CentralClient("https://127.0.0.1:1", TOKEN, file)
