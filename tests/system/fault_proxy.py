"""A proxy between the real client and a real central that loses, cuts, delays, doubles and invents."""

import contextlib
import json
import socket
import struct
import threading
from dataclasses import dataclass
from typing import Self

_MOST_BYTES = 1 << 20


@dataclass(frozen=True)
class Fault:
    """What happens to a request. request_bytes, reply_bytes: how much gets through before the connection is cut."""

    name: str
    request_bytes: int | None = None
    reply_bytes: int | None = None
    reset: bool = False
    silent: bool = False
    doubled: bool = False
    invented: bytes | None = None

    def __str__(self) -> str:
        return self.name


def invented(name: str, status: int, body: str = "", content_type: str = "application/json", *lines: str) -> Fault:
    """An answer that central has not given."""
    head = [f"HTTP/1.1 {status} x", f"Content-Length: {len(body)}", f"Content-Type: {content_type}", *lines, "", ""]
    return Fault(name, invented="\r\n".join(head).encode() + body.encode())


WELL = Fault("well")
FAULTS = [
    Fault("closed at once", request_bytes=0),
    Fault("reset at once", request_bytes=0, reset=True),
    Fault("cut in the request", request_bytes=30),
    Fault("reset in the request's body", request_bytes=200, reset=True),
    Fault("silence", silent=True),
    Fault("the reply is lost", reply_bytes=0),
    Fault("the reply is reset", reply_bytes=0, reset=True),
    Fault("cut in the reply's head", reply_bytes=20),
    Fault("cut in the reply's body", reply_bytes=140),
    Fault("doubled", doubled=True),
    invented("empty", 200),
    invented("truncated JSON", 200, '{"results": [{"id"'),
    invented("another JSON", 200, json.dumps({"answer": 42})),
    invented("log-in page", 200, "<html>Log in</html>", "text/html"),
    invented("redirect", 302, "", "text/html", "Location: http://127.0.0.1:9/login"),
    *(invented(str(status), status, "{}") for status in (400, 401, 403, 404, 409, 413, 422, 500, 502)),
    invented("429", 429, "{}", "application/json", "Retry-After: 1"),
    invented("503", 503, "{}", "application/json", "Retry-After: 1"),
]


class FaultProxy:
    """Listens on loopback; does to each new connection what `fault` says. Setting it closes the open ones."""

    def __init__(self, upstream_url: str) -> None:
        host, _, port = upstream_url.removeprefix("http://").partition(":")
        self._upstream = (host, int(port))
        self._fault = WELL
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._lock = threading.Lock()
        self._open: list[socket.socket] = []
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._accept, daemon=True)]

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def become(self, fault: Fault) -> None:
        """From now on."""
        self._fault = fault
        self._close_all()

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._close_all()
        for thread in self._threads:
            thread.join(10)
            assert not thread.is_alive()

    def _close_all(self) -> None:
        with self._lock:
            closing, self._open = self._open, []
        for connection in closing:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()

    def _keep(self, connection: socket.socket) -> socket.socket:
        with self._lock:
            self._open.append(connection)
        return connection

    def _accept(self) -> None:
        while not self._over.is_set():
            try:
                client = self._keep(self._listener.accept()[0])
            except OSError:
                return
            thread = threading.Thread(target=self._guarded, args=(client, self._fault), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _guarded(self, client: socket.socket, fault: Fault) -> None:
        with contextlib.suppress(OSError):  # either side has gone
            self._serve(client, fault)
        if fault.reset:
            with contextlib.suppress(OSError):
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.close()

    def _serve(self, client: socket.socket, fault: Fault) -> None:
        if fault.request_bytes == 0:
            return
        while request := read_message(client):
            if fault.silent:
                client.recv(1)  # until the client has had enough
                return
            if fault.invented is not None:
                client.sendall(fault.invented)
                continue
            reply = self._ask(request, fault.request_bytes)
            if fault.doubled:
                reply = self._ask(request, None)
            client.sendall(reply[: fault.reply_bytes])
            if fault.request_bytes is not None or fault.reply_bytes is not None:
                return

    def _ask(self, request: bytes, most_bytes: int | None) -> bytes:
        """Hand a request to central on a connection of its own; its reply, if all of the request was let through."""
        with self._keep(socket.create_connection(self._upstream, timeout=10)) as central:
            central.sendall(request[:most_bytes])
            if most_bytes is not None and most_bytes < len(request):
                return b""
            return read_message(central)


def read_message(connection: socket.socket) -> bytes:
    """One whole HTTP message with its body; nothing where the other side closes."""
    data = b""
    while b"\r\n\r\n" not in data:
        more = connection.recv(65_536)
        if not more or len(data) > _MOST_BYTES:
            return b""
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    length = next((int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0)
    while len(body) < length:
        more = connection.recv(65_536)
        if not more:
            return b""
        body += more
    return head + b"\r\n\r\n" + body
