"""Writes docs/reasons.md from the reasons table, the code that decides, the packs and the tests: run it as it is."""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from governance.ports.reasons import REASONS, Code, Mender, Words, of_them

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "reasons.md"
ROOMS = ("governance", "policies", "agreements", "accreditation", "tokens")
UNDECIDED = "a condition or a deny rule of a pack may name it as its `reason`; no shipped pack does yet"
UNSHOWN = "nothing yet"
EXCLUDING = (ast.IsNot, ast.NotEq, ast.NotIn)
CHOICES = (ast.If, ast.IfExp, ast.Match, ast.Try, ast.BoolOp)
ASSERTED = "assert"
DOORS = frozenset({"conformance", "issuing", "web"})
"""Folders of tests that ask over HTTP: what the room `decisions` decides is shown there too, where it is asserted."""
COMPARED_IN = {
    Code.ACCREDITATION_CRITERION_UNMET.value: ("accreditation/rules.py", "lack_of"),
    Code.ACCREDITATION_CRITERION_UNSIGNED.value: ("accreditation/rules.py", "lack_of"),
    Code.ACCREDITATION_EXPIRED.value: ("accreditation/rules.py", "lack_of"),
    Code.PROPERTY_MISMATCH.value: ("governance/decisions/questions.py", "typed"),
}
"""Where the comparison stands that a code rests on, when the function that raises it is handed only the outcome."""
MENDERS = {
    Mender.ONESELF: "oneself",
    Mender.MANAGER: "the line manager",
    Mender.ORGANISATION: "one's organisation",
    Mender.SYSTEM_OWNER: "the system's owner",
    Mender.NOBODY: "nobody",
}
HEAD = """\
# Reasons

Every code that a denial can carry: its words, who can mend it, where it is decided, and what shows it.
**This page is made by `.venv/bin/python docs/make_reasons.py`; change the table or the code, then run it again.**

- **Worded**: all of them in one table, `REASONS` in `governance/ports/reasons.py`. Search there for the code in
  capitals. The words speak to the person refused.
- **Of somebody else**: what an officer or manager reads who looks at that person: the same sentence, spoken of them
  (`of_them`, beside the table). It is left out where the sentence speaks to nobody.
- **Mended by**: who can remove the reason. In brackets stands `remedy.who`, the one to whom the remedy turns: where
  nobody can mend a reason there is still somebody to turn to.
- **Decided in**: the file and function that raise it, and those that only look at it or word it are left out. A reason
  that a pack names is decided by that pack's condition or rule, which `system.toml` holds.
- **Shown by**: the pack's cases that expect it (`policies/packs/<system>/cases.toml`, run by `postern packs test`), and
  the test files of the room that decides it; for what `governance/decisions` decides, also those that ask over HTTP.

A denial lists its reasons in the order of this page: first what one can mend oneself, last what nobody can; then by the
alphabet. Codes are added, never renamed. Words in braces are filled in from the case.
"""


class Places(ast.NodeVisitor):
    """Where a module names reason codes: the code's value and the function, class or table around it."""

    def __init__(self, *, texts: bool) -> None:
        self.found: list[tuple[str, str]] = []
        self._texts = texts
        self._around: list[str] = []

    def _enter(self, node: ast.AST, name: str) -> None:
        self._around.append(name)
        self.generic_visit(node)
        self._around.pop()

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        """A function, with its decorators."""
        self._enter(node, node.name)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        """A class."""
        self._enter(node, node.name)

    def visit_Assign(self, node: ast.Assign) -> None:
        """A table of the module, or a value inside a function."""
        self._table(node, node.targets[0])

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        """The same, with its type."""
        self._table(node, node.target)

    def _table(self, node: ast.AST, target: ast.expr) -> None:
        if not self._around and isinstance(target, ast.Name):
            self._enter(node, target.id)
        else:
            self.generic_visit(node)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        """`Code.NAME`."""
        if isinstance(node.value, ast.Name) and node.value.id == "Code" and node.attr in Code.__members__:
            self.found.append((Code[node.attr].value, ".".join(self._around)))
        self.generic_visit(node)

    def visit_Compare(self, node: ast.Compare) -> None:
        """Code that compares a code reads it and decides nothing; a test that excludes one does not show it."""
        if self._texts and not any(isinstance(one, EXCLUDING) for one in node.ops):
            self.generic_visit(node)

    def visit_MatchValue(self, node: ast.MatchValue) -> None:
        """`case Code.NAME` reads a code too."""

    def visit_Assert(self, node: ast.Assert) -> None:
        """What a test asserts."""
        self._enter(node, ASSERTED)

    def visit_Call(self, node: ast.Call) -> None:
        """`Unavailable("…", "code")`: an answer that is not given at all."""
        if isinstance(node.func, ast.Name) and node.func.id == "Unavailable":
            self._note_texts(node)
        self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        """A code as text, where texts count."""
        if self._texts and node.value in list(Code):
            self.found.append((str(node.value), ".".join(self._around)))

    def _note_texts(self, node: ast.Call) -> None:
        texts = [item.value for item in node.args if isinstance(item, ast.Constant) and item.value in list(Code)]
        self.found += [(str(text), ".".join(self._around)) for text in texts]


def places(path: Path, *, texts: bool = False) -> list[tuple[str, str]]:
    """The codes that a file names, each with where."""
    visitor = Places(texts=texts)
    visitor.visit(ast.parse(path.read_text("utf-8")))
    return visitor.found


def decisive(path: Path) -> Iterator[tuple[str, str]]:
    """The codes that a module decides: a function without a choice, or a constant, leaves that to who names it."""
    functions = dict(functions_of(ast.parse(path.read_text("utf-8"))))
    for code, around in places(path):
        chooses = around in functions and any(isinstance(node, CHOICES) for node in ast.walk(functions[around]))
        namers = [name for name, node in functions.items() if name != around and names(node, around)]
        yield from ((code, place) for place in ([around] if chooses else namers or [around]))
    for code, (file, function) in COMPARED_IN.items():
        if path == ROOT / file and function in functions:
            yield code, function


def functions_of(tree: ast.Module | ast.ClassDef, within: str = "") -> Iterator[tuple[str, ast.FunctionDef]]:
    """A module's functions and methods by their names."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            yield within + node.name, node
        elif isinstance(node, ast.ClassDef):
            yield from functions_of(node, f"{within}{node.name}.")


def names(function: ast.FunctionDef, name: str) -> bool:
    """Whether a function names something of its module."""
    return any(isinstance(node, ast.Name) and node.id == name for node in ast.walk(function))


@cache
def deciders() -> dict[str, list[str]]:
    """For each code: the functions, conditions and rules that decide it."""
    found: dict[str, list[str]] = {code.value: [] for code in Code}
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            if "ports" not in path.parts:
                for code, around in decisive(path):
                    found[code].append(f"`{path.relative_to(ROOT).as_posix()}` `{around}`")
    packs = ROOT / "policies" / "packs"
    for path in (*sorted(packs.glob("*/system.toml")), packs / "shared.toml"):
        for code, table in named_by(tomllib.loads(path.read_text("utf-8"))):
            found[code].append(f"`{path.relative_to(ROOT).as_posix()}` `[{table}]`")
    return {code: list(dict.fromkeys(shown)) for code, shown in found.items()}


def named_by(pack: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """The reasons that a pack's conditions and rules name."""
    for kind in ("conditions", "rules"):
        for name, table in pack.get(kind, {}).items():
            if "reason" in table:
                yield table["reason"], f"{kind}.{name}"


@cache
def witnesses() -> dict[str, list[str]]:
    """For each code: the pack cases that expect it, and the test files that show it."""
    found: dict[str, list[str]] = {code.value: [] for code in Code}
    for path in sorted((ROOT / "policies" / "packs").glob("*/cases.toml")):
        cases: dict[str, list[str]] = {}
        for case in tomllib.loads(path.read_text("utf-8"))["cases"]:
            for code in dict.fromkeys(case["expect"].get("reasons", [])):
                cases.setdefault(code, []).append(case["id"])
        for code, ids in cases.items():
            found[code].append(f"{path.parent.name} {', '.join(ids)}")
    rooms = {code: {place.split("`")[1].split("/")[-2] for place in shown} for code, shown in deciders().items()}
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        named = places(path, texts=True)
        asserted = {code for code, around in named if around.endswith(ASSERTED)}
        for code in dict.fromkeys(code for code, _ in named):
            through_door = code in asserted and "decisions" in rooms[code] and not DOORS.isdisjoint(path.parts)
            if through_door or rooms[code].intersection(path.parts):
                found[code].append(f"`{path.relative_to(ROOT).as_posix()}`")
    return found


def mended(words: Words) -> str:
    """Who can mend a reason and how; where nobody can, what those who are refused may still do."""
    if words.mender is Mender.NOBODY:
        return f"nobody who is refused so. What there is to do instead (`{words.who}`): {words.what}"
    return f"{MENDERS[words.mender]}. Remedy (`{words.who}`): {words.what}"


def entry(code: Code, words: Words, decided: list[str], shown: list[str]) -> str:
    """One code's part of the page."""
    stands_for = [f"`{held.value}`" for held, said in REASONS.items() if said.disclosed_as is code]
    lines = [
        f"### {code.value}",
        "",
        f"“{words.user}”",
        "",
        *([f"- **Of somebody else**: “{of_them(words.user)}”"] if of_them(words.user) != words.user else []),
        f"- **Administrators read**: {words.admin}",
        f"- **Mended by**: {mended(words)}",
        f"- **Decided in**: {'; '.join(decided) or UNDECIDED}",
        f"- **Shown by**: {'; '.join(shown) or UNSHOWN}",
    ]
    if words.disclosed_as is not None:
        lines.append(f"- **Front ends read** `{words.disclosed_as.value}`, unless their key has `reasons:full`")
    if stands_for:
        lines.append(f"- **Stands for** {', '.join(stands_for)} towards front ends")
    return "\n".join(lines) + "\n"


@cache
def page() -> str:
    """The whole page."""
    decided, shown = deciders(), witnesses()
    parts = [HEAD, index()]
    for mender, name in MENDERS.items():
        parts.append(f"## Mended by {name}\n")
        ours = sorted(code for code, words in REASONS.items() if words.mender is mender)
        parts += [entry(code, REASONS[code], decided[code.value], shown[code.value]) for code in ours]
    return "\n".join(parts)


def index() -> str:
    """All codes by the alphabet, each with its link."""
    return "\n".join(f"[`{code.value}`](#{code.value})" for code in sorted(Code)) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
