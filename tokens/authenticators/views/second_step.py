"""Pages: the second step of signing in, and proving again who one is."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Response, g, request

from governance.kernel import clock
from governance.web.forms import Form, read_form
from governance.web.leading import SECOND_STEP
from governance.web.pages import go_to, of_own, render
from tokens.authenticators import replacing, service, store
from tokens.authenticators.proving import prove_by_code
from tokens.authenticators.rules import KIND_NAMES, AuthenticatorFacts, Finding, Kind
from tokens.authenticators.schemas import CodeForm, TwoCodesForm
from tokens.authenticators.views import MINE, REPLACEMENT, house, laid, place_after, proved, sealer, status_of

CLOCKS = frozenset({Finding.CLOCK, Finding.AHEAD})


def chosen_of(ways: Sequence[AuthenticatorFacts], asked: object) -> AuthenticatorFacts | None:
    """The way that is asked for, if the visitor has it, else the one that they used last."""
    return next((one for one in ways if str(one.id) == str(asked)), ways[0] if ways else None)


def page(template: str, form: Form | None = None, *, off: bool = False) -> Response:
    """A page with one of the visitor's ways to prove who they are, and the others."""
    with house().databases.reading() as session:
        ways = service.choices(session, g.visitor, now=clock.now())
        linked = not g.visitor.is_proved and replacing.has_link(session, g.visitor, clock.now())
    way = chosen_of(ways, form.raw["way"] if form else request.args.get("way"))
    values = {"ways": ways, "way": way, "names": KIND_NAMES, "kinds": Kind, "next": place_after(), "linked": linked}
    return render(f"authenticators/{template}.html", status_of(form), form=form, off=off, **values)


def elsewhere() -> str:
    """Where somebody goes instead who has nothing to prove themselves with yet, or who comes with a link."""
    if g.visitor.is_proved:
        return ""
    place = place_after()
    if place.startswith(request.script_root + REPLACEMENT):
        return place
    with house().databases.reading() as session:
        known = store.list_of(session, [g.visitor.person])
    never = all(one.activated_at is None for one in known)
    return f"{request.script_root}{MINE}/add" if never else ""


@of_own("sign-in", half="sign-in")
def second_step() -> Response:
    """Ask for a second factor."""
    other = elsewhere()
    return go_to(other) if other else page("second-step")


@of_own("sign-in", half="sign-in")
def prove() -> Response:
    """Take a code."""
    form = read_form(CodeForm)
    if not form.ok:
        return page("second-step", form)
    answer = prove_by_code(
        house().databases, sealer(), g.visitor, form.values["way"], (form.values["code"],), now=clock.now()
    )
    if answer.proof.good:
        return proved(answer, place_after(form.values["next"]))
    return page("second-step", form.wrong("code", answer.proof.says), off=answer.proof.finding in CLOCKS)


@of_own("sign-in", half="sign-in")
def two_codes() -> Response:
    """Ask for two codes in a row."""
    return page("two-codes")


@of_own("sign-in", half="sign-in")
def prove_by_two() -> Response:
    """Take two codes in a row."""
    form = read_form(TwoCodesForm)
    if not form.ok:
        return page("two-codes", form)
    typed = (form.values["first"], form.values["second"])
    answer = prove_by_code(house().databases, sealer(), g.visitor, form.values["way"], typed, now=clock.now())
    if answer.proof.good:
        return proved(answer, place_after(form.values["next"]))
    return page("two-codes", form.wrong("first", answer.proof.says))


second_step_pages = laid("second_step", (
    ("GET", SECOND_STEP, second_step),
    ("POST", SECOND_STEP, prove),
    ("GET", f"{SECOND_STEP}/two-codes", two_codes),
    ("POST", f"{SECOND_STEP}/two-codes", prove_by_two),
))  # fmt: skip
