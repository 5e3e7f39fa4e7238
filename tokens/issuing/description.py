"""The provider's doors as the description of the HTTP API tells them (OpenAPI 3.1).

Forms, answers and errors are those of RFC 6749 (OAuth 2.0), RFC 7636 (PKCE), RFC 7662 (introspection), RFC 7009
(revocation), RFC 6750 (bearer tokens) and OpenID Connect: Core, Discovery, RP-Initiated Logout.
"""

from __future__ import annotations

from typing import Any

from governance.decisions.openapi import problem
from governance.ports.description import Description
from tokens.issuing.rules import ACRS, LONGEST, SCOPES

FORM, JSON, HTML = "application/x-www-form-urlencoded", "application/json", "text/html"
TEXT, NUMBER = {"type": "string"}, {"type": "integer"}
TEXTS = {"type": "array", "items": TEXT}
Responses = dict[str, dict[str, Any]]
WRITTEN = r"^[^\x00]*$"
PROVED = r"^[A-Za-z0-9._~-]{43,128}$"


def said(says: str, **more: Any) -> dict[str, Any]:
    """A text that is sent, and what it is; no null character is part of any."""
    return {"type": "string", "pattern": WRITTEN, **more, "description": says}


def form(needed: str, **members: dict[str, Any]) -> dict[str, Any]:
    """A form: what else is sent is not read, but no parameter comes twice (RFC 6749, 3.1 and 3.2)."""
    return {**shape(needed, **members), "additionalProperties": {"type": "string", "pattern": WRITTEN}}


def shape(needed: str, **members: dict[str, Any]) -> dict[str, Any]:
    """An object: its members, and which of them are always there, as words."""
    return {"type": "object", **({"required": needed.split()} if needed else {}), "properties": members}


WHO = {
    "client_id": said("the front end, where it does not prove itself by HTTP Basic"),
    "client_secret": said("its secret, where it has one and does not prove itself by HTTP Basic"),
}
WISH: dict[str, dict[str, Any]] = {
    "response_type": {"enum": ["code"], "type": "string"},
    "client_id": said("the front end"),
    "redirect_uri": said("where the person returns to, letter by letter as registered"),
    "scope": said(
        f"openid, and what else is wanted of: {' '.join(SCOPES)}",
        pattern=r"^([\x21-\x7e]+ )*openid( [\x21-\x7e]+)*$",
    ),
    "code_challenge": said("the SHA-256 of the code_verifier, in base64url (PKCE)", pattern=PROVED),
    "code_challenge_method": {"enum": ["S256"], "type": "string"},
    "state": said("comes back as it is", maxLength=LONGEST),
    "nonce": said("stands in the ID token", maxLength=LONGEST),
    "response_mode": {"enum": ["query"], "type": "string"},
    "prompt": {"enum": ["none", "login"], "type": "string", "description": "none asks nothing, login asks again"},
    "max_age": {"type": "integer", "minimum": 0, "maximum": 10**9 - 1, "description": "seconds, of the newest factor"},
    "acr_values": said(
        f"which proof is enough, in words: {' '.join(ACRS)}",
        pattern=rf"^([\x21-\x7e]+ )*({'|'.join(ACRS)})( [\x21-\x7e]+)*$",
    ),
}
NEEDED = "response_type client_id redirect_uri scope code_challenge code_challenge_method"
LEAVING = {
    "id_token_hint": said("the ID token of the person's session; without it they are asked first"),
    "client_id": said("the front end, where no ID token says it"),
    "post_logout_redirect_uri": said("where they go then, letter by letter as registered"),
    "state": said("comes back as it is"),
}
BROUGHT = form(
    "grant_type code redirect_uri code_verifier",
    grant_type={"enum": ["authorization_code"], "type": "string"},
    code=said("good for a minute, and once"),
    redirect_uri=said("the one that the code was sent to"),
    code_verifier=said("what the code_challenge was made from (PKCE)", pattern=PROVED),
    **WHO,
)
SHOWN = form(
    "token", token=said("the token"), token_type_hint=said("what kind of token it is; it is not needed"), **WHO
)
GIVEN = shape(
    "access_token token_type expires_in scope id_token",
    access_token={"type": "string", "description": "a JWT (RFC 9068); send it with each question"},
    token_type={"enum": ["Bearer"]},
    expires_in={"type": "integer", "minimum": 0, "description": "seconds"},
    scope=TEXT,
    id_token={"type": "string", "description": "a JWT: who signed in, how, and when"},
)
CLAIMED: dict[str, dict[str, Any]] = {
    "token_type": {"enum": ["Bearer"]}, "iss": TEXT, "sub": TEXT, "aud": TEXTS, "client_id": TEXT, "exp": NUMBER,
    "iat": NUMBER, "jti": TEXT, "sid": TEXT, "acr": {"enum": list(ACRS)}, "amr": TEXTS, "auth_time": NUMBER,
    "scope": TEXT,
}  # fmt: skip
WRONG = shape("error", error=TEXT, error_description=TEXT, error_uri=TEXT)
PLACES = (
    "issuer authorization_endpoint token_endpoint introspection_endpoint revocation_endpoint end_session_endpoint "
    "userinfo_endpoint jwks_uri"
)
LISTS = (
    "response_types_supported response_modes_supported grant_types_supported code_challenge_methods_supported "
    "subject_types_supported id_token_signing_alg_values_supported scopes_supported claims_supported "
    "acr_values_supported prompt_values_supported token_endpoint_auth_methods_supported "
    "introspection_endpoint_auth_methods_supported revocation_endpoint_auth_methods_supported"
)
SCHEMAS: dict[str, dict[str, Any]] = {
    "TokenRequest": BROUGHT,
    "TokenQuestion": SHOWN,
    "AuthorizationRequest": form("", **WISH),
    "LogoutRequest": form("", **LEAVING),
    "Tokens": GIVEN,
    "TokenStanding": shape("active", active={"type": "boolean"}, **CLAIMED),
    "Nothing": {"type": "object", "maxProperties": 0},
    "UserInfo": shape("sub", sub=TEXT, name=TEXT),
    "OAuthError": WRONG,
    "OpenIDConfiguration": shape(
        f"{PLACES} {LISTS}", **dict.fromkeys(PLACES.split(), TEXT), **dict.fromkeys(LISTS.split(), TEXTS)
    ),
}
PROOFS = {
    "front_end": {
        "type": "http",
        "scheme": "basic",
        "description": "the front end's client_id and client_secret by HTTP Basic, or in the form",
    },
    "access_token": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "an access token of a person's",
    },
}


def header(**schema: Any) -> dict[str, Any]:
    """A header that is always there."""
    return {"required": True, "schema": {"type": "string", **schema}}


PRIVATE = {"Cache-Control": header(enum=["no-store"]), "X-Request-ID": header()}
CHALLENGE = {"WWW-Authenticate": header(pattern=r'^(Basic|Bearer) realm="postern"')}


def answered(words: str, name: str, **headers: dict[str, Any]) -> dict[str, Any]:
    """An answer in JSON of a shape with a name."""
    content = {JSON: {"schema": {"$ref": f"#/components/schemas/{name}"}}}
    return {"description": words, "headers": {**PRIVATE, **headers}, "content": content}


def refused(words: str) -> dict[str, Any]:
    """A refusal as RFC 6749 has it; as a problem where the request cannot even be read."""
    found = answered(words, "OAuthError")
    return {**found, "content": {**found["content"], **problem("")["content"]}}


def sent_on(words: str) -> dict[str, Any]:
    """An answer that leads a browser elsewhere."""
    return {"description": words, "headers": {**PRIVATE, "Location": header()}}


def paged(words: str) -> dict[str, Any]:
    """A refusal that a person reads: a page, or a problem where a script asked."""
    return {"description": words, "content": {HTML: {"schema": TEXT}, **problem("")["content"]}}


NULL = problem("a null character is in it")
EVERYWHERE = {
    "400": NULL,
    "405": {**problem("another method"), "headers": {"Allow": header()}},
    "503": problem("the service cannot reach its records or its keys now; ask again"),
}
SENT = {"408": problem("the body did not arrive in time"), "413": problem("too large")}
CHANGED = {"409": problem("others changed the same at the same moment, again and again; ask again")}
UNKNOWN = {"401": answered("invalid_client: no such front end, or not its secret", "OAuthError", **CHALLENGE)}


def posted(summary: str, form: str, responses: Responses) -> dict[str, Any]:
    """An operation that takes a form."""
    body = {"required": True, "content": {FORM: {"schema": {"$ref": f"#/components/schemas/{form}"}}}}
    return {"summary": summary, "requestBody": body, "responses": {**EVERYWHERE, **SENT, **responses}}


def asked(summary: str, form: str, responses: Responses) -> dict[str, Any]:
    """An operation at which a front end proves itself, by HTTP Basic or in the form."""
    return {**posted(summary, form, {**UNKNOWN, **responses}), "security": [{"front_end": []}, {}]}


def visited(summary: str, needed: str, address: dict[str, dict[str, Any]], responses: Responses) -> dict[str, Any]:
    """An operation that a browser is sent to, with what its address says."""
    parameters = [
        {"name": name, "in": "query", "required": name in needed.split(), "schema": schema}
        for name, schema in address.items()
    ]
    read = {status: {**told, **paged(told["description"])} for status, told in {**EVERYWHERE, **CHANGED}.items()}
    return {"summary": summary, "parameters": parameters, "responses": {**read, **responses}}


def shown(summary: str, responses: Responses) -> dict[str, Any]:
    """An operation that an access token opens."""
    return {"summary": summary, "security": [{"access_token": []}], "responses": {**EVERYWHERE, **responses}}


TOKEN = asked(
    "Tokens for a code",
    "TokenRequest",
    {
        "200": answered("given", "Tokens"),
        "400": refused("invalid_request, invalid_grant or unsupported_grant_type: the code is not good, or was used"),
        **CHANGED,
    },
)
INTROSPECT = asked(
    "Whether a token stands",
    "TokenQuestion",
    {
        "200": answered("active, and what it claims; else active is false, and nothing more is said", "TokenStanding"),
        "400": refused("invalid_request: no token, or a parameter comes twice"),
    },
)
REVOKE = asked(
    "End a token, and that front end's session",
    "TokenQuestion",
    {
        "200": answered("it stands no more, or never stood", "Nothing"),
        "400": refused("invalid_request: no token, or a parameter comes twice; invalid_grant: another front end's"),
        **CHANGED,
    },
)
WHOSE = shown(
    "Whose an access token is",
    {
        "200": answered("it stands", "UserInfo"),
        "401": answered("no access token, or none that is good", "OAuthError", **CHALLENGE),
    },
)
AUTHORIZE = visited(
    "Where a browser is sent so that its person signs in",
    NEEDED,
    WISH,
    {
        "303": sent_on(
            "to redirect_uri with state, iss and a code, or an error in its place; or to our pages of signing in first"
        ),
        "400": paged("the front end or its redirect_uri is not registered, so nobody is sent there"),
    },
)
LOGOUT = visited(
    "Where a browser is sent so that its person is signed out",
    "",
    LEAVING,
    {
        "303": sent_on(
            "to post_logout_redirect_uri with state; or to the page that asks first, or to that of signing in"
        ),
        "400": paged("the ID token is none of ours, or is another front end's"),
    },
)
AGAIN = {"303": sent_on("to the same as an address, so that the browser brings its own cookie")}
CONFIGURATION = {
    "summary": "How this OpenID provider is used",
    "responses": {**EVERYWHERE, "200": answered("told", "OpenIDConfiguration")},
}
DESCRIPTION = Description(
    "Signing people in",
    "The doors of the OpenID provider. A browser is sent to two of them; front ends ask at the others.",
    {
        "/.well-known/openid-configuration": {"get": CONFIGURATION},
        "/oauth/authorize": {
            "get": AUTHORIZE,
            "post": posted("The same, asked as a form", "AuthorizationRequest", AGAIN),
        },
        "/oauth/token": {"post": TOKEN},
        "/oauth/introspect": {"post": INTROSPECT},
        "/oauth/revoke": {"post": REVOKE},
        "/oauth/userinfo": {"get": WHOSE, "post": WHOSE},
        "/oauth/logout": {"get": LOGOUT, "post": posted("The same, asked as a form", "LogoutRequest", AGAIN)},
    },
    SCHEMAS,
    PROOFS,
)
