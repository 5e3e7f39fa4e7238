"""Pages: my authenticators."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Response, g, request
from sqlalchemy.orm import Session

from governance.kernel import clock
from governance.people.signin.views import clear_cookie
from governance.web.forms import Form, read_form
from governance.web.leading import SIGN_IN
from governance.web.pages import go, go_to, of_own, render, tell_next
from tokens.authenticators import losing, store
from tokens.authenticators.rules import ENDED, FEW_LEFT, KIND_NAMES, STATE_WORDS, Kind, State
from tokens.authenticators.schemas import LabelForm, NothingForm
from tokens.authenticators.views import MINE, changed, house, laid, status_of


def page_of(template: str, row: int, form: Form | None = None) -> Response:
    """A page about one of the visitor's authenticators."""
    with house().databases.reading() as session:
        one = store.get_authenticator(session, g.visitor.person, row)
    return render(f"authenticators/{template}.html", status_of(form), form=form, one=one, kind=KIND_NAMES[one.kind])


def back() -> Response:
    """To the list."""
    return go("authenticators.mine")


@of_own("view-authenticators")
def mine() -> Response:
    """List what the visitor has, and what they had."""
    now = clock.now()
    with house().databases.reading() as session:
        known = store.list_of(session, [g.visitor.person])
        left = store.count_codes(session, [one.id for one in known if one.kind is Kind.RECOVERY])
    values: dict[str, Any] = {
        "standing": [one for one in known if one.standing(now) not in ENDED],
        "over": [one for one in known if one.standing(now) in ENDED and one.activated_at is not None],
        "left": left, "few": FEW_LEFT, "now": now, "kinds": Kind, "states": State,
    }  # fmt: skip
    return render("authenticators/mine.html", names=KIND_NAMES, words=STATE_WORDS, **values)


@of_own("manage-authenticators")
def name(row: int) -> Response:
    """Ask for another name."""
    return page_of("rename", row)


@of_own("manage-authenticators")
def rename(row: int) -> Response:
    """Give another name."""
    form = read_form(LabelForm)
    if not form.ok:
        return page_of("rename", row, form)
    label = form.values["label"]
    return changed(
        lambda session, now: losing.rename(session, g.visitor, row, label, now=now), back, "The name is changed."
    )


@of_own("manage-authenticators")
def confirm_removal(row: int) -> Response:
    """Ask whether it is to be removed."""
    return page_of("remove", row)


@of_own("manage-authenticators")
def remove(row: int) -> Response:
    """Remove it."""
    read_form(NothingForm)
    return changed(lambda session, now: losing.remove(session, g.visitor, row, now=now), back, "It is removed.")


@of_own("report-lost")
def confirm_loss(row: int) -> Response:
    """Ask whether it is lost; that needs no fresh factor, for it has to be quick."""
    return page_of("lost", row)


@of_own("report-lost")
def report_loss(row: int) -> Response:
    """Report it lost."""
    read_form(NothingForm)
    stands: list[bool] = []

    def report(session: Session, now: datetime) -> None:
        stands.append(losing.report_own_loss(session, g.visitor, row, now=now))

    return changed(report, lambda: after_loss(stands[0]))


def after_loss(stands: bool) -> Response:
    """To the list, or to sign in again where the session was proved by what is lost."""
    if not stands:
        return clear_cookie(go_to(request.script_root + SIGN_IN))
    tell_next("success", "It no longer counts, and your other sessions have ended.")
    return back()


my_pages = laid("authenticators", (
    ("GET", MINE, mine),
    ("GET", f"{MINE}/<int:row>/rename", name),
    ("POST", f"{MINE}/<int:row>/rename", rename),
    ("GET", f"{MINE}/<int:row>/remove", confirm_removal),
    ("POST", f"{MINE}/<int:row>/remove", remove),
    ("GET", f"{MINE}/<int:row>/lost", confirm_loss),
    ("POST", f"{MINE}/<int:row>/lost", report_loss),
))  # fmt: skip
