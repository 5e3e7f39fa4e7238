"""Invites people, lets them choose a password by a mailed link or change it, and closes accounts."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import NamedTuple

from sqlalchemy.orm import Session

from governance.kernel.db import Databases
from governance.kernel.errors import Conflict, NotFound
from governance.kernel.recorded import change_of
from governance.outbox.rules import may_queue
from governance.outbox.service import queue_mail
from governance.people.signin.choosing import Objection, objection_to
from governance.people.signin.passwords import is_common
from governance.people.signin.rules import (
    LASTS,
    LINKS_ASKED_FOR,
    AccountFacts,
    AccountState,
    Failure,
    LinkFacts,
    Purpose,
    digest,
    email_key,
)
from governance.people.signin.service import places
from governance.people.signin.service.entering import (
    Browser,
    Entered,
    Problem,
    forgive,
    forgive_everywhere,
    try_once,
    waiting,
)
from governance.people.signin.service.ground import Ground, account_of
from governance.people.signin.service.refusing import ASKED, ask, refuse
from governance.people.signin.service.sessions import begin_session, end_sessions, renew_session
from governance.people.signin.store import accounts, attempts
from governance.people.store import get_person
from governance.ports.actor import Actor, Entry
from governance.ports.authorise import MayEnter
from governance.ports.mail import Mail
from governance.ports.visitor import Visitor
from governance.trail.entries import tell, tell_alone

TOKEN_BYTES = 32
PATHS: dict[Purpose, str] = {Purpose.INVITATION: "invitation", Purpose.RECOVERY: "recover"}
SERVICE = "postern"


class Chosen(NamedTuple):
    """What became of a password that somebody chose: a session's secret, or why it was not taken."""

    secret: str = ""
    objection: Objection | None = None
    is_spent: bool = False


# --- links


def invite(session: Session, ground: Ground, reference: str, email: str, *, actor: Actor, now: datetime) -> str:
    """Invite a person whom the facts know to an account of theirs; the link is the answer. Older links are dead.

    An address that is another account's is taken like any other, for whoever invites is not to learn whose it is: the
    link itself says so, to whoever holds it. Raise `NotFound` where nobody has the reference, `Conflict` where they
    sign in already, `Refused` where no mail could go there.
    """
    may_queue(email.strip(), {}, frozenset()).require()
    person = get_person(session, reference)
    if not accounts.is_known(session, person.id, change_of(session).base_revision):
        raise NotFound(f"nobody has the reference {reference}", reference)
    account = accounts.find_account(session, person.id)
    if account is not None and not account.may_become(AccountState.INVITED):
        raise Conflict(f"{reference} signs in already; a forgotten password is mended at /recover, by themselves")
    other = accounts.find_by_email(session, email)
    key = email_key(email) if other is None or other.person == person.id else None
    values = {"email": email.strip(), "email_key": key, "state": AccountState.INVITED,
              "invited_by": str(actor), "closed_at": None}  # fmt: skip
    entry = Entry("account.invited", actor, {"person": reference})
    if account is None:
        fresh = {**values, "person_id": person.id, "password_hash": None, "created_at": now}
        number = accounts.add_account(session, fresh, entry)
    else:
        number = account.id
        accounts.lock_account(session, number)
        accounts.set_account(session, number, {**values, "password_hash": None}, entry)
    return send_link(session, ground, number, Purpose.INVITATION, actor=actor, now=now)


def send_link(session: Session, ground: Ground, account: int, purpose: Purpose, *, actor: Actor, now: datetime) -> str:
    """Make a link for an account, which ends the older ones; it is the answer, and nothing else holds it."""
    locked = accounts.lock_account(session, account)
    accounts.end_links(session, account, now)
    token = secrets.token_urlsafe(TOKEN_BYTES)
    values = {
        "account_id": account, "purpose": purpose, "token_digest": digest(token), "email": locked.email or "",
        "made_by": str(actor), "made_at": now, "expires_at": now + LASTS[purpose],
    }  # fmt: skip
    accounts.add_link(session, values, Entry(f"{purpose}.made", actor, {"person": locked.reference}))
    return ground.link(PATHS[purpose], token)


def mail_link(
    session: Session, ground: Ground, account: AccountFacts, purpose: Purpose, link: str, *, now: datetime
) -> None:
    """Mail a link to the address of its account; until it is sent it is sealed."""
    queue_mail(session, Mail(purpose, account.email or "", {"link": link}), now=now, sealer=ground.sealer)


def invite_by_mail(
    session: Session, ground: Ground, reference: str, email: str, *, actor: Actor, now: datetime
) -> None:
    """Invite a person and mail them the link. Raise as `invite` does."""
    link = invite(session, ground, reference, email, actor=actor, now=now)
    account = accounts.find_account(session, get_person(session, reference).id)
    if account is not None:
        mail_link(session, ground, account, Purpose.INVITATION, link, now=now)


def ask_recovery(databases: Databases, ground: Ground, name: str, browser: Browser, *, now: datetime) -> None:
    """Mail a link by which a new password can be chosen, if there is somebody to mail it to; nobody learns whether.

    Raise `TooMany` where too much has been asked and has failed at this place: nothing is counted or told then.
    """
    with databases.reading() as session:
        places.require_room(session, ground, browser.address, now)
        found = accounts.find_by_name(session, name)
    subject = account_of(found.id) if found is not None else f"name:{email_key(name)}"
    with databases.writing() as session:
        places.take_room(session, ground, browser.address, now)
        counted = ground.counted("recovery", subject)
        turn = attempts.take_turn(session, counted, counted, LINKS_ASKED_FOR, now)
    if found is None:
        with databases.writing() as session:
            ask(session, now)
        return
    actor = Actor(found.reference, "page")
    asked = Entry(ASKED, actor, {})
    may = found.state is AccountState.ACTIVE and found.password is not None and found.email
    if not may or turn.held_until is not None:
        with databases.writing() as session:
            tell_alone(session, asked)
        return
    with databases.change(actor.name, now) as session:
        tell(session, asked)
        link = send_link(session, ground, found.id, Purpose.RECOVERY, actor=actor, now=now)
        mail_link(session, ground, found, Purpose.RECOVERY, link, now=now)


def find_live(databases: Databases, purpose: Purpose, token: str, *, now: datetime) -> LinkFacts | None:
    """The link of a token, while it can be used. Looking changes nothing."""
    with databases.reading() as session:
        found = accounts.find_link(session, purpose, digest(token))
    return found if found is not None and found.is_live(now) else None


def is_taken(databases: Databases, link: LinkFacts) -> bool:
    """Whether somebody else signs in with a password by the address of an invitation: for its holder to know."""
    with databases.reading() as session:
        other = accounts.find_by_email(session, link.email)
    return other is not None and other.id != link.account and other.password is not None


def choose_password(
    databases: Databases,
    ground: Ground,
    purpose: Purpose,
    token: str,
    password: str,
    browser: Browser,
    *,
    may_enter: MayEnter,
    now: datetime,
) -> Chosen:
    """Use a link up: the password is set, every session ended, and one begun with this first factor alone.

    A second factor is neither removed nor passed over: it is asked for next. A password that is not taken uses nothing;
    for somebody who may not sign in now the link does nothing, and they read that it cannot be used. Nor does it where
    somebody else signs in by its address.
    """
    found = find_live(databases, purpose, token, now=now)
    if found is None or is_taken(databases, found):
        return Chosen(is_spent=True)
    if not may_enter(found.to.person, found.to.reference, now):
        refuse(databases, found.to, Failure.NOT_PERMITTED, now)
        return Chosen(is_spent=True)
    objection = objection_of(databases, found.to.person, password, now=now)
    if objection is not None:
        return Chosen(objection=objection)
    stored = ground.passwords.hash(password)
    actor = Actor(found.to.reference, "page")
    with databases.change(actor.name, now) as session:
        account = accounts.lock_account(session, found.account)
        if not accounts.use_link(session, purpose, digest(token), now):
            return Chosen(is_spent=True)
        if not accounts.claim_address(session, account):
            raise Conflict("somebody else signs in by this address")
        tell(session, Entry(f"{purpose}.used", actor, {"person": account.reference}))
        set_password(session, account, stored, actor=actor, now=now)
        end_sessions(session, account.person, "another password was set", actor=actor, now=now)
        forgive_everywhere(session, ground, account, browser)
        forgive(session, ground, account, account.reference, browser, now)
        return Chosen(begin_session(session, account.person, account.reference, ("pwd",), browser.device, now=now))


# --- passwords


def objection_of(databases: Databases, person: int, password: str, *, now: datetime) -> Objection | None:
    """What is wrong with a password for a person."""
    with databases.reading() as session:
        words = accounts.list_words(session, person, databases.freshness.current(), now)
    return objection_to(password, [*words, SERVICE], is_common)


def set_password(session: Session, account: AccountFacts, stored: str, *, actor: Actor, now: datetime) -> None:
    """Set a password, tell its owner by mail, and end every link that waits. The account is locked by the caller."""
    values = {"password_hash": stored, "password_set_at": now, "state": AccountState.ACTIVE}
    if account.state is not AccountState.ACTIVE:
        values["activated_at"] = now
    accounts.set_account(session, account.id, values, Entry("password.set", actor, {"person": account.reference}))
    accounts.end_links(session, account.id, now)
    if account.email:
        queue_mail(session, Mail("password-changed", account.email), now=now)


def change_password(
    databases: Databases, ground: Ground, visitor: Visitor, old: str, new: str, browser: Browser, *, now: datetime
) -> tuple[Entered, Objection | None]:
    """Change the visitor's own password for another, knowing the old one; every other session of theirs is ended."""
    with databases.reading() as session:
        found = accounts.find_account(session, visitor.person)
    turned = try_once(databases, ground, found, visitor.reference, browser, now=now)
    if turned.away_until is not None:
        return waiting(turned.away_until, now), None
    wrong = Entered(problem=Problem.WRONG)
    if not ground.passwords.matches(found.password if found is not None else None, old) or found is None:
        refuse(databases, found, Failure.WRONG_PASSWORD, now)
        return wrong, None
    objection = objection_of(databases, visitor.person, new, now=now)
    if objection is not None:
        return Entered(), objection
    stored, actor = ground.passwords.hash(new), Actor(visitor.reference, "page")
    with databases.change(actor.name, now) as session:
        account = accounts.lock_account(session, found.id)
        if account.state is not AccountState.ACTIVE or account.password != found.password:
            return wrong, None
        set_password(session, account, stored, actor=actor, now=now)
        forgive(session, ground, account, visitor.reference, browser, now)
        end_sessions(session, visitor.person, "another password was set", actor=actor, now=now,
                     which=lambda one: one.row != visitor.session)  # fmt: skip
        return Entered(renew_session(session, visitor, now=now)), None


# --- accounts


def close_account(session: Session, reference: str, why: str, *, actor: Actor, now: datetime) -> None:
    """Close a person's account: its sessions and links end with it, its address and password are forgotten."""
    account = accounts.find_account(session, get_person(session, reference).id)
    if account is None or not account.may_become(AccountState.CLOSED):
        raise NotFound(f"{reference} has no account that could be closed")
    accounts.lock_account(session, account.id)
    values = {"state": AccountState.CLOSED, "email": None, "email_key": None, "password_hash": None, "closed_at": now}
    accounts.set_account(session, account.id, values, Entry("account.closed", actor, {"person": reference, "why": why}))
    accounts.end_links(session, account.id, now)
    end_sessions(session, account.person, "the account was closed", actor=actor, now=now)


def set_free(session: Session, ground: Ground, reference: str, *, actor: Actor) -> None:
    """Let somebody try their password again from anywhere, who failed too often."""
    account = accounts.find_account(session, get_person(session, reference).id)
    if account is None:
        raise NotFound(f"{reference} has no account")
    forgive_everywhere(session, ground, account)
    tell(session, Entry("account.set_free", actor, {"person": reference}))
