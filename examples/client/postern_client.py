"""Asks Postern whether a person may do this to this record, now; and denies whenever that is not clear.

Copy this file. It needs Python 3.11 and nothing else, and is as good in Flask as in Django. It denies, and says why in
plain words, when Postern refuses, is away, is slow, answers what it should not, or obliges to what cannot be done here.

    postern = Postern("https://postern.example.org", "derbyshire-databook", KEY, fulfils={"no-print": on_the_page})
    decision = postern.decide("helen.ward", "view", Resource("databook-record", "DCC-204117", {"school": "…"}))
    if decision.allowed:
        shown = decision.show(record, ["name", "date_of_birth"])
"""

from __future__ import annotations

import http.client
import json
import logging
import os
import socket
import ssl
import threading
import time
import unicodedata
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from functools import wraps
from typing import Any
from urllib.parse import quote, urlsplit

log = logging.getLogger("postern_client")
DEADLINE_SECONDS = 0.8
"""How long a question may take in all: finding the host, connecting, TLS, asking, and reading the last byte."""
LONGEST_ANSWER = 4 * 1024 * 1024
LONGEST_KEPT_SECONDS = 60
MOST_KEPT = 2_000
MOST_AT_ONCE = 1_000
MOST_WAITING = 32
HERE = ("127.0.0.1", "::1", "localhost")

WHO = {
    "user": "you",
    "line_manager": "your line manager",
    "organisation_lead": "whoever answers for your organisation",
    "system_owner": "the owner of this system",
}


@dataclass(frozen=True)
class Resource:
    """What is asked about. `properties` are those that the system's pack declares, such as the pupil's school."""

    type: str
    id: str
    properties: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Reason:
    """Why not, in plain words: the sentence, what would help, and who can do that."""

    code: str
    sentence: str
    what: str = ""
    who: str = ""
    requirement: str = ""
    step_up: Mapping[str, Any] | None = None
    detail: str = ""
    """What Postern said is wrong with the question: for whoever looks after this program, and for no page."""


@dataclass(frozen=True)
class Route:
    """What a person who was refused may lawfully do instead, and whom to turn to."""

    what: str
    who: str = ""


@dataclass(frozen=True)
class Obligation:
    """What has to be done by whoever acts on a permit. `when`: for which rows of a plan; None means for all."""

    id: str
    type: str
    properties: Mapping[str, Any] = field(default_factory=dict)
    when: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Decision:
    """A permit or a refusal. `number` finds the record of it: show it to whoever was refused.

    `addressed_to`: the person for whom one asked, where that was somebody else. The reasons speak to them, and are
    theirs alone to read.
    """

    allowed: bool
    reasons: tuple[Reason, ...] = ()
    routes: tuple[Route, ...] = ()
    obligations: tuple[Obligation, ...] = ()
    number: str = ""
    asked_fields: frozenset[str] | None = None
    identifying: frozenset[str] = frozenset()
    addressed_to: str = ""

    @property
    def step_up(self) -> dict[str, str] | None:
        """Where only proving who they are (again) is missing: what to send the person to sign in with; else None.

        Parameters of OpenID Connect: `acr_values` where another factor is needed, and how old it may be (`max_age`).
        """
        asked = [one.step_up for one in self.reasons]
        if self.allowed or self.addressed_to or not asked or any(one is None for one in asked):
            return None
        found = {name: str(value) for one in asked for name, value in (one or {}).items()}
        return {"max_age": "0", **found} if "acr_values" in found else found

    def obliged(self, kind: str) -> list[Obligation]:
        """The obligations of one type."""
        return [one for one in self.obligations if one.type == kind]

    def fields(self, names: Iterable[str]) -> list[str]:
        """Which of these names may leave: those asked for, less what an obligation does not name; of a refusal none."""
        if not self.allowed:
            return []
        listed: list[Collection[str]] = [one.properties["fields"] for one in self.obliged("fields")]
        if self.asked_fields is not None:
            listed.append(self.asked_fields)
        if self.obliged("anonymise"):
            names = [name for name in names if name not in self.identifying]
        return [name for name in names if all(name in one for one in listed)]

    def show(self, record: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
        """What of a record may leave: of `names` those permitted, some with what has to stand in their place.

        Give templates and JSON this, never the record. It is empty of a refusal, where only totals may leave, and of a
        record outside a cohort that the permit is limited to.
        """
        if not self.rows([record]) or self.obliged("aggregate"):
            return {}
        instead = {name: value for one in self.obliged("substitute") for name, value in one.properties.items()}
        return {name: instead.get(name, record.get(name)) for name in self.fields(names)}

    def rows(self, rows: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
        """The rows inside every cohort that the permit is limited to; a row that does not say is outside."""
        cohorts = [one.properties for one in self.obliged("cohort")]
        return [row for row in rows if self.allowed and all(_inside(row, cohort) for cohort in cohorts)]

    def smallest_cell(self, least: int = 5) -> int:
        """The smallest number that a table may show: your own rule, or the obligation's where that is stricter."""
        return max([least, *(int(one.properties.get("minimum_cell", 0)) for one in self.obliged("aggregate"))])


@dataclass(frozen=True)
class Question:
    """What was asked: given to whoever fulfils an obligation."""

    subject: str
    action: str
    resource: Resource
    context: Mapping[str, Any]


@dataclass(frozen=True)
class Plan:
    """Which rows of a list a person may see: `reasons` where none, and with `confirm` ask about each that passes.

    `given` is what the plan was asked for all rows, `said` how a row has to say each property, `number` what finds it.
    """

    kind: str
    condition: Mapping[str, Any] | None = None
    confirm: bool = False
    reasons: tuple[Reason, ...] = ()
    routes: tuple[Route, ...] = ()
    obligations: tuple[Obligation, ...] = ()
    given: Mapping[str, Any] = field(default_factory=dict)
    said: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    number: str = ""
    addressed_to: str = ""

    def passes(self, row: Mapping[str, Any]) -> bool:
        """Whether a row may be seen, as far as the plan can tell."""
        whole = self.whole(row)
        if self.kind == "conditional" and self.condition is not None:
            return holds(self.condition, whole)
        return self.kind == "always"

    def whole(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """A row with what is given for all; raises `NotUnderstood` where it says that, or anything, in another way."""
        for name, value in row.items():
            if name in self.given and not _same(value, self.given[name]):
                raise NotUnderstood(f"A row says another {name} than the plan was asked for.")
            if name in self.said and value is not None and not _is_said(value, self.said[name]):
                raise NotUnderstood(f"A row says {name} as no question may.")
        return {**row, **self.given}


class NotUnderstood(ValueError):
    """An answer that cannot be relied upon, and why."""

    def __init__(self, why: str, status: int = 200) -> None:
        super().__init__(why)
        self.status = status


class NotTaken(NotUnderstood):
    """A question that Postern did not take, and what it said is wrong with it."""


class NoPlan(NotTaken):
    """This Postern gives no plans: ask about each row."""


Fulfil = Callable[[Obligation, Question], bool | None]
"""Does what an obligation demands. Returning False, or raising, denies."""


def on_the_page(_obligation: Obligation, _question: Question) -> None:
    """For what the page itself fulfils, such as showing a notice: the template looks at `decision.obligations`."""


class Postern:
    """Asks one system's questions. Make one for each system; it may be used by many threads."""

    def __init__(
        self,
        url: str,
        system: str,
        key: str,
        *,
        fulfils: Mapping[str, Fulfil] | None = None,
        identifying: Collection[str] = (),
        subject_type: str = "user",
        deadline: float = DEADLINE_SECONDS,
        plain_http: bool = False,
    ) -> None:
        self._path = f"/systems/{quote(system, safe='')}/access/v1"
        self._line = _Line(url, key, deadline, plain_http=plain_http)
        self._fulfils = dict(fulfils or {})
        self._identifying = frozenset(identifying)
        self._subject_type = subject_type
        self._kept: OrderedDict[str, tuple[float, datetime | None, Decision]] = OrderedDict()
        self._lock = threading.Lock()

    def decide(
        self, subject: str, action: str, resource: Resource, context: Mapping[str, Any] | None = None
    ) -> Decision:
        """May this person do this to this record, now? Every obligation is fulfilled before a permit is given."""
        question = Question(subject, action, resource, context or {})
        body = {**self._who_and_what(question), "resource": _written(resource)}
        try:
            asked = json.dumps(body, sort_keys=True, allow_nan=False)
            decision = self._keep_in_mind(asked) or self._ask_one(asked, question)
        except FAILURES as wrong:
            return _failed(wrong)
        return self._fulfilled(decision, question)

    def decide_many(
        self, subject: str, action: str, resources: Sequence[Resource], context: Mapping[str, Any] | None = None
    ) -> list[Decision]:
        """The same question of many records, in one request and one deadline. One answer each, in their order."""
        if not resources:
            return []
        questions = [Question(subject, action, resource, context or {}) for resource in resources]
        return self._many(questions, self._line.begin())

    def decide_first(
        self, subject: str, action: str, resources: Sequence[Resource], context: Mapping[str, Any] | None = None
    ) -> list[Decision]:
        """Ask for the whole, else for less: the same question of each resource in turn, until one is permitted.

        The last decision is the one that counts; those before it say what is withheld, and why.
        """
        questions = [Question(subject, action, resource, context or {}) for resource in resources]
        if not 0 < len(questions) <= MOST_AT_ONCE:
            return [_denied("question_not_asked", f"It asks about 1 to {MOST_AT_ONCE} records in turn.")]
        *refused, last = self._many(questions, self._line.begin(), fulfil=False, until_permitted=True)
        return [*refused, self._fulfilled(last, questions[len(refused)])]

    def plan(
        self,
        subject: str,
        action: str,
        kind: str,
        context: Mapping[str, Any] | None = None,
        properties: Mapping[str, Any] | None = None,
    ) -> Plan:
        """Which rows of this type may the person see? None where Postern gives no plan, with the reason.

        `properties` are those that all rows share, such as the fields that the list shows: the plan looks at others.
        """
        question = Question(subject, action, Resource(kind, "", properties or {}), context or {})
        try:
            return self._plan(question, self._line.begin())
        except NoPlan as wrong:
            return Plan("never", reasons=_failed(wrong).reasons)

    def permitted(
        self,
        subject: str,
        action: str,
        resources: Sequence[Resource],
        *,
        ordinary: Resource,
        context: Mapping[str, Any] | None = None,
    ) -> tuple[Decision, list[tuple[Resource, Decision]]]:
        """For a list: whether the person may see any such record at all, and which of these, each with its decision.

        `ordinary` is a record that nobody has, of the kind that every authorised person may see. Where plans are not
        given it is asked about beside the rows, so that who may see none is told why, whether or not any row exists.
        All of it has one deadline.
        """
        until = self._line.begin()
        questions = [Question(subject, action, resource, context or {}) for resource in resources]
        at_all = Question(subject, action, ordinary, context or {})
        try:
            plan = self._plan(
                replace(at_all, resource=Resource(ordinary.type, "", _shared(ordinary, resources))), until
            )
        except NoPlan:
            first, *others = self._many([at_all, *questions], until, fulfil=False)
            return self._of_rows(first, questions, others)
        return self._by_plan(plan, questions, until)

    def permitted_by(
        self,
        plan: Plan,
        subject: str,
        action: str,
        resources: Sequence[Resource],
        context: Mapping[str, Any] | None = None,
    ) -> tuple[Decision, list[tuple[Resource, Decision]]]:
        """The same by a plan in hand: for rows that a database has filtered by it already."""
        questions = [Question(subject, action, resource, context or {}) for resource in resources]
        return self._by_plan(plan, questions, self._line.begin())

    def require(
        self,
        action: str,
        *,
        subject: Callable[..., str],
        resource: Callable[..., Resource],
        refused: Callable[[Decision], Any],
        context: Callable[..., Mapping[str, Any]] | None = None,
    ) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Guard a view. `subject`, `resource` and `context` get what the view gets; the view gets `decision` too."""

        def guard(view: Callable[..., Any]) -> Callable[..., Any]:
            @wraps(view)
            def guarded(*args: Any, **kwargs: Any) -> Any:
                told = context(*args, **kwargs) if context else None
                decision = self.decide(subject(*args, **kwargs), action, resource(*args, **kwargs), told)
                return view(*args, decision=decision, **kwargs) if decision.allowed else refused(decision)

            return guarded

        return guard

    def close(self) -> None:
        """Hang up. The next question dials again."""
        self._line.close()

    def _who_and_what(self, question: Question) -> dict[str, Any]:
        return {
            "subject": {"type": self._subject_type, "id": question.subject},
            "action": {"name": question.action},
            "context": dict(question.context),
        }

    def _ask_one(self, asked: str, question: Question) -> Decision:
        answer, number = self._line.ask(f"{self._path}/evaluation", asked, self._line.begin())
        decision = self._read(answer, question, number)
        if decision.allowed:
            self._keep(asked, answer.get("context") or {}, decision)
        return decision

    def _many(
        self, questions: Sequence[Question], until: float, *, fulfil: bool = True, until_permitted: bool = False
    ) -> list[Decision]:
        try:
            decisions = [
                one
                for start in range(0, len(questions), MOST_AT_ONCE)
                for one in self._batch(questions[start : start + MOST_AT_ONCE], until, until_permitted)
            ]
        except FAILURES as wrong:
            return [_failed(wrong)] * len(questions)
        if not fulfil:
            return decisions
        return [self._fulfilled(one, question) for one, question in zip(decisions, questions, strict=True)]

    def _batch(self, questions: Sequence[Question], until: float, until_permitted: bool) -> list[Decision]:
        body = {
            **self._who_and_what(questions[0]),
            "evaluations": [{"resource": _written(question.resource)} for question in questions],
            "options": {
                "explain": True,
                "evaluations_semantic": "permit_on_first_permit" if until_permitted else "execute_all",
            },
        }
        answer, number = self._line.ask(f"{self._path}/evaluations", json.dumps(body, allow_nan=False), until)
        items = answer.get("evaluations")
        if not isinstance(items, list):
            raise NotUnderstood("It answered none of the questions.")
        decisions = [self._read(item, question, number) for item, question in zip(items, questions, strict=False)]
        stopped = until_permitted and decisions and decisions[-1].allowed
        if len(items) > len(questions) or (len(items) < len(questions) and not stopped):
            raise NotUnderstood("It did not answer each of the questions.")
        return decisions

    def _plan(self, question: Question, until: float) -> Plan:
        resource = {"type": question.resource.type, "properties": dict(question.resource.properties)}
        body = {**self._who_and_what(question), "resource": resource}
        try:
            answer, number = self._line.ask(f"{self._path}/plan", json.dumps(body, allow_nan=False), until)
            return replace(read_plan(answer), given=dict(question.resource.properties), number=number)
        except FAILURES as wrong:
            if isinstance(wrong, NotTaken) and wrong.status in (403, 404, 405):
                raise NoPlan(
                    str(wrong), wrong.status
                ) from None  # not to this program, or no such door: rows can be asked about
            return Plan("never", reasons=_failed(wrong).reasons)

    def _by_plan(
        self, plan: Plan, questions: Sequence[Question], until: float
    ) -> tuple[Decision, list[tuple[Resource, Decision]]]:
        always = tuple(one for one in plan.obligations if one.when is None)
        may, to = plan.kind != "never", plan.addressed_to
        entrance = Decision(may, plan.reasons, plan.routes, always, plan.number, addressed_to=to)
        passing = [one for one in questions if _can_be_told(plan, one.resource.properties)]
        asked = [replace(one, resource=_whole(plan, one.resource)) for one in passing]
        if plan.confirm:
            answers = self._many(asked, until, fulfil=False) if asked else []
        else:
            answers = [self._of_plan(plan, one) for one in asked]
        return self._of_rows(entrance, passing, answers)

    def _of_plan(self, plan: Plan, question: Question) -> Decision:
        row = question.resource.properties
        obliged = tuple(one for one in plan.obligations if one.when is None or holds(one.when, row))
        return Decision(True, obligations=obliged, asked_fields=_asked(question), identifying=self._identifying)

    def _of_rows(
        self, entrance: Decision, questions: Sequence[Question], answers: Sequence[Decision]
    ) -> tuple[Decision, list[tuple[Resource, Decision]]]:
        entrance = self._able(entrance)
        if not entrance.allowed:
            return entrance, []
        given = [
            (question.resource, self._fulfilled(one, question))
            for question, one in zip(questions, answers, strict=True)
        ]
        return entrance, [(resource, decision) for resource, decision in given if decision.allowed]

    def _read(self, answer: Any, question: Question, number: str) -> Decision:
        allowed = answer.get("decision") if isinstance(answer, dict) else None
        if not isinstance(allowed, bool):
            raise NotUnderstood("It said neither yes nor no.")
        context = answer.get("context", {})
        if not isinstance(context, dict):
            raise NotUnderstood("Its context is no object.")
        error = context.get("error")
        if not allowed and isinstance(error, dict):
            return replace(_failed(NotTaken(_text(error.get("message")), 400)), number=number)
        if not allowed:
            to = _text(context.get("addressed_to"))
            return Decision(False, _reasons(context), _routes(context), number=number, addressed_to=to)
        obliged = _obligations(context)
        return Decision(
            True, obligations=obliged, number=number, asked_fields=_asked(question), identifying=self._identifying
        )

    def _fulfilled(self, decision: Decision, question: Question) -> Decision:
        """The permit, once each of its obligations is fulfilled; else a refusal that names the one that was not."""
        able = self._able(decision)
        if not able.allowed:
            return able
        for one in decision.obligations:
            try:
                done = self._fulfils[one.type](one, question) if one.type in self._fulfils else None
            except Exception:  # noqa: BLE001 - whatever went wrong, it was not fulfilled
                done = False
            if done is False:
                return _denied("obligation_failed", f"It must do “{one.type}”, and that failed.", decision.number)
        return decision

    def _able(self, decision: Decision) -> Decision:
        """The permit, if there is nothing in it that this program has no way to fulfil."""
        ours = {"fields", "substitute", "cohort", *(["anonymise"] if self._identifying else []), *self._fulfils}
        beyond = [one.type for one in decision.obligations if one.type not in ours]
        if decision.allowed and beyond:
            return _denied("obligation_unknown", f"It must do “{beyond[0]}” and cannot.", decision.number)
        return decision

    def _keep_in_mind(self, asked: str) -> Decision | None:
        with self._lock:
            until, ends, decision = self._kept.get(asked, (0.0, None, None))
            if decision is None or until <= time.monotonic() or (ends and ends <= datetime.now(UTC)):
                self._kept.pop(asked, None)
                return None
            return decision

    def _keep(self, asked: str, context: Mapping[str, Any], decision: Decision) -> None:
        seconds, ends = context.get("cache_seconds", 0), context.get("valid_until")
        if isinstance(seconds, bool) or not isinstance(seconds, int) or seconds < 0:
            raise NotUnderstood("Its cache_seconds are no number of seconds.")
        try:
            end = None if ends is None else datetime.fromisoformat(ends)
        except (TypeError, ValueError):
            raise NotUnderstood("Its valid_until is no moment.") from None
        if end is not None and end.tzinfo is None:
            raise NotUnderstood("Its valid_until names no zone.")
        if seconds == 0:
            return
        with self._lock:
            self._kept[asked] = (time.monotonic() + min(seconds, LONGEST_KEPT_SECONDS), end, decision)
            while len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)


# ------------------------------------------------------------------------------------------------- rows and conditions


def _shared(ordinary: Resource, resources: Sequence[Resource]) -> dict[str, Any]:
    """The fields that a list shows, where every row is asked about with the same: what else a row says is its own."""
    fields = ordinary.properties.get("fields")
    alike = all(_same(one.properties.get("fields"), fields) for one in resources)
    return {"fields": fields} if fields is not None and alike else {}


def _same(one: Any, other: Any) -> bool:
    return type(one) is type(other) and bool(one == other)


def _is_said(value: Any, how: Mapping[str, Any]) -> bool:
    """Whether a value is of its declared type, and one of the declared values where there are any."""
    kind, values = how.get("type"), how.get("values")
    if (kind == "list") is not isinstance(value, list | tuple):
        return False
    items = value if kind == "list" else [value]
    return all(_is_of(kind, one) and (not isinstance(values, list) or _is_in(one, values)) for one in items)


def _is_of(kind: Any, one: Any) -> bool:
    match kind:
        case "text" | "list":
            return isinstance(one, str)
        case "date":
            return isinstance(one, str) and _is_day(one)
        case "boolean":
            return isinstance(one, bool)
        case "integer":
            return isinstance(one, int) and not isinstance(one, bool) and abs(one) < 2**53
    return False


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _whole(plan: Plan, resource: Resource) -> Resource:
    return replace(resource, properties=plan.whole(resource.properties))


def _can_be_told(plan: Plan, row: Mapping[str, Any]) -> bool:
    """Whether a row passes, and all obligations that may go with it can be told from what it says."""
    try:
        for one in plan.obligations:
            if one.when is not None:
                holds(one.when, plan.whole(row))
        return plan.passes(row)
    except NotUnderstood:
        return False


def holds(condition: Any, row: Mapping[str, Any]) -> bool:
    """Whether a plan's condition holds for a row. What a row does not say is unknown, and a test of it is false.

    Raises `NotUnderstood` at a test that this file does not know: show no row then.
    """
    match condition:
        case {"all": list(parts)}:
            return False not in [holds(part, row) for part in parts]
        case {"any": list(parts)}:
            return True in [holds(part, row) for part in parts]
        case {"property": str(name), "is": "unknown"}:
            return row.get(name) is None
        case {"property": str(name), "is": str(test), **more}:
            return _passes(test, row.get(name), more.get("values"), more.get("value"))
    raise NotUnderstood("A part of its condition is of no known form.")


def _passes(test: str, value: Any, values: Any, end: Any) -> bool:
    alone, of_values, of_end = _ALONE.get(test), _OF_VALUES.get(test), _OF_END.get(test)
    if alone:
        return value is not None and alone(value)
    have = [] if value is None else value if isinstance(value, list | tuple) else [value]
    if of_values and isinstance(values, list):
        _refuse_unlike(have, values)
        return value is not None and of_values(have, values)
    if of_end and isinstance(end, int | float):
        _refuse_unlike([] if value is None else [value], [end])
        return value is not None and of_end(value, end)
    raise NotUnderstood(f"Its condition asks whether something is “{test}”, which is not known here.")


def _refuse_unlike(have: Sequence[Any], wanted: Sequence[Any]) -> None:
    """Raise where a row says something in another way than the plan: 0 for false, a date for its text.

    Postern refuses such a question. Were the test simply false, an obligation that hangs on it would be forgotten.
    """
    for one in have:
        if any(_manner(one) is None or _manner(one) != _manner(other) for other in wanted):
            raise NotUnderstood(f"A row says “{one}”, and the condition looks at another kind of value.")


def _manner(value: Any) -> str | None:
    if isinstance(value, bool):
        return "truth"
    return "number" if isinstance(value, int | float) else "text" if isinstance(value, str) else None


_BLANKS = frozenset("\u115f\u1160\u2800\u3164\uffa0\U00013441\U00013442\U0001d159")
"""Letters and symbols that look like nothing."""


def _says_something(value: Any) -> bool:
    """A text with a visible sign, a list with an item, or anything else."""
    if isinstance(value, str):
        return any(unicodedata.category(sign)[0] in "LNPS" and sign not in _BLANKS for sign in value)
    return bool(value) if isinstance(value, list | tuple) else True


_ALONE: dict[str, Callable[[Any], bool]] = {
    "known": lambda _: True,
    "stated": _says_something,
    "blank": lambda have: not _says_something(have),
}
_OF_VALUES: dict[str, Callable[[Sequence[Any], list[Any]], bool]] = {
    "in": lambda have, wanted: any(_is_in(one, wanted) for one in have),
    "not_in": lambda have, wanted: not any(_is_in(one, wanted) for one in have),
    "within": lambda have, wanted: all(_is_in(one, wanted) for one in have),
    "beyond": lambda have, wanted: not all(_is_in(one, wanted) for one in have),
}
_OF_END: dict[str, Callable[[float, float], bool]] = {
    "at_least": lambda have, end: have >= end,
    "at_most": lambda have, end: have <= end,
}


def _is_in(value: Any, wanted: list[Any]) -> bool:
    """Python takes True for 1; a plan does not. Text is compared composed, as Postern reads it."""
    said = unicodedata.normalize("NFC", value) if isinstance(value, str) else value
    return any(said == one and isinstance(said, bool) == isinstance(one, bool) for one in wanted)


def _inside(row: Mapping[str, Any], cohort: Mapping[str, Any]) -> bool:
    return all(_is_in(row.get(name), value if isinstance(value, list) else [value]) for name, value in cohort.items())


# ---------------------------------------------------------------------------------------------------- reading an answer


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _reasons(context: Mapping[str, Any]) -> tuple[Reason, ...]:
    listed = context.get("reasons")
    found = []
    for one in listed if isinstance(listed, list) else ():
        if isinstance(one, dict):
            remedy = one["remedy"] if isinstance(one.get("remedy"), dict) else {}
            who = _text(remedy.get("who"))
            sentence = _text(one.get("user")) or "You may not do this."
            what = _text(remedy.get("what"))
            called = WHO.get(who, who.replace("_", " "))
            again = one["step_up"] if isinstance(one.get("step_up"), dict) else None
            found.append(Reason(_text(one.get("code")), sentence, what, called, _text(one.get("requirement")), again))
    return tuple(found) or (Reason("not_said", "Postern refused, and gave no reason."),)


def _routes(context: Mapping[str, Any]) -> tuple[Route, ...]:
    listed = context.get("routes")
    given = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    return tuple(Route(_text(one.get("what")), _text(one.get("who"))) for one in given if _text(one.get("what")))


def _obligations(context: Mapping[str, Any]) -> tuple[Obligation, ...]:
    listed = context.get("obligations", [])
    if not isinstance(listed, list):
        raise NotUnderstood("Its obligations are no list.")
    return tuple(_obligation(one) for one in listed)


def _obligation(given: Any) -> Obligation:
    match given:
        case {"type": str(kind), **rest} if kind:
            properties, when = rest.get("properties", {}), rest.get("when")
            if isinstance(properties, dict) and isinstance(when, dict | None) and _well_formed(kind, properties):
                return Obligation(_text(rest.get("id")), kind, properties, when)
    raise NotUnderstood("One of its obligations is of no known form.")


def _well_formed(kind: str, properties: Mapping[str, Any]) -> bool:
    """Whether an obligation that this file fulfils says what it must say."""
    match kind:
        case "fields":
            listed = properties.get("fields")
            return isinstance(listed, list) and all(isinstance(name, str) for name in listed)
        case "substitute":
            return all(isinstance(value, str) for value in properties.values())
        case "aggregate":
            least = properties.get("minimum_cell", 0)
            return isinstance(least, int) and not isinstance(least, bool)
        case "cohort":
            return bool(properties)
    return True


def read_plan(answer: Mapping[str, Any]) -> Plan:
    """A plan as Postern writes it; raises `NotUnderstood` where any part of it is not known here."""
    told, context = answer.get("plan"), answer.get("context", {})
    if not isinstance(told, dict) or not isinstance(context, dict):
        raise NotUnderstood("It gave no plan.")
    kind, condition, confirm = told.get("kind"), told.get("condition"), told.get("confirm", False)
    if kind == "never":
        to = _text(context.get("addressed_to"))
        return Plan("never", reasons=_reasons(context), routes=_routes(context), addressed_to=to)
    if kind not in ("always", "conditional") or not isinstance(confirm, bool):
        raise NotUnderstood("Its plan is of no known kind.")
    obliged = _obligations(context)
    for one in [
        *([condition] if kind == "conditional" else []),
        *(one.when for one in obliged if one.when is not None),
    ]:
        holds(one, {})  # every part is looked at, so what is not known here shows now
    said = told.get("properties", {})
    if not isinstance(said, dict) or not all(isinstance(one, dict) for one in said.values()):
        raise NotUnderstood("It does not say how rows are to say their properties.")
    return Plan(kind, condition, confirm, obligations=obliged, said=said)


def _written(resource: Resource) -> dict[str, Any]:
    """As a question says it; what is not known is left out."""
    known = {name: value for name, value in resource.properties.items() if value is not None}
    return {"type": resource.type, "id": resource.id, "properties": known}


def _asked(question: Question) -> frozenset[str] | None:
    listed = question.resource.properties.get("fields")
    return frozenset(listed) if isinstance(listed, list | tuple) else None


# -------------------------------------------------------------------------------------------------- denying on our own

SAID = {
    "service_busy": "The service that decides who may see this is asked too much at the moment.",
    "service_away": "The service that decides who may see this cannot be reached.",
    "service_slow": "The service that decides who may see this has not answered in time.",
    "answer_not_understood": "The service that decides who may see this gave an answer that cannot be relied upon.",
    "obligation_unknown": "You may see this, but only in a way that this program cannot keep to.",
    "obligation_failed": "You may see this, but something that has to be done first could not be done.",
    "question_not_taken": "This program asked whether you may see this in a way that cannot be answered.",
    "question_not_asked": "This program could not ask whether you may see this.",
}
"""The reasons of this file's own: each is a refusal."""


FAILURES = (NotUnderstood, OSError, http.client.HTTPException, TypeError, ValueError, RecursionError)
"""Whatever may go wrong between a question and its answer."""


def _denied(code: str, why: str = "", number: str = "", detail: str = "") -> Decision:
    what = "Try again in a moment." if code.startswith("service_") else "Tell whoever looks after this program."
    who = "you" if code.startswith("service_") else "whoever looks after this program"
    reason = Reason(code, f"{SAID[code]} {why}".strip(), what, who, "front-end", detail=detail)
    return Decision(False, (reason,), number=number)


def _failed(wrong: Exception) -> Decision:
    match wrong:
        case NotTaken():
            log.warning("Postern did not take a question (status %s): %s", wrong.status, wrong)
            return _denied("question_not_taken", detail=str(wrong))
        case NotUnderstood():
            return _denied("answer_not_understood", str(wrong))
        case _Busy():
            return _denied("service_busy")
        case TimeoutError():
            return _denied("service_slow")
        case OSError() | http.client.HTTPException():
            return _denied("service_away")
    return _denied("question_not_asked", "The question could not be written down.")


# --------------------------------------------------------------------------------------------------------- the line


class _Busy(OSError):
    """Postern is asked too often by this program."""


class _Line:
    """Connections to one Postern. One deadline bounds a whole exchange, however slowly its bytes trickle."""

    def __init__(self, url: str, key: str, deadline: float, *, plain_http: bool) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
            raise ValueError(f"{url!r} is not the address of a Postern, such as https://postern.example.org")
        if parts.scheme == "http" and parts.hostname not in HERE and not plain_http:
            raise ValueError(f"{url!r} would send the key unencrypted: use https, or say plain_http=True")
        self._host, self._port = parts.hostname, parts.port
        self._prefix = parts.path.rstrip("/")
        self._trust = ssl.create_default_context() if parts.scheme == "https" else None
        self._headers = {"Authorization": f"Bearer {key.strip()}", "Content-Type": "application/json"}
        self._deadline = deadline
        self._idle: list[http.client.HTTPConnection] = []
        self._workers: ThreadPoolExecutor | None = None
        self._process = 0
        self._lock = threading.Lock()

    def begin(self) -> float:
        """The moment by which all of an exchange must be over."""
        return time.monotonic() + self._deadline

    def ask(self, path: str, body: str, until: float) -> tuple[dict[str, Any], str]:
        """The answer, and the number of its record. Raises `OSError` or `NotUnderstood`, never later than `until`."""
        left = until - time.monotonic()
        if left <= 0:
            raise TimeoutError
        holder = _Holder()
        working = self._pool().submit(self._exchange, holder, path, body.encode(), until)
        try:
            return working.result(left)
        except TimeoutError:
            working.cancel()
            holder.abort()
            raise

    def close(self) -> None:
        """Close the lines that nobody speaks on."""
        with self._lock:
            workers, self._workers = self._workers, None
        if workers is not None:
            workers.shutdown()
        while (connection := self._idle_one()) is not None:
            connection.close()

    def _exchange(self, holder: _Holder, path: str, body: bytes, until: float) -> tuple[dict[str, Any], str]:
        connection = self._idle_one()
        if connection is not None:
            try:
                return self._speak(holder, connection, path, body, until)
            except (ConnectionError, http.client.RemoteDisconnected):
                connection.close()  # the service hung up on a line that was idle: dial once more
        return self._speak(holder, self._dial(), path, body, until)

    def _speak(
        self, holder: _Holder, connection: http.client.HTTPConnection, path: str, body: bytes, until: float
    ) -> tuple[dict[str, Any], str]:
        holder.connection = connection
        connection.timeout = max(until - time.monotonic(), 0.001)
        try:
            if connection.sock is None:
                connection.connect()
            connection.sock.settimeout(connection.timeout)
            holder.still_wanted()
            connection.request("POST", self._prefix + path, body, self._headers)
            response = connection.getresponse()
            said = response.read(LONGEST_ANSWER + 1)
        except BaseException:
            connection.close()
            raise
        if len(said) > LONGEST_ANSWER or response.will_close or holder.aborted:
            connection.close()
        else:
            self._idle.append(connection)
        return _answer(response, said), response.getheader("Decision-Id", "")

    def _dial(self) -> http.client.HTTPConnection:
        if self._trust is None:
            return http.client.HTTPConnection(self._host, self._port)
        return http.client.HTTPSConnection(self._host, self._port, context=self._trust)

    def _idle_one(self) -> http.client.HTTPConnection | None:
        try:
            return self._idle.pop()
        except IndexError:
            return None

    def _pool(self) -> ThreadPoolExecutor:
        """Workers of this very process: a server that forks leaves its child none, and no connection of its own."""
        with self._lock:
            if self._workers is None or self._process != os.getpid():
                self._workers, self._process = ThreadPoolExecutor(MOST_WAITING, "postern"), os.getpid()
                self._idle = []
            return self._workers


class _Holder:
    """Holds the connection of an exchange, so that who no longer waits can end it."""

    def __init__(self) -> None:
        self.connection: http.client.HTTPConnection | None = None
        self.aborted = False

    def still_wanted(self) -> None:
        if self.aborted:
            raise TimeoutError

    def abort(self) -> None:
        self.aborted = True
        line = self.connection.sock if self.connection else None
        if line is not None:
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)


def _answer(response: http.client.HTTPResponse, said: bytes) -> dict[str, Any]:
    if response.status == 429:
        raise _Busy
    if response.status >= 500:
        raise OSError(f"status {response.status}")
    if len(said) > LONGEST_ANSWER:
        raise NotUnderstood("It is too long.")
    if response.length or len(response.headers.get_all("Content-Length") or ()) > 1:
        raise NotUnderstood("It was cut off.")
    if 400 <= response.status < 500:
        raise NotTaken(_problem(said), response.status)
    if response.status != 200:
        raise NotUnderstood(f"It answered with status {response.status}.")
    if response.getheader("Content-Type", "").partition(";")[0].strip().lower() != "application/json":
        raise NotUnderstood("It is not JSON.")
    try:
        answer = json.loads(said, object_pairs_hook=_no_name_twice, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise NotUnderstood("It is not sound JSON.") from None
    if not isinstance(answer, dict):
        raise NotUnderstood("It is no JSON object.")
    return answer


def _problem(said: bytes) -> str:
    """What a problem (RFC 9457) says is wrong."""
    with suppress(ValueError, RecursionError):
        told = json.loads(said)
        if isinstance(told, dict):
            return _text(told.get("detail")) or _text(told.get("title"))
    return ""


def _no_name_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name twice")
    return found


def _no_constant(name: str) -> Any:
    raise ValueError(name)
