"""Reads our own access tokens again: for decisions, for introspection, for revocation."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from governance.kernel.errors import Answer
from governance.ports.tokens import TokenFacts
from tokens.issuing.keys import KeyFile, Ring
from tokens.issuing.rules import ACCESS
from tokens.issuing.verifying import BadToken, audiences, check_claims, verify

MOST_KEPT = 10_000


class Kept(NamedTuple):
    """A token that was found good, with its claims, and the very keys by which it was."""

    facts: TokenFacts
    claims: Mapping[str, Any]
    ring: Ring


class Reader:
    """Reads tokens by the keys of a file; what was found good is kept until its end, so many of them."""

    def __init__(self, issuer: str, keys: KeyFile) -> None:
        self._issuer = issuer
        self.keys = keys
        self._kept: OrderedDict[str, Kept] = OrderedDict()
        self._lock = threading.Lock()

    def read(self, text: str, now: datetime) -> TokenFacts | None:
        """What a token says, or None where it is not ours, not whole or past its end."""
        found = self._find(text, now)
        return found.facts if found is not None else None

    def claims(self, text: str, now: datetime) -> Mapping[str, Any] | None:
        """All that a token claims, or None where it is not ours, not whole or past its end."""
        found = self._find(text, now)
        return found.claims if found is not None else None

    def published(self) -> Sequence[Mapping[str, Any]]:
        """The public keys by which others check our tokens, the newest first."""
        listed: list[Mapping[str, Any]] = self.keys.ring().public.as_jwks()["keys"] if self.keys.is_there else []
        return listed

    def _find(self, text: str, now: datetime) -> Kept | None:
        try:
            ring = self.keys.ring()
        except Answer:
            return None
        with self._lock:
            kept = self._kept.get(text)
            if kept is not None:
                if kept.ring is ring and now < kept.facts.expires_at:
                    return kept
                del self._kept[text]
        try:
            claims = verify(text, ring.public, typ=ACCESS)
            facts = facts_of(claims, self._issuer, now)
        except BadToken:
            return None
        return self._keep(text, Kept(facts, claims, ring))

    def _keep(self, text: str, found: Kept) -> Kept:
        with self._lock:
            self._kept[text] = found
            while len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)
        return found


def facts_of(claims: Mapping[str, Any], issuer: str, now: datetime) -> TokenFacts:
    """An access token's claims as facts; raise `BadToken` unless they are by this issuer, complete, and hold now.

    Whom it is for is there to be compared: the decision does, which knows what is asked about.
    """
    audience = audiences(claims.get("aud"))
    if not audience:
        raise BadToken("does not say whom it is for")
    check_claims(claims, issuer=issuer, audience=audience[0], now=now)
    ends_at = datetime.fromtimestamp(claims["exp"], UTC)
    if now >= ends_at:
        raise BadToken("has ended")
    names = [claims.get(name) for name in ("sub", "sid", "client_id", "acr")]
    amr, auth_time = claims.get("amr"), claims.get("auth_time")
    if not all(isinstance(name, str) and name for name in names) or type(auth_time) is not int:
        raise BadToken("does not say who is there")
    if not isinstance(amr, list) or not all(isinstance(one, str) for one in amr):
        raise BadToken("does not say how")
    subject, sid, client, acr = (str(name) for name in names)
    return TokenFacts(subject, sid, client, audience, acr, tuple(amr), auth_time, ends_at)
