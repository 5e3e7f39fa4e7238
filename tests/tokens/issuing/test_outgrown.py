"""What a provider's word has begun is worth nothing to a front end once its person holds a role beyond its part."""

from collections.abc import Callable
from itertools import count

import pytest
from sqlalchemy import select

from governance.kernel import clock
from governance.people.models import Organisation
from governance.people.signin.rules import Word
from governance.people.signin.service import begin_session
from governance.people.store import get_person
from tests.installation import APPROVED
from tests.servers import SYSTEM
from tests.tokens.issuing.front_end_kit import FrontEnd, Provider, codes, words

TREE = [
    {"reference": "county", "name": "The County", "kind": "authority"},
    {"reference": "branch", "name": "A Branch", "kind": "school", "parent": "council"},
]
NUMBERS = count(1)
Change = Callable[[Provider, str], object]


def grant(provider: Provider, who: str, organisation: str, **days: str) -> None:
    row = {"person": who, "system": SYSTEM, "role": "reader", "organisation": organisation, "approvals": [APPROVED]}
    provider.installation.apply(grants=[{**row, "from": "2020-01-01", **days}])


def move(provider: Provider, _who: str) -> None:
    provider.installation.apply(organisations=[{**TREE[1], "parent": "county"}])


OUTGROWN: dict[str, Change] = {
    "a role beyond": lambda provider, who: grant(provider, who, "county"),
    "a role beyond that is to come": lambda provider, who: grant(provider, who, "county", **{"from": "2126-01-01"}),
    "a move of the tree": move,
}
NOT_OUTGROWN: dict[str, Change] = {
    "a role within": lambda provider, who: grant(provider, who, "branch", **{"from": "2021-01-01"}),
    "a role beyond that is over": lambda provider, who: grant(provider, who, "county", to="2021-01-01"),
}


@pytest.fixture
def who(provider: Provider) -> str:
    """Somebody who works at the council and is a reader for it and for a branch of it."""
    made = f"vouched.{next(NUMBERS)}"
    work = {"person": made, "organisation": "council", "post": "archivist", "from": "2020-01-01"}
    provider.installation.apply(organisations=TREE, people=[{"reference": made, "name": "Robin"}], employment=[work])
    for organisation in ("council", "branch"):
        grant(provider, made, organisation)
    return made


def vouched(provider: Provider, who: str) -> str:
    """They are signed in by the word of the council's provider; the secret of the cookie."""
    now = clock.now()
    with provider.databases.change("test", now) as session:
        council = session.scalars(select(Organisation.id).where(Organisation.reference == "council")).one()
        word = Word(council, "mfa", now)
        return begin_session(session, get_person(session, who).id, who, ("pwd", "mfa"), "a test", now=now, word=word)


@pytest.mark.parametrize("what", OUTGROWN)
def test_a_token_is_not_good_from_then_on(provider: Provider, lookup: FrontEnd, who: str, what: str) -> None:
    cookie = vouched(provider, who)
    token = provider.given(lookup, cookie)["access_token"]
    code = provider.code(lookup, cookie)
    assert provider.decide(token, who)["decision"]
    OUTGROWN[what](provider, who)
    assert codes(provider.decide(token, who)) == ["token_not_good"]
    assert not provider.is_active(lookup, token)
    assert provider.token(lookup.exchange(code)).get_json()["error"] == "invalid_grant"
    assert "code" not in words(provider.authorize(lookup.wish(prompt="none"), cookie))
    own = provider.given(lookup, provider.sign_in(who))["access_token"]
    assert provider.decide(own, who)["decision"], "what Postern itself has proved is"


@pytest.mark.parametrize("what", NOT_OUTGROWN)
def test_else_it_stays_good(provider: Provider, lookup: FrontEnd, who: str, what: str) -> None:
    cookie = vouched(provider, who)
    token = provider.given(lookup, cookie)["access_token"]
    NOT_OUTGROWN[what](provider, who)
    assert provider.decide(token, who)["decision"]
    assert provider.is_active(lookup, token)
    assert provider.code(lookup, cookie)
