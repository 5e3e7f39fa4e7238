"""`postern people …`, `postern administrator` and `postern sign-in …`: who may sign in, and how."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import click
from sqlalchemy.orm import Session

from governance.kernel import clock
from governance.kernel.errors import Answer
from governance.outbox.rules import may_queue
from governance.people.cli import told
from governance.people.signin import federation
from governance.people.signin.rules import AccountState, Purpose
from governance.people.signin.service import accounts, end_sessions, providers
from governance.people.signin.service.first import FirstAdministrator, record_administrator
from governance.people.signin.service.ground import Ground
from governance.people.signin.service.providers import NewProvider
from governance.people.signin.store import accounts as account_store
from governance.people.signin.store import list_of
from governance.people.signin.store import providers as provider_store
from governance.people.store import get_person
from governance.ports.actor import Actor


@contextmanager
def changing(service: Any) -> Iterator[tuple[Session, Actor, datetime]]:
    """A change by the account that runs the command; an answer that is raised ends it in one line."""
    now = clock.now()
    with told(service), service.databases.change(service.account, now) as session:
        yield session, Actor(service.account), now


# --- people


@click.group()
def people() -> None:
    """People's accounts."""


@people.command()
@click.argument("reference")
@click.option("--email", required=True, help="The address to which the link is mailed; it is bound to it.")
@click.option("--print-link", is_flag=True, help="Print the link instead of mailing it.")
@click.pass_obj
def invite(service: Any, reference: str, email: str, print_link: bool) -> None:
    """Invite REFERENCE, whom the facts know, to sign in. Links of earlier invitations no longer work."""
    ground = Ground.of(service.settings)
    with changing(service) as (session, actor, now):
        if print_link:
            said = accounts.invite(session, ground, reference, email, actor=actor, now=now)
        else:
            accounts.invite_by_mail(session, ground, reference, email, actor=actor, now=now)
            said = f"An invitation for {reference} is on its way."
    click.echo(said)


@people.command("close-account")
@click.argument("reference")
@click.option("--why", required=True, help="Why; it goes on the trail.")
@click.pass_obj
def close_account(service: Any, reference: str, why: str) -> None:
    """Close the account of REFERENCE: their sessions and links end at once."""
    with changing(service) as (session, actor, now):
        accounts.close_account(session, reference, why, actor=actor, now=now)
    click.echo(f"The account of {reference} is closed.")


@people.command()
@click.argument("reference")
@click.option("--provider", required=True, help="The provider's name.")
@click.option("--value", required=True, help="The value of its claim by which it means this person.")
@click.option("--remove", is_flag=True, help="Forget it again, and end the person's sessions.")
@click.pass_obj
def link(service: Any, reference: str, provider: str, value: str, remove: bool) -> None:
    """Record whom an organisation's provider means by a value: REFERENCE can then sign in there."""
    do = providers.unlink_person if remove else providers.link_person
    with changing(service) as (session, actor, now):
        do(session, reference, provider, value, actor=actor, now=now)
    click.echo(f"{provider} {'no longer means' if remove else 'means'} {reference} by this value.")


# --- the first administrator


@click.command()
@click.argument("reference")
@click.option("--email", required=True, help="The address to which the account is bound.")
@click.option("--organisation", required=True, help="In whose name: everything at it and below it is reached.")
@click.option("--name", help="The person's name, where the facts do not know them yet.")
@click.option("--organisation-name", help="The organisation's name, where the facts do not know it yet.")
@click.option("--organisation-kind", default="central", show_default=True, help="Its kind, where it is not known yet.")
@click.pass_obj
def administrator(service: Any, /, reference: str, **given: Any) -> None:
    """Make REFERENCE an administrator of Postern itself, and print the link by which they choose a password."""
    ground, now, email = Ground.of(service.settings), clock.now(), given.pop("email")
    try:
        may_queue(email, {}, frozenset()).require()
        record_administrator(service, FirstAdministrator(reference, **given), actor=Actor(service.account), now=now)
    except Answer as wrong:
        raise click.ClickException(str(wrong)) from None
    with changing(service) as (session, actor, now):
        found = account_store.find_account(session, get_person(session, reference).id)
        if found is None or found.state is not AccountState.ACTIVE or found.email is None:
            said = accounts.invite(session, ground, reference, email, actor=actor, now=now)
        else:
            said = accounts.send_link(session, ground, found.id, Purpose.RECOVERY, actor=actor, now=now)
    click.echo(said)


# --- sign-in


@click.group("sign-in")
def sign_in() -> None:
    """Sessions, and organisations' own sign-in."""


@sign_in.command()
@click.argument("person")
@click.pass_obj
def sessions(service: Any, person: str) -> None:
    """List where PERSON is signed in."""
    ground, now = Ground.of(service.settings), clock.now()
    with told(service), service.databases.reading() as session:
        found = list_of(session, get_person(session, person).id)
    for one in found:
        if one.is_live(ground.limits, now):
            stage = "signed in" if one.acr else "password only"
            times = f"since {clock.iso(one.started_at)}, seen {clock.iso(one.seen_at)}"
            click.echo(f"{one.sid}  {one.device}  {stage}, {times}")


@sign_in.command()
@click.argument("person")
@click.option("--session", "sid", help="One session, as `postern sign-in sessions` names it; all without.")
@click.option("--why", default="ended by the operator", show_default=True, help="Why; it goes on the trail.")
@click.pass_obj
def end(service: Any, person: str, sid: str | None, why: str) -> None:
    """End the sessions of PERSON, at once and everywhere."""
    with changing(service) as (session, actor, now):
        number = get_person(session, person).id
        ended = end_sessions(
            session, number, why, actor=actor, now=now, which=lambda one: sid is None or one.sid == sid
        )  # fmt: skip
    click.echo(f"{ended} ended.")


@sign_in.command()
@click.argument("person")
@click.pass_obj
def free(service: Any, person: str) -> None:
    """Let PERSON try their password again, who failed too often."""
    with changing(service) as (session, actor, _):
        accounts.set_free(session, Ground.of(service.settings), person, actor=actor)
    click.echo(f"{person} may try again.")


@sign_in.group("providers")
def providers_group() -> None:
    """Organisations' own OpenID providers."""


@providers_group.command("add")
@click.argument("name")
@click.option("--label", required=True, help="What the button says: the organisation, as its people call it.")
@click.option("--organisation", required=True, help="It speaks for people of this organisation and those below.")
@click.option("--issuer", required=True, help="Its address, exactly as it names itself.")
@click.option("--client-id", required=True, help="By which it knows us.")
@click.option("--claim", default="sub", show_default=True, help="Which claim says who somebody is.")
@click.option("--by-email", is_flag=True, help="Whoever is not linked is met by a verified address of an account.")
@click.option("--second-factor-acr", "acrs", multiple=True, help="An acr of it that counts as a second factor too.")
@click.option("--unseen", is_flag=True, help="Do not ask it first whether it is there.")
@click.password_option(
    "--secret", confirmation_prompt=False, envvar="POSTERN_PROVIDER_SECRET", help="Its secret for us."
)
@click.pass_obj
def add(service: Any, /, name: str, acrs: tuple[str, ...], unseen: bool, **given: Any) -> None:
    """Take the provider NAME into use. Its redirect address is PUBLIC-URL/sign-in/from/NAME."""
    ground = Ground.of(service.settings)
    with changing(service) as (session, actor, now):
        if not unseen:
            federation.discover(given["issuer"])
        new = NewProvider(name, second_factor_acrs=acrs, **given)
        providers.add_provider(session, ground, new, actor=actor, now=now)
    click.echo(f"{name} is in use. Register there: {providers.back_at(ground, name)}")


@providers_group.command("list")
@click.pass_obj
def list_(service: Any) -> None:
    """List the providers in use."""
    with service.databases.reading() as session:
        for one in provider_store.list_providers(session):
            twice = f", second factor by {', '.join(one.second_factor_acrs)}" if one.second_factor_acrs else ""
            met = " or a verified address" if one.by_email else ""
            click.echo(f"{one.name}  {one.label}  {one.issuer}  people by {one.claim}{met}{twice}")


@providers_group.command()
@click.argument("name")
@click.pass_obj
def remove(service: Any, name: str) -> None:
    """Take the provider NAME out of use."""
    with changing(service) as (session, actor, now):
        providers.remove_provider(session, name, actor=actor, now=now)
    click.echo(f"{name} is no longer in use.")


@providers_group.command()
@click.pass_obj
def reseal(service: Any) -> None:
    """Seal the providers' secrets under the newest key of POSTERN_SECRET_KEYS."""
    with changing(service) as (session, actor, _):
        count = providers.reseal(session, Ground.of(service.settings), actor=actor)
    click.echo(f"{count} sealed anew.")
