"""What a code can do to a passkey: take it away at once, and put nothing in its place for three days.

Whoever has phished a password and a code must not come by a passkey with them, nor leave its owner with less unheard.
On both databases.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from governance.kernel.verdict import Refused
from governance.outbox.models import OutboxMail
from governance.ports.visitor import Visitor
from tests.tokens.authenticators.keyholders import NOW, SECOND, Holders
from tests.tokens.authenticators.rooms import MO, NOON, Person, Room, approved
from tests.tokens.authenticators.soft_key import SoftKey
from tokens.authenticators import enrolling, losing, replacing
from tokens.authenticators.ceremonies import service, store
from tokens.authenticators.rules import MISSED_FOR, STRONGER_NEEDED

LATER = NOW + timedelta(hours=1)


@pytest.fixture
def holders(room: Room) -> Holders:
    return Holders(room)


def passkey_of(holders: Holders) -> int:
    """The number of Ann's passkey."""
    with holders.databases.reading() as session:
        return store.list_passkeys(session, holders.people["ann"])[0].authenticator


def mails(holders: Holders) -> list[str]:
    """What was mailed to Ann, the oldest first."""
    mine = select(OutboxMail.template).where(OutboxMail.address == f"{holders.names['ann']}@example.org")
    with holders.databases.reading() as session:
        return list(session.scalars(mine.order_by(OutboxMail.id)))


def report(holders: Holders, visitor: Visitor, now: datetime) -> None:
    """Ann says herself that the passkey is lost."""
    with holders.databases.change("ann", now) as session:
        assert losing.report_own_loss(session, visitor, passkey_of(holders), now=now)


def reported_by_officer(holders: Holders, _visitor: Visitor, now: datetime) -> None:
    """An officer says it for her."""
    with holders.databases.change("mo", now) as session:
        losing.report_lost(session, holders.names["ann"], passkey_of(holders), actor=MO, now=now)


def revoked(holders: Holders, _visitor: Visitor, now: datetime) -> None:
    """The operator takes it away."""
    with holders.databases.change("mo", now) as session:
        losing.revoke(session, holders.names["ann"], passkey_of(holders), actor=MO, now=now)


def reasons(act: Callable[[], object]) -> list[str]:
    """Why something is refused; nothing where it is not."""
    try:
        act()
    except Refused as refused:
        return [reason.code for reason in refused.verdict.reasons]
    return []


def every_way_to_add(room: Room, holders: Holders, visitor: Visitor, now: datetime) -> list[list[str]]:
    """What becomes of a passkey, an app and recovery codes that a visitor would add."""

    def app() -> None:
        with holders.databases.change("ann", now) as session:
            enrolling.begin_totp(session, room.sealer, visitor, "Phone", now=now)

    def codes() -> None:
        with holders.databases.change("ann", now) as session:
            enrolling.new_recovery_codes(session, room.sealer, visitor, instead_of=0, now=now)

    ways = (lambda: service.begin_creation(holders.place, visitor, now=now), app, codes)
    return [reasons(way) for way in ways]


@pytest.mark.parametrize("take", [report, reported_by_officer, revoked])
def test_a_code_takes_a_passkey_away_and_puts_nothing_in_its_place(
    room: Room, holders: Holders, take: Callable[[Holders, Visitor, datetime], None]
) -> None:
    key = holders.enrol()
    take(holders, holders.proved(now=LATER), LATER)
    assert holders.sign_in(key, now=LATER).secret == "", "it is dead at once"
    assert mails(holders)[-1] == "passkey-lost"
    for moment in (LATER, LATER + MISSED_FOR - SECOND):
        visitor = holders.proved(now=moment)
        assert every_way_to_add(room, holders, visitor, moment) == [[STRONGER_NEEDED.code]] * 3
    assert mails(holders)[-1] == "passkey-lost", "nothing was added"
    over = LATER + MISSED_FOR
    assert every_way_to_add(room, holders, holders.proved(now=over), over) == [[], [], []]


def test_a_loss_is_reported_with_a_factor_of_this_morning(holders: Holders) -> None:
    """To take power away has to be quick; to add needs a proof of the last ten minutes, whatever stands."""
    holders.enrol()
    morning = holders.proved(now=NOW)
    evening = NOW + timedelta(hours=9)
    report(holders, morning, evening)
    with holders.databases.reading() as session:
        refused = enrolling.may_add(session, morning, now=evening).reasons
    assert [reason.code for reason in refused] == ["stronger_needed", "prove_again"]


def test_another_passkey_adds_at_once(holders: Holders) -> None:
    holders.enrol()
    other = holders.enrol()
    visitor = holders.visitor(holders.sign_in(other, now=LATER).secret, now=LATER)
    report(holders, visitor, LATER)
    assert holders.create(visitor, SoftKey(), now=LATER).secret


def test_two_people_who_vouch_open_it_at_once(room: Room, holders: Holders) -> None:
    """The replacement's link is redeemed in a session that a code has proved; what is added counts for a week."""
    holders.enrol()
    visitor = holders.proved(now=NOON)
    report(holders, visitor, NOON)
    with pytest.raises(Refused):
        service.begin_creation(holders.place, visitor, now=NOON)
    token = approved(room, Person(visitor.person, visitor.reference, visitor))
    with holders.databases.change("ann", NOW) as session:
        replacing.redeem(session, visitor, token, now=NOON)
    done = holders.create(visitor, SoftKey(), now=NOON)
    assert done.secret
    with holders.databases.reading() as session:
        (made,) = [one for one in enrolling.store.list_of(session, [visitor.person]) if one.id == done.authenticator]
    assert made.ends_at == NOON + timedelta(days=7)


def test_a_code_removes_no_passkey(holders: Holders) -> None:
    """Or else removing it would do at once what reporting it lost does not."""
    key = holders.enrol()
    holders.enrol()
    visitor = holders.proved(now=NOW)
    with pytest.raises(Refused) as refused, holders.databases.change("ann", NOW) as session:
        losing.remove(session, visitor, passkey_of(holders), now=NOW)
    assert [reason.code for reason in refused.value.verdict.reasons] == [STRONGER_NEEDED.code]
    assert holders.sign_in(key, now=NOW).secret
