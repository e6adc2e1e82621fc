"""Roads that never reach central: no name, no listener, no trust. No packet leaves this machine."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from kiosk.adapters.central_errors import CentralTimeout, CentralTlsError, CentralUnreachable
from kiosk.core.ports import CentralError
from tests.adapters.authority import DAY, NOW, Authority, make_authority, server_context
from tests.system.fault_line import Line, open_line
from tests.system.fault_proxy import Front
from tests.system.faults import WELL, Fault

HOST = "central.invalid"


@dataclass(frozen=True)
class Road:
    """What the name leads to, what is met there, and what the client must say of it."""

    name: str
    error: type[CentralError]
    why: str
    leads_to: str = "proxy"
    front: str = "good"

    def __str__(self) -> str:
        return self.name

    @property
    def hangs(self) -> bool:
        """Whether only the client's own patience ends the call."""
        return self.error is CentralTimeout


ROADS = [
    Road("a name that is not found", CentralUnreachable, "its name is not found", leads_to="not found"),
    Road("a name server that fails", CentralUnreachable, "its name is not found", leads_to="no answer"),
    Road("a name server that is silent", CentralTimeout, "did not answer within", leads_to="silence"),
    Road("a connection refused", CentralUnreachable, "the connection is refused", leads_to="nobody"),
    Road("an unknown authority", CentralTlsError, "self-signed certificate|local issuer|signature", front="unknown"),
    Road("an expired certificate", CentralTlsError, "certificate has expired", front="expired"),
    Road("a certificate not yet valid", CentralTlsError, "certificate is not yet valid", front="early"),
    Road("a certificate of another name", CentralTlsError, "Hostname mismatch", front="misnamed"),
    Road("no TLS at the other end", CentralTlsError, r"wrong version number\); check central\.url", leads_to="central"),
    Road("cut at once", CentralUnreachable, "the connection was cut", front="cut at once"),
    Road("cut in the handshake", CentralUnreachable, "the connection was cut", front="cut in the handshake"),
    Road("silence in the handshake", CentralTimeout, "did not answer", front="silent"),
]


class NameServer:
    """Stands in for `socket.getaddrinfo` where central is looked up; anything else is looked up as ever.

    ports: what central's name may lead to.
    """

    def __init__(self, ports: dict[str, int]) -> None:
        self.ports = ports
        self.leads_to = "proxy"
        self.woken = threading.Event()
        self._real = socket.getaddrinfo

    def look_up(self, host: Any, port: Any, *args: Any, **kwargs: Any) -> Any:
        if host != HOST:
            return self._real(host, port, *args, **kwargs)
        match self.leads_to:
            case "not found":
                raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
            case "no answer":
                raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
            case "silence":
                self.woken.wait(60)
                raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
        return self._real("127.0.0.1", self.ports[self.leads_to], *args, **kwargs)

    def become(self, leads_to: str) -> None:
        """From now on; whoever still waits is told that there is no answer."""
        self.leads_to = leads_to
        self.woken.set()
        self.woken = threading.Event()


def fronts(folder: Path) -> tuple[Authority, dict[str, Front]]:
    """What a terminal that trusts the authority can meet."""
    (folder / "other").mkdir()
    trusted, other = make_authority(folder), make_authority(folder / "other")
    contexts = {
        "good": server_context(trusted, name=HOST),
        "unknown": server_context(other, name=HOST),
        "expired": server_context(trusted, name=HOST, ends=NOW - DAY),
        "early": server_context(trusted, name=HOST, begins=NOW + DAY, ends=NOW + 2 * DAY),
        "misnamed": server_context(trusted, name="elsewhere.invalid"),
    }
    found: dict[str, Front] = {name: _tls(context) for name, context in contexts.items()}
    return trusted, {**found, "cut at once": _cut_at_once, "cut in the handshake": _cut, "silent": _silent}


def _tls(context: ssl.SSLContext) -> Front:
    return lambda raw: context.wrap_socket(raw, server_side=True)


def _cut_at_once(_: socket.socket) -> socket.socket:
    raise ConnectionAbortedError


def _cut(raw: socket.socket) -> socket.socket:
    raw.recv(65_536)
    raw.sendall(b"\x16\x03\x03\x00\x7a\x02\x00")  # how a server's greeting begins
    raise ConnectionAbortedError


def _silent(raw: socket.socket) -> socket.socket:
    while raw.recv(65_536):
        pass
    raise ConnectionAbortedError


@dataclass
class World:
    """A line that central's name leads to, and all that can come in between."""

    line: Line
    names: NameServer
    fronts: dict[str, Front]

    def take(self, trouble: Road | Fault) -> None:
        """From now on."""
        if isinstance(trouble, Fault):
            self.names.become("proxy")
            self.line.proxy.become(trouble, self.fronts["good"])
        else:
            self.names.become(trouble.leads_to)
            self.line.proxy.become(WELL, self.fronts[trouble.front])

    def mend(self) -> None:
        """The name leads to central, which proves who it is and answers."""
        self.take(WELL)


@contextmanager
def open_world(folder: Path) -> Iterator[World]:
    """A world that is well."""
    authority, found = fronts(folder)
    with (
        pytest.MonkeyPatch.context() as patch,
        open_line(folder, host=f"https://{HOST}", front=found["good"], ca_file=authority.file) as line,
        socket.socket() as nobody,
    ):
        nobody.bind(("127.0.0.1", 0))  # nobody listens there, and nobody else will meanwhile
        central_port = int(line.central.url.rpartition(":")[2])
        names = NameServer({"proxy": line.proxy.port, "central": central_port, "nobody": int(nobody.getsockname()[1])})
        patch.setattr(socket, "getaddrinfo", names.look_up)
        yield World(line, names, found)
        names.become("not found")
