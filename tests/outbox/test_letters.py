"""Every template is written out, and nobody can add to a mail by what they call themselves."""

import pytest

from governance.outbox import letters
from governance.outbox.letters import Letter, TemplateFault
from governance.outbox.sending import compose
from tests.facts import NOON

HERE = "https://access.example.gov.uk"
PLANTED = "Ann\r\nBcc: all@example.org\n\nPay at once:\u2028now {{ 7 * 7 }} <b>&amp;"
FLAT = "Ann Bcc: all@example.org Pay at once: now {{ 7 * 7 }} <b>&amp;"


def written(template: str, **data: str) -> Letter:
    return letters.write("MAIL", template, "ann@example.org", data, HERE, NOON)


@pytest.fixture
def planted(tmp_path: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """One more template, which puts a value into its subject and its text."""
    known = letters.source
    text = "Hello {{ name }}", "Dear {{ name }},\n\nuse {{ public_url }}/invitation/{{ token }}\n"
    monkeypatch.setattr(letters, "source", lambda template: text if template == "planted" else known(template))


@pytest.mark.parametrize("template", letters.named())
def test_every_template_is_written_out(template: str) -> None:
    letter = written(template, **{name: f"({name})" for name in letters.declared(template)})
    assert letter.subject
    assert "{" not in letter.subject + letter.text
    assert letter.text.count(HERE) >= 1
    assert "never asks for a password" in letter.text
    assert all(f"({name})" in letter.subject + letter.text for name in letters.declared(template))
    assert len(letter.subject) <= 78, "a subject that is cut off on a telephone"
    assert not letters.declared(template) & {"code", "password", "seed", "secret"}, "never in a mail"


def test_there_is_a_template() -> None:
    assert "mail-works" in letters.named()


def test_a_value_stays_on_its_line(planted: None) -> None:
    letter = written("planted", name=PLANTED, token="T")
    assert letter.subject == f"Hello {FLAT}"
    assert f"Dear {FLAT},\n\nuse {HERE}/invitation/T\n" in letter.text
    raw = compose(letter, "Access <access@example.gov.uk>", "example.gov.uk")
    head = raw.partition(b"\r\n\r\n")[0]
    assert b"\nBcc:" not in head
    assert b"Message-ID: <MAIL@example.gov.uk>" in head


@pytest.mark.parametrize(
    "name",
    [
        "=?utf-8?q?a=0d=0aBcc=3A_all=40example.org?=",
        "=?utf-8?b?YQ0KQmNjOiBhbGxAZXhhbXBsZS5vcmc=?=",
        PLANTED,
        "\u2029\x85\x0b",
    ],
)
def test_no_name_adds_a_heading(planted: None, name: str) -> None:
    """Words that are encoded for a heading would be decoded when it is made: that too is no way in."""
    raw = compose(written("planted", name=name, token="T"), "Access <access@example.gov.uk>", "example.gov.uk")
    assert [line.partition(b":")[0] for line in raw.partition(b"\r\n\r\n")[0].split(b"\r\n") if line[:1] != b" "] == [
        b"From", b"To", b"Subject", b"Date", b"Message-ID", b"Auto-Submitted", b"Content-Type",
        b"Content-Transfer-Encoding", b"MIME-Version",
    ]  # fmt: skip


def test_a_value_that_is_missing_is_a_fault(planted: None) -> None:
    with pytest.raises(TemplateFault) as told:
        written("planted", name="Ann Secret")
    assert "Secret" not in repr(told.value)
    with pytest.raises(TemplateFault):
        written("no-such-template")
