"""What front ends look for over HTTP: AuthZEN's three searches, and the plan of a list."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import orjson

from governance.clients.rules import Scope
from governance.decisions import explanation
from governance.decisions.asked import Asked, admit, minimum_revision, read_body
from governance.decisions.pace import Pace
from governance.decisions.paging import next_token, read_page
from governance.decisions.planning import Plan
from governance.decisions.questions import bad, part, read_question
from governance.decisions.records import Asker, note, question_body
from governance.decisions.rules import BY_TOKEN, Question, refusal
from governance.decisions.searching import Searches, Snapshot, searches_of
from governance.decisions.service import Decisions
from governance.decisions.vouching import proved
from governance.kernel import clock
from governance.ports.reasons import Code
from governance.ports.role_rules import Property, SystemRules
from governance.web.guards import guarded

Told = tuple[bytes, dict[str, str]]
View = Callable[[Asked], Told]
SEARCH = "/access/v1/search/"
PLAN = "/access/v1/plan"
KINDS = ("subject", "resource", "action")


class Finding:
    """Answers searches and plans; each view takes a request and gives body and headers, or raises."""

    def __init__(self, service: Any, pace: Pace) -> None:
        self._service = service
        self._pace = pace
        self._searches: Searches | None = None
        self.views: dict[str, View] = {
            **{f"{SEARCH}{kind}": guarded("front end's key")(partial(self._search, kind)) for kind in KINDS},
            PLAN: self.plan,
        }

    def _search(self, kind: str, asked: Asked) -> Told:
        """One page of a search, on the record before it leaves."""
        snapshot, asker = self._snapshot(asked, Scope.SEARCH)
        body = read_body(asked)
        keys, search = self._service.settings.record_keys, f"{asked.system}/{kind}"
        page = read_page(body, search, keys)
        question = read_question(body, snapshot.rules, searched=kind)
        if kind == "subject" and question.token:
            raise bad("/context/access_token", "speaks for one person, and this asks about many", "Leave it out.")
        good, token = self._vouched(question, snapshot, asker)
        names, more = self.searches.page(kind, snapshot, good, page) if good is not None else ([], False)
        following = next_token(page, names, body, search, keys) if more else ""
        said = {"search": kind, "limit": page.limit, "after": page.after, "results": names, **token}
        headers = self._record("search", snapshot, question, bool(names), said, asker)
        results = [result(kind, question, name) for name in names]
        told = {"page": {"next_token": following, "count": len(names)}, "results": results}
        return orjson.dumps(told), headers

    @guarded("front end's key")
    def plan(self, asked: Asked) -> Told:
        """A list's plan, on the record before it leaves."""
        snapshot, asker = self._snapshot(asked, None)
        body = read_body(asked)
        question = read_question(body, snapshot.rules, searched="resource")
        given = part(body, "resource", "").get("properties", {})
        good, token = self._vouched(question, snapshot, asker)
        plan = self.searches.plan(snapshot, good, frozenset(given)) if good is not None else refused(snapshot.rules)
        headers = self._record("plan", snapshot, question, plan.kind != "never", {"plan": plan.kind, **token}, asker)
        return orjson.dumps(plan_out(plan, full=asker.full)), headers

    @property
    def searches(self) -> Searches:
        """This process's searches, made when first needed."""
        if self._searches is None:
            self._searches = searches_of(self._service.decisions)
        return self._searches

    def _snapshot(self, asked: Asked, scope: Scope | None) -> tuple[Snapshot, Asker]:
        decisions, now = self._service.decisions, clock.now()
        who = partial(admit, asked, decisions, self._pace, now, scope)
        rules, revision, asker = decisions.snapshot(asked.system, who, minimum_revision(asked.minimum))
        return Snapshot(rules, revision, now), asker

    def _vouched(self, question: Question, snapshot: Snapshot, asker: Asker) -> tuple[Question | None, dict[str, Any]]:
        """The question as its token, if it has one, lets it be decided, and what the record says of the token."""
        if not question.token:
            return question, {}
        decisions: Decisions = self._service.decisions
        proof = decisions.proof(question, snapshot.rules.system, asker, snapshot.now)
        if proof is None:
            return None, {"codes": [Code.TOKEN_NOT_GOOD.value]}
        return proved(question, proof), {"asserted_by": BY_TOKEN, "token": proof.told()}

    def _record(
        self, kind: str, snapshot: Snapshot, question: Question, found: bool, said: Mapping[str, Any], asker: Asker
    ) -> dict[str, str]:
        body: dict[str, Any] = dict(said)
        question_body(question, body)
        rules = snapshot.rules
        at = (snapshot.now, snapshot.revision, rules.revision)
        (name,) = self._service.decisions.recorder.put([note(kind, rules.system, found, body, asker, at)])
        return {
            "Decision-Id": name,
            "Policy-Revision": str(rules.revision),
            "Facts-Revision": str(snapshot.revision),
        }


def result(kind: str, question: Question, name: str) -> dict[str, str]:
    """One result, as AuthZEN writes it."""
    if kind == "action":
        return {"name": name}
    return {"type": question.subject_type if kind == "subject" else question.resource_type, "id": name}


def refused(rules: SystemRules) -> Plan:
    """The plan of a list for one whose token is not good."""
    return Plan("never", None, False, (), refusal(Code.TOKEN_NOT_GOOD, "token", rules.revision))


def said_of(one: Property) -> dict[str, Any]:
    """How a row says a property: its type, and the only values that it may have, where the pack lists them."""
    return {"type": one.type, "values": one.values} if one.values else {"type": one.type}


def plan_out(plan: Plan, *, full: bool) -> dict[str, Any]:
    """A plan as the API writes it."""
    said: dict[str, Any] = {"kind": plan.kind}
    if plan.condition is not None:
        said["condition"] = plan.condition
    said["confirm"] = plan.confirm
    if plan.told:
        said["properties"] = {one.name: said_of(one) for one in plan.told}
    obligations = [
        explanation.obligation(one) | ({} if when is None else {"when": when}) for one, when in plan.obligations
    ]
    context: dict[str, Any] = {"reasons": [], "obligations": obligations}
    if plan.denied is not None:
        context = explanation.context(plan.denied, full=full)
    return {"plan": said, "context": context}
