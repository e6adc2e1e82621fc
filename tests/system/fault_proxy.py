"""A proxy between the real client and a real central that loses, cuts, delays, reorders, doubles and invents."""

import contextlib
import json
import queue
import select
import socket
import struct
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Self

from tests.system.faults import DRIP_S, WELL, Fault

Front = Callable[[socket.socket], socket.socket]
"""What a new connection goes through before its first request: TLS, for one. OSError: it goes no further."""
_MOST_BYTES = 1 << 20
_PATIENCE_S = 10.0


class FaultProxy:
    """Listens on loopback; does to each new connection what `fault` says.

    passed: the requests that central has had, in order; held: those that wait to be let go.
    """

    def __init__(self, upstream_url: str, front: Front | None = None) -> None:
        host, _, port = upstream_url.removeprefix("http://").partition(":")
        self.passed: list[bytes] = []
        self.held: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._upstream = (host, int(port))
        self._fault, self._front = WELL, front
        self._replies: dict[bytes, bytes] = {}
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._over = threading.Event()
        self._acceptor = threading.Thread(target=self._accept, daemon=True)
        self._threads: list[threading.Thread] = []

    @property
    def port(self) -> int:
        """Where it listens on 127.0.0.1."""
        return int(self._listener.getsockname()[1])

    def become(self, fault: Fault, front: Front | None = None) -> None:
        """From now on; closes what is open. front: only if it is another one now."""
        self._fault = fault
        self._front = front or self._front
        self._close_all()

    def forget(self) -> None:
        """What has passed or was held back comes no more."""
        self.passed.clear()
        self._replies.clear()
        self.held = queue.SimpleQueue()

    def let_go(self) -> int:
        """Hand to central what was held back, after all that it has had meanwhile; returns how many requests."""
        count = 0
        with contextlib.suppress(queue.Empty):
            while True:
                self._ask(self.held.get_nowait())
                count += 1
        return count

    def replay(self, count: int) -> None:
        """Hand the last so many requests to central once more, the last one first."""
        for request in reversed(self.passed[-count:]):
            self._ask(request)

    def __enter__(self) -> Self:
        self._acceptor.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._acceptor.join(_PATIENCE_S)
        self._close_all()
        for thread in self._threads:
            thread.join(_PATIENCE_S)
            assert not thread.is_alive()

    def _close_all(self) -> None:
        with self._lock:
            for connection in self._open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        while not self._over.is_set():
            try:
                client = self._listener.accept()[0]
            except OSError:
                return
            # TLS sends its tickets apart from the reply, which would wait 40 ms for the client to acknowledge them.
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            # A handle of our own to end it by: TLS takes the first one away.
            handle = client.dup()
            with self._lock:
                self._open.add(handle)
            thread = threading.Thread(target=self._guarded, args=(client, handle, self._fault), daemon=True)
            self._threads = [*(other for other in self._threads if other.is_alive()), thread]
            thread.start()

    def _guarded(self, client: socket.socket, handle: socket.socket, fault: Fault) -> None:
        with contextlib.suppress(OSError):  # either side has gone
            if self._front is not None:
                client = self._front(client)
            self._serve(client, fault)
        if fault.reset:
            with contextlib.suppress(OSError):
                handle.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        with self._lock:
            self._open.discard(handle)
            handle.close()
            client.close()

    def _serve(self, client: socket.socket, fault: Fault) -> None:
        while request := read_message(client):
            if fault.held:
                self.held.put(request)
            if fault.held or fault.silent:
                _still_there(client, None)
                return
            reply = self._reply(request, fault)
            if fault.hold_s and not _still_there(client, fault.hold_s):
                return
            if fault.drips:
                _drip(client, reply)
                return
            client.sendall(reply if fault.reply is None else fault.reply(reply))
            if fault.request is not None or fault.reply is not None:
                return

    def _reply(self, request: bytes, fault: Fault) -> bytes:
        """What the client gets to see."""
        if fault.invented is not None:
            return fault.invented
        if fault.refuses and request.startswith(b"POST /v1/visits "):
            return _refusal(request)
        if fault.request is not None and len(fault.request(request)) < len(request):
            self._send(fault.request(request))
            return b""
        kind = request.partition(b"?")[0].partition(b" HTTP/")[0]
        if fault.stale and kind in self._replies:
            return self._replies[kind]
        with ThreadPoolExecutor(fault.requests if fault.at_once else 1) as pool:
            reply = list(pool.map(self._ask, [request] * fault.requests))[-1]
        self.passed.append(request)
        self._replies.setdefault(kind, reply)
        return (reply if fault.altered is None else fault.altered(reply)) * fault.replies

    def _ask(self, request: bytes) -> bytes:
        """Hand a request to central on a connection of its own; its reply."""
        with socket.create_connection(self._upstream, timeout=_PATIENCE_S) as central:
            central.sendall(request)
            return read_message(central)

    def _send(self, part: bytes) -> None:
        """Hand central a part of a request, and no more."""
        with socket.create_connection(self._upstream, timeout=_PATIENCE_S) as central:
            central.sendall(part)


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


def _still_there(client: socket.socket, for_s: float | None) -> bool:
    """Wait; False as soon as the client has gone, or has been cut off."""
    return not select.select([client], [], [], for_s)[0]


def _drip(client: socket.socket, reply: bytes) -> None:
    for number in range(len(reply)):
        client.sendall(reply[number : number + 1])
        if not _still_there(client, DRIP_S):
            return


def _refusal(request: bytes) -> bytes:
    """Central's answer if it wanted none of these visits."""
    visits = json.loads(request.partition(b"\r\n\r\n")[2])["visits"]
    results = [{"id": one["id"], "result": "refused", "detail": "not today"} for one in visits]
    body = json.dumps({"results": results}).encode()
    return b"HTTP/1.1 200 x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body) + body
