"""What a provider can cost: a megabyte, ten seconds, a share of threads. No shape of an answer is a mistake of ours."""

import gzip
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest
from werkzeug.wrappers import Request, Response

from governance.kernel import clock
from governance.kernel.errors import Unavailable
from governance.people.signin import asking, federation
from governance.people.signin.asking import Reach, Turn
from governance.people.signin.federation import NotVouched, Published, Returned
from governance.people.signin.rules import Failure, ProviderFacts
from tests.signin.listeners import Listener
from tests.signin.provider import CLIENT, SECRET, Provider, Providers, answer
from tests.signin.schools import School

BACK, VERIFIER = "https://postern.example/sign-in/from/x", "v" * 64
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


@pytest.fixture(autouse=True)
def quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody was silent before; who waits for a turn waits a moment only."""
    monkeypatch.setattr(asking, "SILENT", asking.Silence())
    monkeypatch.setattr(asking, "WAIT", 0.1)


@pytest.fixture
def dripping() -> Iterator[Listener]:
    """Somebody whose answer never ends."""
    made = Listener()
    yield made
    made.close()


def vouched(provider: Provider) -> str:
    """Whom a provider vouches for, all the way."""
    facts = ProviderFacts(1, "x", "X", 1, provider.issuer, CLIENT, b"", "sub", False, (), None)
    url = federation.authorization_url(facts, BACK, "state", "nonce", VERIFIER)
    returned = Returned(provider.authorize(url, "ann")["code"], "")
    return federation.vouched(facts, SECRET, BACK, returned, "nonce", VERIFIER, clock.now()).value


def telling(provider: Provider, tell: Callable[[Request, Response], Response]) -> None:
    """Have a provider's answer about a token be another one than the right one."""
    honest = provider.token
    provider.token = lambda request: tell(request, honest(request))  # type: ignore[method-assign]


def packed(_request: Request, right: Response) -> Response:
    return Response(gzip.compress(right.get_data()), 200, {"Content-Encoding": "gzip"}, content_type="application/json")


def padded(_request: Request, right: Response) -> Response:
    return Response(right.get_data() + b" " * 1_000_000, 200, content_type="application/json")


@pytest.mark.parametrize("tell", [packed, padded])
def test_an_answer_that_is_packed_or_too_long_is_none(world: Providers, tell: Any) -> None:
    provider = world.open()
    assert vouched(provider) == "ann"
    telling(provider, tell)
    with pytest.raises(Unavailable):
        vouched(provider)


def test_providers_are_asked_not_to_pack(world: Providers) -> None:
    provider, asked = world.open(), list[str]()
    telling(provider, lambda request, right: asked.append(request.headers["Accept-Encoding"]) or right)
    assert vouched(provider) == "ann"
    assert asked == ["identity"]


@pytest.mark.parametrize("head", [b"", HEAD, HEAD + b"X: ", HEAD + b"Content-Length: 99999\r\n\r\n", HEAD + b"\r\n",
                                  HEAD + b"Transfer-Encoding: chunked\r\n\r\n"])  # fmt: skip
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_an_answer_that_drips_is_cut_off(
    dripping: Listener, monkeypatch: pytest.MonkeyPatch, head: bytes, scheme: str
) -> None:
    """In the handshake, in its head, in its body: each byte comes in time, and still there is an end."""
    monkeypatch.setattr(asking, "SECONDS", 0.4)
    dripping.drip(head if scheme == "http" else b"\x16\x03\x03\xff\x00" + head)
    told: list[Exception] = []

    def ask() -> None:
        try:
            federation.fetch(f"{scheme}://127.0.0.1:{dripping.port}/x", Turn("x"), Reach.MACHINE)
        except Unavailable as wrong:
            told.append(wrong)

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(4)
    assert len(told) == 1


def test_the_deadline_is_one_for_all_that_is_asked(dripping: Listener, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "SECONDS", 0.3)
    turn = Turn("x")
    time.sleep(0.31)
    with pytest.raises(Unavailable):
        federation.fetch(f"{dripping.address}/x", turn, Reach.MACHINE)
    assert dripping.came == []


def test_who_was_silent_is_not_asked_again_for_a_while(dripping: Listener, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "SECONDS", 0.3)
    monkeypatch.setattr(asking, "LONG", 0.2)
    dripping.drip(HEAD)

    def ask(issuer: str) -> int:
        with pytest.raises(Unavailable):
            federation.fetch(f"{dripping.address}/x", Turn(issuer), Reach.MACHINE)
        return len(dripping.came)

    assert [ask("silent"), ask("silent"), ask("another")] == [1, 1, 2]
    later = time.monotonic() + asking.REMEMBERED
    monkeypatch.setattr(asking.time, "monotonic", lambda: later)
    assert not asking.SILENT.holds("silent")


def test_who_only_hangs_up_is_asked_again() -> None:
    there = Listener()
    for _ in range(2):
        with pytest.raises(Unavailable):
            federation.fetch(f"{there.address}/x", Turn("x"), Reach.MACHINE)
    there.close()
    assert len(there.came) == 2


def test_two_ask_two_wait_a_moment_and_nobody_else_does(dripping: Listener, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "WAIT", 0.6)
    dripping.drip(HEAD)
    took: list[float] = []

    def ask() -> None:
        began = time.monotonic()
        with pytest.raises(Unavailable):
            federation.fetch(f"{dripping.address}/x", Turn("x"), Reach.MACHINE)
        took.append(time.monotonic() - began)

    threads = [threading.Thread(target=ask, daemon=True) for _ in range(4)]
    for one in threads:
        one.start()
        time.sleep(0.05)
    ask()
    assert took[0] < 0.3, "the fifth is told at once"
    threads[2].join()
    threads[3].join()
    assert len(dripping.came) == 2, "those who waited have not asked"
    dripping.over.set()
    threads[0].join()
    threads[1].join()
    with pytest.raises(Unavailable):
        federation.fetch(f"{dripping.address}/x", Turn("x"), Reach.MACHINE)
    assert len(dripping.came) == 3, "there is room again"


def test_no_slow_provider_keeps_out_who_comes_by_another(
    dripping: Listener, world: Providers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All who may ask one do and wait, again and again: others are asked meanwhile, as long as two are slow at most."""
    dripping.drip(HEAD)

    def ask(issuer: str) -> None:
        with pytest.raises(Unavailable):
            federation.fetch(f"{dripping.address}/x", Turn(issuer), Reach.MACHINE)

    monkeypatch.setattr(asking, "WAIT", 30)
    crowd = [threading.Thread(target=ask, args=(f"slow {number % 2}",), daemon=True) for number in range(12)]
    for one in crowd:
        one.start()
    until = time.monotonic() + 20
    while len(dripping.came) < 4 or sum(one.is_alive() for one in crowd) > 8:
        assert time.monotonic() < until
        time.sleep(0.01)
    assert vouched(world.open()) == "ann"
    dripping.over.set()
    for one in crowd:
        one.join()


SLOW = [(b"404 Not Found", b"{}", True), (b"200 OK", b"nonsense", True), (b"200 OK", b"[]", True),
        (b"200 OK", b'{"issuer": "x"}', False)]  # fmt: skip


@pytest.mark.parametrize(("status", "body", "is_silent"), SLOW)
def test_who_takes_long_to_say_nothing_is_silent_and_who_answers_is_only_slow(
    monkeypatch: pytest.MonkeyPatch, status: bytes, body: bytes, is_silent: bool
) -> None:
    def whole(line: socket.socket) -> None:
        time.sleep(0.2)
        line.sendall(b"HTTP/1.1 %b\r\nContent-Length: %d\r\n\r\n%b" % (status, len(body), body))

    there = Listener(whole)
    for at, long in enumerate((60.0, 0.1, 60.0), 1):
        monkeypatch.setattr(asking, "LONG", long)
        with suppress(Unavailable):
            federation.fetch(f"{there.address}/x", Turn("x"), Reach.MACHINE)
        assert len(there.came) == (2 if is_silent and at == 3 else at)
    there.close()


NO_MOMENTS = (float("nan"), float("inf"), 10**400, "x", ["x"])
ODD: list[tuple[dict[str, Any], bool]] = [
    *(({name: value}, False) for name in ("auth_time", "exp", "iat", "nbf") for value in NO_MOMENTS),
    *(({"auth_time": value}, False) for value in (1e300, -1e300, 1e17, -1e17)),
    ({"exp": 1e300}, True), ({"exp": -1e300}, False), ({"iat": 1e300}, False), ({"nbf": 1e300}, False),
    ({"amr": 7}, False), ({"at_hash": 7}, False), ({"aud": 7}, False), ({"nonce": {}}, False), ({"azp": 7}, False),
    ({"acr": {}}, True), ({"email": 7, "email_verified": True}, True), ({"email": [], "email_verified": []}, True),
]  # fmt: skip
"""Claims that nobody agreed to, and whether the rest still counts."""


@pytest.mark.parametrize(("claims", "counts"), ODD)
def test_claims_of_any_shape_are_refused_or_left_aside(world: Providers, claims: dict[str, Any], counts: bool) -> None:
    provider = world.open()
    provider.claims = claims
    if counts:
        assert vouched(provider) == "ann"
    else:
        with pytest.raises(NotVouched):
            vouched(provider)


SHAPES = [7, None, "x", [], ["not a key"], [None], [7], [[]], [{}], [{"kty": []}], [{"kty": "EC"}],
          [{"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}], [{"kty": "RSA", "n": "AQAB", "e": "AQAB"}],
          [{"kty": "RSA", "n": "", "e": ""}], [{"kty": "OKP", "crv": "X", "x": "AA"}], {"keys": []}]  # fmt: skip


@pytest.mark.parametrize("keys", SHAPES)
def test_key_sets_of_any_shape_vouch_for_nobody(world: Providers, keys: object) -> None:
    provider = world.open()
    named = [{**one, "kid": provider.key.kid} if isinstance(one, dict) else one for one in keys] if isinstance(
        keys, list) else keys  # fmt: skip
    provider.says = {"keys": named, "jwks_uri": f"{provider.issuer}/.well-known/openid-configuration"}
    with pytest.raises(NotVouched):
        vouched(provider)


@pytest.mark.parametrize(
    "told",
    [7, "x", [], None, {}, {"id_token": None}, {"id_token": 7}, {"id_token": "a.b.c"}, {"id_token": "W10.W10.W10"},
     {"id_token": "e30.e30.e30"}, {"error": 7}, {"id_token": "x", "expires_in": "soon", "token_type": 7},
     {"id_token": "." * 5000}],
)  # fmt: skip
def test_answers_of_any_shape_vouch_for_nobody(world: Providers, told: object) -> None:
    provider = world.open()
    telling(provider, lambda _request, _right: answer(told))
    with pytest.raises(NotVouched):
        vouched(provider)


@pytest.mark.parametrize("text", [b"[" * 100_000, b"{" * 9, b"\xff", b"", b'{"id_token": ' + b"[" * 90_000])
def test_an_answer_that_is_no_json_is_none(world: Providers, text: bytes) -> None:
    provider = world.open()
    telling(provider, lambda _request, _right: Response(text, 200, content_type="application/json"))
    with pytest.raises((Unavailable, NotVouched)):
        vouched(provider)


def test_what_was_published_is_forgotten_in_time(world: Providers, monkeypatch: pytest.MonkeyPatch) -> None:
    """A provider that names another place for its keys each time does not fill our memory."""
    kept, provider = Published(), world.open()
    for path in ("/keys", "/.well-known/openid-configuration"):
        kept.get(provider.issuer + path, Turn("x"), Reach.MACHINE)
        later = time.monotonic() + federation.KEPT_SECONDS + 1
        monkeypatch.setattr(federation.time, "monotonic", lambda: later)  # noqa: B023 - asked within the round
    assert len(kept._kept) == 1


def test_the_pages_tell_it_plainly(make: Callable[..., School]) -> None:
    school = make()
    subject = school.link(school.place.person())
    assert school.sign_in(subject, auth_time=1e300)[1].status_code == 403
    assert school.failure() == Failure.NOT_VOUCHED
    telling(school.provider, padded)
    browser, answered = school.sign_in(subject)
    assert (answered.status_code, browser.cookie()) == (503, "")
