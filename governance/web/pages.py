"""What a page of the service is made with: guards that say who may see it, and the ways to answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial, wraps
from typing import Any

from flask import Response, abort, current_app, g

from governance.kernel import clock
from governance.ports.authorise import Permission
from governance.ports.visitor import Visitor
from governance.web.errors import NeedsFactor, NotPermitted, asks_for_json
from governance.web.guards import PageMark, Stage, mark_page
from governance.web.layout import go, go_to, render, tell_next
from governance.web.leading import SECOND_STEP, go_on, lead, local_path, turned_away, way_on

__all__ = [
    "About", "View", "allowed", "anybody", "ask", "go", "go_on", "go_to", "half_signed_in", "local_path", "may_enter",
    "of_own", "render", "signed_in", "tell_next", "way_on",
]  # fmt: skip

ACCOUNT = "account"
NAMED_AMISS = frozenset({"condition_unmet", "bad_question"})
"""Why the pack says no to what lies outside the visitor's part, and to a reference that can be nobody's."""
ROLE_NOT_PERMITTED = "role_not_permitted"
View = Callable[..., Any]
About = Callable[..., tuple[str, Mapping[str, Any]]]


def anybody(reason: str) -> Callable[[View], View]:
    """A page that anybody may see, and why."""

    def wrap(view: View) -> View:
        mark_page(view, PageMark(Stage.ANYBODY), f"public: {reason}")
        return view

    return wrap


def half_signed_in(view: View) -> View:
    """A page for whoever has proved the first factor at least, and may do nothing but leave: signing out."""
    return guard(view, PageMark(Stage.HALF_SIGNED_IN), "a session, its first factor proved")


def signed_in(view: View) -> View:
    """A page for whoever has proved a second factor, and is about nobody else."""
    return guard(view, PageMark(Stage.SIGNED_IN), "a session, its second factor proved")


def nothing_more(**_values: Any) -> tuple[str, Mapping[str, Any]]:
    """What an action is about where it is about nothing in particular."""
    return "", {}


def allowed(
    action: str, resource_type: str, about: About = nothing_more, *, typed: Callable[[], Response] | None = None
) -> Callable[[View], View]:
    """A page for those whom Postern's own pack lets do this; asked and recorded each time, before anything else.

    `about` takes the route's values and tells which resource it is, and the properties that the pack declares of it.
    The answer stands in `g.permission`. Where the reference is typed into a form, `typed` shows that form again, with
    what is wrong at its field: for what is refused only because of what was named. Where an address names a person, a
    page says that nobody of this reference is in the visitor's part.
    """

    def wrap(view: View) -> View:
        def permitted(**values: Any) -> Any:
            number, properties = about(**values)
            try:
                answer = ask(action, resource_type, number, properties)
            except NotPermitted as refusal:
                instead = typed or partial(nobody, refusal.permission, number) if resource_type == ACCOUNT else typed
                if asks_for_json() or instead is None:
                    raise
                if is_for_oneself(refusal.permission, action, resource_type, number):
                    return render("web/for_oneself.html", 403, number=refusal.permission.decision_id)
                if not is_named_amiss(refusal.permission, action, resource_type):
                    raise
                return instead()
            return view(**values) if answer is None else answer

        mark = PageMark(Stage.ALLOWED, action, resource_type)
        return guard(wraps(view)(permitted), mark, f"a session, and the pack: {action} of {resource_type}")

    return wrap


def of_own(action: str, *, half: str = "") -> Callable[[View], View]:
    """A page about the visitor's own account; the pack is asked each time whether they may do this with it.

    `half` is what is asked while only the first factor is proved. Without it such a visitor is led to the second step.
    """

    def wrap(view: View) -> View:
        def permitted(**values: Any) -> Any:
            asked = action if g.visitor.is_proved else half
            answer = ask(asked, ACCOUNT, g.visitor.reference, {})
            return view(**values) if answer is None else answer

        mark = PageMark(Stage.HALF_SIGNED_IN if half else Stage.ALLOWED, action, ACCOUNT)
        return guard(wraps(view)(permitted), mark, f"a session, and the pack: {action} of the own account")

    return wrap


def may_enter(person: int, reference: str, now: datetime) -> bool:
    """Whether somebody who has just shown who they are may sign in at all; asked and recorded before a session begins.

    What they are told when not is what anybody is told who does not get in.
    """
    stranger = Visitor(0, "", person, reference, reference, "", (), now, "")
    service = current_app.extensions["postern"]
    permission: Permission = service.authorise(stranger, "sign-in", ACCOUNT, reference, {}, now=now)
    return permission.allowed


def ask(action: str, resource_type: str, number: str, properties: Mapping[str, Any]) -> Response | None:
    """Ask whether the visitor may do this. None when they may; raise with every reason when not.

    Where only a second factor is missing or too old, the answer leads there and back.
    """
    service = current_app.extensions["postern"]
    permission: Permission = service.authorise(g.visitor, action, resource_type, number, properties, now=clock.now())
    g.permission = permission
    if permission.allowed:
        return None
    if not permission.needs_factor:
        raise NotPermitted(permission)
    if asks_for_json():
        raise NeedsFactor(permission)
    return lead(SECOND_STEP)


def is_named_amiss(permission: Permission, action: str, resource_type: str) -> bool:
    """Whether a visitor may do this somewhere, and is refused because of which one they named.

    What is unknown and what lies outside their part are refused for the same reason: nobody learns which references
    there are.
    """
    if NAMED_AMISS.isdisjoint(reason["code"] for reason in permission.reasons):
        return False
    asked = (action, resource_type)
    service = current_app.extensions["postern"]
    return asked in service.authorise.may_see(g.visitor, [asked], now=clock.now())


def nobody(permission: Permission, reference: str) -> Response:
    """What is read at an address of somebody who is unknown, or not in the visitor's part: alike, and what to do.

    An address with more behind a reference is one that does not exist, unless a person in the part is called so.
    """
    if "/" in reference:
        abort(404)
    return render("web/nobody.html", 403, number=permission.decision_id)


def is_for_oneself(permission: Permission, action: str, resource_type: str, reference: str) -> bool:
    """Whether somebody may do this for others in their part, and is refused because it is their own account."""
    if resource_type != ACCOUNT or reference != g.visitor.reference:
        return False
    if {reason["code"] for reason in permission.reasons} != {ROLE_NOT_PERMITTED}:
        return False
    service = current_app.extensions["postern"]
    return (action, resource_type) in service.authorise.may_see(g.visitor, [(action, resource_type)], now=clock.now())


def guard(view: View, mark: PageMark, text: str) -> View:
    """A view that only those at a stage reach; everybody else is led to the page where they get there."""

    @wraps(view)
    def guarded(**values: Any) -> Any:
        away = turned_away(half=mark.stage is Stage.HALF_SIGNED_IN)
        return view(**values) if away is None else away

    mark_page(guarded, mark, f"guarded: {text}")
    return guarded
