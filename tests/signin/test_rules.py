"""Limits, states, paths, places and devices: no app, no database, no clock."""

from datetime import UTC, datetime, timedelta

import pytest

from governance.people.signin.rules import (
    FROM_ELSEWHERE,
    FROM_ONE_PLACE,
    LASTS,
    NEXT_STATES,
    USED_BY,
    AccountFacts,
    AccountState,
    Limits,
    LinkFacts,
    ProviderFacts,
    Purpose,
    SessionFacts,
    Vouching,
    device_in_words,
    email_key,
    methods_of,
    place_of,
    same_site_path,
)

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
LIMITS = Limits(timedelta(minutes=30), timedelta(hours=12))
SESSION = SessionFacts(1, "sid", 7, "mfa", ("pwd", "otp"), NOON, NOON, NOON, 3, "Firefox on Linux", None)


@pytest.mark.parametrize(
    ("says", "session", "age"),
    [
        ("half signed in: ten minutes", SESSION._replace(acr=""), timedelta(minutes=10)),
        (
            "half signed in and in use: ten minutes all the same",
            SESSION._replace(acr="", seen_at=NOON + timedelta(minutes=9)),
            timedelta(minutes=10),
        ),
        ("unused: thirty minutes", SESSION, timedelta(minutes=30)),
        ("in use: thirty minutes more", SESSION._replace(seen_at=NOON + timedelta(hours=1)), timedelta(hours=1.5)),
        ("in all: twelve hours", SESSION._replace(seen_at=NOON + timedelta(hours=11.9)), timedelta(hours=12)),
    ],
)
@pytest.mark.parametrize(("offset", "holds"), [(-SECOND, True), (timedelta(0), False), (SECOND, False)])
def test_how_long_a_session_holds(
    says: str, session: SessionFacts, age: timedelta, offset: timedelta, holds: bool
) -> None:
    assert session.is_live(LIMITS, NOON + age + offset) is holds, says


def test_an_ended_session_holds_no_longer() -> None:
    assert not SESSION._replace(ended_at=NOON).is_live(LIMITS, NOON)


@pytest.mark.parametrize(
    ("minutes", "hours", "limits"),
    [(30, 12, LIMITS), (600, 240, Limits(timedelta(hours=1), timedelta(hours=24))),
     (5, 1, Limits(timedelta(minutes=5), timedelta(hours=1)))],
)  # fmt: skip
def test_no_setting_makes_sessions_longer_than_the_standard_lets_them_be(
    minutes: int, hours: int, limits: Limits
) -> None:
    assert Limits.of(minutes, hours) == limits


ACCOUNT = AccountFacts(1, 7, "ann", "ann@example.org", None, AccountState.INVITED)
LINK = LinkFacts(1, Purpose.INVITATION, "ann@example.org", NOON, is_spent=False, to=ACCOUNT)


@pytest.mark.parametrize(
    ("says", "link", "now", "live"),
    [
        ("until the last moment", LINK, NOON - SECOND, True),
        ("no longer at its end", LINK, NOON, False),
        ("not after it", LINK, NOON + SECOND, False),
        ("once", LINK._replace(is_spent=True), NOON - SECOND, False),
        ("for the address that it was mailed to", LINK._replace(email="mallory@example.org"), NOON - SECOND, False),
        ("not for who signs in already", LINK._replace(to=ACCOUNT._replace(state=AccountState.ACTIVE)), NOON - SECOND,
         False),
        ("not for who has gone", LINK._replace(to=ACCOUNT._replace(state=AccountState.CLOSED)), NOON - SECOND, False),
        ("not for recovery before there is anything to recover",
         LINK._replace(purpose=Purpose.RECOVERY), NOON - SECOND, False),
    ],
)  # fmt: skip
def test_when_a_link_can_be_used(says: str, link: LinkFacts, now: datetime, live: bool) -> None:
    assert link.is_live(now) is live, says


def test_each_purpose_and_each_state_has_its_row() -> None:
    assert LASTS.keys() == USED_BY.keys() == set(Purpose)
    assert NEXT_STATES.keys() == set(AccountState)
    assert AccountState.ACTIVE not in NEXT_STATES[AccountState.CLOSED], "whoever comes back is invited anew"
    assert AccountState.INVITED not in NEXT_STATES[AccountState.ACTIVE], "no invitation takes an account over"


def test_failures_in_a_row_stay_within_the_standards_hundred() -> None:
    assert FROM_ONE_PLACE.most + FROM_ELSEWHERE.most <= 100
    waits = [wait for _, wait in FROM_ONE_PLACE.steps]
    assert waits == sorted(waits)
    assert waits[0] >= SECOND


@pytest.mark.parametrize(
    "path", ["/", "/people", "/people/invite?person=a.b", "/oauth/authorize?client_id=x&redirect_uri=https%3A%2F%2Fa",
             "/a:b"]
)  # fmt: skip
def test_a_path_of_this_site(path: str) -> None:
    assert same_site_path(path) == path


@pytest.mark.parametrize(
    "path",
    [
        "", "people", "//evil.example", "///evil.example", "/\\evil.example", "\\\\evil.example",
        "https://evil.example/",
        "https:evil.example", "javascript:alert(1)", "/\t/evil.example", "/\n/evil.example", "/ /x", " /x",
        "/x\r\nSet-Cookie: a",
        "/é", "/" + "x" * 2000, "\x00/x", "//", "/x\\y", "http:///x",
    ],
)  # fmt: skip
def test_no_path_of_this_site(path: str) -> None:
    assert same_site_path(path) == ""


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("192.0.2.1", "192.0.2.1"), ("::ffff:192.0.2.1", "192.0.2.1"), ("2001:db8:1:2:3::4", "2001:db8:1:2::"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::"), ("", "somewhere"), ("unix:", "somewhere"),
    ],
)  # fmt: skip
def test_where_a_request_comes_from(address: str, place: str) -> None:
    assert place_of(address) == place


@pytest.mark.parametrize(
    ("says", "device"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0",
         "Edge on Windows"),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0.0.0 Safari/537.36",
         "Chrome on Windows"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile Safari/604.1",
         "Safari on an iPhone"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Version/18.0 Safari/605.1.15", "Safari on a Mac"),
        ("Mozilla/5.0 (Linux; Android 15) Chrome/140.0 Mobile Safari/537.36", "Chrome on Android"),
        ("curl/8.0", "A browser"), ("", "A browser"), ("<script>alert(1)</script>", "A browser"),
    ],
)  # fmt: skip
def test_a_device_in_words(says: str, device: str) -> None:
    assert device_in_words(says) == device


def test_an_address_has_one_key_however_it_is_written() -> None:
    assert {
        email_key(text) for text in ("Ann@Example.org", " ann@example.org ", "ANN@EXAMPLE.ORG", "\uff41nn@example.org")
    } == {"ann@example.org"}


PROVIDER = ProviderFacts(1, "school", "School", 2, "https://id.example", "us", b"", "sub", False, ("silver",), None)


@pytest.mark.parametrize(
    ("acr", "at", "twice"),
    [("silver", NOON, True), ("bronze", NOON, False), ("", NOON, False), ("silver", None, False)],
)
def test_when_a_providers_word_counts_twice(acr: str, at: datetime | None, twice: bool) -> None:
    assert PROVIDER.counts_twice(Vouching("x", "", acr, (), at)) is twice


def test_of_a_providers_methods_only_these_are_told() -> None:
    assert methods_of(["pwd", "magic", 3, "otp", "mfa", "hwk", "pwd"], twice=False) == ("pwd",)
    assert methods_of(["mfa", "hwk", "pop", "user", "fpt", "pwd"], twice=True) == ("pwd", "mfa")
    assert methods_of("pwd", twice=False) == ()
