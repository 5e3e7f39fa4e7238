"""Proves a second factor for a session: verified, used up and the session raised in one transaction, or none of it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import NamedTuple

from sqlalchemy.orm import Session

from governance.kernel.db import Databases
from governance.kernel.errors import Conflict
from governance.kernel.sealing import Sealer
from governance.people.signin.service import prove_factor
from governance.ports.visitor import Visitor
from tokens.authenticators import enrolling, service
from tokens.authenticators.rules import COUNTED
from tokens.authenticators.service import Proof
from tokens.authenticators.throttling import THROTTLE, Throttle


class Proved(NamedTuple):
    """What became of it: the answer, and the secret for the session's cookie where it was good."""

    proof: Proof
    secret: str = ""


def prove_by_code(
    databases: Databases,
    sealer: Sealer,
    visitor: Visitor,
    authenticator: int,
    typed: tuple[str, ...],
    *,
    now: datetime,
    throttle: Throttle = THROTTLE,
) -> Proved:
    """Prove a second factor by a code, or by two in a row."""

    def verify(session: Session) -> Proof:
        if len(typed) == 1:
            return service.verify_code(
                session, sealer, visitor, authenticator, typed[0], now=now, throttle=throttle
            )  # fmt: skip
        return service.verify_pair(
            session, sealer, visitor, authenticator, (typed[0], typed[1]), now=now, throttle=throttle
        )

    return prove(databases, visitor, verify, now=now, throttle=throttle)


def prove_by_enrolling(
    databases: Databases,
    sealer: Sealer,
    visitor: Visitor,
    row: int,
    typed: tuple[str, ...],
    *,
    now: datetime,
    label: str = "",
) -> Proved:
    """Finish an enrolment by its trial code, which proves the factor too; it may be given another name with it."""

    def verify(session: Session) -> Proof:
        return enrolling.finish(session, sealer, visitor, row, typed, now=now, label=label)

    return prove(databases, visitor, verify, now=now)


def prove(
    databases: Databases,
    visitor: Visitor,
    verify: Callable[[Session], Proof],
    *,
    now: datetime,
    throttle: Throttle = THROTTLE,
) -> Proved:
    """Let something verify, and raise the visitor's session where it was good.

    Whoever has to wait is told so before anything is written, and of what was not looked at nothing is written.
    """
    with databases.reading() as session:
        turned_away = service.peek(session, visitor, now=now, throttle=throttle)
    if turned_away is not None:
        return Proved(turned_away)
    answer = _tried(databases, visitor, verify, now)
    end_if_locked(databases, visitor, answer.proof, now=now)
    return answer


def end_if_locked(databases: Databases, visitor: Visitor, proof: Proof, *, now: datetime) -> None:
    """End what is half signed in where a failure, counted and committed by now, has locked the person out."""
    if proof.locks:
        with suppress(Conflict), databases.change(visitor.reference, now) as session:
            service.end_half_sessions(session, visitor, now=now)


def _tried(databases: Databases, visitor: Visitor, verify: Callable[[Session], Proof], now: datetime) -> Proved:
    try:
        with databases.change(visitor.reference, now) as session:
            proof = verify(session)
            if not proof.good:
                return _kept(proof)
            secret = prove_factor(session, visitor, proof.acr, proof.amr, proof.authenticator, now=now)
            return Proved(proof, secret)
    except _NothingToKeep as answer:
        return Proved(answer.proof)


class _NothingToKeep(Exception):
    """Ends a change without a trace."""

    def __init__(self, proof: Proof) -> None:
        super().__init__()
        self.proof = proof


def _kept(proof: Proof) -> Proved:
    if proof.finding not in COUNTED:
        raise _NothingToKeep(proof)
    return Proved(proof)
