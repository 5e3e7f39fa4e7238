"""An address is theirs who opened a link there; a provider's word takes it from nobody. On both databases."""

from collections.abc import Callable

import pytest

from governance.people.signin.rules import Purpose
from tests.signin.people import GOOD, OTHER
from tests.signin.schools import School
from tests.signin.test_taken_addresses import invite_by_mail, row_of


def test_nobody_has_an_address_by_entering_at_a_provider(make: Callable[..., School]) -> None:
    """A school invites a pawn to the address of somebody elsewhere, and lets the pawn in by its own provider."""
    school = make()
    place = school.place
    pawn, victim = place.person(), place.person()
    address = f"head-of-{victim}@elsewhere.example"
    token = invite_by_mail(place, victim, address)
    invite_by_mail(place, pawn, address)
    school.link(pawn)
    _, answer = school.sign_in(f"id-{pawn}", email=address, email_verified=True)
    assert answer.status_code == 303
    row = row_of(place, pawn)
    assert (row.state, row.email, row.email_key) == ("active", None, None)
    assert school.site.browser().get(f"/invitation/{token}").status_code == 200
    assert place.choose(token, OTHER).secret
    assert place.there(place.enter(address, OTHER).secret).reference == victim


def test_who_is_invited_after_a_provider_vouched_for_another_still_has_it(make: Callable[..., School]) -> None:
    """The pawn was first, and the provider says that the address is verified: a link that is opened there says more."""
    school = make(by_email=True)
    place = school.place
    pawn, victim = place.person(), place.person()
    address = f"head-of-{victim}@elsewhere.example"
    spent = invite_by_mail(place, pawn, address)
    school.link(pawn)
    school.sign_in(f"id-{pawn}", email=address, email_verified=True)
    assert row_of(place, pawn).email_key == address
    token = invite_by_mail(place, victim, address)
    assert place.choose(spent).is_spent
    assert place.choose(token, GOOD).secret
    row = row_of(place, pawn)
    assert (row.state, row.email, row.email_key) == ("active", None, None), "its mail would go to another"
    told = place.told("account.address_lost")[-1][1]
    assert told["person"] == pawn
    assert victim not in str(told), "whose it is now is nobody's business at the school"
    assert school.sign_in(f"id-{pawn}")[1].status_code == 303, "who is linked comes in as before"
    assert place.recover(address), "a forgotten password is the victim's to mend"


@pytest.mark.parametrize(
    ("email", "verified", "kept"),
    [("{}@example.org", True, True), ("{}@EXAMPLE.org", True, True), ("{}@example.org", False, False),
     ("{}@example.org", "true", False), ("another@example.org", True, False), ("", True, False), (None, None, False)],
)  # fmt: skip
def test_which_address_is_kept(make: Callable[..., School], email: str | None, verified: object, kept: bool) -> None:
    school = make()
    ann = school.place.person()
    school.place.invite(ann)
    school.link(ann)
    told = email.format(ann) if email is not None else None
    assert school.sign_in(f"id-{ann}", email=told, email_verified=verified)[1].status_code == 303
    row = row_of(school.place, ann)
    assert (row.email, row.email_key) == ((f"{ann}@example.org",) * 2 if kept else (None, None))


def test_who_is_met_by_an_address_is_met_by_it_again(make: Callable[..., School]) -> None:
    school = make(by_email=True)
    ann = school.place.person()
    school.place.invite(ann)
    for _ in range(2):
        _, answer = school.sign_in("x", email=f"{ann}@example.org", email_verified=True)
        assert answer.status_code == 303


def test_a_password_that_a_link_has_set_keeps_the_address(make: Callable[..., School]) -> None:
    school = make()
    place = school.place
    ann, other = place.member(), place.person()
    school.link(ann)
    assert school.sign_in(f"id-{ann}")[1].status_code == 303
    assert place.choose(invite_by_mail(place, other, f"{ann}@example.org"), OTHER).is_spent
    assert place.choose(place.recover(ann), OTHER, Purpose.RECOVERY).secret
    assert row_of(place, ann).email == f"{ann}@example.org"
