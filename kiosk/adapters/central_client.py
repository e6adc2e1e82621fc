"""The client of the central status API; fits `kiosk.core.ports.Central`. The wire contract stands in kiosk.contract."""

import concurrent.futures
import json
import re
import secrets
import ssl
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlencode

import requests
import urllib3
from pydantic import BaseModel, ValidationError

from kiosk import __version__, contract
from kiosk.adapters.central_errors import (
    CentralBusy,
    CentralFailed,
    CentralGone,
    CentralNonsense,
    CentralRejected,
    CentralTimeout,
    CentralTlsError,
    CentralUnauthorised,
    CentralUnreachable,
)
from kiosk.adapters.http_worker import HttpWorker
from kiosk.adapters.wire_visits import wire_visit
from kiosk.core.credential import VisitorReference, format_reference
from kiosk.core.ports import CentralError, VisitResult
from kiosk.core.status import Status, StatusRecord
from kiosk.core.visit import Visit
from kiosk.status_pages import CONTENT_TYPE

_MAX_ANSWER_BYTES = 4 << 20
_MAX_PAGE_BYTES = 32 << 20
_MOST_ABANDONED = 3
_TLS_REASON = re.compile(r"certificate verify failed: (.{1,120}?)\.? \(_ssl")
_CENTURY = timedelta(days=36_525)
_Model = TypeVar("_Model", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class _Request:
    """One call, and what its answer has to be."""

    method: str
    url: str
    body: str | None
    wanted_type: str
    most_bytes: int


class CentralClient:
    """One HTTP session, kept open. For one thread at a time. `budget_s` is the whole of a call, in seconds."""

    def __init__(
        self,
        url: str,
        token: str,
        ca_file: Path | None = None,
        on_date: Callable[[datetime, float, float], None] = lambda _date, _asked_at, _answered_at: None,
    ) -> None:
        """url: without a slash at its end; on_date: told central's time (aware) with each of its answers, and between
        which monotonic seconds it was that. Raises CentralTlsError when the CA file can't be used.
        """
        self._url = url
        self._on_date = on_date
        self._headers = {
            "Authorization": f"Bearer {token}",
            "Content-Type": "application/json",
            "User-Agent": f"ashyq-kiosk/{__version__}",
        }
        self._verify: bool | str = True
        if ca_file is not None:
            try:
                ssl.create_default_context(cafile=str(ca_file))
            except (OSError, ssl.SSLError) as error:
                raise CentralTlsError(f"central.ca_file: {ca_file} is no CA certificate in PEM form: {error}") from None
            self._verify = str(ca_file)
        self._worker = HttpWorker(verify=self._verify)
        self._abandoned: list[HttpWorker] = []

    def check(self, reference: VisitorReference, budget_s: float) -> StatusRecord | None:
        """The visitor's record, or None when central does not know the visitor; raises CentralError."""
        question = contract.CheckRequest(reference=format_reference(reference))
        answer = self._call("POST", "/v1/checks", budget_s, contract.CheckAnswer, question.model_dump_json())
        if answer.record is None:
            if answer.known:
                raise CentralNonsense("central knows the visitor and sends no record")
            return None
        record = answer.record
        if not answer.known or abs(record.as_of - datetime.now(UTC)) > _CENTURY:
            raise CentralNonsense("central's record contradicts itself")
        return StatusRecord(Status(record.status.value), record.as_of, record.valid_until, record.home_area)

    def probe(self, budget_s: float) -> None:
        """A check of a reference that is nobody's: it meets whatever a visitor's check would; raises CentralError."""
        self.check(VisitorReference(secrets.token_bytes(16)), budget_s)

    def send_visits(self, visits: Sequence[Visit], budget_s: float) -> Sequence[VisitResult]:
        """Hand visits over; results for those that central answered for. Raises CentralError when that is nothing."""
        items = [wire_visit(visit).model_dump(mode="json") for visit in visits]
        body = json.dumps({"visits": items})
        answer = self._call("POST", "/v1/visits", budget_s, contract.VisitAnswer, body)
        ours = {visit.id for visit in visits}
        return [
            VisitResult(item.id, item.result is not contract.ItemResult.REFUSED, item.detail)
            for item in answer.results
            if item.id in ours
        ]

    def fetch_keys(self, budget_s: float) -> bytes:
        """The JWK Set of the keys that passes are signed with; raises CentralError."""
        answer = self._call("GET", "/v1/keys", budget_s, contract.KeySet)
        return answer.model_dump_json(exclude_none=True).encode("utf-8")

    def fetch_statuses(self, since: str | None, shard: int | None, budget_s: float) -> bytes:
        """A page of the published statuses, unread (kiosk.status_pages); raises CentralError, CentralGone."""
        asked = {"since": since, "shard": shard}
        query = urlencode({name: value for name, value in asked.items() if value is not None})
        path = "/v1/statuses" + (f"?{query}" if query else "")
        return self._content("GET", path, budget_s, None, CONTENT_TYPE, _MAX_PAGE_BYTES)

    def close(self) -> None:
        """End the worker; a call that is under way fails."""
        self._worker.abandon()

    def _call(self, method: str, path: str, budget_s: float, model: type[_Model], body: str | None = None) -> _Model:
        content = self._content(method, path, budget_s, body, "application/json", _MAX_ANSWER_BYTES)
        try:
            return model.model_validate_json(content)
        except ValidationError as error:
            places = ", ".join(".".join(str(key) for key in item["loc"]) or "the whole" for item in error.errors())
            raise CentralNonsense(f"central's answer has not the form of the contract: {places}") from None

    def _content(
        self, method: str, path: str, budget_s: float, body: str | None, wanted_type: str, most_bytes: int
    ) -> bytes:
        """One call within its budget; the body of central's answer."""
        deadline = time.monotonic() + budget_s
        self._abandoned = [worker for worker in self._abandoned if worker.alive]
        if len(self._abandoned) > _MOST_ABANDONED:
            raise CentralTimeout("earlier calls to central still hang; is the name server reachable?")
        request = _Request(method, self._url + path, body, wanted_type, most_bytes)
        future: Future[bytes] = self._worker.submit(lambda session: self._exchange(session, request, deadline))
        try:
            return future.result(timeout=max(0.0, deadline - time.monotonic()))
        except concurrent.futures.TimeoutError as error:
            if future.done():
                raise _told(error, self._url) from error
            self._worker.abandon()
            self._abandoned.append(self._worker)
            self._worker = HttpWorker(verify=self._verify)
            raise CentralTimeout(f"central did not answer within {budget_s:.1f} s") from None
        except CentralError:
            raise
        except (OSError, ValueError, urllib3.exceptions.HTTPError) as error:
            # Those of requests are OSErrors. It lets others through: a CA file that is gone, a redirect to no URL.
            raise _told(error, self._url) from error

    def _exchange(self, session: requests.Session, request: "_Request", deadline: float) -> bytes:
        """One call on the worker's thread. A kept connection that central has closed meanwhile is replaced once."""
        try:
            return self._try(session, request, deadline)
        except (requests.ConnectionError, requests.exceptions.ChunkedEncodingError) as error:
            if isinstance(error, requests.Timeout | requests.exceptions.SSLError) or "Connection aborted" not in str(
                error
            ):
                raise
        return self._try(session, request, deadline)

    def _try(self, session: requests.Session, request: "_Request", deadline: float) -> bytes:
        left_s = deadline - time.monotonic()
        if left_s <= 0:
            raise CentralTimeout("no time left to ask central")
        asked_at = time.monotonic()
        with session.request(
            request.method,
            request.url,
            data=None if request.body is None else request.body.encode("utf-8"),
            headers={**self._headers, "Accept": request.wanted_type},
            timeout=left_s,
            allow_redirects=False,
            stream=True,
        ) as response:
            answered_at = time.monotonic()
            _check_status(response)
            if response.headers.get("Content-Type", "").split(";")[0].strip().lower() != request.wanted_type:
                raise CentralNonsense(
                    f"not {request.wanted_type}: is there a log-in page between this terminal and central?"
                )
            date = _date_of(response)
            if date is not None:
                self._on_date(date, asked_at, answered_at)
            content = bytearray()
            for chunk in response.iter_content(65_536):
                content += chunk
                if len(content) > request.most_bytes:
                    raise CentralNonsense("central's answer is too large")
            return bytes(content)


def _date_of(response: requests.Response) -> datetime | None:
    """The moment of the answer (RFC 9110, 6.6.1), where it is told in a form that can be read."""
    try:
        date = parsedate_to_datetime(response.headers.get("Date", ""))
    except ValueError:
        return None
    return date if date.tzinfo is not None else None


def _check_status(response: requests.Response) -> None:
    """Raises the error that a status other than 200 stands for."""
    status = response.status_code
    if status == 200:
        return
    if status in (401, 403):
        raise CentralUnauthorised(f"central refuses this terminal's token ({status}): check central.token_file")
    if status == 410:
        raise CentralGone("what was asked for is no more (410)")
    if status in (429, 503):
        seconds = response.headers.get("Retry-After", "")
        raise CentralBusy(f"central asks for patience ({status})", float(seconds) if seconds.isdecimal() else None)
    if 300 <= status < 400:
        raise CentralNonsense(f"a redirect ({status}): is there a log-in page between this terminal and central?")
    if status >= 500:
        raise CentralFailed(f"central has a problem ({status})")
    if status >= 400:
        raise CentralRejected(f"central refuses the request ({status})")
    raise CentralNonsense(f"an unexpected status ({status})")


def _told(error: BaseException, url: str) -> CentralError:
    """The typed error for what requests says; the texts of requests may hold URLs and are left out."""
    if isinstance(error, requests.exceptions.SSLError):
        # OpenSSL's own words, such as "certificate has expired"; Python 3.13 is stricter than 3.11 about a CA's form.
        found = _TLS_REASON.search(str(error))
        why = f" ({found[1]})" if found else ""
        return CentralTlsError(f"{url}: its certificate is not trusted{why}; check the clock and central.ca_file")
    if isinstance(error, requests.Timeout | TimeoutError):
        return CentralTimeout("central did not answer in time")
    if isinstance(error, requests.ConnectionError | requests.exceptions.ChunkedEncodingError):
        return CentralUnreachable(f"{url} can't be reached: {_cause(error)}")
    if isinstance(error, OSError) and not isinstance(error, requests.RequestException):
        return CentralTlsError(f"{url}: nothing to trust its certificate by; is the file of central.ca_file gone?")
    return CentralNonsense(f"what came back is no HTTP answer ({type(error).__name__})")


def _cause(error: BaseException) -> str:
    text = str(error)
    for words, cause in (
        (("NameResolution", "getaddrinfo"), "its name is not found"),
        (("refused",), "the connection is refused"),
        (("unreachable", "No route"), "there is no network"),
        (("reset", "aborted", "IncompleteRead", "broken"), "the connection was cut"),
    ):
        if any(word in text for word in words):
            return cause
    return type(error).__name__
