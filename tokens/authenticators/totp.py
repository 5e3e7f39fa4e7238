"""Codes of authenticator apps (RFC 6238) and of hardware tokens (RFC 4226). The keeper of pyotp: keyword calls only.

A code is compared as ASCII digits, in constant time, and what is remembered of it is the step or counter that it is of.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

import pyotp

from tokens.authenticators.rules import SEED_BYTES, Finding
from tokens.authenticators.throttling import duration

STEP_SECONDS, BEHIND, NEAR_STEPS, DRIFT_LIMIT = 30, 1, 40, 10
"""A step; how many past ones are taken too; how far a clock is looked for; how far it may be learned."""
LOOK_AHEAD, LOOK_FURTHER, LOOK_BACK = 10, 100, 10
"""Counters of a hardware token: taken at once; taken with two codes in a row; known as used."""
SHORTEST_SEED = 16
DIGITS = re.compile(r"[0-9]{6,8}", re.ASCII)
ALGORITHMS = {"sha1": hashlib.sha1, "sha256": hashlib.sha256, "sha512": hashlib.sha512}


class Judged(NamedTuple):
    """What was found of a code: the step or counter that it is of, and how far a clock is from ours, in steps."""

    finding: Finding
    step: int = -1
    off: int = 0


WRONG = Judged(Finding.WRONG)


def new_seed() -> bytes:
    """A seed of 160 random bits."""
    return secrets.token_bytes(SEED_BYTES)


def as_typed(seed: bytes) -> str:
    """A seed as people type it: base 32 in groups of four."""
    text = base64.b32encode(seed).decode().rstrip("=")
    return " ".join(text[at : at + 4] for at in range(0, len(text), 4))


def read_seed(text: str) -> bytes | None:
    """A seed as an officer or a person types it, in hex or in base 32; None where it is neither, or too short."""
    packed = re.sub(r"[\s-]", "", text)
    try:
        if re.fullmatch(r"[0-9a-fA-F]{32,128}", packed):
            return bytes.fromhex(packed)
        seed = base64.b32decode(packed.upper().rstrip("=") + "=" * (-len(packed.rstrip("=")) % 8))
    except ValueError:
        return None
    return seed if SHORTEST_SEED <= len(seed) <= 64 else None


def enrolment_uri(seed: bytes, account: str, issuer: str) -> str:
    """What the picture on the enrolment page says to an authenticator app."""
    return pyotp.TOTP(s=_base32(seed)).provisioning_uri(name=account, issuer_name=issuer)


def read_code(text: str, digits: int) -> str | None:
    """A code as it was typed, without its spaces: ASCII digits, as many as there must be, or None."""
    packed = text.replace(" ", "")
    return packed if DIGITS.fullmatch(packed) and len(packed) == digits else None


def step_of(moment: datetime) -> int:
    """The step in which an aware moment is."""
    if moment.tzinfo is None:
        raise ValueError("a moment needs a time zone")
    return pyotp.TOTP(s=_base32(bytes(SEED_BYTES)), interval=STEP_SECONDS).timecode(for_time=moment)


def code_of(seed: bytes, step: int, digits: int = 6, algorithm: str = "sha1") -> str:
    """The code of a step or counter."""
    return pyotp.HOTP(s=_base32(seed), digits=digits, digest=ALGORITHMS[algorithm]).at(count=step)


def find_steps(seed: bytes, code: str, steps: Iterable[int]) -> list[int]:
    """The steps that a code is of; every one is looked at, so that time tells nothing."""
    known = pyotp.HOTP(s=_base32(seed), digits=len(code))
    return [step for step in steps if step >= 0 and hmac.compare_digest(known.at(count=step).encode(), code.encode())]


def judge_totp(seed: bytes, code: str, drift: int, last_step: int, now: datetime) -> Judged:
    """Judge a code of an app: good, used already, of a clock that is off by up to 20 minutes, or wrong."""
    present = step_of(now)
    expected = present + drift
    found = find_steps(seed, code, range(expected - BEHIND, expected + 1))
    if fresh := [step for step in found if step > last_step]:
        return Judged(Finding.GOOD, fresh[-1])
    if found:
        return Judged(Finding.USED, found[-1])
    near = find_steps(seed, code, range(expected - NEAR_STEPS, expected + NEAR_STEPS + 1))
    if not near:
        return WRONG
    step = min(near, key=lambda one: abs(one - expected))
    return Judged(Finding.USED, step) if step <= last_step else Judged(Finding.CLOCK, step, step - present)


def judge_hotp(seed: bytes, code: str, last_counter: int) -> Judged:
    """Judge a code of a hardware token: good, used already, too far ahead, or wrong."""
    found = find_steps(seed, code, range(last_counter + 1, last_counter + 1 + LOOK_AHEAD))
    if found:
        return Judged(Finding.GOOD, found[0])
    if used := find_steps(seed, code, range(last_counter - LOOK_BACK, last_counter + 1)):
        return Judged(Finding.USED, used[-1])
    further = find_steps(seed, code, range(last_counter + 1 + LOOK_AHEAD, last_counter + 1 + LOOK_FURTHER))
    return Judged(Finding.AHEAD, further[0]) if further else WRONG


def judge_totp_pair(seed: bytes, codes: tuple[str, str], last_step: int, now: datetime) -> Judged:
    """Judge two codes in a row of an app whose clock is off by at most ten steps; the step is that of the second."""
    present = step_of(now)
    steps = range(max(present - DRIFT_LIMIT, last_step + 2), present + DRIFT_LIMIT + 1)
    return _pair(seed, codes, steps, present)


def judge_hotp_pair(seed: bytes, codes: tuple[str, str], last_counter: int) -> Judged:
    """Judge two codes in a row of a hardware token; the counter is that of the second."""
    return _pair(seed, codes, range(last_counter + 2, last_counter + 2 + LOOK_FURTHER), 0)


def off_in_words(off: int) -> str:
    """How far a clock is from ours, as people say it: "3 minutes slow"."""
    return f"{duration(abs(off) * STEP_SECONDS)} {'slow' if off < 0 else 'fast'}"


def _pair(seed: bytes, codes: tuple[str, str], seconds: range, present: int) -> Judged:
    before, after = codes
    firsts = set(find_steps(seed, before, range(seconds.start - 1, seconds.stop - 1)))
    both = [step for step in find_steps(seed, after, seconds) if step - 1 in firsts]
    return Judged(Finding.GOOD, both[0], both[0] - present) if both else WRONG


def _base32(seed: bytes) -> str:
    return base64.b32encode(seed).decode()
