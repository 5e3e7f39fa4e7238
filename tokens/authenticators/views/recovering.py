"""Pages: recovery codes, what comes after something was added, and taking up a temporary replacement."""

from __future__ import annotations

from flask import Response, g

from governance.kernel import clock
from governance.kernel.verdict import Refused
from governance.web.forms import read_form
from governance.web.headers import unreferred
from governance.web.pages import go, of_own, render
from tokens.authenticators import enrolling, replacing, service
from tokens.authenticators.rules import KIND_NAMES, LINK_SPENT, AuthenticatorFacts, Kind
from tokens.authenticators.schemas import CodesForm, NothingForm
from tokens.authenticators.views import MINE, REPLACEMENT, changed, house, laid, refused, sealer


def my_ways() -> list[AuthenticatorFacts]:
    """What the visitor can prove themselves with."""
    with house().databases.reading() as session:
        return service.choices(session, g.visitor, now=clock.now())


@of_own("view-authenticators")
def added() -> Response:
    """Say that it is set up, and what to do next: recovery codes, a second authenticator."""
    ways = my_ways()
    temporary = next((one for one in ways if one.is_temporary), None)
    codes = any(one.kind is Kind.RECOVERY for one in ways)
    others = [one for one in ways if one.kind is not Kind.RECOVERY]
    earlier = [one for one in others if not one.is_temporary] if temporary else []
    return render(
        "authenticators/added.html", names=KIND_NAMES, codes=codes, temporary=temporary, others=others, earlier=earlier
    )


@of_own("enrol-authenticator")
def explain_codes() -> Response:
    """Say what recovery codes are for, before they are made."""
    with house().databases.reading() as session:
        return render("authenticators/add-recovery.html", standing=enrolling.standing_codes(session, g.visitor.person))


@of_own("enrol-authenticator")
def make_codes() -> Response:
    """Make recovery codes. They are shown in the answer itself, for nothing keeps them: no other page does so."""
    instead_of, now = read_form(CodesForm).values.get("instead_of", 0), clock.now()
    try:
        with house().databases.change(g.visitor.reference, now) as session:
            codes = enrolling.new_recovery_codes(session, sealer(), g.visitor, instead_of=instead_of, now=now)
    except Refused as wrong:
        return refused(wrong)
    return render("authenticators/recovery-codes.html", codes=codes, made_at=now)


@of_own("enrol-first-authenticator", half="enrol-first-authenticator")
def replacement(token: str) -> Response:
    """Say what the link does, or that it is spent; looking at it changes nothing."""
    with house().databases.reading() as session:
        good = replacing.is_open(session, g.visitor, token, clock.now())
    if good:
        return unreferred(render("authenticators/replacement.html", token=token))
    reasons = [{"code": LINK_SPENT.code, "says": LINK_SPENT.says}]
    return unreferred(render("authenticators/link-spent.html", 410, reasons=reasons))


@of_own("enrol-first-authenticator", half="enrol-first-authenticator")
def redeem(token: str) -> Response:
    """Use the link up."""
    read_form(NothingForm)
    return changed(
        lambda session, now: replacing.redeem(session, g.visitor, token, now=now),
        lambda: go("adding.add"),
        "Now set up your temporary way to sign in. It counts for 7 days.",
    )


recovering_pages = laid("recovering", (
    ("GET", f"{MINE}/added", added),
    ("GET", f"{MINE}/add/recovery", explain_codes),
    ("POST", f"{MINE}/add/recovery", make_codes),
    ("GET", f"{REPLACEMENT}<token>", replacement),
    ("POST", f"{REPLACEMENT}<token>", redeem),
))  # fmt: skip
