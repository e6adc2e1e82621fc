"""An HTTP server on a real socket that misbehaves just as the test wants it to."""

import contextlib
import json
import socket
import ssl
import struct
import threading
from collections.abc import Callable
from typing import Self

Act = Callable[[socket.socket, threading.Event], bool]
"""Answers one request on a connection, until the event at the latest; False: the connection is over."""


class ScriptedServer:
    """Does the next act for each request, and the last one again and again. Remembers what came."""

    def __init__(self, *acts: Act, tls: ssl.SSLContext | None = None) -> None:
        self.requests: list[bytes] = []
        self.connections = 0
        self._acts = list(acts)
        self._tls = tls
        self._over = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._open: list[socket.socket] = []

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self._listener.getsockname()[1]}"

    def act_from_now_on(self, act: Act) -> None:
        """Forget what was to come."""
        self._acts = [act]

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for connection in [self._listener, *self._open]:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()
        for thread in self._threads:
            thread.join(10)
            assert not thread.is_alive()

    def _accept(self) -> None:
        while not self._over.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._open.append(connection)
            thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            if self._tls is not None:
                connection = self._tls.wrap_socket(connection, server_side=True)
                self._open.append(connection)
            while (request := _read_request(connection)) is not None:
                self.requests.append(request)
                act = self._acts.pop(0) if len(self._acts) > 1 else self._acts[0]
                if not act(connection, self._over):
                    break
        except OSError:
            pass  # the client has gone, or wants no TLS with us
        finally:
            connection.close()


def _read_request(connection: socket.socket) -> bytes | None:
    """A whole request, or None when there is none to come."""
    data = b""
    while b"\r\n\r\n" not in data:
        more = connection.recv(65_536)
        if not more:
            return None
        data += more
        if data.startswith(b"\x16\x03"):
            return data  # a TLS greeting where none is understood: answered as any bad request is
    head, _, body = data.partition(b"\r\n\r\n")
    length = next((int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0)
    while len(body) < length:
        more = connection.recv(65_536)
        if not more:
            return None
        body += more
    return head + b"\r\n\r\n" + body


def head(status: int, length: int, content_type: str = "application/json", **headers: str) -> bytes:
    """The head of an answer; underscores in names stand for hyphens."""
    lines = [f"HTTP/1.1 {status} x", f"Content-Length: {length}", f"Content-Type: {content_type}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def answer(body: object, status: int = 200, content_type: str = "application/json", **headers: str) -> Act:
    """A whole answer; body: text as it is, anything else as JSON."""
    content = (body if isinstance(body, str) else json.dumps(body)).encode("utf-8")
    return send(head(status, len(content), content_type, **headers) + content, keep=True)


def send(data: bytes, *, keep: bool = False) -> Act:
    """These very bytes; then the connection is kept or closed."""

    def act(connection: socket.socket, _: threading.Event) -> bool:
        connection.sendall(data)
        return keep

    return act


def silence(connection: socket.socket, _: threading.Event) -> bool:
    """Nothing, until the client has had enough."""
    connection.recv(1)
    return False


def reset(connection: socket.socket, _: threading.Event) -> bool:
    """Cut the connection hard."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    return False


def drip(connection: socket.socket, over: threading.Event) -> bool:
    """An answer without end, a byte at a time, each within any time-out of a single read."""
    connection.sendall(head(200, 1_000_000))
    while not over.wait(0.02):
        connection.sendall(b" ")
    return False


def flood(connection: socket.socket, over: threading.Event) -> bool:
    """An answer larger than any that makes sense."""
    connection.sendall(head(200, 1 << 30))
    while not over.is_set():
        connection.sendall(b" " * 65_536)
    return False
