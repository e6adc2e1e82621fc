"""Central as a server in this process: for `ashyq-kiosk central`, for demonstrations and for tests."""

import socket
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import format_datetime
from types import TracebackType
from typing import Any, Self

import uvicorn
from fastapi import FastAPI

_START_S = 10.0


def server(app: Any, *, log_level: str = "warning", **options: object) -> uvicorn.Server:
    """A uvicorn server; no access log, since a request says who is where and when."""
    config = uvicorn.Config(
        app, log_level=log_level, access_log=False, server_header=False, ws="none", lifespan="off",
        timeout_graceful_shutdown=1, **options,  # type: ignore[arg-type]  # uvicorn's own keywords
    )  # fmt: skip
    return uvicorn.Server(config)


class _Dated:
    """An ASGI application whose answers tell a time of one's own."""

    def __init__(self, app: FastAPI, now: Callable[[], datetime]) -> None:
        self._app, self._now = app, now

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        async def dated(message: Any) -> None:
            if message["type"] == "http.response.start":
                date = format_datetime(self._now().astimezone(UTC), usegmt=True)
                message["headers"] = [*message["headers"], (b"date", date.encode("ascii"))]
            await send(message)

        await self._app(scope, receive, dated)


class RunningCentral:
    """A server on loopback, on a thread. It can be stopped and started again on the same port."""

    def __init__(self, app: FastAPI, now: Callable[[], datetime] | None = None) -> None:
        """now: the time (aware) that its answers tell, where it is not this machine's."""
        self._app: Any = app if now is None else _Dated(app, now)
        self._dates_by_itself = now is None
        self._port = 0
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """Where it is, once it has been started."""
        return f"http://127.0.0.1:{self._port}"

    def start(self) -> None:
        """Serve; returns when connections are taken. OSError: the port is taken; TimeoutError: it does not start."""
        # asyncio sends at once (TCP_NODELAY) only where the protocol is named: without it, header and body of an answer
        # are sent apart, and the body waits some 40 ms for the delayed acknowledgement of the header.
        # https://github.com/python/cpython/blob/v3.11.7/Lib/asyncio/base_events.py#L183
        listener = socket.socket(proto=socket.IPPROTO_TCP)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", self._port))
        except OSError:
            listener.close()
            raise
        self._port = listener.getsockname()[1]
        self._server = server(self._app, date_header=self._dates_by_itself)
        self._thread = threading.Thread(target=self._serve, args=(self._server, listener), name="central", daemon=True)
        self._thread.start()
        deadline = time.monotonic() + _START_S
        while not self._server.started:
            if time.monotonic() > deadline or not self._thread.is_alive():
                raise TimeoutError("central did not start")
            self._thread.join(0.01)

    def stop(self) -> None:
        """Serve no more; open connections are closed."""
        if self._server is None or self._thread is None:
            return
        self._server.should_exit = True
        self._server.force_exit = True
        self._thread.join(5)
        self._server = self._thread = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @staticmethod
    def _serve(running: uvicorn.Server, listener: socket.socket) -> None:
        with listener:
            running.run(sockets=[listener])
