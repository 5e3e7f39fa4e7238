"""Which passwords are taken: by the rules of NIST SP 800-63B-4, told in plain words."""

import pytest

from governance.people.signin.choosing import GREATEST, SAYS, SHORTEST, Objection, normalised, objection_to
from governance.people.signin.passwords import Cost, Passwords, is_common

ANN = ("ann.reader", "Ann Reader", "ann.reader@council.example", "council", "The Council", "postern")
PASSWORDS = Passwords(Cost(64, 1))


@pytest.mark.parametrize(
    "password",
    [
        "three green kettles sing", "correct horse battery staple!", "zażółć gęślą jaźń", "ыфвапролджэзю",
        "🙂🙃🙂🙈🙉🙊🦊🐻🐼🐨🐯🦁",
        "three small bicycles", "threesmallbicycles", "password letmein welcome kettle", "aaa bicycle garden winter",
        "purple bicycle 48275", "sunshine Bk9-qp",
        "a" * 3 + "Bk9-" * 1 + "qpwleirut", "            x yq 7!", "x" + "Gh7%" * 31, "ann and her seven blue bicycles",
    ],
)  # fmt: skip
def test_what_is_taken(password: str) -> None:
    assert objection_to(password, ANN, is_common) is None


@pytest.mark.parametrize(
    ("password", "objection"),
    [
        ("", Objection.TOO_SHORT), ("short one 1", Objection.TOO_SHORT), ("🙂" * 11, Objection.TOO_SHORT),
        ("y7" + "Gh7%" * 64, Objection.TOO_LONG),
        ("1qaz2wsx3edc", Objection.COMMON), ("1QAZ2WSX3EDC", Objection.COMMON), ("sonyericsson", Objection.COMMON),
        ("Password1234", Objection.COMMON), ("sunshine2026", Objection.COMMON), ("  liverpool  ", Objection.COMMON),
        ("aaaaaaaaaaaa", Objection.PATTERN), ("abcabcabcabc", Objection.PATTERN), ("123456789012", Objection.PATTERN),
        ("abcdefghijklm", Objection.PATTERN), ("qwertyuiopasdfg", Objection.PATTERN),
        ("987654321098", Objection.PATTERN),
        ("            ", Objection.PATTERN),
        ("ann.reader@council.example", Objection.ABOUT_YOU), ("AnnReader2026", Objection.ABOUT_YOU),
        ("councilcouncil", Objection.ABOUT_YOU), ("thecouncil!!!", Objection.ABOUT_YOU),
        ("Postern-2026!", Objection.ABOUT_YOU),
    ],
)  # fmt: skip
def test_what_is_not(password: str, objection: Objection) -> None:
    assert objection_to(password, ANN, is_common) is objection


@pytest.mark.parametrize(
    "password",
    [
        "passwordpassword", "passwordpasswordpassword", "password password", "PasswordPassword", "letmeinletmein",
        "welcomewelcome", "sunshinesunshine", "passwordletmein", "password letmein", "Password Letmein 12",
        "letmein2026letmein", "charliecharlie", "password1password2", "hunter2hunter2",
        "passwordqwertyuiop", "dragon sunshine dragon", "123sunshinemonkey", "sunshine" * 32,
    ],
)  # fmt: skip
def test_one_or_two_common_words_are_not_enough_however_often(password: str) -> None:
    assert objection_to(password, ANN, is_common) in (Objection.COMMON, Objection.FEW_WORDS)


@pytest.mark.parametrize(
    "password",
    ["111111222222", "aaaaaaaaaaaab", "aaabbbcccddd", "1111 2222 3333", "abcdef aaaaaa 12", "xaaaaaaaaaaa",
     "qqqqqqqqqq123!", "monkeymonkey12"],
)  # fmt: skip
def test_runs_are_not_enough_however_many(password: str) -> None:
    assert objection_to(password, ANN, is_common) in (Objection.PATTERN, Objection.COMMON)


def test_the_longest_password_is_looked_at_in_no_time() -> None:
    asked: list[str] = []

    def is_listed(text: str) -> bool:
        asked.append(text)
        return True

    assert objection_to("ab3" * 85, (), lambda text: text == "never") is Objection.PATTERN
    assert objection_to("sunshine kettle" * 17, (), is_listed) is Objection.COMMON
    assert objection_to(("Gh7%kz!wQ2" * 26)[:GREATEST], (), lambda text: len(text) < 5 and is_listed(text)) is None
    assert len(asked) < GREATEST * GREATEST


@pytest.mark.parametrize("length", [SHORTEST, 64, 128, GREATEST])
def test_every_length_in_between_is_taken_and_counts_to_the_last_character(length: int) -> None:
    password = ("Gh7%kz!w" * 40)[:length]
    assert objection_to(password, (), is_common) is None
    stored = PASSWORDS.hash(password)
    assert PASSWORDS.matches(stored, password)
    assert not PASSWORDS.matches(stored, password[:-1] + "_")
    assert not PASSWORDS.matches(stored, password[:-1])


def test_composition_is_nobodys_business() -> None:
    for password in ("wbxkqzpvmtrj", "WBXKQZPVMTRJ", "482750169384", "!%(;=?*+-_.:"):
        assert objection_to(password, (), is_common) is None, password


def test_the_same_characters_are_the_same_password() -> None:
    composed, parted = "caf\u00e9 au lait at noon", "cafe\u0301 au lait at noon"
    assert normalised(composed) == normalised(parted)
    assert PASSWORDS.matches(PASSWORDS.hash(composed), parted)
    assert PASSWORDS.matches(PASSWORDS.hash("\uff54\uff48\uff52\uff45\uff45 green kettles"), "three green kettles")


def test_every_objection_is_told_in_plain_words() -> None:
    assert SAYS.keys() == set(Objection)
    assert all(said[0].isupper() and not said.endswith(".") for said in SAYS.values())


def test_nobodys_password_matches_nothing_and_costs_the_same() -> None:
    assert not PASSWORDS.matches(None, "a password that nobody has")
    assert not PASSWORDS.matches("no hash at all", "three green kettles")


def test_a_hash_of_another_cost_is_told_apart() -> None:
    dearer = Passwords(Cost(128, 2))
    stored = PASSWORDS.hash("three green kettles")
    assert PASSWORDS.renewed(stored, "three green kettles") is None
    assert (dearer.renewed(stored, "three green kettles") or "").startswith("$argon2id$v=19$m=128,t=2,p=1$")
    assert dearer.matches(stored, "three green kettles")
    assert stored.startswith("$argon2id$v=19$m=64,t=1,p=1$")
