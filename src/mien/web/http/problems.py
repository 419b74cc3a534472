"""What the API answers when it cannot do something: one sentence, and a code for translations."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from sqlalchemy.exc import DatabaseError, OperationalError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from mien.errors import LinkError
from mien.web.http.access import refusal
from mien.web.queue.capacity import QueueFull
from mien.web.queue.damage import DAMAGED, is_damage
from mien.web.queue.log import Log, noted
from mien.web.queue.places import LINKED


class Problem(Exception):
    """An answer that is no success."""

    def __init__(self, status: int, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.status, self.code, self.sentence = status, code, sentence


class ProblemView(BaseModel):
    """Why a request was not answered."""

    error: str
    """One sentence: what is wrong and what to do."""
    code: str
    """The kind of problem."""


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Entries of the OpenAPI document for statuses that carry a problem.

    They point to what `answer_problems` describes once: FastAPI makes a validator of its own for
    each model of each status of each route, and nearly a thousand that say the same take half of
    the time in which the application starts.
    """
    schema = {"$ref": f"#/components/schemas/{ProblemView.__name__}"}
    return {status: {"content": {"application/json": {"schema": schema}}} for status in statuses}


def answer_problems(app: FastAPI, log: Log) -> None:
    """Let every failure be one sentence; what nobody expected is written down, too."""
    _describe(app)

    @app.exception_handler(Problem)
    def _problem(request: Request, error: Problem) -> Response:
        return JSONResponse({"error": error.sentence, "code": error.code}, error.status)

    @app.exception_handler(RequestValidationError)
    def _invalid(request: Request, error: RequestValidationError) -> Response:
        first = error.errors()[0]
        where = str(first["loc"][-1]) if first["loc"] else "the request"
        return JSONResponse(
            {"error": f"{where} is not valid: {first['msg']}.", "code": "invalid"}, 422
        )

    @app.exception_handler(HTTPException)
    def _http(request: Request, error: HTTPException) -> Response:
        sentence = {
            400: "This request cannot be read.",
            404: "There is nothing at this address.",
            405: "This address does not take such requests.",
            413: "This is too much at once: send less.",
        }.get(error.status_code, "This request cannot be answered.")
        code = {400: "invalid", 413: "too_large"}.get(error.status_code, "not_found")
        found = refusal(request.url.path, error.status_code, code, sentence)
        found.headers.update(error.headers or {})
        return found

    @app.exception_handler(DatabaseError)
    def _damaged(request: Request, error: DatabaseError) -> Response:
        if not is_damage(error):
            return _unexpected(request, error)
        log.failure(f"the server, {request.method}", error)
        return refusal(request.url.path, 503, "damaged", DAMAGED)

    @app.exception_handler(OperationalError)
    def _busy(request: Request, error: OperationalError) -> Response:
        if is_damage(error):
            return _damaged(request, error)
        return refusal(
            request.url.path,
            503,
            "busy",
            "The list of clips cannot be read or changed now: look whether the disk is full, then "
            "try again.",
        )

    @app.exception_handler(QueueFull)
    def _full(request: Request, error: QueueFull) -> Response:
        return refusal(request.url.path, 429, "queue_full", str(error))

    @app.exception_handler(LinkError)
    def _linked(request: Request, error: LinkError) -> Response:
        return refusal(request.url.path, 503, "linked", LINKED)

    @app.exception_handler(OSError)
    def _disk(request: Request, error: OSError) -> Response:
        return refusal(
            request.url.path,
            503,
            "disk",
            "A file cannot be read or changed now: close what has it open, look whether the disk "
            "is full, then try again.",
        )

    @app.exception_handler(Exception)
    def _unexpected(request: Request, error: Exception) -> Response:
        sentence = (
            f"Something unexpected went wrong ({type(error).__name__}): start mien serve again."
        )
        route = getattr(request.scope.get("route"), "path", "an address")  # without ids and tokens
        number = log.failure(f"the server, {request.method} {route}", error)
        return refusal(request.url.path, 500, "unexpected_here", noted(sentence, number))


def _describe(app: FastAPI) -> None:
    """Have the OpenAPI document say what a problem is."""
    written = app.openapi

    def openapi() -> dict[str, Any]:
        document = written()
        schemas = document.setdefault("components", {}).setdefault("schemas", {})
        schemas.setdefault(ProblemView.__name__, ProblemView.model_json_schema())
        return document

    app.openapi = openapi  # type: ignore[method-assign]
