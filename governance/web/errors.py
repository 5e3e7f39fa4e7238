"""One table: exception → answer. Problems are told as problem+json (RFC 9457), and to a browser as a page."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from math import ceil
from typing import Any

import orjson
import structlog
from flask import Flask, Response, current_app, request
from sqlalchemy.exc import DBAPIError, OperationalError
from werkzeug.exceptions import HTTPException

from governance.kernel import errors
from governance.kernel.verdict import Refused
from governance.ports.authorise import Permission
from governance.web.error_pages import page_of
from governance.web.guards import page_mark

log = structlog.get_logger("web")


class OtherMethod(errors.Answer):
    """A question that is not asked with POST."""


class NoLength(errors.Answer):
    """A body whose length is not told beforehand."""


class TooGreat(errors.Answer):
    """A body that is greater than is read."""


class TooSlow(errors.Answer):
    """A body that did not arrive in time."""


class StaleForm(errors.Answer):
    """A form that does not come from the visitor's own session and from a page of this service."""


class NotPermitted(errors.Answer):
    """What the decision engine answered no to; it tells every reason."""

    def __init__(self, permission: Permission) -> None:
        super().__init__("you may not do this")
        self.permission = permission


class NeedsFactor(NotPermitted):
    """What would be permitted if a second factor were proved (again)."""


STATUS: dict[type[errors.Answer], HTTPStatus] = {
    errors.BadInput: HTTPStatus.BAD_REQUEST,
    errors.Unauthenticated: HTTPStatus.UNAUTHORIZED,
    errors.Forbidden: HTTPStatus.FORBIDDEN,
    Refused: HTTPStatus.FORBIDDEN,
    errors.NotFound: HTTPStatus.NOT_FOUND,
    errors.Conflict: HTTPStatus.CONFLICT,
    errors.Erased: HTTPStatus.GONE,
    errors.TooMany: HTTPStatus.TOO_MANY_REQUESTS,
    OtherMethod: HTTPStatus.METHOD_NOT_ALLOWED,
    NoLength: HTTPStatus.LENGTH_REQUIRED,
    TooGreat: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    TooSlow: HTTPStatus.REQUEST_TIMEOUT,
    errors.Unavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    StaleForm: HTTPStatus.FORBIDDEN,
    NotPermitted: HTTPStatus.FORBIDDEN,
    NeedsFactor: HTTPStatus.UNAUTHORIZED,
}
STEP_UP = 'Bearer realm="postern", error="insufficient_user_authentication", acr_values="mfa passkey"'
"""What says that a newer or stronger proof is needed (RFC 9470)."""
OUT_OF_REACH = errors.Unavailable("the service cannot reach its records now", "facts_unavailable")
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
    elif isinstance(wrong, NotPermitted):
        found["reasons"] = [dict(reason) for reason in wrong.permission.reasons]
        found["decision_id"] = wrong.permission.decision_id
    elif isinstance(wrong, errors.Unavailable):
        found["code"] = wrong.code
    return found


def headers(wrong: errors.Answer) -> dict[str, str]:
    """The headers that go with an exception of ours."""
    match wrong:
        case NeedsFactor():
            return {"WWW-Authenticate": STEP_UP}
        case errors.Unauthenticated():
            return {"WWW-Authenticate": 'Bearer realm="postern"'}
        case errors.TooMany(seconds=seconds):
            return {"Retry-After": str(ceil(seconds))}
        case errors.Unavailable():
            return {"Retry-After": "1"}
        case OtherMethod():
            return {"Allow": "POST"}
        case TooSlow():
            return {"Connection": "close"}
    return {}


def answer(wrong: errors.Answer) -> Response:
    """An exception of ours as a response."""
    more = headers(wrong)
    stale, wait = isinstance(wrong, StaleForm), more.get("Retry-After", "")
    response = tell(members(wrong), ours=True, stale=stale, wait=wait)
    response.headers.update(more)
    return response


def http(wrong: HTTPException) -> Response:
    """An exception of the framework: same status and headers, as problem+json."""
    original = wrong.get_response()
    if not isinstance(original, Response) and original.status_code < HTTPStatus.BAD_REQUEST:
        return Response(status=original.status_code, headers=dict(original.headers))
    status = HTTPStatus(original.status_code)
    detail = NOWHERE if status == HTTPStatus.NOT_FOUND else wrong.description or status.phrase
    response = tell({"title": status.phrase, "status": status.value, "detail": detail})
    for name in ("Allow", "Retry-After", "WWW-Authenticate"):
        if name in original.headers:
            response.headers[name] = original.headers[name]
    return response


def unexpected(wrong: Exception) -> Response:
    """A mistake of the program, behind Flask; or a database out of reach, which may be back in a moment."""
    found, more = whatever(wrong, route())
    response = tell(found)
    response.headers.update(more)
    return response


def whatever(wrong: Exception, path: str) -> tuple[dict[str, Any], dict[str, str]]:
    """A problem's members and headers for whatever went wrong."""
    if isinstance(wrong, errors.Answer):
        return members(wrong), headers(wrong)
    found = mistake(wrong, path)
    return found, headers(OUT_OF_REACH) if found["status"] == HTTPStatus.SERVICE_UNAVAILABLE else {}


def route() -> str:
    """The route that was asked for, without what stands in its places: a token of a link is nobody's business."""
    return request.url_rule.rule if request.url_rule is not None else request.path


def tell(found: Mapping[str, Any], *, ours: bool = False, stale: bool = False, wait: str = "") -> Response:
    """A problem as whoever asked can read it; as problem+json where no page can be made."""
    if wants_page():
        try:
            return page_of(found, ours=ours, stale=stale, wait=wait)
        except Exception as wrong:  # noqa: BLE001 - the outermost place: the framework would log every value
            found = mistake(wrong, route())
    return problem(found)


def wants_page() -> bool:
    """Whether who asked is to read a page: a browser does, wherever no door for programs is meant."""
    view = current_app.view_functions.get(request.endpoint or "")
    if view is None:
        return "text/html" in accepted()
    return page_mark(view) is not None and not asks_for_json()


def asks_for_json() -> bool:
    """Whether a page's own script asks, which reads JSON."""
    kinds = accepted()
    return "text/html" not in kinds and any(kind.endswith("json") for kind in kinds)


def accepted() -> set[str]:
    """The kinds of answer that are asked for by name."""
    return {kind.lower() for kind, quality in request.accept_mimetypes if quality > 0}


def mistake(wrong: Exception, path: str) -> dict[str, Any]:
    """A mistake of the program, or a database out of reach: logged by its kind and place, never by its values."""
    trace = wrong.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = f"{trace.tb_frame.f_globals.get('__name__')}:{trace.tb_lineno}" if trace is not None else ""
    log.error("web.unexpected", kind=type(wrong).__name__, place=place, path=path)
    if isinstance(wrong, OperationalError) or (isinstance(wrong, DBAPIError) and wrong.connection_invalidated):
        return members(OUT_OF_REACH)
    status = HTTPStatus.INTERNAL_SERVER_ERROR
    return {"title": status.phrase, "status": status.value, "detail": "the service made a mistake; it is logged"}


def problem(found: Mapping[str, Any]) -> Response:
    """A problem as a response."""
    return Response(orjson.dumps(found), status=found["status"], content_type=PROBLEM)
