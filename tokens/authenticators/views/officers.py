"""Pages of the people who look after access: somebody's authenticators. No page shows a secret or a code."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from flask import Response, g
from sqlalchemy.orm import Session

from governance.kernel import clock
from governance.kernel.verdict import Refused
from governance.people.signin.store.accounts import list_reach
from governance.people.store import find_name, get_person
from governance.ports.actor import Actor
from governance.web.forms import Form, read_form
from governance.web.pages import View, allowed, go, render
from tokens.authenticators import losing, replacing, store
from tokens.authenticators.attempts import list_attempts
from tokens.authenticators.rules import ENDED, KIND_NAMES, STATE_WORDS, State, may_help
from tokens.authenticators.schemas import NothingForm, WhyForm
from tokens.authenticators.throttling import THROTTLE, Attempts
from tokens.authenticators.views import changed, house, laid, refused, sealer, status_of

THEIRS = "/people/<reference>/authenticators"
Act = Callable[[Session, Actor, datetime], Any]


def their_account(reference: str, **_more: object) -> tuple[str, Mapping[str, Any]]:
    """Whose account it is: the organisations at which they work and all above, and whether it is the visitor's own."""
    with house().databases.reading() as session:
        reach = list_reach(session, reference, house().databases.freshness.current(), clock.now())
    return reference, {"within": reach, "own": reference == g.visitor.reference}


def may(action: str) -> Callable[[View], View]:
    """Those whom Postern's own pack lets do this with somebody's account."""
    return allowed(action, "account", their_account)


def page(reference: str, form: Form | None = None) -> Response:
    """Somebody's authenticators, whether they are locked out, and what waits for a second person."""
    now = clock.now()
    with house().databases.reading() as session:
        person = get_person(session, reference).id
        name = find_name(session, person, house().databases.freshness.current())
        known = store.list_of(session, [person])
        tried = list_attempts(session, [person]).get(person, Attempts())
        waiting = replacing.list_waiting(session, [person])
    values = {
        "known": known, "usable": [one for one in known if one.is_usable(now)],
        "tried": tried, "closed": tried.closed(THROTTLE, now), "waiting": waiting, "now": now,
        "ended": ENDED, "names": KIND_NAMES, "words": STATE_WORDS, "states": State, "reference": reference,
        "name": name or reference,
    }  # fmt: skip
    return render("authenticators/theirs.html", status_of(form), form=form, **values)


def done(reference: str, act: Act, said: str) -> Response:
    """Do something about somebody's authenticators, and lead back to them."""
    actor = Actor(g.visitor.reference, "page")
    return changed(
        lambda session, now: act(session, actor, now),
        lambda: go("their_authenticators.theirs", reference=reference),
        said,
    )


@may("view-authenticators")
def theirs(reference: str) -> Response:
    """List them."""
    return page(reference)


@may("report-lost")
def confirm_lost(reference: str, row: int) -> Response:
    """Ask whether it is lost: by that it is dead for good, and its person is signed out everywhere."""
    verdict = may_help(reference, g.visitor.reference)
    if not verdict.allowed:
        return refused(Refused(verdict))
    with house().databases.reading() as session:
        one = store.get_authenticator(session, get_person(session, reference).id, row)
    return render("authenticators/lost.html", one=one, kind=KIND_NAMES[one.kind], reference=reference)


@may("report-lost")
def lost(reference: str, row: int) -> Response:
    """Report one lost."""
    read_form(NothingForm)

    def act(session: Session, actor: Actor, now: datetime) -> None:
        losing.report_lost(session, reference, row, actor=actor, now=now)

    return done(reference, act, "It no longer counts, and their sessions have ended.")


@may("release-authenticator")
def release(reference: str, row: int) -> Response:
    """Let one count again that was put on hold."""
    read_form(NothingForm)

    def act(session: Session, actor: Actor, now: datetime) -> None:
        losing.release(session, reference, row, actor=actor, now=now)

    return done(reference, act, "It counts again.")


@may("unlock")
def unlock(reference: str) -> Response:
    """Let somebody try again."""
    read_form(NothingForm)

    def act(session: Session, actor: Actor, now: datetime) -> None:
        losing.unlock_person(session, reference, actor=actor, now=now)

    return done(reference, act, "They can try again now.")


@may("start-replacement")
def ask_replacement(reference: str) -> Response:
    """Start a temporary replacement."""
    form = read_form(WhyForm)
    if not form.ok:
        return page(reference, form)
    why, by = form.values["why"], g.visitor.reference
    approvers = house().who_may("approve-replacement", reference, now=clock.now())

    def act(session: Session, actor: Actor, now: datetime) -> None:
        replacing.ask(session, reference, why, by=by, actor=actor, now=now, approvers=approvers)

    return done(reference, act, "A temporary replacement waits for a second person to approve it.")


@may("approve-replacement")
def approve(reference: str, number: int) -> Response:
    """Approve one as the second person."""
    read_form(NothingForm)
    by, url = g.visitor.reference, house().settings.public_url

    def act(session: Session, actor: Actor, now: datetime) -> None:
        replacing.approve(session, number, url, sealer(), of=reference, by=by, actor=actor, now=now)

    return done(reference, act, "Approved. They get a link by mail; it is good for 24 hours, once.")


@may("approve-replacement")
def refuse(reference: str, number: int) -> Response:
    """Refuse one, or take it back."""
    read_form(NothingForm)
    by = g.visitor.reference

    def act(session: Session, actor: Actor, now: datetime) -> None:
        replacing.refuse(session, number, of=reference, by=by, actor=actor, now=now)

    return done(reference, act, "Refused.")


officer_pages = laid("their_authenticators", (
    ("GET", THEIRS, theirs),
    ("GET", f"{THEIRS}/<int:row>/lost", confirm_lost),
    ("POST", f"{THEIRS}/<int:row>/lost", lost),
    ("POST", f"{THEIRS}/<int:row>/release", release),
    ("POST", f"{THEIRS}/unlock", unlock),
    ("POST", f"{THEIRS}/replacement", ask_replacement),
    ("POST", f"{THEIRS}/replacement/<int:number>/approve", approve),
    ("POST", f"{THEIRS}/replacement/<int:number>/refuse", refuse),
))  # fmt: skip
