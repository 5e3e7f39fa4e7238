"""The door for questions: AuthZEN evaluation and evaluations as a plain WSGI application in front of Flask.

A decision costs less than Flask's own dispatch, so the two routes that decide do without it; see
docs/decisions/0006-a-thin-door.md. Everything else goes to the application behind.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from functools import partial
from http import HTTPStatus
from typing import Any, NamedTuple, NoReturn

import orjson

from governance.clients.rules import KeyFacts, Scope
from governance.decisions import explanation
from governance.decisions.batches import read_batch
from governance.decisions.questions import read_question
from governance.decisions.records import Asker
from governance.decisions.rules import Question
from governance.decisions.schemas import batch_out
from governance.decisions.service import Answered, Decisions, Read
from governance.kernel import clock
from governance.kernel.errors import Answer, BadInput, Fault, Forbidden, Unauthenticated
from governance.ports.role_rules import SystemRules
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
        return self._single(asked, partial(read_one, asked))

    @guarded("front end's key")
    def evaluations(self, asked: Asked) -> tuple[bytes, dict[str, str]]:
        """Answer a batch; without items it is a single question."""
        try:
            body = read_body(asked)
            batch = read_batch(body, self._settings.max_batch)
        except BadInput as wrong:
            return self._single(asked, partial(refuse, wrong))
        if batch is None:
            return self._single(asked, lambda rules: [read_question(body, rules)])
        answered = self._ask(asked, batch.read, batch.stop_at)
        return told(batch_out(answered, explain=batch.explain, full=answered.full), answered)

    @property
    def _decisions(self) -> Decisions:
        found: Decisions = self._service.decisions
        return found

    def _ask(self, asked: Asked, read: Read, stop_at: bool | None = None) -> Answered:
        """Who asks is found out first, whatever is wrong with what they ask."""
        now, decisions = clock.now(), self._decisions

        def admit(find: Callable[[str, datetime], KeyFacts | None]) -> Asker:
            scheme, _, text = asked.authorization.partition(" ")
            key = find(text.strip() if scheme.lower() == "bearer" else "", now)
            if key is None:
                raise Unauthenticated(
                    "the Authorization header holds no key that is good here; send Authorization: Bearer KEY"
                )
            decisions.system(asked.system)
            if asked.system not in key.systems:
                raise Forbidden(f"this key may not ask about {asked.system}")
            return Asker(f"key:{key.prefix}", asked.request_id, full=Scope.REASONS_FULL in key.scopes)

        return decisions.ask_newest(asked.system, read, admit, now, stop_at, minimum_revision(asked.minimum))

    def _single(self, asked: Asked, read: Read) -> tuple[bytes, dict[str, str]]:
        answered = self._ask(asked, read)
        return told(explanation.answer(answered.decisions[0], full=answered.full), answered)


def read_one(asked: Asked, rules: SystemRules) -> list[Question | BadInput]:
    """The one question of a request; raise `BadInput` when it is none."""
    return [read_question(read_body(asked), rules)]


def refuse(wrong: BadInput, _rules: SystemRules) -> NoReturn:
    """Say what is wrong with a request, now that it is known whose it is."""
    raise wrong


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


def told(body: dict[str, Any], answered: Answered) -> tuple[bytes, dict[str, str]]:
    """An answer with the headers that name its record and its revisions."""
    ids = answered.ids
    return orjson.dumps(body), {
        "Decision-Id": ids[0] if len(ids) == 1 else f"{ids[0]}..{ids[-1]}",
        "Policy-Revision": str(answered.decisions[0].policy),
        "Facts-Revision": str(answered.revision),
    }
