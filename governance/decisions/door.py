"""The door for questions: AuthZEN evaluation and evaluations in front of Flask, each a view of what was asked.

A decision costs less than Flask's own dispatch, so the routes that decide do without it; see
docs/decisions/0006-a-thin-door.md. The server comes by the event loop (doorway.py beside this file); under any other
WSGI server, and in tests, the door itself is a WSGI application. Everything else goes to the application behind.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from http import HTTPStatus
from typing import Any, NamedTuple

import orjson

from governance.decisions import explanation
from governance.decisions.asked import Asked, admit, minimum_revision, read_body
from governance.decisions.batches import Batch, read_batch
from governance.decisions.finding import Finding
from governance.decisions.pace import Pace
from governance.decisions.questions import read_question
from governance.decisions.schemas import batch_out
from governance.decisions.service import Answered, Decisions, Held, Questions, Read
from governance.kernel import clock
from governance.ports.role_rules import SystemRules
from governance.web import errors
from governance.web.guards import guarded
from governance.web.requests import HEADER, PRIVATE, request_id

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
Wsgi = Callable[[Environ, Any], Iterable[bytes]]
Told = tuple[bytes, dict[str, str]]
PREFIX = "/systems/"
JSON = "application/json"
UNHURRIED = Pace(0)
STATUS = {status.value: f"{status.value} {status.phrase}" for status in HTTPStatus}


class Pending(NamedTuple):
    """Decisions that wait for their records, and how they are told once these are durable."""

    held: Held
    tell: Callable[[Answered], Told]


View = Callable[[Asked], Told | Pending]


class Reply(NamedTuple):
    """What leaves the door."""

    status: int
    headers: dict[str, str]
    body: bytes


class Door:
    """Answers questions over HTTP; each view takes a request and gives body and headers, or raises.

    A view that only decides gives what is `Pending` on its records instead, so that nobody waits for them here.
    """

    def __init__(self, behind: Wsgi, service: Any) -> None:
        self.behind = behind
        self._service = service
        self.settings = service.settings
        self._pace = Pace(service.settings.rate_limit)
        self.views: dict[str, View] = {
            "/access/v1/evaluation": self.evaluation,
            "/access/v1/evaluations": self.evaluations,
            **Finding(service, self._pace).views,
        }

    def find(self, path: str) -> tuple[View, str] | None:
        """The view for a path, and the system that it names; None where the application behind is meant."""
        if not path.startswith(PREFIX):
            return None
        system, slash, rest = path[len(PREFIX) :].partition("/")
        view = self.views.get(slash + rest)
        return None if view is None else (view, system)

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a question, or hand the request to the application behind."""
        found = self.find(environ["PATH_INFO"])
        if found is None:
            return self.behind(environ, start_response)
        name = request_id(environ.get("HTTP_X_REQUEST_ID", ""))
        try:
            asked = self._read(found[1], environ, name)
            made = found[0](asked)
            reply = answered(self.settle(made) if isinstance(made, Pending) else made, name)
        except Exception as wrong:  # noqa: BLE001 - the outermost place: whatever went wrong, no permit leaves
            reply = refused(wrong, name, environ["PATH_INFO"])
        start_response(STATUS[reply.status], list(reply.headers.items()))
        return [reply.body]

    def settle(self, pending: Pending) -> Told:
        """Wait for the records of decisions on this thread, and tell them."""
        return pending.tell(self.decisions.record(pending.held))

    def _read(self, system: str, environ: Environ, name: str) -> Asked:
        chunked = "HTTP_TRANSFER_ENCODING" in environ
        length = self.length(environ["REQUEST_METHOD"], environ.get("CONTENT_LENGTH") or "0", chunked=chunked)
        return Asked(
            system,
            environ.get("HTTP_AUTHORIZATION", ""),
            environ.get("CONTENT_TYPE", ""),
            environ.get("HTTP_MIN_FACTS_REVISION", "0"),
            name,
            environ["wsgi.input"].read(length) if length else b"",
        )

    def length(self, method: str, length: str, *, chunked: bool) -> int:
        """How much there is to read; raise an answer for what is not read at all."""
        if method != "POST":
            raise errors.OtherMethod("questions are asked with POST")
        if chunked or not (length.isascii() and length.isdecimal()):
            raise errors.NoLength("send a Content-Length")
        if len(length) > 18 or int(length) > self.settings.max_body:
            raise errors.TooGreat(f"a body has at most {self.settings.max_body} bytes")
        return int(length)

    @guarded("front end's key")
    def evaluation(self, asked: Asked) -> Pending:
        """Answer one question."""
        return Pending(self.ask(asked, partial(read_one, asked)), tell_one)

    @guarded("front end's key")
    def evaluations(self, asked: Asked) -> Pending:
        """Answer a batch; without items it is a single question."""
        reading = Reading(asked, self.settings.max_batch)
        return Pending(self.ask(asked, reading), reading.tell)

    @property
    def decisions(self) -> Decisions:
        """This process's decisions."""
        found: Decisions = self._service.decisions
        return found

    def expect(self, asked: Asked) -> None:
        """Find out who is about to ask; raise where it is nobody whose questions would be answered."""
        who = partial(admit, asked, self.decisions, UNHURRIED, clock.now(), None)
        self.decisions.snapshot(asked.system, who, minimum_revision(asked.minimum))

    def ask(self, asked: Asked, read: Read) -> Held:
        """Decide what `read` finds. Who asks is found out first: a body is not looked at for nobody."""
        now, decisions = clock.now(), self.decisions
        who = partial(admit, asked, decisions, self._pace, now, None)
        at_least = minimum_revision(asked.minimum)
        return decisions.decide_newest(asked.system, read, who, now, at_least, asked.arrived)


class Reading:
    """A request for a batch, read once it is known whose it is, and told as what it turned out to be."""

    def __init__(self, asked: Asked, most: int) -> None:
        self._asked = asked
        self._most = most
        self._batch: Batch | None = None

    def __call__(self, rules: SystemRules) -> Questions:
        """Its items; without any it is a single question. Raise `BadInput` when it is neither."""
        body = read_body(self._asked)
        self._batch = read_batch(body, self._most)
        return Questions([read_question(body, rules)]) if self._batch is None else self._batch.read(rules)

    def tell(self, answered: Answered) -> Told:
        """The answer to the one question, or those to all."""
        if self._batch is None:
            return tell_one(answered)
        return told(batch_out(answered, explain=self._batch.explain, full=answered.full), answered)


def read_one(asked: Asked, rules: SystemRules) -> Questions:
    """The one question of a request; raise `BadInput` when it is none."""
    return Questions([read_question(read_body(asked), rules)])


def tell_one(answered: Answered) -> Told:
    """The answer to one question."""
    return told(explanation.answer(answered.decisions[0], full=answered.full), answered)


def told(body: dict[str, Any], answered: Answered) -> Told:
    """An answer with the headers that name its record and its revisions."""
    ids = answered.ids
    return orjson.dumps(body), {
        "Decision-Id": ids[0] if len(ids) == 1 else f"{ids[0]}..{ids[-1]}",
        "Policy-Revision": str(answered.decisions[0].policy),
        "Facts-Revision": str(answered.revision),
    }


def answered(made: Told, name: str) -> Reply:
    """An answer as it leaves."""
    body, more = made
    length = str(len(body))
    return Reply(200, {"Content-Type": JSON, HEADER: name, **PRIVATE, **more, "Content-Length": length}, body)


def refused(wrong: Exception, name: str, path: str) -> Reply:
    """Whatever went wrong, as a problem."""
    found, more = errors.whatever(wrong, path)
    body = orjson.dumps(found)
    headers = {"Content-Type": errors.PROBLEM, HEADER: name, **PRIVATE, **more, "Content-Length": str(len(body))}
    return Reply(found["status"], headers, body)
