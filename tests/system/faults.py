"""What can happen to a call between the terminal and central, each fault with the error that the client makes of it."""

import json
from collections.abc import Callable
from dataclasses import dataclass

from kiosk.adapters.central_errors import (
    CentralBusy,
    CentralFailed,
    CentralGone,
    CentralNonsense,
    CentralRejected,
    CentralTimeout,
    CentralUnauthorised,
    CentralUnreachable,
)
from kiosk.core.ports import CentralError

Part = Callable[[bytes], bytes]
"""How much of a message gets through."""
LATE_S, NEVER_S, DRIP_S = 0.05, 3600.0, 0.02


@dataclass(frozen=True)
class Fault:
    """What happens to a request. `error`: what the client must make of it; None: it gets central's answer all the same.

    request, reply: how much of it gets through before the connection is cut; invented: an answer that is not central's;
    held: the request is kept until it is let go; hold_s: the reply comes that much later; replies: how often it comes;
    requests: how often central gets it, one after the other or all at once; altered: what the reply is turned into.
    """

    name: str
    error: type[CentralError] | None = None
    request: Part | None = None
    reply: Part | None = None
    altered: Part | None = None
    reset: bool = False
    silent: bool = False
    held: bool = False
    hold_s: float = 0.0
    drips: bool = False
    requests: int = 1
    at_once: bool = False
    replies: int = 1
    stale: bool = False
    refuses: bool = False
    invented: bytes | None = None
    bodies_only: bool = False

    def __str__(self) -> str:
        return self.name

    @property
    def hangs(self) -> bool:
        """Whether only the client's own patience ends the call."""
        return self.silent or self.held or self.drips or self.hold_s > 1

    def strikes(self, what: str) -> bool:
        """Whether it makes a difference to this call."""
        return what in ("check", "visits") or not self.bodies_only


def first(count: int) -> Part:
    """The first so many bytes, never all of them."""
    return lambda message: message[: min(count, len(message) - 1)]


def head_and(count: int) -> Part:
    """The head and so many bytes of the body; less than the head where it is negative."""
    return lambda message: message[: message.index(b"\r\n\r\n") + 4 + count]


def half_of_the_body(message: bytes) -> bytes:
    """The head and half of the body."""
    border = message.index(b"\r\n\r\n") + 4
    return message[: (border + len(message)) // 2]


def all_but(count: int) -> Part:
    """All but the last so many bytes."""
    return lambda message: message[:-count]


def ends_otherwise(message: bytes) -> bytes:
    """Another last byte."""
    return message[:-1] + bytes([message[-1] ^ 1])


def half_as_long(message: bytes) -> bytes:
    """Half of the body, under a head that says so: no cut that a connection would tell."""
    head, _, body = message.partition(b"\r\n\r\n")
    lines = [line for line in head.split(b"\r\n") if not line.lower().startswith(b"content-length:")]
    half = body[: len(body) // 2]
    return b"\r\n".join([*lines, b"Content-Length: %d" % len(half), b"", half])


def invented(
    name: str,
    error: type[CentralError],
    status: int,
    body: str = "{}",
    content_type: str = "application/json",
    *lines: str,
) -> Fault:
    """An answer that central has not given."""
    head = [f"HTTP/1.1 {status} x", f"Content-Length: {len(body)}", f"Content-Type: {content_type}", *lines, "", ""]
    return Fault(name, error, invented="\r\n".join(head).encode() + body.encode())


WELL = Fault("well")
HELD = Fault("held", CentralTimeout, held=True)
STALE = Fault("the reply to an earlier request", stale=True)
ALTERED = [
    Fault("the last byte is another one", altered=ends_otherwise),
    Fault("half a page that looks whole", altered=half_as_long),
]
"""Only for pages of statuses, which prove themselves; what else is said is trusted to TLS."""
REFUSING = Fault("every visit is refused", refuses=True)

CUTS = [
    Fault("cut in the status line", CentralUnreachable, reply=first(7)),
    Fault("cut after the status line", CentralNonsense, reply=first(17)),
    Fault("cut in a header's name", CentralNonsense, reply=first(20)),
    Fault("cut before the end of the head", CentralUnreachable, reply=head_and(-2)),
    Fault("cut before the body", CentralUnreachable, reply=head_and(0)),
    Fault("cut after a byte of the body", CentralUnreachable, reply=head_and(1)),
    Fault("cut in the body", CentralUnreachable, reply=half_of_the_body),
    Fault("cut before the last byte", CentralUnreachable, reply=all_but(1)),
]
SLOW = [
    Fault("silence", CentralTimeout, silent=True),
    Fault("latency within the budget", hold_s=LATE_S),
    Fault("latency beyond the budget", CentralTimeout, hold_s=NEVER_S),
    Fault("drip", CentralTimeout, drips=True),
    HELD,
]
ANSWERS = [
    invented("empty", CentralNonsense, 200, ""),
    invented("truncated JSON", CentralNonsense, 200, '{"results": [{"id"'),
    invented("another JSON", CentralNonsense, 200, json.dumps({"answer": 42})),
    invented("log-in page", CentralNonsense, 200, "<html>Log in</html>", "text/html"),
    invented("redirect", CentralNonsense, 302, "", "text/html", "Location: http://127.0.0.1:9/login"),
    *(invented(str(status), CentralRejected, status) for status in (400, 404, 409, 413, 422)),
    *(invented(str(status), CentralUnauthorised, status) for status in (401, 403)),
    invented("410", CentralGone, 410),
    *(invented(str(status), CentralFailed, status) for status in (500, 502)),
    *(invented(str(status), CentralBusy, status, "{}", "application/json", "Retry-After: 1") for status in (429, 503)),
]
FAULTS = [
    Fault("closed at once", CentralUnreachable, request=first(0)),
    Fault("reset at once", CentralUnreachable, request=first(0), reset=True),
    Fault("cut in the request", CentralUnreachable, request=first(30)),
    Fault("reset in the request's body", CentralUnreachable, request=all_but(5), reset=True, bodies_only=True),
    Fault("the reply is lost", CentralUnreachable, reply=first(0)),
    Fault("the reply is reset", CentralUnreachable, reply=first(0), reset=True),
    Fault("doubled", requests=2),
    Fault("doubled at once", requests=2, at_once=True),
    Fault("the reply comes twice", replies=2),
    *SLOW,
    *CUTS,
    *ANSWERS,
]
