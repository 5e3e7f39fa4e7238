"""What an access token vouches for: that the person of a question is there, and how well proved. Then it alone counts.

The token is read by whoever issued it; whether it still stands is asked of facts in memory at each decision. A token
that is not good is a denial, never a silent return to the caller's word.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from governance.clients.store import FRONT_END
from governance.decisions.rules import BY_TOKEN, Proof, Question
from governance.kernel.keys import FactKey
from governance.people.signin.store import KIND as SIGN_IN
from governance.ports.tokens import FRONT_END_SESSION, TokenFacts, TokenReader

if TYPE_CHECKING:
    from governance.decisions.chains import Chains


class Vouching:
    """Looks at the tokens that come with questions."""

    def __init__(self, reader: TokenReader | None, public_url: str) -> None:
        self._reader = reader
        self._public_url = public_url

    def proof(self, question: Question, system: str, key_of: str, chains: Chains, now: datetime) -> Proof | None:
        """What a question's token proves, or None where it is not good: not ours, ended, or not for this question.

        `key_of` is the front end with which alone the asker's key goes, if any; `chains` know the facts in memory.
        """
        found = self._reader.read(question.token, now) if self._reader is not None else None
        if found is None or not self._is_for(found, question, system, key_of) or not stands(found, chains, now):
            return None
        return Proof(found.client, found.sid, found.acr, found.amr, found.auth_time, found.expires_at)

    def _is_for(self, found: TokenFacts, question: Question, system: str, key_of: str) -> bool:
        return (
            found.subject == question.subject
            and f"{self._public_url}/systems/{system}" in found.audience
            and key_of in ("", found.client)
        )


def stands(found: TokenFacts, chains: Chains, now: datetime) -> bool:
    """Whether nothing that a token hangs on was ended: its front end, the front end's session, its person's own.

    Nor is it any good once its person holds a role for which the provider that began their session does not speak.
    """
    get = chains.memory.get
    one = get(FactKey(FRONT_END_SESSION, 0, found.sid))
    if one is None or one.ended_at is not None or one.client != found.client:
        return False
    sign_in = get(FactKey(SIGN_IN, 0, one.sign_in))
    if sign_in is None or sign_in.ended_at is not None or get(FactKey(FRONT_END, 0, found.client)) is None:
        return False
    entry = chains.memory.person(found.subject)
    if entry.person is None or entry.person.id != sign_in.person:
        return False
    return sign_in.vouched_by is None or chains.all_within(entry, sign_in.vouched_by, now)


def proved(question: Question, proof: Proof) -> Question:
    """A question as it is decided with a good token: what the token says stands in place of the caller's word."""
    told = {"acr": proof.acr, "amr": proof.amr, "auth_time": proof.auth_time}
    return question._replace(context={**question.context, **told}, asserted_by=BY_TOKEN)
