"""What takes a mail away, and what it says when it could not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from governance.outbox.letters import Letter


class NotSent(Exception):
    """A mail was not sent, and why, as a code: never a server's own words, which repeat addresses.

    `lasting`: no further attempt can help. `outage`: no other mail would fare better now.
    """

    def __init__(self, fault: str, *, lasting: bool = False, outage: bool = False) -> None:
        super().__init__(fault)
        self.fault, self.lasting, self.outage = fault, lasting, outage


class Courier(Protocol):
    """Takes mails away one after another."""

    def deliver(self, letter: Letter, hand_over: Callable[[], None], *, again: bool) -> None:
        """Send a mail, or raise `NotSent`.

        `hand_over` is called as late as can be: after it the mail may have arrived, before it it cannot have.
        `again`: it was handed over before, and what became of it is not known.
        """

    def close(self) -> None:
        """Let go of the connection, if there is one."""
