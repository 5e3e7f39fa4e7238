"""One table: exception → answer. Problems are told as problem+json (RFC 9457), never as a page of HTML."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import orjson
import structlog
from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from governance.kernel import errors
from governance.kernel.verdict import Refused

log = structlog.get_logger("web")

STATUS: dict[type[errors.Answer], HTTPStatus] = {
    errors.BadInput: HTTPStatus.BAD_REQUEST,
    errors.Unauthenticated: HTTPStatus.UNAUTHORIZED,
    errors.Forbidden: HTTPStatus.FORBIDDEN,
    Refused: HTTPStatus.FORBIDDEN,
    errors.NotFound: HTTPStatus.NOT_FOUND,
    errors.Conflict: HTTPStatus.CONFLICT,
    errors.Erased: HTTPStatus.GONE,
    errors.Unavailable: HTTPStatus.SERVICE_UNAVAILABLE,
}
NOWHERE = "there is nothing at this address; /openapi.json describes what there is, and docs/api.md how to ask"
PROBLEM = "application/problem+json"


def register(app: Flask) -> None:
    """Translate every exception of this application."""
    app.register_error_handler(errors.Answer, answer)
    app.register_error_handler(HTTPException, http)
    app.register_error_handler(Exception, unexpected)


def members(wrong: errors.Answer) -> dict[str, Any]:
    """A problem's members for an exception of ours."""
    status = STATUS[type(wrong)]
    found: dict[str, Any] = {"title": status.phrase, "status": status.value, "detail": str(wrong)}
    if isinstance(wrong, errors.BadInput):
        found["detail"] = "; ".join(str(fault) for fault in wrong.faults)
        found["errors"] = [
            {"pointer": fault.pointer or "", "detail": f"{fault.problem}. {fault.cure}".strip()}
            for fault in wrong.faults
        ]
    elif isinstance(wrong, Refused):
        found["reasons"] = [{"code": reason.code, "says": reason.says} for reason in wrong.verdict.reasons]
    elif isinstance(wrong, errors.Unavailable):
        found["code"] = wrong.code
    return found


def headers(wrong: errors.Answer) -> dict[str, str]:
    """The headers that go with an exception of ours."""
    if isinstance(wrong, errors.Unauthenticated):
        return {"WWW-Authenticate": 'Bearer realm="postern"'}
    return {"Retry-After": "1"} if isinstance(wrong, errors.Unavailable) else {}


def answer(wrong: errors.Answer) -> Response:
    """An exception of ours as a response."""
    response = problem(members(wrong))
    response.headers.update(headers(wrong))
    return response


def http(wrong: HTTPException) -> Response:
    """An exception of the framework: same status and headers, as problem+json."""
    original = wrong.get_response()
    if not isinstance(original, Response) and original.status_code < HTTPStatus.BAD_REQUEST:
        return Response(status=original.status_code, headers=dict(original.headers))
    status = HTTPStatus(original.status_code)
    detail = NOWHERE if status == HTTPStatus.NOT_FOUND else wrong.description or status.phrase
    response = problem({"title": status.phrase, "status": status.value, "detail": detail})
    for name in ("Allow", "Retry-After", "WWW-Authenticate"):
        if name in original.headers:
            response.headers[name] = original.headers[name]
    return response


def unexpected(wrong: Exception) -> Response:
    """A mistake of the program, behind Flask."""
    return problem(mistake(wrong, request.path))


def mistake(wrong: Exception, path: str) -> dict[str, Any]:
    """A mistake of the program: logged by its kind and place, never by its values."""
    trace = wrong.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = f"{trace.tb_frame.f_globals.get('__name__')}:{trace.tb_lineno}" if trace is not None else ""
    log.error("web.unexpected", kind=type(wrong).__name__, place=place, path=path)
    status = HTTPStatus.INTERNAL_SERVER_ERROR
    return {"title": status.phrase, "status": status.value, "detail": "the service made a mistake; it is logged"}


def problem(found: dict[str, Any]) -> Response:
    """A problem as a response."""
    return Response(orjson.dumps(found), status=found["status"], content_type=PROBLEM)
