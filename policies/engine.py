"""Casbin, kept: one engine built whole for each policy revision, asked one role question at a time, never reloaded.

Casbin's answer is checked against the rules that matched by our own table; where they differ, that is an error, and an
error denies. People never enter here, nor anything else that names a person.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import casbin
from casbin.model import FastModel, FunctionMap

from governance.kernel.errors import BadInput, Fault
from governance.ports.role_rules import Condition, RoleAnswer, RoleQuestion, Rule, SystemRules
from policies.pack import Pack
from policies.rules import ALWAYS, EFFECTS, EVERYONE, MOST_CONDITIONS, Effect, any_blank

MODEL = Path(__file__).with_name("model.conf")
EFFECT = "some(where (p_eft == allow)) && !some(where (p_eft == deny))"
MATCHER = "r_role == p_role && r_type == p_type && r_action == p_action && holds(r_held, p_condition, p_eft)"
KEYED_BY = (0, 1)  # FastPolicy lists its rules rightly for two keys only
SENTINEL = ("!", "!", "!", ALWAYS, str(Effect.DENY), "!")
FUNCTIONS = {"holds", "list", "tuple", "dict", "set"}  # the last four are the evaluator's own
PATIENCE = 5
LOCK = threading.Lock()  # the evaluator touches the process's warnings, so no two engines are asked at once
SIGNS = {True: "+", False: "-", None: "?"}

State = tuple[bool | None, ...]
Triple = tuple[str, str, str]


class PolicyError(Exception):
    """A role question that could not be answered; the decision denies with `policy_error`."""


def holds(held: str, condition: str, effect: str) -> bool:
    """Whether a rule's conditions hold: all of an allow rule's are true, none of a deny rule's is false."""
    if effect not in EFFECTS:
        raise PolicyError(f"the effect {effect!r} is none")
    if condition == ALWAYS:
        return True
    signs = {part[1:]: part[0] for part in held.split()}
    found = [signs[name] for name in condition.split()]
    return all(sign == "+" for sign in found) if effect == Effect.ALLOW else "-" not in found


@cache
def model_text() -> str:
    """The one Casbin model."""
    return MODEL.read_text("utf-8")


class OnceParsed(casbin.FastEnforcer):  # type: ignore[misc]  # the library has no types
    """An enforcer that parses its matcher once, when it is built, and not for each question."""

    kept: Any = None

    def _get_expression(self, expr: str, functions: Any = None) -> Any:
        if self.kept is None:
            self.kept = parsed(lambda: super(OnceParsed, self)._get_expression(expr, functions))
        return self.kept


def parsed(parse: Callable[[], Any]) -> Any:
    """What a parser gives. CPython 3.11.7 counts the parser's depth across threads and may wrongly raise."""
    for _ in range(PATIENCE):
        try:
            return parse()
        except SystemError:
            continue
    return parse()


class Engine:
    """One Casbin enforcer over the rules of one revision. It is asked under one lock, and never changed."""

    def __init__(self, rules: Sequence[Rule], text: str | None = None) -> None:
        rows = [SENTINEL, *(row_of(rule) for rule in rules)]
        for row in rows:
            if any_blank(row):
                raise PolicyError("a rule has a blank field")
            if row[4] not in EFFECTS:
                raise PolicyError(f"rule {row[5]}: the effect {row[4]!r} is none")
        self._size = len(set(rows))
        try:
            self._enforcer = enforcer_over(rows, model_text() if text is None else text)
        except Exception as wrong:
            raise PolicyError(f"the engine cannot be made: {wrong}") from wrong
        self.verify()

    def verify(self) -> None:
        """Raise `PolicyError` where this is not the model, the effect or the rules that we mean."""
        model = self._enforcer.model
        if list(model["e"]) != ["e"] or model["e"]["e"].value != EFFECT:
            raise PolicyError("the policy effect is not the one that is allowed")
        if list(model["m"]) != ["m"] or model["m"]["m"].value != MATCHER:
            raise PolicyError("the matcher is not the one that is allowed")
        if "g" in model.keys() or not self._enforcer.fm.get_functions().keys() <= FUNCTIONS:  # noqa: SIM118 - no mapping
            raise PolicyError("the model knows more than it should")
        if list(SENTINEL) not in model["p"]["p"].policy or len(model["p"]["p"].policy) != self._size or self._size < 2:
            raise PolicyError("the rules are not all there")
        if self.ask(SENTINEL[:3], "") is not False:
            raise PolicyError("what nobody may ask is allowed")

    def ask(self, triple: Triple, held: str) -> bool:
        """Casbin's own answer; raise `PolicyError` for blank fields, an engine switched off, or any error inside."""
        if any_blank(triple):
            raise PolicyError("a role question has a blank field")
        with LOCK:
            if self._enforcer.enabled is not True:
                raise PolicyError("the engine is switched off")
            try:
                answer = self._enforcer.enforce(*triple, held)
            except PolicyError:
                raise
            except Exception as wrong:
                raise PolicyError(f"the engine failed: {type(wrong).__name__}") from wrong
        if type(answer) is not bool:
            raise PolicyError("the engine gave no answer")
        return answer


def enforcer_over(rows: Sequence[Sequence[str]], text: str) -> OnceParsed:
    """A new enforcer over some rules that says nothing to any log and knows one function."""
    silence()
    model = FastModel(KEYED_BY)
    model.load_model_from_text(text)
    kept = model["p"]["p"].policy  # add_policy counts all rules for each that it adds
    for row in rows:
        kept.append(list(row))
    made = OnceParsed(model, cache_key_order=KEYED_BY)
    made.logger = silent()
    made.fm = FunctionMap()
    made.fm.add_function("holds", holds)
    return made


class Question:
    """All that a role may ask of one action on one resource type; each state is asked once, then kept."""

    __slots__ = ("_engine", "_kept", "_triple", "conditions", "holds", "may_deny", "rules")

    def __init__(
        self, engine: Engine, triple: Triple, conditions: tuple[Condition, ...], rules: tuple[Rule, ...]
    ) -> None:
        if len(conditions) > MOST_CONDITIONS:
            raise PolicyError(f"{' '.join(triple)}: more than {MOST_CONDITIONS} conditions")
        self._engine = engine
        self._triple = triple
        self._kept: dict[State, RoleAnswer] = {}
        self.conditions = conditions
        self.holds = tuple(condition.holds for condition in conditions)
        self.rules = rules
        self.may_deny = any(rule.effect == Effect.DENY for rule in rules)

    def answer(self, state: State) -> RoleAnswer:
        """Casbin's answer where the conditions stand so."""
        found = self._kept.get(state)
        return self._ask(state) if found is None else found

    def _ask(self, state: State) -> RoleAnswer:
        if len(state) != len(self.conditions) or not all(sign is None or type(sign) is bool for sign in state):
            raise PolicyError(f"{' '.join(self._triple)}: a state that no question has")
        named = dict(zip((item.name for item in self.conditions), state, strict=True))
        allows = tuple(
            rule
            for rule in self.rules
            if rule.effect == Effect.ALLOW and all(named[name] is True for name in rule.conditions)
        )
        denies = tuple(
            rule
            for rule in self.rules
            if rule.effect == Effect.DENY and all(named[name] is not False for name in rule.conditions)
        )
        held = " ".join(SIGNS[sign] + name for name, sign in named.items())
        verdict = self._engine.ask(self._triple, held)
        if verdict is not (bool(allows) and not denies):
            raise PolicyError(f"{' '.join(self._triple)}: the engine and the rules disagree")
        ids, sources = tuple(rule.id for rule in allows), tuple(rule.source for rule in allows)
        return self._kept.setdefault(state, RoleAnswer(verdict, allows, denies, ids, sources))


def questions_of(pack: Pack) -> dict[tuple[str, str], dict[str, RoleQuestion]]:
    """Every question that a pack's rules answer, on one new engine; by resource type and action, then by role."""
    engine = Engine(pack.standing)
    grouped: dict[Triple, list[Rule]] = {}
    for rule in pack.standing:
        grouped.setdefault((rule.role, rule.resource_type, rule.action), []).append(rule)
    questions: dict[tuple[str, str], dict[str, RoleQuestion]] = {}
    for triple, rules in grouped.items():
        names = dict.fromkeys(name for rule in rules for name in rule.conditions)
        question = Question(engine, triple, tuple(pack.conditions[name] for name in names), tuple(rules))
        role, resource_type, action = triple
        questions.setdefault((resource_type, action), {})[role] = question
    return questions


def build(pack: Pack, revision: int = 0, *, prove: bool = True) -> SystemRules:
    """A system's rules with their engine, built whole; raise `BadInput` where that fails.

    `prove` asks every question once. A stored revision was proved when it was activated.
    """
    try:
        questions = questions_of(pack)
        for question in (one for by_role in questions.values() for one in by_role.values()) if prove else ():
            question.answer((None,) * len(question.conditions))
    except PolicyError as wrong:
        raise BadInput([Fault(pack.texts.place, f"cannot be built: {wrong}")]) from wrong
    return SystemRules(
        system=pack.system,
        name=pack.name,
        revision=revision,
        subject_type=pack.subject_type,
        resource_types=pack.resource_types,
        context=pack.context,
        roles=pack.roles,
        questions=questions,
        rules={rule.id: rule for rule in pack.rules},
        mediation=pack.mediation,
        routes=pack.routes,
        cache_seconds=pack.cache_seconds,
        action=pack.action,
        everyone=tuple(role for role in pack.roles.values() if role.granted_by.get(EVERYONE) is True),
    )


def row_of(rule: Rule) -> tuple[str, str, str, str, str, str]:
    """A rule as Casbin keeps it."""
    condition = " ".join(rule.conditions) or ALWAYS
    return rule.role, rule.resource_type, rule.action, condition, rule.effect, rule.id


def silence() -> None:
    """Keep Casbin from logging what it is asked."""
    for name in ("casbin", "casbin.enforcer", "casbin.policy", "casbin.role"):
        logging.getLogger(name).disabled = True


@cache
def silent() -> logging.Logger:
    """A logger that no configuration reaches and that says nothing."""
    logger = logging.Logger("silent", logging.CRITICAL + 1)  # noqa: LOG001 - not to be found by its name
    logger.disabled = True
    return logger
