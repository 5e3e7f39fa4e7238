"""Pages: invitations, forgotten passwords, and the password that a mailed link lets somebody choose."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, current_app, g, request

from governance.kernel import clock
from governance.kernel.errors import Conflict, NotFound
from governance.kernel.verdict import Refused
from governance.people.signin.choosing import SAYS, SHORTEST
from governance.people.signin.rules import Purpose
from governance.people.signin.schemas import ChooseForm, InviteForm, RecoverForm
from governance.people.signin.service import accounts
from governance.people.signin.service.accounts import Chosen
from governance.people.signin.service.ground import Ground
from governance.people.signin.service.refusing import lasting
from governance.people.signin.store.accounts import list_reach
from governance.people.signin.views import begin
from governance.people.signin.views.entering import asking
from governance.ports.actor import Actor
from governance.web.forms import Form, read_form
from governance.web.headers import unreferred
from governance.web.leading import SECOND_STEP
from governance.web.pages import allowed, anybody, go, go_to, may_enter, render, tell_next

FIRST_AUTHENTICATOR = "/account/authenticators/add"
ASKED_SECONDS = 0.1
"""So long it takes to ask for a link: several times what mailing one takes. No longer: a thread waits."""
NOBODY_TO_INVITE = "Nobody whom you may invite has this reference. Check it, or have the person recorded first"
"""Said alike of whoever is unknown, lies outside the visitor's part, or holds more than the visitor looks after."""
THEN: dict[Purpose, str] = {Purpose.INVITATION: FIRST_AUTHENTICATOR, Purpose.RECOVERY: SECOND_STEP}


def own_organisation() -> tuple[str, Mapping[str, Any]]:
    """The organisation for which a visitor invites, before anybody is named: the one they work at."""
    service = current_app.extensions["postern"]
    with service.databases.reading() as session:
        reach = list_reach(session, g.visitor.reference, service.databases.freshness.current(), clock.now())
    return (reach[0] if reach else g.visitor.reference), {}


def invited_person() -> tuple[str, Mapping[str, Any]]:
    """The account of whoever is invited: it must lie in the visitor's part. The visitor's own where nobody is named."""
    return request.form.get("person", "").strip() or g.visitor.reference, {}


def invite_again() -> Response:
    """The form of an invitation, because the person who was typed is nobody whom the visitor may invite."""
    form = read_form(InviteForm).wrong("person", NOBODY_TO_INVITE)
    return render("signin/invite.html", 403, form=form, person=form.raw["person"])


def link_page(service: Any, purpose: Purpose, token: str, form: Form | None = None) -> Response:
    """The page of a link: where a password is chosen, or that it can no longer be used, or not at this address."""
    found = accounts.find_live(service.databases, purpose, token, now=clock.now())
    if found is None:
        return unreferred(render("signin/link-spent.html", 410, purpose=purpose.value))
    if accounts.is_taken(service.databases, found):
        taken = render("signin/address-taken.html", 409, reference=found.to.reference, email=found.email)
        return unreferred(taken)
    values = {"purpose": purpose.value, "shortest": SHORTEST, "reference": found.to.reference, "email": found.email}
    return unreferred(render("signin/choose-password.html", 200 if form is None else 422, form=form, **values))


def choose(service: Any, ground: Ground, purpose: Purpose, token: str) -> Response:
    """Take the password that was chosen, and use the link up."""
    form = read_form(ChooseForm)
    if not form.ok:
        return link_page(service, purpose, token, form)
    chosen: Chosen = accounts.choose_password(
        service.databases, ground, purpose, token, form.values["new_password"], asking(),
        may_enter=may_enter, now=clock.now(),
    )  # fmt: skip
    if chosen.objection is not None:
        return link_page(service, purpose, token, form.wrong("new_password", SAYS[chosen.objection]))
    if chosen.is_spent:
        return link_page(service, purpose, token)
    return begin(service, lambda: go_to(request.script_root + THEN[purpose]), chosen.secret)


def link_pages(service: Any) -> Blueprint:
    """What mailed links open."""
    pages, ground = Blueprint("links", __name__), Ground.of(service.settings)

    @pages.get("/invitation/<token>")
    @anybody("the link's token says who may; looking at it changes nothing")
    def invitation(token: str) -> Response:
        return link_page(service, Purpose.INVITATION, token)

    @pages.post("/invitation/<token>")
    @anybody("the link's token says who may, once")
    def accept(token: str) -> Response:
        return choose(service, ground, Purpose.INVITATION, token)

    @pages.get("/recover/<token>")
    @anybody("the link's token says who may; looking at it changes nothing")
    def recovery(token: str) -> Response:
        return link_page(service, Purpose.RECOVERY, token)

    @pages.post("/recover/<token>")
    @anybody("the link's token says who may, once")
    def recover_with(token: str) -> Response:
        return choose(service, ground, Purpose.RECOVERY, token)

    return pages


ON_ITS_WAY = "The invitation is on its way to {person} at {email}. The link in it works once, and for 7 days."


def asking_pages(service: Any) -> Blueprint:
    """Pages by which a link is asked for, for oneself or for somebody else."""
    pages, ground = Blueprint("asking", __name__), Ground.of(service.settings)

    @pages.get("/recover")
    @anybody("whoever has forgotten their password cannot sign in")
    def recover() -> Response:
        return render("signin/recover.html")

    @pages.post("/recover")
    @anybody("whoever has forgotten their password cannot sign in; the answer is the same for everybody")
    def ask_recovery() -> Response:
        form = read_form(RecoverForm)
        if not form.ok:
            return render("signin/recover.html", 422, form=form)
        with lasting(ASKED_SECONDS):
            accounts.ask_recovery(service.databases, ground, form.values["name"], asking(), now=clock.now())
        return go("asking.recovery_asked")

    @pages.get("/recover/asked")
    @anybody("says the same to everybody")
    def recovery_asked() -> Response:
        return render("signin/recover-asked.html")

    @pages.get("/people/invite")
    @allowed("invite", "organisation", own_organisation)
    def invite() -> Response:
        return render("signin/invite.html", person=request.args.get("person", ""))

    @pages.post("/people/invite")
    @allowed("invite", "account", invited_person, typed=invite_again)
    def send_invitation() -> Response:
        form = read_form(InviteForm)
        if form.ok:
            form = sent(service, ground, form)
        if not form.ok:
            return render("signin/invite.html", 422, form=form, person=form.raw["person"])
        tell_next("success", ON_ITS_WAY.format(**form.values))
        return go("asking.invite")

    return pages


def sent(service: Any, ground: Ground, form: Form) -> Form:
    """Invite whom a form names; what stands in the way is said of the form."""
    now, person, email = clock.now(), form.values["person"], form.values["email"]
    try:
        with service.databases.change(g.visitor.reference, now) as session:
            accounts.invite_by_mail(session, ground, person, email, actor=Actor(g.visitor.reference, "page"), now=now)
    except NotFound:
        return form.wrong("person", NOBODY_TO_INVITE)
    except Refused:
        return form.wrong("email", "No mail can be sent to this address. Check it")
    except Conflict as standing:
        said = str(standing)
        return form.wrong("person", said[0].upper() + said[1:])
    return form
