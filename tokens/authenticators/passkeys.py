"""Passkeys and security keys: what a browser is asked, and whether its answer proves anything.

The keeper of `webauthn`; Web Authentication Level 3 (W3C). The library checks signatures and most of what was signed;
what it leaves to us is checked here: strict JSON, the very origin, no frame of another site, the credential's own id,
keys that can be used. Whose credential it is, and how often it was used before, are a store's to know.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import webauthn
from webauthn.helpers import (
    decode_credential_public_key,
    decoded_public_key_to_cryptography,
    options_to_json_dict,
    parse_authenticator_data,
    parse_cbor,
)
from webauthn.helpers.cose import COSEAlgorithmIdentifier
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    AuthenticatorTransport,
    CredentialDeviceType,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from governance.kernel.base64url import decoded, encoded
from governance.kernel.errors import BadInput
from governance.web.ijson import read_object
from tokens.authenticators.answers import Answer, CeremonyFailed, Credential, Finding, Known, Proof, Site

SHORTEST_RSA = 256
TIMEOUT = 300_000
"""Milliseconds that a person may take at the browser's own window: as long as the challenge holds."""

ALGORITHMS = [
    COSEAlgorithmIdentifier.EDDSA,
    COSEAlgorithmIdentifier.ECDSA_SHA_256,
    COSEAlgorithmIdentifier.RSASSA_PKCS1_v1_5_SHA_256,
]

STATEMENTS: dict[object, set[str]] = {"none": set(), "packed": {"alg", "sig"}}
"""The attestations that are taken, with what their statements hold: none, and that of the key itself."""


# --- what a browser is asked


def creation_options(
    site: Site, *, user_handle: bytes, account: str, name: str, challenge: bytes, known: Iterable[Known]
) -> dict[str, Any]:
    """What to give `navigator.credentials.create()`, as JSON; authenticators of `known` are not enrolled twice."""
    options = webauthn.generate_registration_options(
        rp_id=site.rp_id, rp_name="Postern", user_id=user_handle, user_name=account, user_display_name=name,
        challenge=challenge, timeout=TIMEOUT, exclude_credentials=described(known), supported_pub_key_algs=ALGORITHMS,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.PREFERRED, user_verification=UserVerificationRequirement.REQUIRED
        ),
    )  # fmt: skip
    return options_to_json_dict(options)


def request_options(site: Site, *, challenge: bytes, known: Iterable[Known]) -> dict[str, Any]:
    """What to give `navigator.credentials.get()`, as JSON; with nothing known the person chooses among their own."""
    options = webauthn.generate_authentication_options(
        rp_id=site.rp_id, challenge=challenge, timeout=TIMEOUT, allow_credentials=described(known),
        user_verification=UserVerificationRequirement.REQUIRED,
    )  # fmt: skip
    return options_to_json_dict(options)


def described(known: Iterable[Known]) -> list[PublicKeyCredentialDescriptor]:
    """Credentials as the browser is told of them."""
    ways = set(AuthenticatorTransport)
    return [
        PublicKeyCredentialDescriptor(
            id=one.credential_id, transports=[AuthenticatorTransport(way) for way in one.transports if way in ways]
        )
        for one in known
    ]


# --- what it answers


@contextmanager
def reading() -> Iterator[None]:
    """A reader of hostile bytes may raise anything; whatever it is, it is a no."""
    try:
        yield
    except CeremonyFailed:
        raise
    except Exception:  # noqa: BLE001 - as said
        raise CeremonyFailed(Finding.REFUSED) from None


def refuse_where(*objections: tuple[bool, Finding]) -> None:
    """Raise `CeremonyFailed` with the first objection that holds."""
    for holds, finding in objections:
        if holds:
            raise CeremonyFailed(finding)


def check_client_data(raw: bytes, ceremony: str, challenge: bytes, origin: str) -> None:
    """Refuse what a browser says of the ceremony unless it is this one, here, and not in a frame of another site."""
    try:
        said = read_object(raw)
    except BadInput:
        raise CeremonyFailed(Finding.MALFORMED) from None
    refuse_where(
        (said.get("type") != ceremony, Finding.OTHER_CEREMONY),
        (said.get("challenge") != encoded(challenge), Finding.OTHER_CHALLENGE),
        (said.get("origin") != origin, Finding.OTHER_ORIGIN),
        (said.get("crossOrigin", False) is not False or "topOrigin" in said, Finding.FRAMED),
    )


def check_creation(answer: Answer, site: Site, challenge: bytes) -> Credential:
    """The credential that an answer to `creation_options` has made, or `CeremonyFailed`.

    We ask for no attestation and take none but that of the key itself: it would prove nothing that we require.
    """
    check_client_data(answer.client_data, "webauthn.create", challenge, site.origin)
    with reading():
        told = parse_cbor(decoded(answer.members["response"]["attestationObject"]))
        refuse_where(
            (told.keys() != {"fmt", "attStmt", "authData"}, Finding.MALFORMED),
            (told["attStmt"].keys() != STATEMENTS.get(told["fmt"]), Finding.ATTESTED),
            (not parse_authenticator_data(told["authData"]).flags.uv, Finding.UNVERIFIED),
        )
        made = webauthn.verify_registration_response(
            credential=answer.members, expected_challenge=challenge, expected_rp_id=site.rp_id,
            expected_origin=[site.origin], require_user_verification=True, supported_pub_key_algs=ALGORITHMS,
        )  # fmt: skip
        refuse_where(
            (not made.user_verified, Finding.UNVERIFIED),
            (made.credential_id != answer.credential_id, Finding.OTHER_CREDENTIAL),
            (not is_usable(made.credential_public_key), Finding.BAD_KEY),
        )
    return Credential(
        made.credential_id, made.credential_public_key, made.sign_count, is_eligible(made.credential_device_type),
        made.credential_backed_up, ways_of(answer), made.aaguid,
    )  # fmt: skip


def check_request(answer: Answer, site: Site, challenge: bytes, public_key: bytes) -> Proof:
    """What an answer to `request_options` proves with a credential of this public key, or `CeremonyFailed`.

    Use counts are not compared here: a store does it in the one statement that writes the new one.
    """
    check_client_data(answer.client_data, "webauthn.get", challenge, site.origin)
    with reading():
        told = parse_authenticator_data(decoded(answer.members["response"]["authenticatorData"]))
        refuse_where((not told.flags.uv, Finding.UNVERIFIED))
        found = webauthn.verify_authentication_response(
            credential=answer.members, expected_challenge=challenge, expected_rp_id=site.rp_id,
            expected_origin=[site.origin], credential_public_key=public_key, credential_current_sign_count=0,
            require_user_verification=True,
        )  # fmt: skip
        refuse_where(
            (not found.user_verified, Finding.UNVERIFIED),
            (found.credential_id != answer.credential_id, Finding.OTHER_CREDENTIAL),
        )
    return Proof(found.new_sign_count, is_eligible(found.credential_device_type), found.credential_backed_up)


def is_usable(public_key: bytes) -> bool:
    """Whether signatures can be checked by a key at all, and it is not a short one."""
    key: Any = decode_credential_public_key(public_key)
    decoded_public_key_to_cryptography(key)
    return len(key.n) >= SHORTEST_RSA if hasattr(key, "n") else True


def is_eligible(kind: CredentialDeviceType) -> bool:
    """Whether a credential may be copied to other devices (the flag BE)."""
    return kind is CredentialDeviceType.MULTI_DEVICE


def ways_of(answer: Answer) -> tuple[str, ...]:
    """How the browser reaches the authenticator, where it says so in words that are known."""
    said: Mapping[str, Any] = answer.members["response"]
    ways = said.get("transports")
    return tuple(sorted({way.value for way in AuthenticatorTransport if isinstance(ways, list) and way.value in ways}))
