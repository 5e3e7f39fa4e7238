"""Pages: where I am signed in, and my password."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, g

from governance.kernel import clock
from governance.people.signin import service as signin
from governance.people.signin.choosing import SAYS, SHORTEST
from governance.people.signin.schemas import ChangeForm, NothingForm
from governance.people.signin.service import accounts
from governance.people.signin.service.ground import Ground
from governance.people.signin.store import list_of
from governance.people.signin.views import set_cookie
from governance.people.signin.views.entering import asking, sentence_of
from governance.web.forms import read_form
from governance.web.pages import go, of_own, render, tell_next

WRONG = "This is not your password as it is now. Check it and try again"


def my_pages(service: Any) -> Blueprint:
    """Where one is signed in, and signing out there."""
    pages, ground = Blueprint("mine", __name__), Ground.of(service.settings)

    @pages.get("/account/sessions")
    @of_own("view-sessions")
    def sessions() -> Response:
        now = clock.now()
        with service.databases.reading() as session:
            live = [one for one in list_of(session, g.visitor.person) if one.is_live(ground.limits, now)]
        return render("signin/sessions.html", sessions=live, limits=ground.limits)

    @pages.post("/account/sessions/<sid>/end")
    @of_own("end-sessions")
    def end_session(sid: str) -> Response:
        read_form(NothingForm)
        now = clock.now()
        with service.databases.change(g.visitor.reference, now) as session:
            ended = signin.end_one(session, g.visitor, sid, "its owner ended it", now=now)
        tell_next("success" if ended else "note", "Signed out there." if ended else "That session had ended already.")
        return go("mine.sessions")

    @pages.post("/account/sessions/end-others")
    @of_own("end-sessions")
    def end_others() -> Response:
        read_form(NothingForm)
        now = clock.now()
        with service.databases.change(g.visitor.reference, now) as session:
            signin.end_others(session, g.visitor, "its owner ended all others", now=now)
        tell_next("success", "Signed out everywhere else.")
        return go("mine.sessions")

    return pages


def password_pages(service: Any) -> Blueprint:
    """Change one's own password."""
    pages, ground = Blueprint("passwords", __name__), Ground.of(service.settings)

    @pages.get("/account/password")
    @of_own("change-password")
    def password() -> Response:
        return render("signin/change-password.html", shortest=SHORTEST)

    @pages.post("/account/password")
    @of_own("change-password")
    def change_password() -> Response:
        form = read_form(ChangeForm)
        if form.ok:
            old, new = form.values["password"], form.values["new_password"]
            entered, objection = accounts.change_password(
                service.databases, ground, g.visitor, old, new, asking(), now=clock.now()
            )
            if entered.secret:
                tell_next("success", "Your password is changed. Wherever else you were signed in you are signed out.")
                return set_cookie(go("mine.sessions"), entered.secret)
            if objection is not None:
                form.wrong("new_password", SAYS[objection])
            else:
                form.wrong("password", WRONG if not entered.seconds else sentence_of(entered))
        return render("signin/change-password.html", 422, form=form, shortest=SHORTEST)

    return pages
