"""What goes over the counter: requests as they come, replies as they leave, and what a request may need."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from governance.clients.rules import FrontEndFacts
from tokens.issuing.rules import CodeFacts

AFTER = "prompted"
"""The parameter by which a person who was sent to prove themselves comes back."""
Claims = Mapping[str, Any]


class Asked(NamedTuple):
    """A request as it came: its method, its parameters (each with all its values), and who says so."""

    method: str
    parameters: Mapping[str, Sequence[str]]
    authorization: str = ""


class Reply(NamedTuple):
    """What is answered: a status, headers, and JSON or nothing."""

    status: int
    body: Mapping[str, Any] | None
    headers: Mapping[str, str]

    @property
    def location(self) -> str:
        """Where it leads, if anywhere."""
        return self.headers.get("Location", "")


class Refused(Exception):
    """What a front end asked is refused; `reply` says so as the standard has it.

    Where the reply leads nowhere the person is told, for it is not known whether the front end is the one it claims.
    """

    def __init__(self, reply: Reply) -> None:
        super().__init__(str((reply.body or {}).get("error", "refused")))
        self.reply = reply


class SignOut(NamedTuple):
    """What a front end that signs a person out has shown: whose session of its own, and where to go then."""

    claims: Claims | None
    front_end: FrontEndFacts | None
    redirect_uri: str


def nobody(*_: Any) -> None:
    """There is none."""


@dataclass(frozen=True)
class Hands:
    """What a request may need from where things are kept; `end` ends what a token is of."""

    front_end: Callable[[str], FrontEndFacts | None]
    take_code: Callable[[str, str], CodeFacts | None] = nobody
    token: Callable[[str], Claims | None] = nobody
    end: Callable[[Claims], None] = nobody
    identity: Callable[[str], Claims | None] = nobody
