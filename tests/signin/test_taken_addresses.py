"""Invitations to an address that is another account's: whoever invites reads what they always read, the holder why not.

On both databases.
"""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from governance.kernel.errors import Conflict
from governance.people.signin.models import Account
from governance.people.signin.rules import Purpose
from governance.people.signin.service import accounts
from governance.people.signin.service.accounts import Chosen
from governance.people.signin.store import accounts as store
from governance.people.store import get_person
from tests.races import race
from tests.signin.browsers import Site
from tests.signin.people import GOOD, OPERATOR, OTHER, Place

SPENT = Chosen(is_spent=True)


def row_of(place: Place, reference: str) -> Account:
    """The row of somebody's account."""
    with place.databases.reading() as session:
        number = get_person(session, reference).id
        return session.scalars(select(Account).where(Account.person_id == number)).one()


def invite_by_mail(place: Place, reference: str, email: str) -> str:
    """Invite somebody as an officer does; the token of the link that was mailed."""
    place.change(
        lambda session: accounts.invite_by_mail(
            session, place.ground, reference, email, actor=OPERATOR, now=place.now
        )
    )  # fmt: skip
    return str(place.mails("invitation")[-1]["link"]).rpartition("/")[2]


def told_of(place: Place, entries: int) -> list[str]:
    """What the trail was told since so many entries."""
    return [name for name, _ in place.told()[entries:]]


def test_whoever_invites_learns_nothing_of_other_accounts(shared: Place) -> None:
    """The answer, the mail, the trail and the account that stands then are the same."""
    ann, free, taken = shared.member(), shared.person(), shared.person()
    seen: list[Any] = []
    for who, email in ((free, f"{free}@example.org"), (taken, f"{ann.upper()}@Example.org")):
        entries, mails = len(shared.told()), len(shared.mails("invitation"))
        invite_by_mail(shared, who, email)
        row = row_of(shared, who)
        wrote = len(shared.mails("invitation")) - mails
        seen.append((told_of(shared, entries), wrote, row.state, row.email == email, row.activated_at))
    assert seen[0] == seen[1] == (["account.invited", "invitation.made"], 1, "invited", True, None)


def test_the_link_sets_nothing_and_the_account_of_the_address_stands(shared: Place) -> None:
    ann, other = shared.member(), shared.person()
    token = invite_by_mail(shared, other, f"{ann}@example.org")
    assert shared.choose(token, OTHER) == SPENT
    assert shared.sessions(other) == []
    assert row_of(shared, other).password_hash is None
    assert shared.there(shared.enter(f"{ann}@example.org").secret).reference == ann
    assert shared.recover(f"{ann}@example.org"), "a forgotten password is still hers to mend"


def test_a_link_is_good_once_its_address_is_free(shared: Place) -> None:
    ann, other = shared.member(), shared.person()
    token = invite_by_mail(shared, other, f"{ann}@example.org")
    shared.change(lambda session: accounts.close_account(session, ann, "left", actor=OPERATOR, now=shared.now))
    assert shared.choose(token).secret
    assert shared.there(shared.enter(f"{ann}@example.org").secret).reference == other


def test_whoever_was_invited_there_can_be_invited_elsewhere(shared: Place) -> None:
    ann, other = shared.member(), shared.person()
    first = invite_by_mail(shared, other, f"{ann}@example.org")
    assert shared.choose(invite_by_mail(shared, other, f"{other}@example.org")).secret
    assert shared.choose(first) == SPENT
    assert shared.there(shared.enter(f"{other}@example.org").secret).reference == other


@pytest.mark.parametrize("first", [0, 1])
def test_of_two_who_were_invited_to_one_address_the_first_to_use_it_has_it(shared: Place, first: int) -> None:
    both = [shared.person(), shared.person()]
    email = f"office-of-{both[0]}@example.org"
    tokens = [invite_by_mail(shared, one, email) for one in both]
    assert shared.choose(tokens[first]).secret
    assert shared.choose(tokens[1 - first]) == SPENT
    assert shared.there(shared.enter(email).secret).reference == both[first]


def test_of_many_invited_to_one_address_one_has_it(shared: Place) -> None:
    """Without the claim, each of them would have an account at one address, or the database would break off."""
    people = [shared.person() for _ in range(4)]
    email = f"many-of-{people[0]}@example.org"
    tokens = iter([invite_by_mail(shared, one, email) for one in people])
    outcomes = race(1, len(people), lambda _: shared.choose(next(tokens)))[0]
    assert sum(isinstance(one, Chosen) and bool(one.secret) for one in outcomes) == 1
    assert all(isinstance(one, Chosen | Conflict) for one in outcomes)
    assert sum(row_of(shared, one).state == "active" for one in people) == 1


def test_an_address_is_claimed_from_nobody_who_signs_in_by_it(shared: Place) -> None:
    ann, other = shared.member(), shared.person()
    invite_by_mail(shared, other, f"{ann}@example.org")

    def claim(reference: str) -> Callable[[Any], bool]:
        def do(session: Any) -> bool:
            account = store.find_account(session, get_person(session, reference).id)
            assert account is not None
            return store.claim_address(session, account)

        return do

    assert shared.change(claim(other)) is False
    assert shared.change(claim(ann)) is True
    assert row_of(shared, ann).email_key == f"{ann}@example.org"


def test_the_pages_say_it_to_the_holder_of_the_link_only(quick_site: Site) -> None:
    place = quick_site.place
    ann, officer = place.member(), quick_site.browser().be(place.member())
    answers = []
    for who, email in ((place.person(), "free@example.org"), (place.person(), f"{ann}@example.org")):
        answer = officer.post("/people/invite", {"person": who, "email": email})
        page = officer.get(answer.location).get_data(as_text=True)
        answers.append((answer.status_code, answer.location, "on its way" in page, email in page))
    assert answers[0] == answers[1] == (303, "/people/invite", True, True)
    path = "/invitation/" + str(place.mails("invitation")[-1]["link"]).rpartition("/")[2]
    holder = quick_site.browser()
    for answer in (holder.get(path), holder.post(path, {"new_password": GOOD}, page="/sign-in")):
        assert answer.status_code == 409
        said = answer.get_data(as_text=True)
        assert "belongs to an account already" in said
        assert f"{ann}@example.org" in said
        assert f"<strong>{ann}</strong>" not in said, "whose account it is is nobody's business"
    assert holder.cookie() == ""


def test_recovery_is_not_turned_away_by_its_own_address(shared: Place) -> None:
    ann = shared.member()
    assert shared.choose(shared.recover(ann), OTHER, Purpose.RECOVERY).secret
