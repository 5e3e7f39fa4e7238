"""Tables, not ladders of ifs: where members of an enum or kinds of exceptions are a table's keys, each has its row."""

import ast
import string
from collections.abc import Iterator, Mapping
from enum import Enum
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from governance.decisions.questions import CONVERTERS, WORDS
from governance.decisions.rules import RANK
from governance.kernel import errors
from governance.ports.reasons import REASONS, Code, Mender, Words
from governance.web.error_pages import PAGES
from governance.web.errors import STATUS
from policies.rules import PropertyType
from tests.architecture.source import ROOT, Module, modules, plant

GIVEN_BY_PACKS = frozenset({"classification", "consent", "device", "part"})
"""Particulars that only a pack knows: it gives them as `detail`."""


def tables(root: Path) -> Iterator[tuple[str, Mapping[Any, Any]]]:
    """Every dictionary at the top of a module."""
    for module in modules(root):
        name = module.path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        yield from (
            (f"{module.path}: {key}", value)
            for key, value in vars(import_module(name)).items()
            if isinstance(value, dict)
        )


def lacking(found: Iterator[tuple[str, Mapping[Any, Any]]]) -> list[str]:
    """Tables keyed by an enum that lack some of its members."""
    offences = []
    for name, table in found:
        kinds = {type(key) for key in table}
        if len(kinds) == 1 and issubclass(kind := kinds.pop(), Enum) and (missing := set(kind) - table.keys()):
            offences.append(f"{name} has no row for {', '.join(sorted(member.name for member in missing))}")
    return offences


def kinds_of(parent: type[Exception]) -> set[type[Exception]]:
    """All exceptions that descend from one."""
    return {kind for child in parent.__subclasses__() for kind in (child, *kinds_of(child))}


def test_a_table_keyed_by_an_enum_has_all_its_rows() -> None:
    found = dict(tables(ROOT))
    assert lacking(iter(found.items())) == []
    assert {
        "governance/ports/reasons.py: REASONS",
        "governance/vetting/rules.py: RANK",
        "accreditation/requirement.py: CODES",
    } <= found.keys()


def test_a_missing_row_is_caught() -> None:
    one, *_, last = Mender
    assert lacking(iter([("here: TABLE", {one: 1, last: 2})])) == [
        "here: TABLE has no row for MANAGER, ORGANISATION, SYSTEM_OWNER"
    ]
    assert (
        lacking(iter([("here: TABLE", dict.fromkeys(Mender, 1)), ("here: NAMES", {"a": 1}), ("here: NONE", {})])) == []
    )


def test_every_code_is_worded_and_ranked() -> None:
    assert list(set(Code) - REASONS.keys()) == []
    assert REASONS.keys() == RANK.keys()


def test_every_type_of_property_is_read_and_worded() -> None:
    assert set(map(str, PropertyType)) == CONVERTERS.keys() == WORDS.keys()


def test_every_exception_has_its_answer() -> None:
    ours = {kind for kind in kinds_of(errors.Answer) if kind.__module__.partition(".")[0] not in ("tests", __name__)}
    assert {kind.__name__ for kind in ours - STATUS.keys()} == set()
    assert all(400 <= status < 600 for status in STATUS.values())
    assert {int(status) for status in STATUS.values()} <= PAGES.keys(), "and each is worded for a browser"


def test_an_exception_without_an_answer_is_caught() -> None:
    class Planted(errors.NotFound):
        """One more kind."""

    assert Planted in kinds_of(errors.Answer)
    assert Planted not in STATUS


# --- what reasons say


def names_in(sentence: str) -> set[str]:
    """The places of a sentence."""
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name}


def given(module: Module) -> Iterator[str]:
    """The particulars that a file gives to reasons: first of a pair, named in a refusal, or a condition's words."""
    for node in ast.walk(module.tree):
        match node:
            case ast.Tuple(elts=[ast.Constant(value=str(name)), _]):
                yield name
            case ast.Call(func=ast.Name(id="refusal"), keywords=keywords):
                yield from (str(word.arg) for word in keywords)
            case ast.keyword(arg="words", value=ast.Dict(keys=keys)):
                yield from (str(key.value) for key in keys if isinstance(key, ast.Constant))


def wanting(reasons: Mapping[Code, Words], root: Path) -> list[str]:
    """Reasons that speak of something nobody gives."""
    known = GIVEN_BY_PACKS | {name for module in modules(root) for name in given(module)}
    return [
        f"{code}: nobody gives {', '.join(sorted(missing))}"
        for code, words in reasons.items()
        if (missing := names_in(words.user + words.admin + words.what) - known)
    ]


def test_reasons_speak_only_of_what_is_given() -> None:
    assert wanting(REASONS, ROOT) == []


@pytest.mark.parametrize("words", ["{nowhere_given}", "since {since}, {nowhere_given}"])
def test_a_place_that_nobody_fills_is_caught(tmp_path: Path, words: str) -> None:
    plant(tmp_path, "tokens/rules.py", 'def why():\n    return (("since", "today"),)\n')
    planted = {Code.AGE: Words(Mender.NOBODY, "No.", words, "user", "Ask.")}
    assert wanting(planted, tmp_path) == ["age: nobody gives nowhere_given"]


def test_what_is_held_back_says_nothing() -> None:
    """What front ends read in the place of a reason that tells too much has no particulars to give away."""
    instead = {words.disclosed_as for words in REASONS.values() if words.disclosed_as}
    assert instead == {Code.ACCESS_ON_HOLD}
    for code in instead:
        hold = REASONS[code]
        assert not names_in(hold.user + hold.what)
    assert {code for code, words in REASONS.items() if words.disclosed_as} == {
        Code.BARRED, Code.CONFLICT_OF_INTEREST, Code.SUSPENDED,
    }  # fmt: skip


def test_what_users_read_is_plain() -> None:
    for code, words in REASONS.items():
        for sentence in (words.user, words.admin, words.what):
            assert sentence.endswith("."), code
            assert sentence[0].isupper() or sentence.startswith("{"), code
        assert words.who in {"user", "line_manager", "organisation_lead", "system_owner"}, code
