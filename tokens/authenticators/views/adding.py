"""Pages: add an authenticator in at most four screens."""

from __future__ import annotations

from flask import Response, current_app, g, request
from markupsafe import Markup

from governance.kernel import clock
from governance.kernel.verdict import Reason, Refused
from governance.web.forms import Form, read_form
from governance.web.pages import go, go_to, of_own, render
from tokens.authenticators import enrolling, rules, store
from tokens.authenticators.drawing import draw_qr
from tokens.authenticators.proving import prove_by_enrolling
from tokens.authenticators.rules import Finding, Kind, State, next_label
from tokens.authenticators.schemas import KindForm, TokenForm, TrialForm
from tokens.authenticators.views import MINE, house, laid, proved, refused, sealer, status_of

FIRST_LABELS: dict[Kind, str] = {
    Kind.TOTP: "My phone",
    Kind.HOTP: "My token",
    Kind.PASSKEY: "This device",
    Kind.RECOVERY: "Recovery codes",
}
PLACES: dict[Kind, str] = {
    Kind.TOTP: f"{MINE}/add/totp",
    Kind.HOTP: f"{MINE}/add/hotp",
    Kind.PASSKEY: f"{MINE}/add/passkey",
    Kind.RECOVERY: f"{MINE}/add/recovery",
}
FIELDS: dict[Reason, str] = {
    rules.NO_SERIAL: "serial",
    rules.SERIAL_TAKEN: "serial",
    rules.NO_SEED: "secret",
    rules.SEED_TAKEN: "secret",
    rules.NO_LABEL: "label",
}
CLOCKS = frozenset({Finding.CLOCK, Finding.AHEAD})


def choice_page(form: Form | None = None) -> Response:
    """The kinds that there are, and a token that waits for its first code."""
    now = clock.now()
    with house().databases.reading() as session:
        verdict = enrolling.may_add(session, g.visitor, now=now)
        known = store.list_of(session, [g.visitor.person])
    if not verdict.allowed:
        return refused(Refused(verdict))
    waiting = [one for one in known if one.begun_in is None and one.standing(now) is State.PENDING]
    passkeys = any(rule.rule == PLACES[Kind.PASSKEY] for rule in current_app.url_map.iter_rules())
    return render("authenticators/add.html", status_of(form), form=form, waiting=waiting, passkeys=passkeys)


def app_page(row: int, form: Form | None = None, *, off: bool = False) -> Response:
    """The picture and the key of an app, until its first good code."""
    with house().databases.reading() as session:
        begun = enrolling.show_beginning(session, sealer(), g.visitor, row, "Postern", now=clock.now())
    picture = Markup(draw_qr(begun.uri, "QR code for your authenticator app"))  # noqa: S704 - drawn by us
    return render("authenticators/add-totp.html", status_of(form), form=form, begun=begun, picture=picture, off=off)


def token_page(row: int, form: Form | None = None, *, off: bool = False) -> Response:
    """The first code of a hardware token."""
    with house().databases.reading() as session:
        one = store.get_authenticator(session, g.visitor.person, row)
    return render("authenticators/try-hotp.html", status_of(form), form=form, one=one, off=off)


def finish(row: int, form: Form) -> tuple[Response | None, bool]:
    """Try the first code, or two in a row: the way on where it is good; whether a clock is off."""
    typed = tuple(code for code in (form.values["code"], form.values["after"]) if code)
    label = form.values["label"]
    answer = prove_by_enrolling(
        house().databases, sealer(), g.visitor, row, typed, label=label, now=clock.now()
    )  # fmt: skip
    if answer.proof.good:
        return proved(answer, f"{request.script_root}{MINE}/added"), False
    form.wrong("code", answer.proof.says)
    return None, answer.proof.finding in CLOCKS


@of_own("enrol-authenticator", half="enrol-first-authenticator")
def add() -> Response:
    """Choose what to add."""
    return choice_page()


@of_own("enrol-authenticator", half="enrol-first-authenticator")
def chosen() -> Response:
    """Begin with what was chosen."""
    form = read_form(KindForm)
    if not form.ok:
        return choice_page(form)
    kind = Kind(form.values["kind"])
    return begin_app() if kind is Kind.TOTP else go_to(request.script_root + PLACES[kind])


def begin_app() -> Response:
    """Begin to add an app, and lead to its page."""
    now = clock.now()
    try:
        with house().databases.change(g.visitor.reference, now) as session:
            label = next_label(store.list_of(session, [g.visitor.person]), FIRST_LABELS[Kind.TOTP], now)
            row = enrolling.begin_totp(session, sealer(), g.visitor, label, now=now)
    except Refused as wrong:
        return refused(wrong)
    return go("adding.try_app", row=row)


@of_own("enrol-authenticator", half="enrol-first-authenticator")
def try_app(row: int) -> Response:
    """Show the picture and ask for the first code."""
    return app_page(row)


@of_own("enrol-authenticator", half="enrol-first-authenticator")
def finish_app(row: int) -> Response:
    """Take the first code of an app."""
    form = read_form(TrialForm)
    done, off = finish(row, form) if form.ok else (None, False)
    return done or app_page(row, form, off=off)


@of_own("enrol-authenticator", half="enrol-first-authenticator")
def describe_token() -> Response:
    """Ask for a hardware token's serial number and secret."""
    return render("authenticators/add-hotp.html", label=label_of_token())


@of_own("enrol-authenticator", half="enrol-first-authenticator")
def begin_token() -> Response:
    """Begin to add a hardware token."""
    form, now = read_form(TokenForm), clock.now()
    if not form.ok:
        return token_again(form)
    typed = form.values["serial"], form.values["secret"], form.values["label"]
    try:
        with house().databases.change(g.visitor.reference, now) as session:
            row = enrolling.begin_hotp(session, sealer(), g.visitor, *typed, now=now)
    except Refused as wrong:
        return token_again(form, wrong)
    return go("adding.try_token", row=row)


def token_again(form: Form, wrong: Refused | None = None) -> Response:
    """The page of a hardware token again, with what is wrong; its secret is typed anew."""
    if wrong is not None and any(reason not in FIELDS for reason in wrong.verdict.reasons):
        return refused(wrong)
    for reason in wrong.verdict.reasons if wrong else ():
        form.wrong(FIELDS[reason], reason.says)
    return render("authenticators/add-hotp.html", 422, form=form, label=label_of_token())


def label_of_token() -> str:
    """What the next hardware token is called, if its holder says nothing else."""
    with house().databases.reading() as session:
        return next_label(store.list_of(session, [g.visitor.person]), FIRST_LABELS[Kind.HOTP], clock.now())


@of_own("enrol-authenticator", half="enrol-first-authenticator")
def try_token(row: int) -> Response:
    """Ask for a token's first code."""
    return token_page(row)


@of_own("enrol-authenticator", half="enrol-first-authenticator")
def finish_token(row: int) -> Response:
    """Take a token's first code."""
    form = read_form(TrialForm)
    done, off = finish(row, form) if form.ok else (None, False)
    return done or token_page(row, form, off=off)


adding_pages = laid("adding", (
    ("GET", f"{MINE}/add", add),
    ("POST", f"{MINE}/add", chosen),
    ("GET", f"{MINE}/add/totp/<int:row>", try_app),
    ("POST", f"{MINE}/add/totp/<int:row>", finish_app),
    ("GET", f"{MINE}/add/hotp", describe_token),
    ("POST", f"{MINE}/add/hotp", begin_token),
    ("GET", f"{MINE}/add/hotp/<int:row>", try_token),
    ("POST", f"{MINE}/add/hotp/<int:row>", finish_token),
))  # fmt: skip
