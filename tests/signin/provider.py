"""A small real OpenID provider: discovery, keys, codes with PKCE, ID tokens; and the ways in which one can lie."""

import base64
import hashlib
import hmac
import json
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey
from joserfc.jws import JWSRegistry
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

from governance.kernel import clock

CLIENT, SECRET = "postern", "a planted client secret"
ANYTHING = JWSRegistry(algorithms=["ES256", "HS256", "none"], strict_check_header=False)


@dataclass
class Code:
    """What was agreed when a code was given out."""

    redirect_uri: str
    challenge: str
    claims: dict[str, Any]


@dataclass
class Provider:
    """One issuer; `claims` are laid over every ID token, `sign` may be replaced, `says` lies over the metadata."""

    issuer: str
    key: ECKey
    claims: dict[str, Any] = field(default_factory=dict)
    says: dict[str, Any] = field(default_factory=dict)
    codes: dict[str, Code] = field(default_factory=dict)
    sign: Callable[["Provider", dict[str, Any]], str] = field(default=lambda self, claims: self.signed(claims))

    def authorize(self, url: str, subject: str, **more: Any) -> dict[str, str]:
        """What somebody brings back who signs in here, sent by this address."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        assert asked["response_type"] == "code"
        assert asked["client_id"] == CLIENT
        assert asked["code_challenge_method"] == "S256"
        claims = {"sub": subject, "nonce": asked["nonce"], **more}
        code = secrets.token_urlsafe(16)
        self.codes[code] = Code(asked["redirect_uri"], asked["code_challenge"], claims)
        return {"code": code, "state": asked["state"]}

    def token(self, request: Request) -> Response:
        """The ID token for a code: once, to the right client, with the right verifier."""
        basic = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        known = request.headers.get("Authorization", "").replace("+", " ") in (f"Basic {basic}", f"Basic {quoted()}")
        found = self.codes.pop(request.form["code"], None)
        verifier = hashlib.sha256(request.form.get("code_verifier", "").encode()).digest()
        proved = found is not None and encoded(verifier) == found.challenge
        if found is None or not known or not proved or found.redirect_uri != request.form["redirect_uri"]:
            return answer({"error": "invalid_grant"}, 400)
        now = int(clock.now().timestamp())
        claims = {"iss": self.issuer, "aud": CLIENT, "iat": now, "exp": now + 300, **found.claims, **self.claims}
        shown = {name: value for name, value in claims.items() if value is not None}
        return answer({"access_token": "x", "token_type": "Bearer", "id_token": self.sign(self, shown)})

    def signed(self, claims: dict[str, Any], key: Any = None, **header: Any) -> str:
        """An ID token."""
        head = {"alg": "ES256", "kid": self.key.kid, **header}
        return jwt.encode(head, claims, key or self.key, registry=ANYTHING)

    def metadata(self) -> dict[str, Any]:
        """What it publishes of itself."""
        return {
            "issuer": self.issuer, "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token", "jwks_uri": f"{self.issuer}/keys", **self.says,
        }  # fmt: skip


def quoted() -> str:
    """The client's name and secret as they are written in a header, percent-encoded first."""
    return base64.b64encode(f"{CLIENT}:{SECRET.replace(' ', '%20')}".encode()).decode()


def answer(found: Any, status: int = 200) -> Response:
    """JSON."""
    return Response(json.dumps(found), status, content_type="application/json")


class Providers:
    """A server with any number of providers, each below a path of its own."""

    def __init__(self) -> None:
        self.server = make_server("127.0.0.1", 0, self, threaded=True)
        self.address = f"http://127.0.0.1:{self.server.port}"
        self.there: dict[str, Provider] = {}
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def open(self) -> Provider:
        """One more provider."""
        name = f"p{len(self.there)}"
        made = Provider(f"{self.address}/{name}", ECKey.generate_key("P-256", {"kid": f"key-of-{name}"}))
        self.there[name] = made
        return made

    def __call__(self, environ: Any, start: Any) -> Any:
        """Answer a request."""
        request = Request(environ)
        _, name, path = request.path.split("/", 2)
        provider = self.there[name]
        found = {
            ".well-known/openid-configuration": lambda: answer(provider.metadata()),
            "keys": lambda: answer({"keys": [provider.key.as_dict(private=False)]}),
            "token": lambda: provider.token(request),
        }
        return found.get(path, lambda: answer({}, 404))()(environ, start)

    def close(self) -> None:
        """Stop."""
        self.server.shutdown()
        self.server.server_close()


def hmac_with_public_key(provider: Provider, claims: dict[str, Any]) -> str:
    """An ID token whose MAC is made with the provider's public key: algorithm confusion."""
    head = {"alg": "HS256", "kid": provider.key.kid}
    text = ".".join(encoded(json.dumps(part).encode()) for part in (head, claims))
    mac = hmac.digest(provider.key.as_pem(private=False), text.encode(), "sha256")
    return f"{text}.{encoded(mac)}"


def encoded(part: bytes) -> str:
    """A part of a token."""
    return base64.urlsafe_b64encode(part).rstrip(b"=").decode()


def unsigned(_provider: Provider, claims: dict[str, Any]) -> str:
    """An ID token that nobody signed."""
    parts = [{"alg": "none"}, claims]
    return ".".join(encoded(json.dumps(part).encode()) for part in parts) + "."


def strange_key(provider: Provider, claims: dict[str, Any]) -> str:
    """An ID token of somebody else's key under the provider's key id."""
    return provider.signed(claims, ECKey.generate_key("P-256"))


def damaged(provider: Provider, claims: dict[str, Any]) -> str:
    """An ID token that was changed after it was signed."""
    head, body, mac = provider.signed(claims).split(".")
    other = encoded(json.dumps({**claims, "sub": "mo"}).encode())
    assert other != body
    return f"{head}.{other}.{mac}"
