"""What people see of the provider: they come from a front end and go back to it, signed in or signed out."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, g, request

from governance.kernel import clock
from governance.kernel.errors import BadInput, Fault
from governance.kernel.sealing import Sealer
from governance.people.signin.store import find_next
from governance.people.signin.views import clear_cookie
from governance.web.errors import TooGreat
from governance.web.guards import guarded
from governance.web.headers import lead_to
from governance.web.leading import SIGN_IN, SIGN_OUT, local_path
from governance.web.pages import anybody, go_to
from tokens.issuing.counter import HERE, Counter, Doors, Elsewhere
from tokens.issuing.handing import HANDED, hand_over, take_over
from tokens.issuing.messages import Asked, Refused, Reply

OUT = "/oauth/logout"
ON_THE_WAY = ("/sign-in", "/account/authenticators", "/invitation")
"""Where the pages are on which people prove who they are."""
LONGEST_ADDRESS = 8_000
"""RFC 9110, 4.1: so long an address at least is to be expected to pass everywhere."""


def blueprint(service: Any) -> Blueprint:
    """The provider's doors for people."""
    pages, doors = Blueprint("issuing", __name__), Doors(service)
    sealer = Sealer(service.settings.secret_keys)

    @pages.get(HERE)
    @anybody("people come here from a front end, signed in or not; what is asked is checked before anything is given")
    def authorize() -> Any:
        return entered(doors.counter, of(request.args))

    @pages.post(HERE)
    @guarded("nothing: it does nothing, and has the same asked again as an address")
    def authorize_again() -> Any:
        form = [(name, value) for name, value in request.form.items(multi=True) if name != "id_token_hint"]
        return asked_again(f"{HERE}?{urlencode(form)}")

    @pages.get(OUT)
    @anybody("a front end signs its people out; without its ID token they are asked first")
    def logout() -> Any:
        word = request.args.get(HANDED)
        asked = of(request.args) if word is None else Asked("GET", take_over(word, sealer, clock.now()))
        return left(doors.counter, asked)

    @pages.post(OUT)
    @guarded("nothing: it has the same asked again as an address, in which nobody can read it")
    def logout_again() -> Any:
        word = hand_over(request.form.items(multi=True), sealer, clock.now())
        return asked_again(f"{OUT}?{urlencode({HANDED: word})}")

    @pages.before_app_request
    def lead_on() -> None:
        """Let the forms of signing in end at the front end that the person came from."""
        if request.path.startswith(ON_THE_WAY):
            lead_to(*doors.counter.leads_to(following(service)))

    @pages.app_context_processor
    def entering() -> dict[str, Any]:
        return told_of(doors, service)

    return pages


def told_of(doors: Doors, service: Any) -> dict[str, Any]:
    """What pages may say of the front end that a person goes on to."""
    return {
        "entering_front_end": lambda: doors.counter.name_of(following(service)),
        "passkey_wanted": lambda: doors.counter.wants_passkey(following(service)),
    }


def asked_again(address: str) -> Any:
    """A form's way on as an address; raise `TooGreat` where servers on the way would not take it."""
    if len(address) > LONGEST_ADDRESS:
        raise TooGreat(f"what is sent comes to an address of more than {LONGEST_ADDRESS} characters")
    return go_to(address)


def entered(counter: Counter, asked: Asked) -> Any:
    """Where a person goes from here: back to the front end, or to our own pages first."""
    try:
        found = counter.authorize(asked, g.visitor, clock.now())
    except Refused as wrong:
        return back(wrong.reply)
    if isinstance(found, Elsewhere):
        told = {"next": found.back} | ({"acr": found.acr} if found.acr else {})
        return go_to(f"{found.page}?{urlencode(told)}")
    return back(found)


def left(counter: Counter, asked: Asked) -> Any:
    """Where a person goes who signs out."""
    try:
        shown = counter.sign_out(asked, clock.now())
    except Refused as wrong:
        return back(wrong.reply)
    if shown.claims is None:
        return go_to(SIGN_OUT if g.visitor is not None else SIGN_IN)
    gone = counter.end_with(shown, g.visitor, clock.now())
    response = go_to(shown.redirect_uri or SIGN_IN)
    return clear_cookie(response) if gone else response


def back(reply: Reply) -> Response:
    """To the front end; where it is not known to be the one it claims, the person is told instead."""
    if reply.location:
        return Response(status=303, headers={"Location": reply.location})
    told = reply.body or {}
    why = str(told.get("error_description") or told.get("error") or "the request is not in order")
    cure = "If it happens again, tell whoever looks after that page."
    raise BadInput([Fault("the page that sent you here", why.rstrip("."), cure)])


def of(values: Any) -> Asked:
    """A request's parameters, with all their values."""
    return Asked(request.method, {name: values.getlist(name) for name in values})


def following(service: Any) -> str:
    """Where a person goes once signed in: what the address says, else what their session has kept."""
    named: str | None = request.values.get("next")
    if named is not None or g.get("visitor") is None:
        return local_path(named or "")
    with service.databases.reading() as session:
        return find_next(session, g.visitor.session)
