"""Trust: only a server that proves to be central is told who the visitor is."""

from pathlib import Path

import pytest

from kiosk.adapters.central_client import CentralClient
from kiosk.adapters.central_errors import CentralTlsError
from kiosk.core.credential import VisitorReference
from tests.adapters.authority import DAY, NOW, Authority, make_authority, server_context
from tests.adapters.scripted_server import ScriptedServer, answer

VISITOR = VisitorReference(b"0123456789abcdef")
GREEN = answer({"known": True, "record": {"status": "green", "as_of": "2021-06-01T09:00:00Z"}})
UNKNOWN_CA = r"not trusted \(unable to get local issuer certificate\); check the clock and central\.ca_file"


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return make_authority(tmp_path)


def check(server: ScriptedServer, ca_file: Path | None) -> None:
    """One check over TLS."""
    client = CentralClient(server.url, "token", ca_file)
    try:
        assert client.check(VISITOR, 20.0) is not None
    finally:
        client.close()


def test_a_private_authority(authority: Authority) -> None:
    """central.ca_file is enough to trust the city's own central, on one connection for many calls."""
    with ScriptedServer(GREEN, tls=server_context(authority)) as server:
        client = CentralClient(server.url, "token", authority.file)
        for _ in range(3):
            assert client.check(VISITOR, 20.0) is not None
        client.close()
        assert server.connections == 1


def test_an_unknown_authority(authority: Authority) -> None:
    """Without its CA nobody is trusted, and nothing is sent."""
    with ScriptedServer(GREEN, tls=server_context(authority)) as server:
        with pytest.raises(
            CentralTlsError,
            match=UNKNOWN_CA,
        ):
            check(server, None)
        assert server.requests == []


def test_an_expired_certificate(authority: Authority) -> None:
    """Said as such: it is central's fault, or the clock's."""
    with ScriptedServer(GREEN, tls=server_context(authority, ends=NOW - DAY)) as server:
        with pytest.raises(CentralTlsError, match=r"\(certificate has expired\)"):
            check(server, authority.file)
        assert server.requests == []


def test_a_certificate_of_somebody_else(authority: Authority) -> None:
    """Trusted by the same CA, and not central."""
    with ScriptedServer(GREEN, tls=server_context(authority, address="127.0.0.2")) as server:
        with pytest.raises(CentralTlsError, match="IP address mismatch"):
            check(server, authority.file)
        assert server.requests == []


def test_authorities_of_the_environment_are_ignored(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only what the configuration says: a CA set for other programs is not trusted with visitors."""
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.setenv(name, str(authority.file))
    with ScriptedServer(GREEN, tls=server_context(authority)) as server, pytest.raises(CentralTlsError):
        check(server, None)


def test_a_ca_file_that_vanishes(authority: Authority) -> None:
    """A card that loses a file: no trust, and the file is named."""
    with ScriptedServer(GREEN, tls=server_context(authority)) as server:
        client = CentralClient(server.url, "token", authority.file)
        authority.file.unlink()
        with pytest.raises(CentralTlsError, match=r"central\.ca_file"):
            client.check(VISITOR, 20.0)
        client.close()
        assert server.requests == []


def test_no_tls_at_the_other_end() -> None:
    """https to a server that speaks plain HTTP: an error, and nothing is sent in the clear."""
    with ScriptedServer(answer({}, 400)) as server:
        client = CentralClient(server.url.replace("http:", "https:"), "token")
        with pytest.raises(CentralTlsError):
            client.check(VISITOR, 20.0)
        client.close()
        assert all(b"token" not in request for request in server.requests)
