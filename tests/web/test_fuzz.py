"""Mutated questions by the thousand: an answer or a problem, in time, and never a page of HTML or a mistake."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from governance.decisions import questions as questions_
from tests.web.conftest import PEOPLE, RECORD, Office

scalars = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**70), 2**70), st.floats(), st.text(max_size=20),
    st.sampled_from(["", " ", "x" * 201, "\x00", "\ud800", "é", "user", "record", "room", "R-01", "MASH", "view"]),
    st.sampled_from(PEOPLE),
)  # fmt: skip
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
MEMBERS = [
    ("subject",), ("subject", "type"), ("subject", "id"), ("subject", "properties"), ("action",), ("action", "name"),
    ("action", "properties"), ("resource",), ("resource", "type"), ("resource", "id"), ("resource", "properties"),
    ("resource", "properties", "school"), ("resource", "properties", "age"), ("resource", "properties", "fields"),
    ("resource", "properties", "seen_on"), ("resource", "properties", "wing"), ("resource", "properties", "locked"),
    ("context",), ("context", "case"), ("context", "purpose"), ("context", "acr"), ("context", "auth_time"),
    ("context", "amr"), ("context", "mediated_for"), ("context", "time"), ("context", "unsure"), ("evaluations",),
    ("options",), ("options", "explain"), ("options", "evaluations_semantic"),
]  # fmt: skip


@st.composite
def questions(draw: st.DrawFn) -> dict[str, Any]:
    """A good question with a few members changed, or gone."""
    body: dict[str, Any] = json.loads(json.dumps(RECORD))
    for _ in range(draw(st.integers(0, 4))):
        *way, last = draw(st.sampled_from(MEMBERS))
        inner: Any = body
        for name in way:
            inner = inner.setdefault(name, {}) if isinstance(inner, dict) else None
        if isinstance(inner, dict):
            if draw(st.integers(0, 4)) == 0:
                inner.pop(last, None)
            else:
                inner[last] = draw(values)
    return body


@st.composite
def bodies(draw: st.DrawFn) -> bytes:
    """A question or a batch as bytes, some of them damaged."""
    body = draw(questions())
    if draw(st.booleans()):
        body = {**body, "evaluations": draw(st.lists(questions() | values, max_size=4))}
    raw = bytearray(json.dumps(body, ensure_ascii=draw(st.booleans())).encode("utf-8", "surrogatepass"))
    for _ in range(draw(st.sampled_from([0, 0, 0, 0, 1, 2]))):
        at = draw(st.integers(0, len(raw) - 1))
        raw[at : at + draw(st.integers(0, 3))] = draw(st.binary(max_size=3))
    return bytes(raw)


def answers(office: Office, body: bytes) -> None:
    """Send a body to both doors, and look at what comes back."""
    for response in (office.ask(body), office.ask_many(body)):
        assert response.status_code in (200, 400), response.data
        told = json.loads(response.data)
        if response.status_code == 400:
            assert response.content_type == "application/problem+json"
            assert all(one["pointer"] == "" or one["pointer"].startswith("/") for one in told["errors"])
            continue
        assert response.content_type == "application/json"
        for item in told.get("evaluations", [told]):
            assert type(item["decision"]) is bool
            codes = [reason["code"] for reason in item.get("context", {}).get("reasons", [])]
            assert "policy_error" not in codes
            assert not (codes and item["decision"])
        assert response.headers["Decision-Id"]


def fuzz(office: Office, examples: int, *, fixed: bool) -> None:
    few = settings(
        max_examples=examples, derandomize=fixed, database=None, deadline=None, suppress_health_check=list(HealthCheck),
        phases=[Phase.generate, Phase.shrink],
    )  # fmt: skip
    few(given(bodies())(lambda body: answers(office, body)))()


def test_whatever_is_sent_is_answered(quick: Office) -> None:
    fuzz(quick, 1000, fixed=True)


@pytest.mark.soak
def test_whatever_is_sent_is_answered_at_length(office: Office) -> None:
    fuzz(office, 50_000, fixed=False)


def test_a_mistake_inside_is_caught_here(quick: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """The twin: a reader that takes everything for a number."""
    monkeypatch.setitem(questions_.CONVERTERS, "integer", lambda value, _kind: int(value))
    with pytest.raises(AssertionError):
        fuzz(quick, 300, fixed=True)
