"""The pages of authenticators. Here: what all of them need."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, current_app, g, request
from sqlalchemy.orm import Session

from governance.kernel import clock
from governance.kernel.sealing import Sealer
from governance.kernel.verdict import Refused
from governance.people.signin.service import next_place
from governance.people.signin.views import set_cookie
from governance.web.forms import Form
from governance.web.leading import SECOND_STEP, lead, local_path
from governance.web.pages import View, go_to, render, tell_next
from tokens.authenticators import rules
from tokens.authenticators.proving import Proved

MINE = "/account/authenticators"
REPLACEMENT = f"{MINE}/replacement/"
Routes = Sequence[tuple[str, str, View]]


def laid(name: str, routes: Routes) -> Callable[[Any], Blueprint]:
    """A room's pages by their routes: method, path, view."""

    def pages(_service: Any) -> Blueprint:
        made = Blueprint(name, __name__)
        for method, path, view in routes:
            made.add_url_rule(path, view_func=view, methods=[method])
        return made

    return pages


def house() -> Any:
    """The service."""
    return current_app.extensions["postern"]


def sealer() -> Sealer:
    """What seals and opens secrets."""
    return Sealer(house().settings.secret_keys)


def place_after(asked: str = "") -> str:
    """Where the visitor goes on once they have proved themselves: where this page was asked to lead, or sign-in was."""
    asked = local_path(asked or request.values.get("next", ""))
    if asked:
        return asked
    with house().databases.reading() as session:
        return next_place(session, g.visitor)


def proved(answer: Proved, place: str) -> Response:
    """Send the visitor on with their raised session; what they should know is told there."""
    if "left" in answer.proof.says:
        tell_next("note", answer.proof.says)
    return set_cookie(go_to(place), answer.secret)


def changed(act: Callable[[Session, datetime], Any], then: Callable[[], Response], said: str = "") -> Response:
    """Do something as the visitor, in one change, and send them on; or say why it is not done."""
    now = clock.now()
    try:
        with house().databases.change(g.visitor.reference, now) as session:
            act(session, now)
    except Refused as wrong:
        return refused(wrong)
    if said:
        tell_next("success", said)
    return then()


def refused(wrong: Refused) -> Response:
    """Why something about authenticators is not done; where only a fresh factor is missing, the way there."""
    if wrong.verdict.reasons == (rules.PROVE_AGAIN,):
        return lead(SECOND_STEP)
    reasons = [{"code": reason.code, "says": reason.says} for reason in wrong.verdict.reasons]
    return render("authenticators/refused.html", 403, reasons=reasons)


def status_of(form: Form | None) -> int:
    """The status of a page with a form: what was sent could not be taken, or nothing was sent."""
    return 200 if form is None else 422
