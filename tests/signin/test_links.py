"""Invitations and recovery, on both databases: one use, bound to account and address, and no step can be skipped."""

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import permutations

import pytest
from sqlalchemy import select

from governance.kernel.db import Databases
from governance.kernel.errors import Conflict, NotFound
from governance.kernel.verdict import Refused
from governance.people.signin.choosing import Objection
from governance.people.signin.models import AccountLink
from governance.people.signin.rules import LASTS, Purpose, digest
from governance.people.signin.service import accounts, prove_factor
from governance.people.signin.service.accounts import Chosen
from governance.people.signin.store import accounts as store
from tests.races import CLIENTS, ROUNDS, SOAK_ROUNDS, race, winners
from tests.signin.people import OPERATOR, OTHER, Place
from tests.twins import looks_first

SPENT = Chosen(is_spent=True)
SECOND = timedelta(seconds=1)


def test_an_invitation_leads_to_a_half_session(shared: Place) -> None:
    ann = shared.person()
    visitor = shared.there(shared.choose(shared.invite(ann)).secret)
    assert (visitor.reference, visitor.acr, visitor.amr) == (ann, "", ("pwd",))
    assert shared.enter(ann).secret
    acts = [name for name, body in shared.told() if body.get("person") == ann or body["actor"] == f"page:{ann}"]
    assert acts[:5] == ["account.invited", "invitation.made", "invitation.used", "password.set", "session.begun"]


def test_nothing_is_kept_that_opens_anything(shared: Place) -> None:
    token = shared.invite(shared.person())
    assert len(token) >= 22, "128 bits at least"
    with shared.databases.reading() as session:
        rows = session.scalars(select(AccountLink).where(AccountLink.token_digest == digest(token))).all()
    assert len(rows) == 1
    assert token not in str(vars(rows[0]))
    assert token not in str(shared.told())


def test_looking_at_a_link_changes_nothing(shared: Place) -> None:
    token = shared.invite(shared.person())
    revision = shared.databases.freshness.current()
    for _ in range(3):
        assert accounts.find_live(shared.databases, Purpose.INVITATION, token, now=shared.now) is not None
    assert shared.databases.freshness.current() == revision


def test_a_link_does_nothing_for_who_may_not_sign_in(shared: Place) -> None:
    """No session, no password, nothing used up: it is good again once they may."""
    ann = shared.person()
    token = shared.invite(ann)
    shared.kept_out.add(ann)
    assert shared.choose(token) == SPENT
    assert shared.sessions(ann) == []
    assert shared.told("sign_in.refused")[-1][1]["failure"] == "not_permitted"
    shared.kept_out.remove(ann)
    assert shared.choose(token).secret


def test_a_link_is_good_once(shared: Place) -> None:
    ann = shared.person()
    token = shared.invite(ann)
    assert shared.choose(token).secret
    assert shared.choose(token, OTHER) == SPENT
    assert shared.enter(ann).secret, "the first password stays"


def test_a_password_that_is_not_taken_uses_nothing(shared: Place) -> None:
    ann = shared.person()
    token = shared.invite(ann)
    assert shared.choose(token, "short").objection is Objection.TOO_SHORT
    assert shared.choose(token, f"{ann}1234567").objection is Objection.ABOUT_YOU
    assert shared.choose(token, "RobinExample1").objection is Objection.ABOUT_YOU
    assert shared.choose(token).secret


@pytest.mark.parametrize("purpose", list(Purpose))
@pytest.mark.parametrize(("offset", "good"), [(-SECOND, True), (timedelta(0), False), (SECOND, False)])
def test_a_link_ends(shared: Place, purpose: Purpose, offset: timedelta, good: bool) -> None:
    ann = shared.member() if purpose is Purpose.RECOVERY else shared.person()
    token = shared.recover(ann) if purpose is Purpose.RECOVERY else shared.invite(ann)
    shared.now += LASTS[purpose] + offset
    assert bool(shared.choose(token, OTHER, purpose).secret) is good


def test_a_link_serves_its_purpose_only(shared: Place) -> None:
    assert shared.choose(shared.invite(shared.person()), purpose=Purpose.RECOVERY) == SPENT
    assert shared.choose(shared.recover(shared.member())) == SPENT
    for token in ("", "x", "x" * 500, "é", "\0", "../recover"):
        assert shared.choose(token) == SPENT, "a link that nobody made is answered like one that was used"


def test_a_new_invitation_ends_the_older_ones(shared: Place) -> None:
    ann = shared.person()
    first, second = shared.invite(ann), shared.invite(ann)
    assert shared.choose(first) == SPENT
    assert shared.choose(second).secret


def test_a_link_is_bound_to_the_address(shared: Place) -> None:
    ann = shared.person()
    token = shared.invite(ann)
    shared.change(
        lambda session: store.set_account(
            session, find(shared, ann).id, {"email": "new@example.org"}, accounts.Entry("test.done", OPERATOR)
        )
    )
    assert shared.choose(token) == SPENT


def test_who_may_be_invited(shared: Place) -> None:
    ann = shared.member()
    with pytest.raises(NotFound):
        shared.invite("nobody.known")
    with pytest.raises(Conflict, match="signs in already"):
        shared.invite(ann, "mallory@example.org")
    assert find(shared, ann).email == f"{ann}@example.org", "no invitation takes an account over"


def test_the_link_is_mailed_or_printed(shared: Place) -> None:
    ann = shared.person()
    shared.change(
        lambda session: accounts.invite_by_mail(
            session, shared.ground, ann, f"{ann}@example.org", actor=OPERATOR, now=shared.now
        )
    )
    link = shared.mails("invitation")[-1]["link"]
    assert link.startswith(f"{shared.ground.public_url}/invitation/")
    assert shared.choose(link.rpartition("/")[2]).secret
    other = shared.person()
    with pytest.raises(Refused):
        shared.change(
            lambda session: accounts.invite_by_mail(
                session, shared.ground, other, "no address", actor=OPERATOR, now=shared.now
            )
        )


# --- recovery


def test_recovery_sets_a_password_ends_all_sessions_and_passes_no_factor_over(shared: Place) -> None:
    ann = shared.member()
    half = shared.enter(ann).secret
    visitor = shared.there(shared.enter(ann).secret)
    whole = shared.change(lambda session: prove_factor(session, visitor, "mfa", ("pwd", "otp"), None, now=shared.now))
    before = len(shared.mails("password-changed"))
    secret = shared.choose(shared.recover(ann), OTHER, Purpose.RECOVERY).secret
    assert shared.visitor(half) is None
    assert shared.visitor(whole) is None
    assert shared.there(secret).acr == "", "the second factor is still asked for"
    assert len(shared.mails("password-changed")) == before + 1
    assert not shared.enter(ann).secret
    assert shared.enter(ann, OTHER).secret


def test_recovery_says_nothing_of_who_is_there(shared: Place) -> None:
    invited = shared.person()
    shared.invite(invited)
    for name in ("nobody.known", invited, f"{shared.person()}@example.org"):
        entries = len(shared.told())
        assert shared.recover(name) == ""
        assert len(shared.told()) - entries == 1, "as much is told as of anybody"
    assert shared.told("recovery.asked")[-1][1] == {"actor": "page:nobody", "times": 1}


def test_nobody_is_flooded_with_links(shared: Place) -> None:
    ann = shared.member()
    links = [shared.recover(ann) for _ in range(5)]
    assert [bool(link) for link in links] == [True, True, True, False, False]
    shared.now += timedelta(hours=1)
    assert shared.recover(ann)


def test_whoever_forgot_is_let_in_although_they_guessed_too_often(shared: Place) -> None:
    ann = shared.member()
    for _ in range(4):
        shared.enter(ann, OTHER)
    assert not shared.enter(ann).secret
    assert shared.choose(shared.recover(ann), OTHER, Purpose.RECOVERY).secret
    assert shared.enter(ann, OTHER).secret


def test_no_order_of_steps_skips_the_mail(quick: Place) -> None:
    """Whatever order the steps come in: a password is only set after its link was asked for, and by that very link."""
    for order in sorted(set(permutations(("ask", "open", "choose", "choose")))):
        ann, token, asked = quick.member(), "unknown", False
        for step in order:
            if step == "ask":
                token, asked = quick.recover(ann), True
            elif step == "open":
                found = accounts.find_live(quick.databases, Purpose.RECOVERY, token, now=quick.now)
                assert found is None or asked
            elif quick.choose(token, OTHER, Purpose.RECOVERY).secret:
                assert asked
                asked = False
        chosen = order.index("ask") < 3 - order[::-1].index("choose")
        assert bool(quick.enter(ann, OTHER).secret) is chosen, order


# --- races


def use_link(databases: Databases, token_digest: bytes, now: datetime) -> bool:
    """Use an invitation up, as choosing a password does."""
    with databases.writing() as session:
        return store.use_link(session, Purpose.INVITATION, token_digest, now)


def race_one_invitation(place: Place, rounds: int, use: Callable[[Databases, bytes, datetime], bool]) -> list[int]:
    """How many of many who try one invitation at once succeed, in each round."""
    person = place.person()
    outcomes = race(
        rounds,
        CLIENTS,
        lambda token: use(place.databases, digest(token), place.now),
        lambda _round: place.invite(person),
    )
    return winners(outcomes)


def test_of_many_who_try_one_invitation_one_succeeds(place: Place) -> None:
    assert race_one_invitation(place, ROUNDS, use_link) == [1] * ROUNDS


def test_who_looks_first_and_acts_then_is_caught(place: Place) -> None:
    assert max(race_one_invitation(place, 3, looks_first.use_link)) > 1


@pytest.mark.soak
def test_of_many_who_try_one_invitation_one_succeeds_always(place: Place) -> None:
    assert race_one_invitation(place, SOAK_ROUNDS, use_link) == [1] * SOAK_ROUNDS


def test_of_many_who_choose_a_password_one_succeeds(place: Place) -> None:
    token = place.invite(place.person())
    outcomes = race(1, CLIENTS, lambda _: place.choose(token))[0]
    assert sum(isinstance(one, Chosen) and bool(one.secret) for one in outcomes) == 1


def find(place: Place, reference: str) -> store.AccountFacts:
    """Somebody's account."""
    with place.databases.reading() as session:
        found = store.find_by_name(session, reference)
    assert found is not None
    return found
