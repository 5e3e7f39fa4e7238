"""An authenticator in software: what a security key and a browser do together, with every detail open to change."""

import hashlib
import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa

from governance.kernel.base64url import decoded, encoded

UP, UV, BE, BS, AT = 0x01, 0x04, 0x08, 0x10, 0x40
ORIGIN = "https://example.org"

Signs = Callable[[bytes], bytes]


def es256() -> tuple[dict[int, Any], Signs]:
    key = ec.generate_private_key(ec.SECP256R1())
    numbers = key.public_key().public_numbers()
    cose = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}
    return cose, lambda text: key.sign(text, ec.ECDSA(hashes.SHA256()))


def eddsa() -> tuple[dict[int, Any], Signs]:
    key = ed25519.Ed25519PrivateKey.generate()
    return {1: 1, 3: -8, -1: 6, -2: key.public_key().public_bytes_raw()}, key.sign


def rs256(bits: int = 2048) -> tuple[dict[int, Any], Signs]:
    key = rsa.generate_private_key(65537, bits)
    n = key.public_key().public_numbers().n
    cose = {1: 3, 3: -257, -1: n.to_bytes(bits // 8, "big"), -2: b"\x01\x00\x01"}
    return cose, lambda text: key.sign(text, padding.PKCS1v15(), hashes.SHA256())


KINDS = {"ES256": es256, "EdDSA": eddsa, "RS256": rs256}


@dataclass
class SoftKey:
    """One credential. `flags` and `counts` are what it says of itself; a count that stays 0 is a synced passkey's."""

    kind: str = "ES256"
    origin: str = ORIGIN
    flags: int = UP | UV
    counts: int = 0
    step: int = 1
    credential_id: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    user_handle: bytes | None = None

    def __post_init__(self) -> None:
        self.cose, self.sign = KINDS[self.kind]()

    def _data(self, rp_id: str, attested: bytes = b"") -> bytes:
        self.counts += self.step
        flags = self.flags | (AT if attested else 0)
        return hashlib.sha256(rp_id.encode()).digest() + bytes([flags]) + self.counts.to_bytes(4, "big") + attested

    def client_data(self, ceremony: str, challenge: str, /, **more: Any) -> bytes:
        """What the browser says of a ceremony."""
        said = {"type": ceremony, "challenge": challenge, "origin": self.origin, "crossOrigin": False, **more}
        return json.dumps(said, separators=(",", ":")).encode()

    def _answer(self, response: dict[str, Any]) -> dict[str, Any]:
        name = encoded(self.credential_id)
        return {"id": name, "rawId": name, "type": "public-key", "response": response, "clientExtensionResults": {}}

    def create(self, options: dict[str, Any], **more: Any) -> str:
        """`navigator.credentials.create()`; remembers whose it is."""
        self.user_handle = decoded(options["user"]["id"])
        attested = bytes(16) + len(self.credential_id).to_bytes(2, "big") + self.credential_id + cbor2.dumps(self.cose)
        made = {"fmt": "none", "attStmt": {}, "authData": self._data(options["rp"]["id"], attested)}
        said = self.client_data("webauthn.create", options["challenge"], **more)
        response = {"clientDataJSON": encoded(said), "attestationObject": encoded(cbor2.dumps(made))}
        return json.dumps(self._answer({**response, "transports": ["internal", "hybrid"]}))

    def get(self, options: dict[str, Any], **more: Any) -> str:
        """`navigator.credentials.get()`."""
        said = self.client_data("webauthn.get", options["challenge"], **more)
        data = self._data(options["rpId"])
        signature = self.sign(data + hashlib.sha256(said).digest())
        response = {
            "clientDataJSON": encoded(said),
            "authenticatorData": encoded(data),
            "signature": encoded(signature),
        }
        handle = {} if self.user_handle is None else {"userHandle": encoded(self.user_handle)}
        return json.dumps(self._answer(response | handle))
