"""Where a provider may have us ask: nowhere that is nearer than itself. What it names is not our network's business."""

import socket
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from governance.kernel import clock
from governance.kernel.errors import Unavailable
from governance.people.signin import asking, federation
from governance.people.signin.asking import Reach, Turn, reach_of
from governance.people.signin.federation import Answer, Published, Returned
from governance.people.signin.rules import ProviderFacts
from tests.signin.listeners import Listener
from tests.signin.provider import CLIENT, encoded

DAY = timedelta(days=1)
ISSUER = "https://login.example"
FACTS = ProviderFacts(1, "x", "X", 1, ISSUER, CLIENT, b"", "sub", False, (), None)
NEAR = ("http://127.0.0.1:{}/x", "http://localhost:{}/x", "https://127.0.0.1:{}/x", "https://localhost:{}/x",
        "https://0x7f000001:{}/x", "https://[::ffff:127.0.0.1]:{}/x", "https://inside.example:{}/x")  # fmt: skip


@pytest.fixture
def inner() -> Iterator[Listener]:
    """Something on this machine that is no provider."""
    made = Listener()
    yield made
    made.close()


@pytest.fixture
def published(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Has the issuer publish something, and have answered from so near; `inside.example` leads to this machine."""
    kept, known = Published(), socket.getaddrinfo
    monkeypatch.setattr(federation, "PUBLISHED", kept)
    monkeypatch.setattr(asking, "SILENT", asking.Silence())

    def found(host: str, *more: Any, **named: Any) -> Any:
        return known("127.0.0.1" if host == "inside.example" else host, *more, **named)

    monkeypatch.setattr(socket, "getaddrinfo", found)

    def publish(reach: Reach = Reach.WORLD, **says: str) -> None:
        metadata = {"issuer": ISSUER, "authorization_endpoint": f"{ISSUER}/a", "token_endpoint": f"{ISSUER}/t",
                    "jwks_uri": f"{ISSUER}/k", **says}  # fmt: skip
        address = f"{ISSUER}/.well-known/openid-configuration"
        kept._kept[address] = Answer(metadata, reach, time.monotonic())

    return publish


@pytest.mark.parametrize(
    ("reach", "addresses"),
    [
        (Reach.WORLD, ("93.184.216.34", "2606:2800:220:1::1", "::ffff:93.184.216.34", "64:ff9b::5db8:d822")),
        (Reach.NETWORK, ("10.1.2.3", "172.16.0.1", "192.168.0.9", "100.64.0.1", "fd00::1", "fec0::1",
                         "::ffff:10.1.2.3", "2002:0a01:0203::1", "64:ff9b::a01:203")),
        (Reach.MACHINE, ("127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1")),
        (None, ("0.0.0.0", "0.1.2.3", "169.254.169.254", "fe80::1", "fe80::1%eth0", "::", "224.0.0.1", "ff02::1",
                "255.255.255.255", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe")),
    ],
)  # fmt: skip
def test_how_near_an_address_is(reach: Reach | None, addresses: tuple[str, ...]) -> None:
    assert {address: reach_of(address) for address in addresses} == dict.fromkeys(addresses, reach)


@pytest.mark.parametrize("address", NEAR)
@pytest.mark.parametrize("reach", [Reach.WORLD, Reach.NETWORK])
def test_a_provider_elsewhere_has_nobody_here_asked_for_a_token(
    inner: Listener, published: Callable[..., None], address: str, reach: Reach
) -> None:
    published(reach, token_endpoint=address.format(inner.port))
    with pytest.raises(Unavailable):
        federation.vouched(FACTS, "s", "https://p/back", Returned("c", ""), "n", "v" * 64, clock.now())
    assert inner.came == []


@pytest.mark.parametrize("address", NEAR)
def test_nor_for_its_keys(inner: Listener, published: Callable[..., None], address: str) -> None:
    published(jwks_uri=address.format(inner.port))
    token = ".".join(encoded(part) for part in (b'{"alg": "ES256", "kid": "k"}', b"{}", b""))
    with pytest.raises(Unavailable):
        federation.published_key(federation.discover(ISSUER), token, Turn(ISSUER))
    assert inner.came == []


def test_one_in_a_private_network_may_name_others_there(
    inner: Listener, published: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """And it is the address at the moment of connecting that counts, looked up once."""
    asked: list[str] = []
    monkeypatch.setattr(asking, "reach_of", lambda address: asked.append(address) or Reach.NETWORK)
    for allowed, let in ((Reach.WORLD, False), (Reach.NETWORK, True)):
        with ExitStack() as kept:
            if let:
                turn = Turn(ISSUER)
                turn.dial("inside.example", inner.port, allowed, kept).close()
                assert turn.answered_from is Reach.NETWORK
            else:
                with pytest.raises(ConnectionError):
                    Turn(ISSUER).dial("inside.example", inner.port, allowed, kept)
    assert asked == ["127.0.0.1"] * 2


def test_how_near_an_issuer_is_is_told_by_who_answered(published: Callable[..., None]) -> None:
    there = Listener(lambda line: line.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"))
    assert federation.fetch(f"{there.address}/x", Turn("x"), Reach.MACHINE).reach is Reach.MACHINE
    there.close()


def test_a_proxy_of_the_operators_is_used_and_may_be_near(
    published: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy = Listener(lambda line: line.sendall(b"HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n"))
    monkeypatch.setenv("HTTPS_PROXY", proxy.address)
    monkeypatch.setenv("NO_PROXY", "")
    for address in ("https://login.example/x", "https://10.0.0.1/x"):
        with pytest.raises(Unavailable):
            federation.fetch(address, Turn("x"), Reach.WORLD)
    proxy.close()
    assert [sent.split()[:2] for sent in proxy.came] == [[b"CONNECT", b"login.example:443"]]


def test_what_is_no_address_of_a_provider_is_none_of_its_places(published: Callable[..., None]) -> None:
    for says in ({"authorization_endpoint": "javascript:alert(1)"}, {"token_endpoint": "https://[/"},
                 {"jwks_uri": "http://login.example/k"}, {"token_endpoint_auth_methods_supported": 7}):  # fmt: skip
        published(**says)
        with pytest.raises(Unavailable):
            federation.discover(ISSUER)
    published()
    assert federation.discover(ISSUER).reach is Reach.WORLD


@pytest.fixture(scope="module")
def certified(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key and a certificate of `inside.example` and no other name, in one file."""
    key, name, now = ec.generate_private_key(ec.SECP256R1()), "inside.example", clock.now()
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    made = x509.CertificateBuilder(
        subject, subject, key.public_key(), x509.random_serial_number(), now - DAY, now + DAY
    )
    made = made.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
    made = made.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    form = (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file = tmp_path_factory.mktemp("certified") / "inside.pem"
    file.write_bytes(key.private_bytes(*form) + made.sign(key, SHA256()).public_bytes(Encoding.PEM))
    return file


@pytest.mark.parametrize(("name", "right"), [("inside.example", True), ("localhost", False), ("127.0.0.1", False)])
def test_who_answers_must_be_certified_for_the_name(
    published: Callable[..., None], certified: Path, monkeypatch: pytest.MonkeyPatch, name: str, right: bool
) -> None:
    """It is connected to by an address, and still is known by its name alone."""
    sealing = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    sealing.load_cert_chain(certified)

    def serve(line: socket.socket) -> None:
        with sealing.wrap_socket(line, server_side=True) as sealed:
            sealed.recv(65_536)
            sealed.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")

    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certified))
    there = Listener(serve, first=False)
    if right:
        assert federation.fetch(f"https://{name}:{there.port}/x", Turn("x"), Reach.MACHINE).found == {}
    else:
        with pytest.raises(Unavailable):
            federation.fetch(f"https://{name}:{there.port}/x", Turn("x"), Reach.MACHINE)
    there.close()
