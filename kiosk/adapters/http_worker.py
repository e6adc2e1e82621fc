"""HTTP calls that end in time, whatever the other side does.

requests' time-outs hold for a single read: a server that drips a byte a second outlives them all, and a name look-up
knows no time-out. So each call runs on a worker thread. When its time is up the worker is abandoned, its sockets are
shut down, which ends whatever it waits for, and the next call gets a new worker.
"""

import contextlib
import queue
import socket
import threading
from collections.abc import Callable
from concurrent.futures import Future, InvalidStateError
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

Job = Callable[[requests.Session], Any]


class HttpWorker:
    """A thread with an HTTP session of its own; connections are kept and used again."""

    def __init__(self, *, verify: bool | str) -> None:
        self.abandoned = False
        self._lock = threading.Lock()  # between submitting and abandoning
        self._last: Future[Any] | None = None
        self._sockets: list[socket.socket] = []
        self._jobs: queue.SimpleQueue[tuple[Job, Future[Any]] | None] = queue.SimpleQueue()
        self._session = requests.Session()
        self._session.trust_env = False  # no proxy, netrc or CA from the environment: only what the configuration says
        self._session.verify = verify
        adapter = _Adapter(self._opened)
        self._session.mount("http://", adapter)
        self._session.mount("https://", adapter)
        self._thread = threading.Thread(target=self._run, name="http", daemon=True)
        self._thread.start()

    @property
    def alive(self) -> bool:
        """Whether the thread has not ended yet."""
        return self._thread.is_alive()

    def submit(self, job: Job) -> "Future[Any]":
        """Run a job on the thread; on an abandoned one it fails at once."""
        future: Future[Any] = Future()
        with self._lock:
            if self.abandoned:
                future.set_exception(ConnectionAbortedError("the client is closed"))
            else:
                self._last = future
                self._jobs.put((job, future))
        return future

    def abandon(self) -> None:
        """End the thread: at once if it is idle, else as soon as its sockets fail; whoever waits is told at once."""
        with self._lock:
            self.abandoned = True
            self._jobs.put(None)
            last = self._last
        if last is not None:
            _conclude(last, error=ConnectionAbortedError("the client is closed"))
        for connection in self._sockets:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def _opened(self, connection: socket.socket) -> None:
        """A connection was opened. A second handle on it stays ours: TLS takes the first one away."""
        for old in self._sockets:
            old.close()
        self._sockets = [connection.dup()]
        if self.abandoned:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def _run(self) -> None:
        while (entry := self._jobs.get()) is not None:
            job, future = entry
            try:
                result = job(self._session)
            except BaseException as error:  # noqa: BLE001  # handed to the caller, who waits for it
                _conclude(future, error=error)
            else:
                _conclude(future, result)
        self._session.close()
        for connection in self._sockets:
            connection.close()


def _conclude(future: "Future[Any]", result: object = None, *, error: BaseException | None = None) -> None:
    """The first end counts: a call that was given up may still come to another one."""
    with contextlib.suppress(InvalidStateError):
        if error is None:
            future.set_result(result)
        else:
            future.set_exception(error)


class _Adapter(HTTPAdapter):
    """An adapter that tells of every connection it opens; one at a time, since a worker makes one call at a time."""

    def __init__(self, opened: Callable[[socket.socket], None]) -> None:
        self._opened = opened
        super().__init__(pool_connections=1, pool_maxsize=1)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        opened = self._opened

        class PlainConnection(HTTPConnection):
            def _new_conn(self) -> socket.socket:
                connection = super()._new_conn()
                opened(connection)
                return connection

        class TlsConnection(HTTPSConnection):
            def _new_conn(self) -> socket.socket:
                connection = super()._new_conn()
                opened(connection)
                return connection

        class PlainPool(HTTPConnectionPool):
            ConnectionCls = PlainConnection

        class TlsPool(HTTPSConnectionPool):
            ConnectionCls = TlsConnection

        self.poolmanager.pool_classes_by_scheme = {"http": PlainPool, "https": TlsPool}
