"""The reference central status API: FastAPI over the database."""

import base64
import json
from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Header, HTTPException, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import ValidationError
from starlette.exceptions import HTTPException as StarletteHTTPException

from kiosk import __version__, contract
from kiosk.central.database import Database
from kiosk.central.publishing import UnknownCursorError
from kiosk.sealing import SealingError, public_jwk, unseal
from kiosk.status_pages import CONTENT_TYPE, SHARDS

MAX_BODY_BYTES = 1 << 20
_TITLES = {
    400: "Bad request",
    401: "Not authorised",
    404: "Not found",
    405: "Method not allowed",
    410: "Gone",
    413: "Too large",
    422: "Not valid",
}


def create_app(database: Database, keys: contract.KeySet, sealing_key: bytes | None = None) -> FastAPI:
    """The API over a database; `keys` is what terminals verify passes with, `sealing_key` opens what they seal."""
    if sealing_key is not None:
        public = contract.SealingKey.model_validate(public_jwk(sealing_key))
        keys = keys.model_copy(update={"sealing_key": public})
    app = FastAPI(
        title="Ashyq central status API",
        version="1",
        description="What terminals ask of central. Bearer token per terminal; no identifiers in URLs.",
        docs_url=None,
        redoc_url=None,
        openapi_url="/v1/openapi.json",
        responses={
            code: {"model": contract.Problem, "description": title}
            for code, title in _TITLES.items()
            if code in (401, 413, 422)
        },
    )

    def terminal(authorization: Annotated[str | None, Header()] = None) -> str:
        scheme, _, token = (authorization or "").partition(" ")
        name = database.terminal_of(token.strip()) if scheme.lower() == "bearer" and token.strip() else None
        if name is None:
            raise HTTPException(
                401, "send the terminal's token: Authorization: Bearer ...", {"WWW-Authenticate": "Bearer"}
            )
        return name

    CallingTerminal = Annotated[str, Depends(terminal)]  # noqa: N806  # a type

    @app.post("/v1/checks", summary="The status of one visitor")
    def check(question: contract.CheckRequest, _: CallingTerminal) -> contract.CheckAnswer:
        record = database.person(question.reference)
        return contract.CheckAnswer(known=record is not None, record=record)

    @app.post("/v1/visits", summary="Hand visits over: idempotent by visit id, one result per item")
    def visits(batch: contract.VisitBatch, name: CallingTerminal) -> contract.VisitAnswer:
        return contract.VisitAnswer(results=_take(database, name, batch, sealing_key))

    @app.get("/v1/keys", summary="The keys that passes are signed with")
    def pass_keys(_: CallingTerminal) -> contract.KeySet:
        return keys

    @app.get(
        "/v1/statuses",
        summary="Everybody's status under keyed hashes: a snapshot in 256 pages, then changes",
        response_class=Response,
        responses={
            200: {"content": {CONTENT_TYPE: {}}, "description": "A page; its form stands in kiosk/status_pages.py"},
            410: {"model": contract.Problem, "description": "This cursor leads nowhere any more; begin without one"},
        },
    )
    def statuses(
        _: CallingTerminal,
        since: Annotated[str | None, Query(max_length=128)] = None,
        shard: Annotated[int | None, Query(ge=0, lt=SHARDS)] = None,
    ) -> Response:
        try:
            return Response(database.statuses(since, shard), media_type=CONTENT_TYPE)
        except UnknownCursorError as error:
            raise HTTPException(410, str(error)) from None

    @app.get("/healthz", summary="Whether central works", include_in_schema=False)
    def health() -> dict[str, str]:
        database.has_terminals()  # a question that only a working database answers
        return {"status": "ok", "version": __version__}

    _report_problems(app)
    return app


def openapi_document() -> str:
    """The OpenAPI document as text, the same each time; checked in beside this file."""
    database = Database("sqlite://")
    try:
        document: dict[str, Any] = create_app(database, contract.KeySet(keys=[])).openapi()
    finally:
        database.close()
    return json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def _take(
    database: Database, terminal: str, batch: contract.VisitBatch, sealing_key: bytes | None
) -> list[contract.VisitItem]:
    """Judge and store item by item: a bad one never blocks the others."""
    results: list[contract.VisitItem | None] = []
    sound: list[tuple[int, str, contract.Visit]] = []
    for position, item in enumerate(batch.visits):
        sent_id = _printable(str(item.get("id", "")))
        try:
            visit = _opened(contract.Visit.model_validate(item), sealing_key)
            sound.append((position, sent_id, visit))
            results.append(None)
        except SealingError as error:
            results.append(contract.VisitItem(id=sent_id, result=contract.ItemResult.REFUSED, detail=str(error)))
        except ValidationError as error:
            places = sorted({".".join(str(key) for key in problem["loc"]) for problem in error.errors()})
            detail = _printable(f"not valid: {', '.join(places)}")
            results.append(contract.VisitItem(id=sent_id, result=contract.ItemResult.REFUSED, detail=detail))
    stored = database.store(terminal, [(sent_id, visit) for _, sent_id, visit in sound])
    for (position, _, _), result in zip(sound, stored, strict=True):
        results[position] = result
    return [result for result in results if result is not None]


def _opened(visit: contract.Visit, sealing_key: bytes | None) -> contract.Visit:
    """A visit with its reference in clear, as central keeps it; raises SealingError, ValidationError."""
    if visit.sealed_reference is None:
        return visit
    if sealing_key is None:
        raise SealingError("this central has no key to open sealed references with")
    try:
        box = base64.b64decode(visit.sealed_reference, validate=True)
    except ValueError:
        raise SealingError("the sealed reference is no base64") from None
    reference = unseal(sealing_key, str(visit.id), box)
    return contract.Visit.model_validate(
        {**visit.model_dump(exclude={"sealed_reference"}), "reference": reference}, strict=False
    )


def _printable(text: str) -> str:
    """Text that an answer can carry: JSON may name half a surrogate pair, and UTF-8 can't."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _report_problems(app: FastAPI) -> None:
    """Every error has the same form (RFC 9457), and none tells what is inside."""

    @app.middleware("http")
    async def limit(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
        length = request.headers.get("content-length", "0")
        if request.method == "POST" and (not length.isdecimal() or int(length) > MAX_BODY_BYTES):
            return _problem(413, f"at most {MAX_BODY_BYTES} bytes")
        if request.method == "POST" and "content-length" not in request.headers:
            return _problem(413, "a Content-Length is needed")
        return await call_next(request)

    @app.exception_handler(StarletteHTTPException)
    async def refused(_: Request, error: StarletteHTTPException) -> Response:
        return _problem(error.status_code, str(error.detail), dict(error.headers or {}))

    @app.exception_handler(RequestValidationError)
    async def not_valid(_: Request, error: RequestValidationError) -> Response:
        # Places only: the values may be references.
        places = sorted({".".join(str(key) for key in item["loc"]) for item in error.errors()})
        return _problem(422, f"not valid: {', '.join(places)}")

    @app.exception_handler(Exception)
    async def broken(_: Request, __: Exception) -> Response:
        return _problem(500, "")


def _problem(status: int, detail: str, headers: dict[str, str] | None = None) -> Response:
    body = contract.Problem(title=_TITLES.get(status, "Error"), status=status, detail=detail)
    return JSONResponse(
        body.model_dump(mode="json", exclude_none=True), status, headers, media_type="application/problem+json"
    )
