"""Every query of accounts and of the links that are mailed to them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import exists, insert, select, update
from sqlalchemy.orm import Session

from governance.kernel.clock import london_day
from governance.kernel.recorded import BATCH, seen
from governance.people.models import Employment, Organisation, OrganisationDetails, Person, PersonDetails
from governance.people.signin.models import Account, AccountLink
from governance.people.signin.rules import USED_BY, AccountFacts, AccountState, LinkFacts, Purpose, email_key
from governance.ports.actor import Actor, Entry
from governance.trail.entries import tell

ACCOUNTS = select(
    Account.id, Account.person_id, Person.reference, Account.email, Account.password_hash, Account.state
).join(Person, Person.id == Account.person_id)

BY_A_LINK = Actor("another-link", "page")
"""Who an address was lost to: whoever looks after the account that had it learns of no other account."""


def as_account(row: Any) -> AccountFacts:
    """A row of `ACCOUNTS` as facts."""
    number, person, reference, email, password, state = row
    return AccountFacts(number, person, reference, email, password, AccountState(state))


def find_account(session: Session, person: int) -> AccountFacts | None:
    """A person's account, if they have one."""
    row = session.execute(ACCOUNTS.where(Account.person_id == person)).one_or_none()
    return as_account(row) if row is not None else None


def list_active(session: Session, people: Collection[int]) -> Iterator[AccountFacts]:
    """The accounts of some people that can be used."""
    ordered = sorted(people)
    for start in range(0, len(ordered), BATCH):
        some = Account.person_id.in_(ordered[start : start + BATCH])
        yield from map(as_account, session.execute(ACCOUNTS.where(some, Account.state == AccountState.ACTIVE)))


def list_numbers(session: Session) -> list[int]:
    """The number of every account, in whatever state."""
    return list(session.scalars(select(Account.id)))


def find_by_name(session: Session, name: str) -> AccountFacts | None:
    """The account that somebody names by its address or by its person's reference; the address comes first."""
    key = email_key(name)
    found = [
        as_account(row)
        for row in session.execute(ACCOUNTS.where((Account.email_key == key) | (Person.reference == name.strip())))
    ]
    return min(found, key=lambda one: email_key(one.email or "") != key, default=None)


def find_by_email(session: Session, email: str) -> AccountFacts | None:
    """The account that has an address."""
    row = session.execute(ACCOUNTS.where(Account.email_key == email_key(email))).one_or_none()
    return as_account(row) if row is not None else None


def list_words(session: Session, person: int, at: int, now: datetime) -> list[str]:
    """What somebody who knows a person would try: their reference, their name, their address, their employers."""
    words = list(session.scalars(select(Person.reference).where(Person.id == person)))
    names = select(PersonDetails.name).where(PersonDetails.person_id == person, seen(PersonDetails, at))
    address = select(Account.email).where(Account.person_id == person, Account.email.is_not(None))
    employers = (
        select(Organisation.reference, OrganisationDetails.name)
        .join(OrganisationDetails, OrganisationDetails.organisation_id == Organisation.id)
        .where(seen(OrganisationDetails, at), Organisation.id.in_(list_employers(session, person, at, now)))
    )
    words += [*session.scalars(names), *(str(email) for email in session.scalars(address))]
    return [*words, *(word for row in session.execute(employers) for word in row)]


def list_employers(session: Session, person: int, at: int, now: datetime) -> list[int]:
    """The organisations at which a person works today."""
    today = london_day(now)
    begun = Employment.starts_on.is_(None) | (Employment.starts_on <= today)
    question = select(Employment.organisation_id).where(
        Employment.person_id == person, begun, Employment.ends_on.is_(None) | (Employment.ends_on >= today)
    )
    return sorted(set(session.scalars(question.where(seen(Employment, at)))))


def is_known(session: Session, person: int, at: int) -> bool:
    """Whether a person's details are recorded."""
    return bool(session.scalar(select(exists().where(PersonDetails.person_id == person, seen(PersonDetails, at)))))


def list_lineage(session: Session, organisation: int, at: int) -> list[tuple[int, str]]:
    """An organisation and all above it, the nearest first: numbers and references."""
    found: list[tuple[int, str]] = []
    here: int | None = organisation
    while here is not None and here not in {number for number, _ in found}:
        row = session.execute(
            select(Organisation.reference, OrganisationDetails.parent_id)
            .join(OrganisationDetails, OrganisationDetails.organisation_id == Organisation.id)
            .where(Organisation.id == here, seen(OrganisationDetails, at))
        ).one_or_none()
        if row is None:
            break
        found.append((here, str(row[0])))
        here = row[1]
    return found


def list_reach(session: Session, reference: str, at: int, now: datetime) -> list[str]:
    """The references of the organisations at which a person works today, and of all above them."""
    person = session.scalar(select(Person.id).where(Person.reference == reference))
    employers = [] if person is None else list_employers(session, person, at, now)
    lines = [name for one in employers for _, name in list_lineage(session, one, at)]
    return list(dict.fromkeys(lines))


def claim_address(session: Session, account: AccountFacts) -> bool:
    """Let an account have its address to itself, for a link was opened there; whether it has it.

    Only a link shows that somebody reads what is sent there, and so does a password that one has set. Whoever has none
    gives the address up: who is only invited there, and who came by a provider that said it was theirs. The caller has
    locked the account.
    """
    key = email_key(account.email or "")
    others = (Account.email_key == key, Account.id != account.id)
    row = session.execute(ACCOUNTS.where(*others).with_for_update(of=Account)).one_or_none()
    other = as_account(row) if row is not None else None
    if other is not None and other.password is None:
        if other.state is AccountState.ACTIVE:
            entry = Entry("account.address_lost", BY_A_LINK, {"person": other.reference})
            set_account(session, other.id, {"email": None, "email_key": None}, entry)
        session.execute(update(Account).where(Account.id == other.id).values(email_key=None))
    if session.scalar(select(exists().where(*others))):
        return False
    session.execute(update(Account).where(Account.id == account.id, Account.email.is_not(None)).values(email_key=key))
    return True


def has_address(session: Session, account: int, email: str) -> bool:
    """Whether an account is the one that an address leads to."""
    return bool(session.scalar(select(exists().where(Account.id == account, Account.email_key == email_key(email)))))


def lock_account(session: Session, account: int) -> AccountFacts:
    """An account as it stands, with nobody else at it until this transaction ends."""
    session.execute(select(Account.id).where(Account.id == account).with_for_update())
    return as_account(session.execute(ACCOUNTS.where(Account.id == account)).one())


def add_account(session: Session, values: Mapping[str, Any], entry: Entry) -> int:
    """Open an account; its number."""
    row = Account(**values)
    session.add(row)
    session.flush()
    tell(session, entry)
    return row.id


def set_account(session: Session, account: int, values: Mapping[str, Any], entry: Entry) -> None:
    """Change what an account says; it is locked by whoever calls."""
    session.execute(update(Account).where(Account.id == account).values(**values))
    tell(session, entry)


def hold_as_checked(session: Session, account: AccountFacts, password: str | None) -> bool:
    """Hold the row of an account unless it is no longer what somebody was checked against; whether it still is.

    Another hash of the same password takes the place of the old one where it is given.
    """
    same = Account.password_hash == account.password if account.password else Account.password_hash.is_(None)
    held = session.execute(
        update(Account)
        .where(Account.id == account.id, Account.state == AccountState.ACTIVE, same)
        .values(password_hash=password or Account.password_hash)
    )
    return bool(held.rowcount == 1)  # type: ignore[attr-defined]


def note_signed_in(session: Session, person: int, now: datetime) -> None:
    """Note that a person has signed in: both factors are proved."""
    session.execute(update(Account).where(Account.person_id == person).values(signed_in_at=now))


# --- links


def find_link(session: Session, purpose: Purpose, token_digest: bytes) -> LinkFacts | None:
    """A link by what is stored of its token."""
    found = session.execute(
        select(AccountLink.account_id, AccountLink.email, AccountLink.expires_at, AccountLink.used_at,
               AccountLink.ended_at)
        .where(AccountLink.token_digest == token_digest, AccountLink.purpose == purpose)
    ).one_or_none()  # fmt: skip
    if found is None:
        return None
    account, email, expires_at, used_at, ended_at = found
    to = as_account(session.execute(ACCOUNTS.where(Account.id == account)).one())
    return LinkFacts(account, purpose, email, expires_at, used_at is not None or ended_at is not None, to)


def use_link(session: Session, purpose: Purpose, token_digest: bytes, now: datetime) -> bool:
    """Use a link up, if it can still be used: one statement decides, so of many who try one succeeds."""
    waits = exists().where(
        Account.id == AccountLink.account_id, Account.state == USED_BY[purpose], Account.email == AccountLink.email
    )
    used = session.execute(
        update(AccountLink)
        .where(AccountLink.token_digest == token_digest, AccountLink.purpose == purpose, waits)
        .where(AccountLink.used_at.is_(None), AccountLink.ended_at.is_(None), AccountLink.expires_at > now)
        .values(used_at=now),
        execution_options={"synchronize_session": False},
    )
    return bool(used.rowcount == 1)  # type: ignore[attr-defined]


def add_link(session: Session, values: Mapping[str, Any], entry: Entry) -> None:
    """Keep a link that is about to be mailed."""
    session.execute(insert(AccountLink), [dict(values)])
    tell(session, entry)


def end_links(session: Session, account: int, now: datetime) -> int:
    """End every link of an account that was not used; its account is locked by whoever calls."""
    ended = session.execute(
        update(AccountLink)
        .where(AccountLink.account_id == account, AccountLink.used_at.is_(None), AccountLink.ended_at.is_(None))
        .values(ended_at=now)
    )
    return int(ended.rowcount)  # type: ignore[attr-defined]
