"""Mail goes to a real server, which refuses, dawdles, hangs up or shows a wrong certificate."""

import ssl
import stat
import time
from collections.abc import Iterator
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from governance.kernel import clock
from governance.kernel.errors import BadInput
from governance.outbox import sending
from governance.outbox.couriers import NotSent
from governance.outbox.letters import Letter
from governance.outbox.sending import FolderCourier, Server, SmtpCourier, Tls, checked_sender, read_url
from tests.facts import NOON
from tests.outbox.post import Post, opened

SENDER, HOST, TO = "Access service <access@example.gov.uk>", "access.example.gov.uk", "ann@example.org"
LETTER = Letter("MAIL1", TO, "A subject – with a dash", "Dear Ann,\n.\n..two dots\nfrom me – the service\n", NOON)


def deliver(post: Post, letter: Letter = LETTER, url: str = "smtp://127.0.0.1:{port}") -> list[str]:
    """Send a letter; when its last byte was about to leave is marked with what the post had then."""
    server = read_url(url.format(port=post.port))
    assert isinstance(server, Server)
    courier, marks = SmtpCourier(server, SENDER, HOST), [""]
    marks.clear()
    try:
        courier.deliver(letter, lambda: marks.append(f"{len(post.taken)} taken"), again=False)
    finally:
        courier.close()
    return marks


def test_a_mail_arrives_whole() -> None:
    with opened(Post()) as post:
        assert deliver(post) == ["0 taken"], "it is handed over before the server can have it"
    (mail,) = post.taken
    assert mail["Message-ID"] == "<MAIL1@access.example.gov.uk>"
    assert (mail["From"], mail["To"], mail["Auto-Submitted"]) == (SENDER, TO, "auto-generated")
    assert mail["Date"] == "Mon, 02 Mar 2026 12:00:00 +0000"
    text = mail.get_payload(decode=True)
    assert isinstance(text, bytes)
    assert text.decode().replace("\r\n", "\n") == LETTER.text


@pytest.mark.parametrize(
    ("answers", "fault", "lasting", "outage"),
    [
        ({"RCPT": "550 ann@example.org is unknown"}, "refused_550", True, False),
        ({"RCPT": "451 ann@example.org later"}, "refused_451", False, False),
        ({"RCPT": "421 closing"}, "refused_421", False, True),
        ({"DATA": "554 ann@example.org no"}, "refused_554", True, False),
        ({"DATA": "452 full"}, "refused_452", False, False),
        ({"MAIL": "550 not you"}, "refused_550", False, True),
        ({"MAIL": "451 greylisted"}, "refused_451", False, True),
    ],
)
def test_a_refusal_is_a_code(answers: dict[str, str], fault: str, lasting: bool, outage: bool) -> None:
    with opened(Post(answers)) as post, pytest.raises(NotSent) as told:
        deliver(post)
    assert (told.value.fault, told.value.lasting, told.value.outage) == (fault, lasting, outage)
    assert "example" not in repr(told.value)


def test_after_a_refusal_the_line_serves_the_next() -> None:
    with opened(Post({"bad@example.org": "550 no"})) as post:
        server = read_url(f"smtp://127.0.0.1:{post.port}")
        assert isinstance(server, Server)
        courier = SmtpCourier(server, SENDER, HOST)
        for name, to, sent in (("A", TO, True), ("B", "bad@example.org", False), ("C", TO, True)):
            letter = Letter(name, to, "S", "T\n", NOON)
            try:
                courier.deliver(letter, lambda: None, again=False)
            except NotSent:
                assert not sent
        courier.close()
    assert post.names == ["A", "C"]


@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA"])
def test_a_slow_server_is_given_up(monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    monkeypatch.setattr(sending, "SECONDS", 0.2)
    began = time.monotonic()
    with opened(Post(dawdles={step: 1.0})) as post, pytest.raises(NotSent) as told:
        deliver(post)
    assert (told.value.fault, told.value.outage) == ("timed_out", True)
    assert time.monotonic() - began < 5


def test_no_server_is_told_by_code() -> None:
    with opened(Post()) as post:
        pass
    with pytest.raises(NotSent, match="unreachable"):
        deliver(post)


def test_a_mail_that_is_no_longer_ours_does_not_leave() -> None:
    def lost() -> None:
        raise LookupError

    with opened(Post()) as post:
        server = read_url(f"smtp://127.0.0.1:{post.port}")
        assert isinstance(server, Server)
        courier = SmtpCourier(server, SENDER, HOST)
        with pytest.raises(LookupError):
            courier.deliver(LETTER, lost, again=False)
        courier.deliver(Letter("NEXT", TO, "S", "T\n", NOON), lambda: None, again=False)
        courier.close()
    assert post.names == ["NEXT"]


# --- TLS


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for 127.0.0.1 that no authority of the system knows, with its key in one file."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    now = clock.now()
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path_factory.mktemp("tls") / "server.pem"
    encoded, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    file.write_bytes(key.private_bytes(encoded, serialization.PrivateFormat.PKCS8, plain) + made.public_bytes(encoded))
    return file


@pytest.fixture(params=["smtps", "smtp+starttls"])
def tls_post(request: pytest.FixtureRequest, certificate: Path) -> Iterator[tuple[Post, str]]:
    """A post office that takes mail by TLS only, from who signs in, and its address."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with opened(Post(), context, at_once=request.param == "smtps") as post:
        yield post, request.param + "://postern:{password}@127.0.0.1:{port}"


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
def test_tls_and_sign_in(tls_post: tuple[Post, str], certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    post, url = tls_post
    with pytest.raises(NotSent) as told:
        deliver(post, url=url.replace("{password}", "p%3Aa%20ss"))
    assert (told.value.fault, told.value.outage) == ("tls", True), "a certificate of nobody's is refused"
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with pytest.raises(NotSent, match="sign_in_refused"):
        deliver(post, url=url.replace("{password}", "wrong"))
    assert post.names == []
    deliver(post, url=url.replace("{password}", "p%3Aa%20ss"))
    assert post.names == ["MAIL1"]


def test_a_server_without_tls_is_not_trusted_with_a_password() -> None:
    with opened(Post()) as post, pytest.raises(NotSent, match="not_offered"):
        deliver(post, url="smtp+starttls://postern:secret@127.0.0.1:{port}")


# --- the setting


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtp://mail.example", Server("mail.example", 25, Tls.NONE)),
        ("smtps://u:p%40ss@mail.example", Server("mail.example", 465, Tls.AT_ONCE, "u", "p@ss")),
        ("smtp+starttls://u:p@mail.example:2525/", Server("mail.example", 2525, Tls.ASKED_FOR, "u", "p")),
        ("file:///var/lib/postern/mail%20box", Path("/var/lib/postern/mail box")),
    ],
)
def test_addresses_of_servers(url: str, server: Server | Path) -> None:
    assert read_url(url) == server
    assert "p@ss" not in repr(server)


@pytest.mark.parametrize(
    "url",
    ["mail.example", "http://sesame@x", "smtp://u:sesame@mail.example", "smtps://u:sesame@h:port", "file://sesame/x",
     "file:///", "smtps://u:sesame@", "smtps://u:sesame@h/?q=1", "smtp://[sesame"],
)  # fmt: skip
def test_a_wrong_address_is_told_without_it(url: str) -> None:
    with pytest.raises(BadInput) as told:
        read_url(url)
    assert "sesame" not in str(told.value)


@pytest.mark.parametrize("sender", ["", "nobody", "A <a>", "a@b.c\nBcc: d@e.f"])
def test_a_wrong_sender_is_told(sender: str) -> None:
    with pytest.raises(BadInput, match="POSTERN_MAIL_FROM"):
        checked_sender(sender)


def test_a_folder_holds_mail_for_its_owner_alone(tmp_path: Path) -> None:
    folder = tmp_path / "mail"
    courier = FolderCourier(folder, SENDER, HOST)
    for _ in range(2):
        courier.deliver(LETTER, lambda: None, again=True)
    (file,) = folder.iterdir()
    assert file.name == "MAIL1.eml"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    (tmp_path / "taken").write_text("")
    with pytest.raises(NotSent, match="folder"):
        FolderCourier(tmp_path / "taken", SENDER, HOST).deliver(LETTER, lambda: None, again=False)
