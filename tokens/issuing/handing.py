"""A form that becomes an address, for another site's form brings no cookie of ours: closed, and good for a minute.

An address stands in histories and in the logs of whatever is on the way; an ID token has no business there.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from urllib.parse import parse_qs, urlencode

from governance.kernel import base64url
from governance.kernel.errors import BadInput, Fault, Unavailable
from governance.kernel.sealing import Sealer

HANDED = "handed"
LASTS = timedelta(minutes=1)
PLACE = "oauth:handed:form"


def hand_over(form: Iterable[tuple[str, str]], sealer: Sealer, now: datetime) -> str:
    """A form's fields as one word that says nothing to others."""
    text = f"{int(now.timestamp())}?{urlencode(list(form))}"
    return base64url.encoded(sealer.seal(text.encode(), PLACE))


def take_over(word: str, sealer: Sealer, now: datetime) -> dict[str, list[str]]:
    """The fields again; raise `BadInput` where the word is none of ours, or older than a minute."""
    try:
        moment, _, fields = sealer.open(base64url.decoded(word), PLACE).decode().partition("?")
    except (ValueError, Unavailable):
        raise stale() from None
    if now.timestamp() - int(moment) > LASTS.total_seconds():
        raise stale()
    return parse_qs(fields, keep_blank_values=True)


def stale() -> BadInput:
    """What is said of a word that opens nothing."""
    return BadInput([Fault("the page that sent you here", "it sent you too long ago", "Go back there and try again.")])
