"""The door for questions: AuthZEN evaluation and evaluations as a plain WSGI application in front of Flask.

A decision costs less than Flask's own dispatch, so the two routes that decide do without it; see
docs/decisions/0006-a-thin-door.md. Everything else goes to the application behind.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any, NamedTuple

import orjson

from governance.clients.rules import KeyFacts, Scope
from governance.decisions import explanation
from governance.decisions.batches import read_batch
from governance.decisions.questions import read_question
from governance.decisions.records import Asker
from governance.decisions.schemas import batch_out
from governance.decisions.service import Answered, Decisions
from governance.kernel import clock
from governance.kernel.errors import Answer, BadInput, Fault, Forbidden, Unauthenticated
from governance.web import errors
from governance.web.guards import guarded
from governance.web.ijson import BODY, read_object
from governance.web.requests import HEADER, PRIVATE, request_id

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
Wsgi = Callable[[Environ, Any], Iterable[bytes]]
PREFIX = "/systems/"
MIN_REVISION = "Min-Facts-Revision"
STATUS = {status.value: f"{status.value} {status.phrase}" for status in HTTPStatus}


class Asked(NamedTuple):
    """A request for decisions as it arrived."""

    system: str
    authorization: str
    content_type: str
    minimum: str
    request_id: str
    body: bytes


class Door:
    """Answers questions over HTTP; each view takes a request and gives body and headers, or raises."""

    def __init__(self, behind: Wsgi, service: Any) -> None:
        self._behind = behind
        self._service = service
        self._settings = service.settings
        self.views = {"/access/v1/evaluation": self.evaluation, "/access/v1/evaluations": self.evaluations}

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a question, or hand the request to the application behind."""
        path = environ["PATH_INFO"]
        if path.startswith(PREFIX):
            system, slash, rest = path[len(PREFIX) :].partition("/")
            view = self.views.get(slash + rest)
            if view is not None:
                return self._serve(view, system, environ, start_response)
        return self._behind(environ, start_response)

    def _serve(
        self, view: Callable[[Asked], Any], system: str, environ: Environ, start_response: StartResponse
    ) -> Iterable[bytes]:
        name = request_id(environ.get("HTTP_X_REQUEST_ID", ""))
        headers = {"Content-Type": errors.PROBLEM, HEADER: name, **PRIVATE}
        status = HTTPStatus.OK.value
        try:
            told = self._problem(environ)
            if told is None:
                body, more = view(self._read(system, environ, name))
                headers["Content-Type"] = "application/json"
                headers.update(more)
            else:
                body, status = orjson.dumps(told), told["status"]
                if status == HTTPStatus.METHOD_NOT_ALLOWED:
                    headers["Allow"] = "POST"
        except Answer as wrong:
            told = errors.members(wrong)
            body, status = orjson.dumps(told), told["status"]
            headers.update(errors.headers(wrong))
        except Exception as wrong:  # noqa: BLE001 - the outermost place: whatever went wrong, no permit leaves
            told = errors.mistake(wrong, environ["PATH_INFO"])
            body, status = orjson.dumps(told), told["status"]
        headers["Content-Length"] = str(len(body))
        start_response(STATUS[status], list(headers.items()))
        return [body]

    def _problem(self, environ: Environ) -> dict[str, Any] | None:
        """What is wrong with a request before it is read."""
        status, detail = None, ""
        length = environ.get("CONTENT_LENGTH") or "0"
        if environ["REQUEST_METHOD"] != "POST":
            status, detail = HTTPStatus.METHOD_NOT_ALLOWED, "questions are asked with POST"
        elif not length.isdecimal() or "HTTP_TRANSFER_ENCODING" in environ:
            status, detail = HTTPStatus.LENGTH_REQUIRED, "send a Content-Length"
        elif int(length) > self._settings.max_body:
            status, detail = HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"a body has at most {self._settings.max_body} bytes"
        return None if status is None else {"title": status.phrase, "status": status.value, "detail": detail}

    def _read(self, system: str, environ: Environ, name: str) -> Asked:
        length = int(environ.get("CONTENT_LENGTH") or 0)
        return Asked(
            system,
            environ.get("HTTP_AUTHORIZATION", ""),
            environ.get("CONTENT_TYPE", ""),
            environ.get("HTTP_MIN_FACTS_REVISION", "0"),
            name,
            environ["wsgi.input"].read(length) if length else b"",
        )

    @guarded("front end's key")
    def evaluation(self, asked: Asked) -> tuple[bytes, dict[str, str]]:
        """Answer one question."""
        key = self._admit(asked)
        return self._single(asked, read_body(asked), key)

    @guarded("front end's key")
    def evaluations(self, asked: Asked) -> tuple[bytes, dict[str, str]]:
        """Answer a batch; without items it is a single question."""
        key = self._admit(asked)
        body = read_body(asked)
        batch = read_batch(body, self._settings.max_batch)
        if batch is None:
            return self._single(asked, body, key)
        answered = self._decisions.ask(asked.system, batch.read, asker(key, asked), clock.now(), batch.stop_at)
        return told(batch_out(answered, explain=batch.explain, full=Scope.REASONS_FULL in key.scopes), answered)

    @property
    def _decisions(self) -> Decisions:
        found: Decisions = self._service.decisions
        return found

    def _admit(self, asked: Asked) -> KeyFacts:
        """The key of the front end that asks; raise where it is missing, wrong, ended or for another system."""
        decisions = self._decisions
        scheme, _, text = asked.authorization.partition(" ")
        minimum = minimum_revision(asked.minimum)
        key = decisions.key(text.strip() if scheme.lower() == "bearer" else "", clock.now(), minimum)
        if key is None:
            raise Unauthenticated(
                "the Authorization header holds no key that is good here; send Authorization: Bearer KEY"
            )
        decisions.system(asked.system)
        if asked.system not in key.systems:
            raise Forbidden(f"this key may not ask about {asked.system}")
        return key

    def _single(self, asked: Asked, body: dict[str, Any], key: KeyFacts) -> tuple[bytes, dict[str, str]]:
        answered = self._decisions.ask(
            asked.system, lambda rules: [read_question(body, rules)], asker(key, asked), clock.now()
        )
        return told(explanation.answer(answered.decisions[0], full=Scope.REASONS_FULL in key.scopes), answered)


def read_body(asked: Asked) -> dict[str, Any]:
    """The object that a request carries; raise `BadInput` when it says that it is something else."""
    if asked.content_type.partition(";")[0].strip().lower() != "application/json":
        raise BadInput([Fault(BODY, "is not declared as JSON", "Send Content-Type: application/json.", pointer="")])
    return read_object(asked.body)


def minimum_revision(text: str) -> int:
    """The revision that the caller wants the answer to be at least as fresh as."""
    if not (text.isascii() and text.isdecimal() and len(text) < 16):
        raise BadInput([Fault(MIN_REVISION, "must be a whole number", pointer="")])
    return int(text)


def asker(key: KeyFacts, asked: Asked) -> Asker:
    """Who asks, for the record."""
    return Asker(f"key:{key.prefix}", asked.request_id)


def told(body: dict[str, Any], answered: Answered) -> tuple[bytes, dict[str, str]]:
    """An answer with the headers that name its record and its revisions."""
    ids = answered.ids
    return orjson.dumps(body), {
        "Decision-Id": ids[0] if len(ids) == 1 else f"{ids[0]}..{ids[-1]}",
        "Policy-Revision": str(answered.decisions[0].policy),
        "Facts-Revision": str(answered.revision),
    }
