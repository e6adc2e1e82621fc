"""Who calls central in the tests: over a real socket, as a terminal of either name."""

import requests

from kiosk import contract
from kiosk.adapters import issuing
from kiosk.core.credential import format_reference

ALIYA = format_reference(issuing.new_reference())
STRANGER = format_reference(issuing.new_reference())
CINEMA, BAZAAR = "token-of-the-cinema", "token-of-the-bazaar"


class Caller:
    """Calls central; answers come back as they are."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._session = requests.Session()

    def call(
        self,
        method: str,
        path: str,
        json: object = None,
        *,
        token: str | None = CINEMA,
        headers: dict[str, str] | None = None,
        content: bytes | None = None,
    ) -> requests.Response:
        """One request, with a terminal's token unless there is to be none."""
        sent = ({} if token is None else {"Authorization": f"Bearer {token}"}) | (headers or {})
        return self._session.request(method, self.url + path, json=json, data=content, headers=sent, timeout=20)

    def close(self) -> None:
        """Let the connection go."""
        self._session.close()


def problem(response: requests.Response) -> contract.Problem:
    """The problem that an answer carries; every error has the form of RFC 9457."""
    assert response.headers["content-type"] == "application/problem+json"
    told = contract.Problem.model_validate_json(response.content)
    assert told.status == response.status_code
    return told
