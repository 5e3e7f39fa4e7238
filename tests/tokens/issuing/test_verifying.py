"""What is believed of a signed text: only what was signed by a known key, in exactly the form that was asked for."""

import base64
import hashlib
import hmac
import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from joserfc.jwk import ECKey, OKPKey
from joserfc.jws import JWSRegistry

from governance.kernel.base64url import encoded
from governance.kernel.jws import KeySet, NoSuchKey, PrivateKey, PublicKey, new_jwk
from tests.vectors import needs_vectors, vectors
from tokens.issuing.verifying import LEEWAY, LONGEST, BadToken, check_claims, open_signed, verify

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
ISSUER, AUDIENCE = "https://postern.example", "lookup"
CLAIMS = {"iss": ISSUER, "aud": AUDIENCE, "sub": "ann", "iat": int(NOW.timestamp()), "exp": int(NOW.timestamp()) + 300}
TYP = "at+jwt"
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


class Ours:
    """A key of ours in all its forms, and texts that it signs."""

    def __init__(self, curve: str) -> None:
        self.jwk = new_jwk(curve)
        self.private = PrivateKey(self.jwk)
        self.keys = KeySet([self.private.public()])
        self.good = self.private.sign(CLAIMS, TYP)

    def header(self, **more: Any) -> dict[str, Any]:
        return {"alg": self.private.algorithm, "kid": self.private.kid, "typ": TYP, **more}

    def signed(self, header: bytes, payload: bytes) -> str:
        """A text with a good signature over whatever stands in it."""
        return self.signed_text(f"{encoded(header)}.{encoded(payload)}")

    def signed_text(self, text: str) -> str:
        signature = JWSRegistry.algorithms[self.private.algorithm].sign(text.encode(), self.private._key)
        return f"{text}.{encoded(signature)}"


@pytest.fixture(params=["Ed25519", "P-256"], scope="module")
def ours(request: pytest.FixtureRequest) -> Ours:
    return Ours(request.param)


def refused(text: str, keys: KeySet) -> str:
    with pytest.raises(BadToken) as told:
        verify(text, keys, typ=TYP)
    return str(told.value)


# --- what is good


def test_what_we_sign_is_read_again(ours: Ours) -> None:
    assert verify(ours.good, ours.keys, typ=TYP) == CLAIMS


def test_unknown_members_of_a_header_say_nothing(ours: Ours) -> None:
    """A text that points to keys elsewhere is checked by ours all the same, and nothing is fetched."""
    other = new_jwk("P-256")
    more = {"jku": "https://evil.example/keys", "x5u": "https://evil.example/x", "jwk": other, "x5c": ["AAAA"]}
    assert verify(ours.signed(json.dumps(ours.header(**more)).encode(), b"{}"), ours.keys, typ=TYP) == {}


def test_a_key_that_comes_with_the_text_is_not_used(ours: Ours) -> None:
    thief = PrivateKey({**new_jwk("P-256"), "kid": ours.private.kid})
    header = {"alg": thief.algorithm, "kid": thief.kid, "typ": TYP, "jwk": thief.public().as_jwk()}
    text = f"{encoded(json.dumps(header).encode())}.{encoded(b'{}')}"
    forged = f"{text}.{encoded(JWSRegistry.algorithms['ES256'].sign(text.encode(), thief._key))}"
    assert verify(forged, KeySet([thief.public()]), typ=TYP) == {}
    assert refused(forged, ours.keys) in {
        "has a signature that does not fit", "names another algorithm than its key's",
    }  # fmt: skip


# --- what is not


@pytest.mark.parametrize(("says", "header"), [
    ("another type", {"typ": "JWT"}),
    ("the type in other letters", {"typ": "AT+JWT"}),
    ("the long form of the type", {"typ": "application/at+jwt"}),
    ("no type", {"typ": None}),
    ("crit", {"crit": ["exp"], "exp": 1}),
    ("an empty crit", {"crit": []}),
    ("an unknown crit", {"crit": ["urn:x"], "urn:x": True}),
    ("b64", {"b64": False}),
    ("an unknown key", {"kid": "another"}),
    ("no key", {"kid": None}),
    ("a list of keys", {"kid": ["a"]}),
    ("RS256", {"alg": "RS256"}), ("HS256", {"alg": "HS256"}), ("none", {"alg": "none"}), ("None", {"alg": "None"}),
    ("nOnE", {"alg": "nOnE"}), ("NONE", {"alg": "NONE"}), ("no algorithm", {"alg": None}),
    ("a list of algorithms", {"alg": ["EdDSA", "ES256"]}), ("the algorithm by another name", {"alg": "es256"}),
])  # fmt: skip
def test_a_header_that_is_not_as_it_should_be(ours: Ours, says: str, header: dict[str, Any]) -> None:
    """Each with a signature of ours that is good: it is the header that is refused."""
    members = {name: value for name, value in ours.header(**header).items() if value is not None}
    refused(ours.signed(json.dumps(members).encode(), json.dumps(CLAIMS).encode()), ours.keys)


@pytest.mark.parametrize("algorithm", ["none", "None", "nOnE", "NONE"])
@pytest.mark.parametrize("signature", ["", "AAAA"])
def test_an_unsigned_text(ours: Ours, algorithm: str, signature: str) -> None:
    _, payload, _ = ours.good.split(".")
    refused(f"{encoded(json.dumps(ours.header(alg=algorithm)).encode())}.{payload}.{signature}", ours.keys)


def test_our_public_key_is_no_shared_secret(ours: Ours) -> None:
    """#17: HS256 under our public key, in each form in which it can be had."""
    kind = ECKey if ours.private.algorithm == "ES256" else OKPKey
    public = kind.import_key(ours.private.public().as_jwk()).raw_value
    forms = [
        public.public_bytes(form, layout)
        for form, layout in (
            (serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo),
            (serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo),
            (serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH),
        )
    ]
    jwk = ours.private.public().as_jwk()
    forms += [json.dumps(jwk).encode(), json.dumps(jwk, separators=(",", ":")).encode(), forms[0].strip()]
    for form in forms:
        for algorithm, digest in (("HS256", hashlib.sha256), ("HS384", hashlib.sha384), ("HS512", hashlib.sha512)):
            text = f"{encoded(json.dumps(ours.header(alg=algorithm)).encode())}.{encoded(json.dumps(CLAIMS).encode())}"
            forged = f"{text}.{encoded(hmac.digest(form, text.encode(), digest))}"
            assert refused(forged, ours.keys) == "names another algorithm than its key's"


@pytest.mark.parametrize(("says", "header", "payload"), [
    ("a name twice in the header", b'{"alg":"%(alg)s","kid":"%(kid)s","typ":"x","typ":"at+jwt"}', b"{}"),
    ("a name twice in the claims", None, b'{"sub":"ann","sub":"bob"}'),
    ("claims that are a list", None, b"[]"), ("a header that is a list", b"[]", b"{}"),
    ("claims that are nothing", None, b""), ("claims that are no JSON", None, b"foo"),
    ("NaN", None, b'{"exp":NaN}'), ("two objects", None, b"{}{}"), ("UTF-16", None, "{}".encode("utf-16")),
    ("a byte order mark", None, b"\xef\xbb\xbf{}"), ("broken UTF-8", None, b'{"sub":"\xff"}'),
    ("nested beyond reason", None, b'{"a":' + b"[" * 200 + b"]" * 200 + b"}"),
    ("a comment", None, b"{}//"), ("a comma too many", None, b'{"a":1,}'),
])  # fmt: skip
def test_json_that_two_readers_could_read_differently(
    ours: Ours, says: str, header: bytes | None, payload: bytes
) -> None:
    head = json.dumps(ours.header()).encode() if header is None else header
    head = head.replace(b"%(alg)s", ours.private.algorithm.encode()).replace(b"%(kid)s", ours.private.kid.encode())
    refused(ours.signed(head, payload), ours.keys)


def deformed(good: str) -> Iterator[str]:
    """One text written in ways that a lenient reader takes for the same: after Wycheproof's group `base64`."""
    parts = good.split(".")
    for at in range(3):
        for stray in (" ", "\n", "?", "#", "=", "==", "+", "/", "\0", "é", "~", "-.", "　"):
            for place in (0, len(parts[at]) // 2, len(parts[at])):
                yield ".".join((*parts[:at], parts[at][:place] + stray + parts[at][place:], *parts[at + 1 :]))
    yield from (good + ".", "." + good, good + "..", good.replace(".", ""), "", ".", "..", "...", "....")
    yield from (f"Bearer {good}", json.dumps(good), good + "\n", ".".join(parts[::-1]), ".".join(parts[:2]) + ".")


def test_base64url_is_strict(ours: Ours) -> None:
    for text in deformed(ours.good):
        refused(text, ours.keys)


def test_strictness_does_not_hang_on_the_signature(ours: Ours) -> None:
    """The stray letters under a good signature over exactly them: only the reading refuses."""
    header, payload, _ = ours.good.split(".")
    for text in (f"{header} .{payload}", f"{header}.{payload}=", f"{header}.{payload}?", f"{header}==.{payload}"):
        assert refused(ours.signed_text(text), ours.keys) == "is not base64url"
    spare = encoded(b'{"a":1}')  # seven bytes: four bits of its last letter say nothing
    assert verify(ours.signed_text(f"{header}.{spare}"), ours.keys, typ=TYP) == {"a": 1}
    same = [spare[:-1] + last for last in LETTERS if base64.urlsafe_b64decode(spare[:-1] + last + "==") == b'{"a":1}']
    assert len(same) == 16
    for other in set(same) - {spare}:
        assert refused(ours.signed_text(f"{header}.{other}"), ours.keys) == "is not base64url"


def test_what_is_too_long_is_not_looked_at(ours: Ours) -> None:
    claims = {"pad": "x" * LONGEST}
    assert refused(ours.private.sign(claims, TYP), ours.keys) == "is too long"


def test_a_refusal_names_no_value(ours: Ours) -> None:
    planted = "PLANTED-7261"
    twice = f'{{"{planted}":1,"{planted}":2}}'.encode()
    for text in (planted, f"{planted}.{planted}.{planted}", ours.private.sign({"sub": planted}, planted),
                 ours.signed(json.dumps(ours.header(kid=planted)).encode(), b"{}"),
                 ours.signed(json.dumps(ours.header()).encode(), twice)):  # fmt: skip
        with pytest.raises(BadToken) as told:
            verify(text, ours.keys, typ=TYP)
        assert planted not in str(told.value)
        assert told.value.__cause__ is None


def mutated(good: str, dice: random.Random) -> str:
    """One small change: a bit of one of the parts, or a letter of the text."""
    parts = [bytearray(base64.urlsafe_b64decode(part + "==")) for part in good.split(".")]
    if dice.random() < 0.7:
        part = dice.choice(parts)
        part[dice.randrange(len(part))] ^= 1 << dice.randrange(8)
        return ".".join(encoded(bytes(part)) for part in parts)
    at, letter = dice.randrange(len(good)), chr(dice.randrange(32, 127))
    before, after = good[:at], good[at + 1 :]
    return dice.choice((before + letter + after, before + letter + good[at:], before + after))


def mutations(ours: Ours, count: int) -> None:
    dice = random.Random(5)
    for _ in range(count):
        text = mutated(ours.good, dice)
        if text != ours.good:
            refused(text, ours.keys)


def test_no_mutation_is_believed(ours: Ours) -> None:
    mutations(ours, 1_000)


@pytest.mark.soak
def test_no_mutation_is_believed_in_the_long_run(ours: Ours) -> None:
    mutations(ours, 25_000)


# --- keys


@pytest.mark.parametrize(("says", "change"), [
    ("for encryption", {"use": "enc"}), ("not for verifying", {"key_ops": ["sign"]}), ("no name", {"kid": None}),
    ("an empty name", {"kid": ""}), ("another algorithm", {"alg": "ES384"}), ("a secret", {"kty": "oct", "k": "AAAA"}),
    ("another curve", {"crv": "P-384"}), ("key agreement", {"crv": "X25519"}), ("no curve", {"crv": None}),
    ("no point", {"x": None}), ("a short point", {"x": "AAAA"}), ("figures", {"x": 5}),
])  # fmt: skip
def test_a_key_of_no_use_is_passed_over(ours: Ours, says: str, change: dict[str, Any]) -> None:
    jwk = {name: value for name, value in {**ours.private.public().as_jwk(), **change}.items() if value is not None}
    keys = KeySet.of({"keys": [jwk, PrivateKey(new_jwk()).public().as_jwk()]})
    assert keys.find(ours.private.kid) is None
    assert len(keys.as_jwks()["keys"]) == 1
    with pytest.raises(NoSuchKey):
        PublicKey(jwk)


def test_two_keys_cannot_share_a_name(ours: Ours) -> None:
    twin = PublicKey({**PrivateKey(new_jwk()).public().as_jwk(), "kid": ours.private.kid})
    with pytest.raises(NoSuchKey):
        KeySet([ours.private.public(), twin])


def test_what_is_published_holds_no_private_half(ours: Ours) -> None:
    assert "d" in ours.jwk
    (shown,) = ours.keys.as_jwks()["keys"]
    assert "d" not in shown
    assert shown["use"] == "sig"


def test_a_public_key_signs_nothing(ours: Ours) -> None:
    with pytest.raises(NoSuchKey):
        PrivateKey(ours.private.public().as_jwk())


# --- claims


def claims_hold(**change: Any) -> bool:
    claims = {name: value for name, value in {**CLAIMS, **change}.items() if value is not None}
    try:
        check_claims(claims, issuer=ISSUER, audience=AUDIENCE, now=NOW, leeway=timedelta(0))
    except BadToken:
        return False
    return True


AT = int(NOW.timestamp())


@pytest.mark.parametrize(("says", "holds", "change"), [
    ("as issued", True, {}),
    ("one of several audiences", True, {"aud": ["reports", AUDIENCE]}),
    ("the issuer's beginning", False, {"iss": ISSUER[:-1]}),
    ("more than the issuer", False, {"iss": ISSUER + ".evil"}),
    ("the issuer with a slash", False, {"iss": ISSUER + "/"}),
    ("the issuer in capitals", False, {"iss": ISSUER.upper()}),
    ("a list that holds the issuer", False, {"iss": [ISSUER]}),
    ("an object that holds the issuer", False, {"iss": {ISSUER: 1}}),
    ("no issuer", False, {"iss": None}), ("an empty issuer", False, {"iss": ""}),
    ("another audience", False, {"aud": "reports"}), ("the audience's beginning", False, {"aud": AUDIENCE[:-1]}),
    ("more than the audience", False, {"aud": AUDIENCE + "s"}), ("no audience", False, {"aud": None}),
    ("nobody", False, {"aud": []}), ("a list in a list", False, {"aud": [[AUDIENCE]]}),
    ("a list of more than names", False, {"aud": [AUDIENCE, 1]}), ("an object", False, {"aud": {AUDIENCE: 1}}),
    ("an empty audience", False, {"aud": ""}),
    ("the last moment", True, {"exp": AT + 1}), ("the end itself", False, {"exp": AT}),
    ("after the end", False, {"exp": AT - 1}), ("no end", False, {"exp": None}),
    ("an end in words", False, {"exp": str(AT + 9)}), ("true", False, {"exp": True}),
    ("a fraction", False, {"exp": AT + 0.5}),
    ("issued this moment", True, {"iat": AT}), ("issued later", False, {"iat": AT + 1}),
    ("not issued", False, {"iat": None}),
    ("issued in words", False, {"iat": "now"}),
    ("begun this moment", True, {"nbf": AT}), ("begins later", False, {"nbf": AT + 1}),
    ("begins in words", False, {"nbf": "now"}), ("begins long before, issued later", False, {"nbf": 0, "iat": AT + 5}),
])  # fmt: skip
def test_which_claims_hold(says: str, holds: bool, change: dict[str, Any]) -> None:
    assert claims_hold(**change) is holds


@pytest.mark.parametrize(("says", "moment", "good"), [
    ("just before its leeway has gone", NOW + timedelta(seconds=300) + LEEWAY - SECOND, True),
    ("when it has gone", NOW + timedelta(seconds=300) + LEEWAY, False),
    ("as early as its leeway lets it", NOW - LEEWAY, True), ("earlier", NOW - LEEWAY - SECOND, False),
])  # fmt: skip
def test_two_clocks_may_be_a_little_apart(says: str, moment: datetime, good: bool) -> None:
    if good:
        check_claims(CLAIMS, issuer=ISSUER, audience=AUDIENCE, now=moment)
    else:
        with pytest.raises(BadToken):
            check_claims(CLAIMS, issuer=ISSUER, audience=AUDIENCE, now=moment)


@pytest.mark.parametrize("left_open", ["issuer", "audience"])
def test_nothing_can_be_left_open(left_open: str) -> None:
    """#19: a check that is not set is a fault, not a yes."""
    asked: dict[str, Any] = {"issuer": ISSUER, "audience": AUDIENCE, left_open: ""}
    with pytest.raises(ValueError, match="name the issuer") as told:
        check_claims({**CLAIMS, "iss": "", "aud": ""}, now=NOW, **asked)
    assert not isinstance(told.value, BadToken)


# --- Wycheproof

OTHER_ALGORITHM = "valid, but of an algorithm that is not used here (EdDSA and ES256 are)"
STRAY_LETTERS = "valid in the file although its base64url holds stray letters; of another algorithm besides"
DEVIATIONS = {
    OTHER_ALGORITHM: (
        1, 33, *range(259, 276), 287, 288, *range(320, 324), *range(325, 329), *range(345, 353),
        357, 358, 359, 376, 377,
    ),
    STRAY_LETTERS: (372, 373),
}  # fmt: skip
"""Tests of the file that are marked valid, and that are refused here, each with its reason."""


@needs_vectors
def test_wycheproof() -> None:
    """401 published signatures through the very code that reads tokens."""
    groups = vectors("wycheproof_json_web_signature_test")["testGroups"]
    accepted, valid = set(), set()
    for group in groups:
        keys = KeySet.of({"keys": [group.get("public") or group["private"]]})
        for test in group["tests"]:
            if test["result"] == "valid":
                valid.add(test["tcId"])
            try:
                open_signed(test["jws"] if isinstance(test["jws"], str) else json.dumps(test["jws"]), keys)
                accepted.add(test["tcId"])
            except BadToken:
                pass
    assert sum(len(group["tests"]) for group in groups) == 401
    assert accepted == {18, 378}
    assert {one for ids in DEVIATIONS.values() for one in ids} == valid - accepted
