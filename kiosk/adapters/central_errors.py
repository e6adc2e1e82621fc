"""What can go wrong with central. Messages name what happened and the way out, never a token or a reference.

CentralError (kiosk.core.ports)
  +-- CentralTimeout       no whole answer within the time budget
  +-- CentralUnreachable   no connection: name, route, refused, reset
  +-- CentralTlsError      a connection, and no trust
  +-- CentralUnauthorised  401, 403: the token
  +-- CentralBusy          429, 503: later, perhaps after retry_after_s
  +-- CentralFailed        any other 5xx
  +-- CentralRejected      any other 4xx
  |     +-- CentralGone    410: what was asked for is no more; begin anew
  +-- CentralNonsense      an answer that is none: a redirect, a log-in page, wrong JSON
"""

from kiosk.core.ports import CentralError, CursorGone


class CentralTimeout(CentralError, TimeoutError):
    """No whole answer within the time budget."""


class CentralUnreachable(CentralError, ConnectionError):
    """No connection could be made or kept."""


class CentralTlsError(CentralError, ConnectionError):
    """The server could not prove that it is central."""


class CentralUnauthorised(CentralError, PermissionError):
    """Central does not accept this terminal's token."""


class CentralBusy(CentralError):
    """Central asks for patience; retry_after_s: for how long, None where it does not say."""

    def __init__(self, message: str, retry_after_s: float | None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class CentralFailed(CentralError):
    """Central has a problem of its own."""


class CentralRejected(CentralError):
    """Central refuses the request as a whole."""


class CentralGone(CentralRejected, CursorGone):
    """What was asked for is no more; begin anew."""


class CentralNonsense(CentralError):
    """What came back is not central's."""
