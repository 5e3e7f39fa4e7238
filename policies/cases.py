"""A pack's truth table: facts, questions and the answers that its sources demand, read, run and compared."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple, Protocol

from governance.kernel.errors import Answer, BadInput, cure_for
from governance.kernel.toml import Document, read_toml
from governance.kernel.toml_lines import Path_
from governance.ports.reasons import Code
from governance.ports.role_rules import SystemRules
from policies.pack import CASES, PackTexts
from policies.rules import ObligationType
from policies.tables import Notebook

Row = dict[str, Any]
Facts = dict[str, list[Row]]

SECTIONS = ("facts", "question", "now", "cases")
MOMENT = "2026-03-31T12:00:00Z"
PARTS = {"subject": ("type", "id"), "action": ("name",), "resource": ("type", "id")}
FAILED = "the service itself failed"
MEMBERS = (*PARTS, "context", "asserted_by")
WORDS_OF = ("key", "token", "session")


class CaseAnswer(NamedTuple):
    """What the service answered: the decision, then codes, types of obligations and ids of routes, each in order.

    An expected answer whose `routes` is None says nothing of them. `told` are the administrators' sentences of the
    reasons, in their order.
    """

    decision: bool
    reasons: tuple[str, ...] = ()
    obligations: tuple[str, ...] = ()
    routes: tuple[str, ...] | None = None
    told: tuple[str, ...] = ()


class CaseRunner(Protocol):
    """Decides one case's question from its facts alone."""

    def __call__(
        self,
        system_rules: SystemRules,
        facts: Mapping[str, list[dict[str, Any]]],
        question: Mapping[str, Any],
        now: datetime,
    ) -> CaseAnswer:
        """Answer the question as if these facts were all that is known at that moment."""


@dataclass(frozen=True, slots=True)
class CaseTable:
    """[[cases]] as it is written."""

    id: str
    says: str
    expect: Mapping[str, Any]
    now: datetime | None = None
    question: Mapping[str, Any] = field(default_factory=dict)
    remove: Mapping[str, Any] = field(default_factory=dict)
    add: Mapping[str, Any] = field(default_factory=dict)
    source: str | None = None


@dataclass(frozen=True, slots=True)
class Expectation:
    """`expect`: the decision, all reason codes, the types of all obligations, the ids of all routes, each in order."""

    decision: bool
    reasons: tuple[Code, ...] = ()
    obligations: tuple[ObligationType, ...] = ()
    routes: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """One case with its facts written out: the base facts, less what it removes, and what it adds."""

    id: str
    says: str
    now: datetime
    facts: Facts
    question: Mapping[str, Any]
    expected: CaseAnswer
    document: Document
    path: Path_
    source: str = ""
    own: frozenset[str] = frozenset()
    """The members of the question that it gives itself."""

    @property
    def line(self) -> int:
        """The line on which it stands."""
        return self.document.line(self.path) or 0

    def place(self, *way: str) -> Path_:
        """Where a part of its question is written."""
        return asked_at(self.path, self.own, way)


@dataclass(frozen=True, slots=True)
class CaseResult:
    """A case and what came of it; `error` says what went wrong where there is no answer."""

    case: Case
    answer: CaseAnswer | None
    error: str = ""

    @property
    def passed(self) -> bool:
        """Whether the answer is the expected one, reasons and obligations included."""
        return self.answer is not None and not differences(self)


def asked_at(path: Path_, own: Collection[str], way: Sequence[str]) -> Path_:
    """Where a part of a case's question is written: in the case itself, or in the question that all share."""
    return (*path, "question", *way) if way[0] in own else ("question", *way)


@lru_cache(maxsize=1)
def document_of(texts: PackTexts) -> Document:
    """The truth table as it is written, kept for whoever reads it next; raise `BadInput` where it is no TOML."""
    return read_toml(texts.cases_toml, texts.named(CASES))


def read_cases(texts: PackTexts) -> list[Case]:
    """Read a pack's truth table; raise `BadInput` with every fault."""
    document = document_of(texts)
    found = CaseReading(document).cases()
    if not found:
        raise BadInput([document.fault(("cases",), "is missing", "Add [[cases]]: without cases nothing is proved.")])
    return found


def read_facts(texts: PackTexts) -> Facts:
    """The base facts alone; raise `BadInput` with every fault."""
    reading = CaseReading(document_of(texts))
    facts = reading.sheets(reading.notes.section("facts"), ("facts",))
    reading.refuse()
    return facts


class CaseReading:
    """One reading of one truth table."""

    def __init__(self, document: Document) -> None:
        self.notes = Notebook(document)

    def refuse(self) -> None:
        """Raise the faults that have been noted."""
        if self.notes.faults:
            raise BadInput(sorted(dict.fromkeys(self.notes.faults), key=lambda fault: fault.line or 0))

    def cases(self) -> list[Case]:
        """Every case, or all faults."""
        values = self.notes.document.values
        for name in values:
            if name not in SECTIONS:
                self.notes.note((name,), "is not known here", cure_for(name, SECTIONS))
        base = self.sheets(self.notes.section("facts"), ("facts",))
        common = self.notes.section("question")
        self.members(common, ("question",))
        now = self.moment(values["now"], ("now",)) if "now" in values else None
        tables = values.get("cases", [])
        if not isinstance(tables, list):
            self.notes.note(("cases",), "is not a list of tables", "Write each as [[cases]].")
            tables = []
        found = [self.case(table, ("cases", index), base, common, now) for index, table in enumerate(tables)]
        cases = [case for case in found if case is not None]
        self.doubles(cases)
        self.refuse()
        return cases

    def doubles(self, cases: Sequence[Case]) -> None:
        """Note every id that two cases have."""
        first: dict[str, Case] = {}
        for index, case in enumerate(cases):
            if case.id in first:
                problem = f'"{case.id}" is the id of the case on line {first[case.id].line} too'
                self.notes.note(("cases", index, "id"), problem, "Give each case an id of its own.")
            first.setdefault(case.id, case)

    def sheets(self, value: object, path: Path_) -> Facts:
        """Rows by sheet."""
        found: Facts = {}
        for name, rows in self.notes.inner(value, path).items():
            if isinstance(rows, list) and all(isinstance(row, dict) for row in rows):
                found[name] = rows
            else:
                self.notes.note((*path, name), "is not a list of tables", "Write { … } rows between [ and ].")
        return found

    def moment(self, value: object, path: Path_) -> datetime | None:
        """A moment with its zone; None where it is none, which is noted."""
        if not isinstance(value, datetime):
            self.notes.note(path, "is not a moment", f"Write one such as {MOMENT}.")
        elif value.tzinfo is None:
            self.notes.note(path, "has no zone", f"Write it at its end: {value.isoformat()}Z for UTC.")
        else:
            return value
        return None

    def case(
        self, value: object, path: Path_, base: Facts, common: Mapping[str, Any], now: datetime | None
    ) -> Case | None:
        """One case; None where its own table has faults."""
        table = self.notes.read(CaseTable, value, path)
        if table is None:
            return None
        expected = self.notes.read(Expectation, table.expect, (*path, "expect"))
        if table.now is not None:
            now = self.moment(table.now, (*path, "now"))
        elif "now" not in self.notes.document.values:
            self.notes.note((*path, "now"), "is missing", f"Write one such as {MOMENT}, here or once for all cases.")
        question = {**common, **table.question}
        self.members(table.question, (*path, "question"))
        self.question(question, path, table.question.keys())
        facts = self.facts(base, table, path)
        if expected is None or now is None:
            return None
        if expected.decision is bool(expected.reasons):
            cure = "A permit has no reasons; a denial has all of its reasons."
            self.notes.note((*path, "expect", "reasons"), "does not go with the decision", cure)
        answer = CaseAnswer(
            expected.decision,
            tuple(code.value for code in expected.reasons),
            tuple(each.value for each in expected.obligations),
            expected.routes,
        )
        document = self.notes.document
        own, source = frozenset(table.question), table.source or ""
        return Case(table.id, table.says, now, facts, question, answer, document, path, source, own)

    def members(self, question: Mapping[str, Any], path: Path_) -> None:
        """Note every member that no question has."""
        for name in question:
            if name not in MEMBERS:
                self.notes.note((*path, name), "is not known here", cure_for(name, MEMBERS))
        if question.get("asserted_by", "key") not in WORDS_OF:
            cure = cure_for(str(question["asserted_by"]), WORDS_OF)
            self.notes.note((*path, "asserted_by"), "is not known here", cure)

    def question(self, question: Mapping[str, Any], path: Path_, own: Collection[str]) -> None:
        """Note what a question lacks; the front end's door checks the rest."""
        for part, members in PARTS.items():
            where = asked_at(path, own if part in question else (part,), (part,))
            found = question.get(part)
            if not isinstance(found, dict):
                self.notes.note(where, "is missing", f"Write {{ {', '.join(f'{name} = …' for name in members)} }}.")
                continue
            for name in members:
                if not isinstance(found.get(name), str):
                    self.notes.note((*where, name), "is missing", "Write text.")

    def facts(self, base: Facts, table: CaseTable, path: Path_) -> Facts:
        """The base facts, less what the case removes, and what it adds."""
        facts = {name: list(rows) for name, rows in base.items()}
        for name, patterns in self.sheets(table.remove, (*path, "remove")).items():
            for pattern in patterns:
                kept = [row for row in facts.get(name, []) if not matches(row, pattern)]
                if not pattern or len(kept) == len(facts.get(name, [])):
                    self.notes.note((*path, "remove", name), f"removes no row: {pattern}", "Name values of a base row.")
                facts[name] = kept
        for name, rows in self.sheets(table.add, (*path, "add")).items():
            facts[name] = [*facts.get(name, []), *rows]
        return facts


def matches(row: Row, pattern: Row) -> bool:
    """Whether a row has all the values of a pattern."""
    return all(name in row and row[name] == value for name, value in pattern.items())


def run_cases(rules: SystemRules, cases: Sequence[Case], run: CaseRunner) -> list[CaseResult]:
    """Ask every case; one that cannot be asked has failed, and the others are asked all the same."""
    results = []
    for case in cases:
        try:
            answer = run(rules, case.facts, case.question, case.now)
            results.append(
                CaseResult(
                    case,
                    CaseAnswer(
                        answer.decision,
                        tuple(answer.reasons),
                        tuple(answer.obligations),
                        tuple(answer.routes or ()),
                        tuple(answer.told),
                    ),
                )
            )
        except Exception as wrong:  # noqa: BLE001 - whatever a case raises is its result
            results.append(CaseResult(case, None, str(wrong) if isinstance(wrong, Answer) else f"{FAILED}: {wrong}"))
    return results


def differences(result: CaseResult) -> list[str]:
    """How an answer differs from the expected one, a line each; empty where it does not."""
    expected, answer = result.case.expected, result.answer
    if answer is None:
        return [f"could not be asked: {result.error}"]
    lines = []
    if answer.decision is not expected.decision:
        lines.append(f"decision: expected {worded(expected.decision)}, got {worded(answer.decision)}")
    lines += compared("reason", expected.reasons, answer.reasons, answer.told)
    lines += compared("obligation", expected.obligations, answer.obligations)
    if expected.routes is not None:
        lines += compared("route", expected.routes, answer.routes or ())
    return lines


def compared(what: str, expected: Sequence[str], got: Sequence[str], told: Sequence[str] = ()) -> list[str]:
    """What is missing, what is unexpected (and what is told of it), and where only the order differs."""
    missing = [item for item in dict.fromkeys(expected) if got.count(item) < expected.count(item)]
    unexpected = [item for item in dict.fromkeys(got) if expected.count(item) < got.count(item)]
    lines = [f"missing {what}: {item}" for item in missing]
    for item in unexpected:
        lines.append(f"unexpected {what}: {item}")
        lines += [f"    {sentence}" for one, sentence in zip(got, told, strict=False) if one == item]
    if not lines and tuple(expected) != tuple(got):
        lines.append(f"order of {what}s: expected {', '.join(expected)}; got {', '.join(got)}")
    return lines


def worded(decision: bool) -> str:
    """A decision as a word."""
    return "permit" if decision else "deny"
