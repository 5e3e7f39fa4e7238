"""Signing in with an organisation's own provider: a real one, and all the ways in which one can lie."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from governance.kernel import clock
from governance.kernel.errors import BadInput, Conflict, NotFound, Unavailable
from governance.people.signin import federation
from governance.people.signin.rules import Failure, ProviderFacts
from governance.people.signin.service import providers as service
from governance.people.signin.service.providers import NewProvider
from governance.people.signin.views.entering import WAY
from governance.people.store import get_person
from governance.ports.authorise import Permission
from tests.signin.people import OPERATOR
from tests.signin.provider import (
    CLIENT,
    SECRET,
    Provider,
    Providers,
    damaged,
    hmac_with_public_key,
    strange_key,
    unsigned,
)
from tests.signin.schools import School
from tokens.authenticators.models import SecondFactorAttempts


def test_who_is_linked_is_signed_in_with_the_first_factor(make: Callable[..., School]) -> None:
    school = make()
    ann = school.place.person()
    subject = school.link(ann)
    browser = school.site.browser()
    assert "School" in browser.get("/sign-in").get_data(as_text=True)
    brought = school.provider.authorize(school.out(browser, "/people"), subject, amr=["pwd", "magic"])
    again, way = school.site.browser(), browser.cookie(WAY)
    answer = school.back(browser, brought)
    assert (answer.status_code, answer.location) == (303, "/sign-in/second-step")
    visitor = school.place.there(browser.cookie())
    assert (visitor.reference, visitor.acr, visitor.amr) == (ann, "", ("pwd",))
    assert school.place.row(browser.cookie()).next_path == "/people"
    again.client.set_cookie(WAY, way, domain="postern.example", secure=True)
    assert school.back(again, brought).status_code == 403, "what was brought back is good once"


def test_nobody_is_created_by_surprise(make: Callable[..., School]) -> None:
    school = make(by_email=True)
    ann = school.place.person()
    for subject, claims in (
        ("nobody", {}), (ann, {}), ("x", {"email": f"{ann}@example.org", "email_verified": True}), ("", {}),
        ("y", {"preferred_username": ann, "name": ann}),
    ):  # fmt: skip
        browser, answer = school.sign_in(subject, **claims)
        assert answer.status_code == 403
        assert browser.cookie() == ""
    assert school.place.sessions(ann) == []


@pytest.mark.parametrize(
    ("verified", "by_email", "let_in"), [(True, True, True), (False, True, False), ("true", True, False),
                                         (None, True, False), (True, False, False)]
)  # fmt: skip
def test_an_address_counts_when_it_is_verified_and_the_provider_is_set_so(
    make: Callable[..., School], verified: object, by_email: bool, let_in: bool
) -> None:
    school = make(by_email=by_email)
    ann = school.place.member()
    _, answer = school.sign_in("whatever", email=f"{ann.upper()}@Example.org", email_verified=verified)
    assert (answer.status_code == 303) is let_in


def test_an_address_that_only_looks_alike_is_another(make: Callable[..., School]) -> None:
    school = make(by_email=True)
    ann = school.place.member()
    _, answer = school.sign_in("mallory", email=f"{ann}@example.org".replace("e", "\uff45"), email_verified=True)
    assert (answer.status_code, school.failure()) == (403, Failure.NOT_LINKED)


def test_who_has_proved_both_factors_goes_on_to_where_they_wanted(make: Callable[..., School]) -> None:
    school = make(second_factor_acrs=["twice"])
    subject = school.link(school.place.person())
    proved = {"acr": "twice", "auth_time": int(clock.now().timestamp()) - 5}
    assert school.sign_in(subject, **proved)[1].location == "/account"
    browser = school.site.browser()
    brought = school.provider.authorize(school.out(browser, "/people"), subject, **proved)
    assert school.back(browser, brought).location == "/people"


def test_while_the_second_factor_is_locked_a_provider_proves_the_first_alone(make: Callable[..., School]) -> None:
    school = make(second_factor_acrs=["twice"])
    ann, now = school.place.person(), clock.now()
    subject, proved = school.link(ann), {"acr": "twice", "auth_time": int(now.timestamp()) - 5}
    browser, _ = school.sign_in(subject, **proved)
    assert school.place.there(browser.cookie()).acr == "mfa"
    with school.place.databases.writing() as session:
        number, until = get_person(session, ann).id, now + timedelta(minutes=15)
        session.add(SecondFactorAttempts(person_id=number, failures=10, locked_until=until, failed_at=now))
    browser, answer = school.sign_in(subject, **proved)
    assert (answer.status_code, school.place.there(browser.cookie()).acr) == (303, "")


def test_an_invited_person_may_come_by_their_organisation(make: Callable[..., School]) -> None:
    school = make(by_email=True)
    ann = school.place.person()
    token = school.place.invite(ann)
    _, answer = school.sign_in("x", email=f"{ann}@example.org", email_verified=True)
    assert answer.status_code == 303
    assert school.place.choose(token).is_spent, "the invitation is no longer needed"


def test_a_provider_speaks_for_its_own_people_only(make: Callable[..., School]) -> None:
    place = make().place
    place.installation.apply(
        organisations=[{"reference": "school-a", "name": "School A", "kind": "school", "parent": "council"}]
    )
    school = make(organisation="school-a", by_email=True)
    ann = place.member()
    school.link(ann)
    for claims in ({}, {"email": f"{ann}@example.org", "email_verified": True}):
        _, answer = school.sign_in(f"id-{ann}" if not claims else "z", **claims)
        assert (answer.status_code, school.failure()) == (403, Failure.NOT_ITS_OWN)
    row = {"person": ann, "organisation": "school-a", "post": "teacher", "from": "2020-01-01"}
    place.installation.apply(employment=[row])
    assert school.sign_in(f"id-{ann}")[1].status_code == 303
    above = make(organisation="council")
    above.link(ann)
    assert above.sign_in(f"id-{ann}")[1].status_code == 303, "the council speaks for its schools"


def test_when_the_word_of_a_provider_counts_as_a_second_factor(make: Callable[..., School]) -> None:
    school = make(second_factor_acrs=["silver"])
    subject, now = school.link(school.place.person()), int(clock.now().timestamp())
    for says, claims, acr in (
        ("a listed acr, and when", {"acr": "silver", "auth_time": now - 60}, "mfa"),
        ("another acr", {"acr": "bronze", "auth_time": now - 60}, ""),
        ("nobody says when", {"acr": "silver"}, ""),
        ("too long ago", {"acr": "silver", "auth_time": now - 13 * 3600}, ""),
        ("in time to come", {"acr": "silver", "auth_time": now + 3600}, ""),
        ("no acr", {"auth_time": now - 60}, ""),
        ("no text", {"acr": ["silver"], "auth_time": now - 60}, ""),
    ):
        browser, answer = school.sign_in(subject, amr=["pwd", "hwk", "mfa"], **claims)
        assert answer.status_code == 303
        visitor = school.place.there(browser.cookie())
        assert (visitor.acr, visitor.amr) == (acr, ("pwd", "mfa") if acr else ("pwd",)), says
        assert (visitor.auth_time.timestamp() < now - 50) is bool(acr), says


# --- lies


class Attempt:
    """One way to a provider and back, without any database."""

    def __init__(self, provider: Provider) -> None:
        self.provider = provider
        self.facts = ProviderFacts(1, "x", "X", 1, provider.issuer, CLIENT, b"", "sub", False, (), None)

    def vouched(self) -> str:
        """Whom the provider vouches for; nothing where it does not count."""
        verifier, back = "v" * 64, "https://postern.example/sign-in/from/x"
        url = federation.authorization_url(self.facts, back, "state", "nonce", verifier)
        returned = federation.Returned(self.provider.authorize(url, "ann")["code"], "")
        try:
            found = federation.vouched(self.facts, SECRET, back, returned, "nonce", verifier, clock.now())
        except federation.NotVouched:
            return ""
        return found.value


@pytest.fixture(scope="module")
def attempt(world: Providers) -> Attempt:
    return Attempt(world.open())


@pytest.fixture
def lies(attempt: Attempt) -> Iterator[Provider]:
    """A provider that a test may have lie."""
    honest = attempt.provider.sign
    yield attempt.provider
    attempt.provider.claims, attempt.provider.sign = {}, honest


def test_an_honest_provider_vouches(attempt: Attempt) -> None:
    assert attempt.vouched() == "ann"


@pytest.mark.parametrize("sign", [hmac_with_public_key, unsigned, strange_key, damaged])
def test_what_the_provider_has_not_signed_counts_for_nothing(attempt: Attempt, lies: Provider, sign: Any) -> None:
    lies.sign = sign
    assert attempt.vouched() == ""


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://evil.example"}, {"iss": "{issuer}/"}, {"iss": ["{issuer}"]}, {"iss": None}, {"aud": "another"},
        {"aud": None}, {"aud": ["another"]}, {"aud": [CLIENT, "another"]}, {"azp": "another"},
        {"exp": 1}, {"exp": None}, {"exp": "tomorrow"}, {"nbf": 9_999_999_999}, {"nonce": "another"}, {"nonce": None},
        {"sub": None}, {"sub": ""}, {"sub": 7}, {"sub": ["x"]},
    ],
)  # fmt: skip
def test_every_particular_must_be_right(attempt: Attempt, lies: Provider, claims: dict[str, Any]) -> None:
    lies.claims = {
        name: value.format(issuer=lies.issuer) if isinstance(value, str) else value for name, value in claims.items()
    }
    if lies.claims.get("iss") == ["{issuer}"]:
        lies.claims = {"iss": [lies.issuer]}
    assert attempt.vouched() == ""


def test_who_is_not_vouched_for_is_not_let_in(make: Callable[..., School]) -> None:
    school = make()
    subject = school.link(school.place.person())
    school.provider.sign = unsigned
    browser, answer = school.sign_in(subject)
    assert (answer.status_code, school.failure()) == (403, Failure.NOT_VOUCHED)
    assert browser.cookie() == ""


def test_a_new_key_is_found_and_a_vanished_one_is_not(world: Providers) -> None:
    attempt = Attempt(world.open())
    provider = attempt.provider
    assert attempt.vouched() == "ann"
    old = provider.key
    provider.key = type(old).generate_key("P-256", {"kid": "rotated"})
    assert attempt.vouched() == "ann"
    provider.sign = lambda one, claims: one.signed(claims, old, kid=old.kid)
    assert attempt.vouched() == ""


# --- mixing up


def test_a_code_is_good_only_where_it_was_asked_for(make: Callable[..., School]) -> None:
    """Another browser's code, another's state, another provider's: whatever is put in another's place is refused."""
    school, other = make(), make()
    ann, mallory = school.place.person(), school.place.person()
    school.link(ann)
    school.link(mallory)
    other.link(mallory, f"id-{ann}")
    victim, attacker = school.site.browser(), school.site.browser()
    of_victim = school.provider.authorize(school.out(victim), f"id-{ann}")
    of_attacker = school.provider.authorize(school.out(attacker), f"id-{mallory}")
    tried = [
        ("the attacker's code with the victim's state", victim, {**of_victim, "code": of_attacker["code"]}, school),
        ("the attacker's answer in the victim's browser", victim, of_attacker, school),
        ("the victim's answer in the attacker's browser", attacker, of_victim, school),
        ("the answer of one provider for that of another", attacker, of_attacker, other),
        ("no state", attacker, {"code": of_attacker["code"], "state": ""}, school),
        ("an unknown state", attacker, {**of_attacker, "state": "x"}, school),
    ]
    for says, browser, brought, to in tried:
        answer = to.back(browser, brought)
        assert answer.status_code == 403, says
        assert browser.cookie() == "", says


def test_a_browser_without_its_cookie_comes_back_in_vain(make: Callable[..., School]) -> None:
    school = make()
    subject = school.link(school.place.person())
    brought = school.provider.authorize(school.out(school.site.browser()), subject)
    assert school.back(school.site.browser(), brought).status_code == 403


@pytest.mark.parametrize(("issuer", "status"), [("{issuer}", 303), ("https://evil.example", 403), ("", 403)])
def test_a_provider_that_names_itself_must_do_so(make: Callable[..., School], issuer: str, status: int) -> None:
    school = make()
    school.provider.says = {"authorization_response_iss_parameter_supported": True}
    subject = school.link(school.place.person())
    browser = school.site.browser()
    brought = school.provider.authorize(school.out(browser), subject)
    answer = school.back(browser, {**brought, "iss": issuer.format(issuer=school.provider.issuer)})
    assert answer.status_code == status


def test_who_may_not_sign_in_is_not_let_in_by_their_organisation(make: Callable[..., School]) -> None:
    school = make()
    ann = school.place.person()
    subject = school.link(ann)
    school.site.permission = Permission(allowed=False, reasons=({"code": "suspended", "user": "On hold."},))
    browser, answer = school.sign_in(subject)
    assert (answer.status_code, browser.cookie(), school.failure()) == (403, "", "not_permitted")
    assert "On hold" not in answer.get_data(as_text=True)
    assert school.site.asked[-1] == ("sign-in", "account", ann, {})


def test_what_was_agreed_ends_after_ten_minutes(make: Callable[..., School]) -> None:
    school = make()
    subject = school.link(school.place.person())
    place = school.place
    school.provider.claims = {"exp": int(clock.now().timestamp()) + 3600}
    for age, let_in in ((timedelta(minutes=10, seconds=-1), True), (timedelta(minutes=10), False)):
        way = service.set_out(place.databases, place.ground, school.name, AGENT, now=place.now)
        brought = school.provider.authorize(way.url, subject)
        entered = service.come_back(
            place.databases, place.ground, school.name, way.secret,
            federation.Returned(brought["code"], "", brought["state"]), AGENT,
            gate=service.Gate(place.may_enter, lambda *_: False, lambda *_: False), now=place.now + age,
        )  # fmt: skip
        assert bool(entered.secret) is let_in


def test_a_cancelled_sign_in_is_told_plainly_and_used_up(make: Callable[..., School]) -> None:
    school = make()
    browser = school.site.browser()
    brought = school.provider.authorize(school.out(browser), "x")
    answer = school.back(browser, {"error": "access_denied", "state": brought["state"]})
    assert answer.status_code == 403
    assert "You were not signed in" in answer.get_data(as_text=True)
    assert school.back(browser, brought).status_code == 403


# --- providers as such


def test_a_provider_that_is_not_who_it_says_is_not_asked(make: Callable[..., School]) -> None:
    school = make()
    school.provider.says = {"issuer": "https://evil.example"}
    answer = school.site.browser().get(f"/sign-in/with/{school.name}")
    assert answer.status_code == 503
    with pytest.raises(Unavailable):
        federation.discover(school.provider.issuer)


@pytest.mark.parametrize(
    "issuer",
    ["http://login.example.org", "ftp://x", "login.example.org", "https://", "https://u:p@x.example", "file:///etc"],
)
def test_addresses_that_are_not_asked(issuer: str) -> None:
    with pytest.raises(BadInput):
        federation.check_address(issuer)


def test_a_removed_provider_lets_nobody_in(make: Callable[..., School]) -> None:
    school = make()
    subject = school.link(school.place.person())
    browser = school.site.browser()
    brought = school.provider.authorize(school.out(browser), subject)
    school.place.change(
        lambda session: service.remove_provider(session, school.name, actor=OPERATOR, now=school.place.now)
    )
    assert school.back(browser, brought).status_code == 404
    assert browser.get(f"/sign-in/with/{school.name}").status_code == 404
    with pytest.raises(Conflict):
        school.place.change(
            lambda session: service.add_provider(
                session, school.place.ground,
                NewProvider(school.name, "S", "council", school.provider.issuer, CLIENT, SECRET),
                actor=OPERATOR, now=school.place.now,
            )
        )  # fmt: skip


def test_whom_a_provider_means_is_one_person_and_can_be_forgotten(make: Callable[..., School]) -> None:
    school = make()
    ann, other = school.place.person(), school.place.person()
    subject = school.link(ann)
    with pytest.raises(Conflict):
        school.link(other, subject)
    browser, _ = school.sign_in(subject)

    def unlink(reference: str) -> None:
        school.place.change(
            lambda session: service.unlink_person(
                session, reference, school.name, subject, actor=OPERATOR, now=school.place.now
            )
        )

    with pytest.raises(NotFound):
        unlink(other)
    unlink(ann)
    assert school.place.visitor(browser.cookie()) is None
    assert school.sign_in(subject)[1].status_code == 403


def test_the_secret_of_a_provider_is_sealed_and_told_nowhere(make: Callable[..., School]) -> None:
    school = make()
    with school.place.databases.reading() as session:
        found = service.providers.get_provider(session, school.name)
    assert SECRET.encode() not in found.sealed_secret
    assert SECRET not in str(school.place.told())
    assert SECRET not in repr(NewProvider("n", "l", "o", "i", "c", SECRET))


AGENT = service.Browser("192.0.2.1", "")
