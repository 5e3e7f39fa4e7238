"""Organisations' own sign-in: their providers, whom they mean, and the way there and back."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from sqlalchemy.orm import Session

from governance.kernel.db import Databases
from governance.kernel.errors import BadInput, Conflict, Fault, NotFound
from governance.people.signin import federation
from governance.people.signin.federation import NotVouched, Returned
from governance.people.signin.rules import (
    TO_PROVIDER_AND_BACK,
    AccountFacts,
    AccountState,
    Failure,
    ProviderFacts,
    Vouching,
    Word,
    digest,
    methods_of,
)
from governance.people.signin.service import places
from governance.people.signin.service.entering import Browser, Entered, Problem
from governance.people.signin.service.ground import Ground
from governance.people.signin.service.refusing import refusal, refuse
from governance.people.signin.service.sessions import begin_session, end_sessions
from governance.people.signin.store import accounts, providers
from governance.people.store import get_organisation, get_person
from governance.ports.actor import Actor, Entry
from governance.ports.authorise import MayEnter
from governance.ports.visitor import Acr
from governance.trail.entries import tell

NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*\Z")
VERIFIER_BYTES = 48


@dataclass(frozen=True, slots=True)
class NewProvider:
    """What an operator writes of an organisation's provider."""

    name: str
    label: str
    organisation: str
    issuer: str
    client_id: str
    secret: str = field(repr=False)
    claim: str = "sub"
    by_email: bool = False
    second_factor_acrs: Sequence[str] = ()


class Way(NamedTuple):
    """Where somebody is sent, and the secret that their browser keeps until they are back."""

    url: str
    secret: str


def add_provider(session: Session, ground: Ground, new: NewProvider, *, actor: Actor, now: datetime) -> None:
    """Take an organisation's provider into use; raise `BadInput`, `NotFound` or `Conflict`."""
    federation.check_address(new.issuer)
    if not NAME.match(new.name) or len(new.name) > 40:
        raise BadInput([Fault("name", "is no name", "Write small letters, digits and hyphens: at most 40.")])
    if providers.find_provider(session, new.name) is not None:
        raise Conflict(f"there is, or was, a provider of the name {new.name}; choose another")
    place = f"identity_provider:sealed_secret:{new.name}"
    values = {
        "name": new.name, "label": new.label, "organisation_id": get_organisation(session, new.organisation).id,
        "issuer": new.issuer, "client_id": new.client_id,
        "sealed_secret": ground.sealer.seal(new.secret.encode(), place),
        "claim": new.claim, "by_email": new.by_email, "second_factor_acrs": list(new.second_factor_acrs),
        "added_at": now, "removed_at": None,
    }  # fmt: skip
    details = {"provider": new.name, "issuer": new.issuer, "organisation": new.organisation, "claim": new.claim,
               "by_email": new.by_email, "second_factor_acrs": list(new.second_factor_acrs)}  # fmt: skip
    providers.add_provider(session, values, Entry("provider.added", actor, details))


def remove_provider(session: Session, name: str, *, actor: Actor, now: datetime) -> None:
    """Take a provider out of use; raise `NotFound`. Whoever is signed in stays so until their session ends."""
    found = providers.get_provider(session, name)
    entry = Entry("provider.removed", actor, {"provider": name, "issuer": found.issuer})
    providers.set_provider(session, found.id, {"removed_at": now}, entry)


def reseal(session: Session, ground: Ground, *, actor: Actor) -> int:
    """Seal every provider's secret anew that was sealed under an older key; how many there were."""
    old = [one for one in providers.list_providers(session) if not ground.sealer.is_current(one.sealed_secret)]
    for one in old:
        sealed = ground.sealer.seal(ground.sealer.open(one.sealed_secret, one.place), one.place)
        entry = Entry("provider.resealed", actor, {"provider": one.name})
        providers.set_provider(session, one.id, {"sealed_secret": sealed}, entry)
    return len(old)


def link_person(session: Session, reference: str, name: str, value: str, *, actor: Actor, now: datetime) -> None:
    """Record whom a provider means by the value of its claim; raise `NotFound`, or `Conflict` where it means somebody.

    Whoever has no account gets one without a password: their organisation vouches for them.
    """
    person, provider = get_person(session, reference), providers.get_provider(session, name)
    if providers.find_linked(session, provider.issuer, value) is not None:
        raise Conflict("this provider means somebody by this value already")
    if accounts.find_account(session, person.id) is None:
        fresh = {"person_id": person.id, "email": None, "email_key": None, "password_hash": None,
                 "state": AccountState.ACTIVE, "invited_by": str(actor), "created_at": now,
                 "activated_at": now}  # fmt: skip
        accounts.add_account(session, fresh, Entry("account.opened", actor, {"person": reference}))
    values = {
        "issuer": provider.issuer,
        "value": value,
        "person_id": person.id,
        "added_by": str(actor),
        "added_at": now,
    }
    providers.add_linked(session, values, Entry("person.linked", actor, {"person": reference, "provider": name}))


def unlink_person(session: Session, reference: str, name: str, value: str, *, actor: Actor, now: datetime) -> None:
    """Forget whom a provider means by a value, and end that person's sessions; raise `NotFound`."""
    person, provider = get_person(session, reference), providers.get_provider(session, name)
    if providers.find_linked(session, provider.issuer, value) != person.id:
        raise NotFound(f"{name} does not mean {reference} by this value")
    entry = Entry("person.unlinked", actor, {"person": reference, "provider": name})
    providers.remove_linked(session, provider.issuer, value, entry)
    end_sessions(session, person.id, "the provider no longer means this person", actor=actor, now=now)


# --- there and back


def back_at(ground: Ground, name: str) -> str:
    """Where a provider sends people back to: an address of its own, so that no other can answer in its place."""
    return ground.link("sign-in/from", name)


def set_out(databases: Databases, ground: Ground, name: str, browser: Browser, *, now: datetime) -> Way:
    """Agree with somebody on what they bring back, and say where they go; raise `TooMany` for a crowded place."""
    with databases.reading() as session:
        provider = providers.get_provider(session, name)
    state, nonce, secret = (secrets.token_urlsafe(32) for _ in range(3))
    verifier = secrets.token_urlsafe(VERIFIER_BYTES)
    url = federation.authorization_url(provider, back_at(ground, name), state, nonce, verifier)
    values = {"state_digest": digest(state), "browser_digest": digest(secret), "provider_id": provider.id,
              "nonce": nonce, "verifier": verifier, "next_path": browser.on, "started_at": now}  # fmt: skip
    with databases.writing() as session:
        places.count_begun(session, ground, browser.address, now)
        providers.remove_old_flows(session, now - TO_PROVIDER_AND_BACK)
        providers.add_flow(session, values)
    return Way(url, secret)


class Gate(NamedTuple):
    """What is asked about a person before they are let in: may they, and is their second factor locked?

    And whether they hold a role outside the part of an organisation: by reference, and the organisation's number.
    """

    may_enter: MayEnter
    is_locked: Callable[[int, datetime], bool]
    holds_beyond: Callable[[str, int, datetime], bool]


def come_back(
    databases: Databases, ground: Ground, name: str, secret: str, returned: Returned, browser: Browser,
    *, gate: Gate, now: datetime,
) -> Entered:  # fmt: skip
    """Sign somebody in for whom their provider vouches; what is not as agreed is refused, and may not be repeated.

    Whoever holds a role beyond its organisation's part is not vouched for: it speaks for its own alone.
    While somebody's second factor is locked, the provider's word counts for the first alone.
    """
    with databases.reading() as session:
        provider = providers.get_provider(session, name)
    with databases.writing() as session:
        flow = providers.take_flow(session, digest(returned.state), digest(secret), provider.id, now)
    if flow is None:
        return refused(databases, None, Failure.NOT_VOUCHED, now)
    opened = ground.sealer.open(provider.sealed_secret, provider.place).decode()
    try:
        vouching = federation.vouched(
            provider, opened, back_at(ground, name), returned, flow.nonce, flow.verifier, now
        )  # fmt: skip
    except NotVouched:
        return refused(databases, None, Failure.NOT_VOUCHED, now)
    with databases.reading() as session:
        at = databases.freshness.current()
        found, why = whom(session, provider, vouching, at, now)
    if found is None or why is not None:
        return refused(databases, found, why or Failure.NOT_LINKED, now)
    if gate.holds_beyond(found.reference, provider.organisation, now):
        return refused(databases, found, Failure.HOLDS_BEYOND, now)
    if not gate.may_enter(found.person, found.reference, now):
        return refused(databases, found, Failure.NOT_PERMITTED, now)
    twice = provider.counts_twice(vouching) and not gate.is_locked(found.person, now)
    return let_in(databases, found, provider, vouching, browser._replace(next_path=flow.next_path), twice, now=now)


def refused(databases: Databases, found: AccountFacts | None, why: Failure, now: datetime) -> Entered:
    """Nobody is let in; the trail is told why."""
    refuse(databases, found, why, now)
    return Entered(problem=Problem.WRONG)


def whom(
    session: Session, provider: ProviderFacts, vouching: Vouching, at: int, now: datetime
) -> tuple[AccountFacts | None, Failure | None]:
    """Whom a provider means, and why they are not let in: it speaks for its organisation and those below."""
    person = providers.find_linked(session, provider.issuer, vouching.value)
    if person is not None:
        found = accounts.find_account(session, person)
    elif provider.by_email and vouching.verified_email:
        found = accounts.find_by_email(session, vouching.verified_email)
    else:
        found = None
    if found is None:
        return None, Failure.NOT_LINKED
    if found.state is AccountState.CLOSED:
        return found, Failure.NOT_ACTIVE
    lines = [accounts.list_lineage(session, one, at) for one in accounts.list_employers(session, found.person, at, now)]
    reached = any(number == provider.organisation for line in lines for number, _ in line)
    return found, None if reached else Failure.NOT_ITS_OWN


def let_in(
    databases: Databases, found: AccountFacts, provider: ProviderFacts, vouching: Vouching, browser: Browser,
    twice: bool, *, now: datetime,
) -> Entered:  # fmt: skip
    """Begin a session; where the provider's word counts twice, both factors are proved.

    Whether the provider stands and means this person is asked once more: either may have ended while it was asked.
    Nobody has opened the mailbox to which they were invited: they keep the address only where it is theirs by the
    invitation and by the provider's word, and until a link is opened there. It is never claimed from anybody.
    """
    amr = methods_of(vouching.amr, twice=twice)
    with databases.change(found.reference, now) as session:
        account = accounts.lock_account(session, found.id)
        again, why = whom(session, provider, vouching, databases.freshness.current(), now)
        stands = providers.find_provider(session, provider.name) == provider
        if not stands or again is None or again.person != found.person or why is not None:
            tell(session, refusal(found, why or Failure.NOT_LINKED))
            return Entered(problem=Problem.WRONG)
        if account.state is AccountState.INVITED:
            accounts.end_links(session, account.id, now)
            email = vouching.verified_email
            is_theirs = bool(email) and accounts.has_address(session, account.id, email)
            mine = {} if is_theirs else {"email": None, "email_key": None}
            values = {"state": AccountState.ACTIVE, "activated_at": now, **mine}
            entry = Entry("account.activated", Actor(found.reference, "page"), {"provider": provider.name})
            accounts.set_account(session, account.id, values, entry)
            account = account._replace(state=AccountState.ACTIVE)
        if not accounts.hold_as_checked(session, account, None):
            tell(session, refusal(found, Failure.NOT_ACTIVE))
            return Entered(problem=Problem.WRONG)
        acr, at = (Acr.MFA, vouching.auth_time) if twice and vouching.auth_time else ("", now)
        secret = begin_session(session, found.person, found.reference, amr, browser.device, now=now,
                               next_path=browser.on, word=Word(provider.organisation, acr, at))  # fmt: skip
        return Entered(secret, is_proved=bool(acr), on=browser.on)
