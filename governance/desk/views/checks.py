"""Pages of the desk: checking access."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from flask import Blueprint, Response, abort, current_app, g, jsonify, request
from werkzeug.datastructures import MultiDict

from governance.desk import checking
from governance.desk import service as desk
from governance.desk.schemas import WhomIn
from governance.desk.views import may_now, part_for, show
from governance.kernel import clock
from governance.kernel.errors import BadInput
from governance.ports.role_rules import SystemRules
from governance.web.errors import asks_for_json
from governance.web.forms import Form, read, read_filters
from governance.web.pages import allowed

NOBODY_HERE = "Nobody in your part of the organisations has this reference. Check it"
"""Said alike of who is unknown and of who lies outside the visitor's part."""
BEHIND = f"{checking.CIRCUMSTANCE}mediated_for"
"""The field of a check that names for whom somebody would ask, in systems where one asks for another."""


def asked_person(**_values: Any) -> tuple[str, Mapping[str, Any]]:
    """The account of the person whom a check is about."""
    return request.args.get("person", "").strip() or desk.NOWHERE, {}


def whom_again() -> Response:
    """The first form of a check, because the person who was typed does not lie in the visitor's part."""
    given = MultiDict({name: request.args.get(name, "") for name in ("person", "system")})
    form = read(WhomIn, given).wrong("person", NOBODY_HERE)
    service = current_app.extensions["postern"]
    return show("check", 403, form=form, person="", systems=system_names(service))


def add_checks(pages: Blueprint, service: Any) -> None:
    """Check access, one thing after another: whom and where, what, the answer."""

    @pages.get("/check-access")
    @allowed("view-people", "organisation", part_for("view-people"))
    def check() -> Response:
        return show("check", form=None, person="", systems=system_names(service))

    @pages.get("/check-access/question")
    @allowed("check-access", "account", asked_person, typed=whom_again)
    def check_question() -> Response:
        if "system" not in request.args:  # a link that leads here from a person has named nobody's system yet
            return show("check", form=None, person=request.args.get("person", ""), systems=system_names(service))
        form = read_filters(WhomIn)
        rules = find_rules(service, form)
        if rules is None:
            return show("check", 422, form=form, person="", systems=system_names(service))
        return ask_page(rules, form, 200)

    @pages.get("/check-access/answer")
    @allowed("check-access", "account", asked_person, typed=whom_again)
    def check_answer() -> Response:
        rules = find_rules(service, None)
        if rules is None:
            abort(404)
        form = read_filters(checking.schema_for(rules))
        answer = answered(service, form) if form.ok else None
        if answer is None:
            return ask_page(rules, form, 422)
        if asks_for_json():
            return jsonify(answer.told)
        return show("answer", answer=answer, values=form.values)


def system_names(service: Any) -> list[tuple[str, str]]:
    """Every system in force, by its name."""
    rules, _ = service.decisions.in_force()
    return sorted(((one.system, one.name) for one in rules.values() if one is not None), key=lambda pair: pair[1])


def find_rules(service: Any, form: Form | None) -> SystemRules | None:
    """The rules of the system that a check is about; None where it is none, which the form then says."""
    rules, _ = service.decisions.in_force()
    found: SystemRules | None = rules.get(request.args.get("system", ""))
    if found is None and form is not None:
        form.wrong("system", "Choose a system")
    return found


def ask_page(rules: SystemRules, form: Form, status: int) -> Response:
    """The form that asks what somebody wants to do."""
    known = {"person": request.args.get("person", ""), "system": rules.system}
    told = {
        "rules": rules,
        "which": checking.which(rules),
        "questions": checking.questions(rules),
        "asking": checking.asking(rules),
    }
    return show("check_question", status, form=form, **known, **told)


def answered(service: Any, form: Form) -> checking.Answer | None:
    """The answer to a check; None where the question is wrong, which the form then says."""
    now, person = clock.now(), form.values["person"]
    day = form.values["day"]
    if day is not None and day > clock.london_day(now):
        form.wrong("day", "The day must be today or in the past")
        return None
    behind = form.values.get(BEHIND, "")
    if behind and not may_now(service, "check-access", behind):  # the reasons are then about that person
        form.wrong(BEHIND, NOBODY_HERE)
        return None
    try:
        part = partial(desk.within, service, g.visitor, now=now)
        return checking.check(
            service, g.visitor, form.values, lambda: may_now(service, "view-reasons", person), part, now=now
        )
    except BadInput as wrong:
        form.wrong(*checking.fault_of(wrong))
        return None
