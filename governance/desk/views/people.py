"""Pages of the desk: my access, people in my part, one person, lock-outs, where people get stuck."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, abort, current_app, g, url_for
from marshmallow import Schema

from governance.desk import service as desk
from governance.desk.pictures import funnel_picture
from governance.desk.rules import Status
from governance.desk.schemas import PartIn, PeopleIn
from governance.desk.store import Part
from governance.desk.tables import (
    LOCKED_HEAD,
    PEOPLE_HEAD,
    STUCK_HEAD,
    locked_cells,
    person_cells,
    stuck_cells,
)
from governance.desk.views import may_now, part_for, show
from governance.desk.views.checks import add_checks
from governance.kernel import clock
from governance.people.signin.rules import AccountState
from governance.ports.second_factor import Replacing
from governance.ports.visitor import Visitor
from governance.web.downloads import csv_response
from governance.web.forms import Form, read_filters
from governance.web.pages import allowed
from governance.web.paging import after_key, keyset, paged

PAGE = 25
NO_SUCH_PART = "No organisation in your part has this reference. Check it"
"""Said alike of what is unknown and of what lies outside the visitor's part."""
ACTS = {
    "check-access": ("desk.check_question", "Check what they may do, and why"),
    "invite": ("asking.invite", "Invite them to make an account"),
    "view-authenticators": ("their_authenticators.theirs", "Their authenticators: unlock, report lost, replace"),
    "approve-replacement": ("their_authenticators.theirs", "Approve or refuse the temporary replacement that waits"),
}
"""What may be done to a person, by the pack's action: the page where it is done, and the words of the link."""

NO_LIST: Mapping[str, Any] = {"listed": None, "stuck": None, "download": "", "invites": False, "waiting": ()}
"""A list that is not shown."""


def own(**_values: Any) -> tuple[str, Mapping[str, Any]]:
    """The visitor's own account."""
    return g.visitor.reference, {}


def somebody(reference: str) -> tuple[str, Mapping[str, Any]]:
    """The account of the person whom the address names."""
    return reference, {}


def again(name: str, kind: type[Schema], **values: Any) -> Callable[[], Response]:
    """A list's page without its list, because the organisation that was typed does not lie in the visitor's part."""

    def page() -> Response:
        return show(name, 403, form=read_filters(kind).wrong("organisation", NO_SUCH_PART), **values)

    return page


def blueprint(service: Any) -> Blueprint:
    """The desk."""
    pages = Blueprint("desk", __name__)
    add_access(pages, service)
    add_people(pages, service)
    add_person(pages, service)
    add_lock_outs(pages, service)
    add_enrolment(pages, service)
    add_checks(pages, service)
    return pages


def add_access(pages: Blueprint, service: Any) -> None:
    """My access."""

    @pages.get("/account")
    @allowed("view", "account", own)
    def account() -> Response:
        now = clock.now()
        blocks, waiting = desk.my_access(service, g.visitor.reference, now=now), to_approve(service, now)
        lapsing = [(block, lapse) for block in blocks for lapse in block.lapses]
        return show("account", blocks=blocks, lapsing=lapsing, waiting=waiting)


def add_people(pages: Blueprint, service: Any) -> None:
    """People in my part: a page and a file."""

    @pages.get("/people")
    @allowed("view-people", "organisation", part_for("view-people"), typed=again("people", PeopleIn, **NO_LIST))
    def people() -> Response:
        form, now = read_filters(PeopleIn), clock.now()
        if not form.ok:
            return show("people", 422, form=form, **NO_LIST)
        part = desk.part_of(service, g.visitor, "view-people", form.values["organisation"], now=now)
        listed = listed_people(service, part, form, now)
        named = {name: value for name, value in form.values.items() if value}
        download = url_for("desk.people_file", **named) if downloads(service) else ""
        more: dict[str, Any] = {"invites": invites(service), "waiting": to_approve(service, now)}
        return show("people", form=form, listed=listed, download=download, **more)

    @pages.get("/people.csv")
    @allowed("download", "organisation", part_for("download"))
    def people_file() -> Response:
        form, now = read_filters(PeopleIn), clock.now()
        if not form.ok:
            abort(404)
        part = desk.part_of(service, g.visitor, "download", form.values["organisation"], now=now)
        found = list(desk.every_row(service, part, form.values["name"], status_in(form), now=now))
        return told_file(service, "people", form, PEOPLE_HEAD, [person_cells(row) for row in found])


def add_person(pages: Blueprint, service: Any) -> None:
    """One person: their account, their locks, what they hold, what the visitor can do."""

    @pages.get("/people/<path:reference>")
    @allowed("view", "account", somebody)
    def person(reference: str) -> Response:
        now, visitor = clock.now(), g.visitor
        row, sessions = desk.get_person(service, visitor, reference, now=now)
        may = service.authorise.may_about(visitor, (*ACTS, "view-reasons"), "account", reference, now=now)
        full = "view-reasons" in may and may_now(service, "view-reasons", reference)
        blocks, others = desk.access_within(service, visitor, reference, now=now, full=full)
        waits = next((one for one in desk.list_waiting(service) if one.reference == reference), None)
        acts = acts_on(reference, may - needless(row, waits, visitor))
        waits = waits if "view-authenticators" in may else None
        locked = desk.locks_of_one(service, row.person.number, now)
        told: dict[str, Any] = {"row": row, "sessions": sessions, "blocks": blocks, "others": others, "acts": acts}
        return show("person", **told, waits=waits, locked=locked)


def asked_part(service: Any, action: str) -> tuple[Form, Part]:
    """The part of the tree that a list is about, with the form that names it."""
    form = read_filters(PartIn)
    named = form.values["organisation"] if form.ok else desk.NOWHERE
    return form, desk.part_of(service, g.visitor, action, named, now=clock.now())


def told_file(service: Any, name: str, form: Form, head: Sequence[str], rows: Sequence[Sequence[Any]]) -> Response:
    """A list as a file, once the trail is told that it is taken away."""
    desk.tell_download(service, g.visitor, name, form.values["organisation"], len(rows), now=clock.now())
    return csv_response(name, head, rows)


def add_lock_outs(pages: Blueprint, service: Any) -> None:
    """Who is locked out: a page and a file."""

    @pages.get("/people/lock-outs")
    @allowed(
        "view-lock-outs", "organisation", part_for("view-lock-outs"), typed=again("lock_outs", PartIn, listed=None)
    )
    def lock_outs() -> Response:
        form, part = asked_part(service, "view-lock-outs")
        listed = desk.list_locked(service, part, now=clock.now())
        return show("lock_outs", form=form, listed=listed, downloads=downloads(service))

    @pages.get("/people/lock-outs.csv")
    @allowed("download", "organisation", part_for("download"))
    def lock_outs_file() -> Response:
        form, part = asked_part(service, "download")
        found = [locked_cells(row) for row in desk.list_locked(service, part, now=clock.now())]
        return told_file(service, "lock-outs", form, LOCKED_HEAD, found)


def add_enrolment(pages: Blueprint, service: Any) -> None:
    """Where people get stuck: a page, its picture, a file."""

    @pages.get("/people/enrolment")
    @allowed("view-enrolment", "organisation", part_for("view-enrolment"), typed=again("enrolment", PartIn, **NO_LIST))
    def enrolment() -> Response:
        form, part = asked_part(service, "view-enrolment")
        stuck = desk.where_stuck(service, part, now=clock.now())
        named = {name: one for name, one in form.values.items() if one}
        return show("enrolment", form=form, stuck=stuck, named=named, downloads=downloads(service))

    @pages.get("/people/enrolment.svg")
    @allowed("view-enrolment", "organisation", part_for("view-enrolment"))
    def enrolment_picture() -> Response:
        stuck = desk.where_stuck(service, asked_part(service, "view-enrolment")[1], now=clock.now())
        return Response(funnel_picture(stuck.total), content_type="image/svg+xml; charset=utf-8")

    @pages.get("/people/enrolment.csv")
    @allowed("download", "organisation", part_for("download"))
    def enrolment_file() -> Response:
        form, part = asked_part(service, "download")
        rows = list(stuck_cells(desk.where_stuck(service, part, now=clock.now())))
        return told_file(service, "enrolment", form, STUCK_HEAD, rows)


# --- what views are made of


def status_in(form: Form) -> Status | None:
    """The standing that a list is narrowed down to."""
    return Status(form.values["standing"]) if form.values["standing"] else None


def listed_people(service: Any, part: Part, form: Form, now: Any) -> Any:
    """The page of people that is asked for: by number, or from a place on where a standing is looked for."""
    text, status = form.values["name"], status_in(form)
    if status is None:
        total = desk.count_people(service, part, text)
        return paged(total, desk.page_of_people(service, part, text, now=now), PAGE)
    start = int(after_key()) if after_key().isdecimal() and len(after_key()) < 10 else 0
    rows = desk.every_row(service, part, text, status, now=now, start=start)
    return keyset([row for row, _ in zip(rows, range(PAGE + 1), strict=False)], lambda row: str(row.place + 1), PAGE)


def needless(row: Any, waits: Replacing | None, visitor: Visitor) -> frozenset[str]:
    """What need not be offered: whoever signs in already is not invited; nothing waits, or not for the visitor."""
    is_active = row.account is not None and row.account.state == AccountState.ACTIVE
    decidable = waits is not None and waits.asked_by != visitor.reference
    own = ["view-authenticators"] if row.person.reference == visitor.reference else []  # kept on a page of its own
    return frozenset(own + (["invite"] if is_active else []) + ([] if decidable else ["approve-replacement"]))


def to_approve(service: Any, now: datetime) -> list[tuple[Replacing, str]]:
    """What waits for the visitor's approval, each with the address where it is given."""
    waiting = desk.list_to_approve(service, g.visitor, now=now)
    found = [(one, acts_on(one.reference, ["approve-replacement"])) for one in waiting]
    return [(one, acts[0][0]) for one, acts in found if acts]


def downloads(service: Any) -> bool:
    """Whether a list is offered as a file: the file itself asks again."""
    return bool(service.authorise.parts(g.visitor, "download", now=clock.now(), near=True))


def invites(service: Any) -> bool:
    """Whether the page that invites is linked: it asks again."""
    return bool(service.authorise.may_see(g.visitor, [("invite", "organisation")], now=clock.now()))


def acts_on(reference: str, may: Collection[str]) -> list[tuple[str, str]]:
    """Links to what the visitor may do to a person, where there is a page for it."""
    known = current_app.view_functions
    acts = [(endpoint, words) for action, (endpoint, words) in ACTS.items() if action in may and endpoint in known]
    return [(address_of(endpoint, reference), words) for endpoint, words in acts]


def address_of(endpoint: str, reference: str) -> str:
    """The address of a page about a person."""
    takes = next(rule.arguments for rule in current_app.url_map.iter_rules(endpoint))
    return url_for(endpoint, reference=reference) if "reference" in takes else url_for(endpoint, person=reference)
