"""When somebody signed in last, on both databases: the moment at which both factors were proved, and no other."""

from datetime import datetime, timedelta

from sqlalchemy import select

from governance.people.signin.models import Account
from governance.people.signin.rules import Word
from governance.people.signin.service import begin_session, prove_factor
from governance.people.store import get_person
from governance.ports.visitor import Acr
from tests.signin.people import GOOD, OTHER, Place

MINUTE = timedelta(minutes=1)


def signed_in_at(place: Place, reference: str) -> datetime | None:
    """When somebody signed in last, as the pages show it."""
    with place.databases.reading() as session:
        number = get_person(session, reference).id
        return session.scalars(select(Account.signed_in_at).where(Account.person_id == number)).one()


def prove(place: Place, secret: str) -> str:
    """Prove a second factor for a session; its new secret."""
    visitor = place.there(secret)
    return str(place.change(lambda session: prove_factor(session, visitor, "mfa", ("otp",), None, now=place.now)))


def test_the_first_factor_alone_is_no_sign_in(shared: Place) -> None:
    ann = shared.member()
    half = shared.enter(ann).secret
    assert half
    assert signed_in_at(shared, ann) is None, "whoever knows the password only has not signed in"
    shared.now += MINUTE
    whole = prove(shared, half)
    completed = shared.now
    assert signed_in_at(shared, ann) == completed
    shared.now += MINUTE
    assert shared.enter(ann).secret
    prove(shared, whole)
    assert signed_in_at(shared, ann) == completed, "another half session, and a factor that is proved again, are none"


def test_a_chosen_password_is_no_sign_in(shared: Place) -> None:
    ann = shared.person()
    assert shared.choose(shared.invite(ann), GOOD).secret
    assert signed_in_at(shared, ann) is None
    assert shared.enter(ann, OTHER).secret == ""
    assert signed_in_at(shared, ann) is None


def test_whoever_is_vouched_for_with_both_factors_has_signed_in(shared: Place) -> None:
    """A session that begins whole: the moment is that of the sign-in, not that at which the provider proved them."""
    ann = shared.member()
    for word, moment in ((None, None), (Word(1, Acr.MFA, shared.now - MINUTE), shared.now)):
        shared.change(
            lambda session, word=word: begin_session(
                session, get_person(session, ann).id, ann, ("pwd",), "Firefox", now=shared.now, word=word
            )
        )
        assert signed_in_at(shared, ann) == moment
