"""The decision: facts → requirements → role rules → an answer with all its reasons. Pure but for loading facts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple, TypeVar

from governance.decisions.chains import Chain, Chains, Systems
from governance.decisions.memory import Entry, Memory
from governance.decisions.obliging import within
from governance.decisions.records import noted
from governance.decisions.rules import Decision, Question, in_order, made, refusal, weight
from governance.ports.reasons import Code
from governance.ports.requirement import Evidence, Objection, Query, Requirement, earliest
from governance.ports.role_rules import (
    Asked,
    Condition,
    Obligation,
    Role,
    RoleAnswer,
    RoleQuestion,
    Route,
    Rule,
    SystemRules,
)

ROLE = "role"
NO_RULES: tuple[Rule, ...] = ()
NO_ANSWER = RoleAnswer(False, (), ())
NO_OBJECTIONS: tuple[Objection, ...] = ()
NO_GRANT = Objection(Code.NO_GRANT, "grant")
BOTH_IDENTITIES = Obligation("record-both-identities", "record-both-identities", {})


Candidate = tuple[Role, RoleQuestion]


class Judged(NamedTuple):
    """What one chain says to a question; `denies` are the deny rules that its grant brings."""

    chain: Chain
    objections: tuple[Objection, ...]
    denies: tuple[Rule, ...]
    allows: RoleAnswer
    evidence: tuple[bytes, ...]
    until: datetime | None


class Engine:
    """Answers questions from facts in memory."""

    def __init__(self, memory: Memory, requirements: Mapping[str, Requirement], systems: Systems) -> None:
        self.memory = memory
        self.chains = Chains(memory, requirements)
        self.systems = systems
        self._candidates: dict[tuple[str, int, str, str], tuple[Candidate, ...]] = {}

    def decide(self, rules: SystemRules, question: Question, now: datetime) -> Decision:
        """The answer to one question at a moment, with every reason of the chain that comes nearest."""
        if question.resource_type not in rules.resource_types:
            decision = refusal(Code.NO_SUCH_RESOURCE, policy=rules.revision, type=question.resource_type)
        elif question.mediated_for:
            decision = self._mediated(rules, question, now)
        else:
            decision = self._direct(rules, question, question.subject, now)
        if decision.obligations:
            decision = within(decision, question.context)
        if decision.allowed or not rules.routes:
            return decision
        return decision._replace(routes=due(rules.routes, Asked(question.properties, question.context, None, None)))

    def _direct(
        self, rules: SystemRules, question: Question, subject: str, now: datetime, waived: frozenset[str] = frozenset()
    ) -> Decision:
        entry = self.memory.people.get(subject) or self.memory.person(subject)
        if entry.person is None or question.subject_type != rules.subject_type:
            return refusal(Code.UNKNOWN_SUBJECT, policy=rules.revision)
        best, denies = self._nearest(rules, question, entry, now, waived)
        if best is not None:
            return self._conclude(rules, question, entry, best, denies)
        missing = NO_OBJECTIONS if NO_GRANT.requirement in waived else (NO_GRANT,)
        best = self._least(rules, question, entry, now, waived)
        if best is None:
            found = not_permitted("any", "", question.action, question.resource_type)
            return Decision(False, in_order((*missing, *found)), policy=rules.revision)
        lacking = best._replace(objections=in_order((*missing, *best.objections)))
        return self._conclude(rules, question, entry, lacking, best.denies)

    def told_of(self, rules: SystemRules, question: Question, now: datetime) -> tuple[Judged | None, Sequence[Rule]]:
        """The chain that the answer to a question tells of, and every deny rule that applies; None where none is."""
        entry = self.memory.person(question.subject)
        known = entry.person is not None and question.subject_type == rules.subject_type
        if not known or question.resource_type not in rules.resource_types:
            return None, NO_RULES
        best, denies = self._nearest(rules, question, entry, now, frozenset())
        if best is None:
            best = self._least(rules, question, entry, now, frozenset())
            denies = best.denies if best is not None else NO_RULES
        return best, denies

    def _nearest(
        self, rules: SystemRules, question: Question, entry: Entry, now: datetime, waived: frozenset[str]
    ) -> tuple[Judged | None, tuple[Rule, ...]]:
        """Of the chains that a person has, the one that comes nearest to a permit; the deny rules of all."""
        best: Judged | None = None
        lacks, system, denies = 0, rules.system, NO_RULES
        by_role = rules.asked(question.resource_type, question.action)
        chains = entry.chains
        if chains is None or now is not self.memory.latest or (entry.until is not None and now >= entry.until):
            chains = self.chains.of(entry, self.systems, now)
        if rules.everyone:
            chains = (*chains, *self._everyones(rules, question, entry, now))
        for chain in chains:
            if chain.system != system:
                continue
            asked = by_role.get(chain.role.name)
            if best is not None and not lacks and (asked is None or not asked.may_deny):
                continue
            judged = self._judge(rules, question, entry, chain, asked, now)
            if waived:
                judged = waive(judged, waived)
            if judged.denies:
                denies += judged.denies
            objections = judged[1]
            if best is None or (lacks and (not objections or weight(objections) < lacks)):
                best, lacks = judged, weight(objections)
        return best, denies

    def _everyones(self, rules: SystemRules, question: Question, entry: Entry, now: datetime) -> tuple[Chain, ...]:
        """The chains of the roles that everybody holds, those that have a rule for this."""
        asked = rules.asked(question.resource_type, question.action)
        held = [role for role in rules.everyone if role.name in asked]
        return tuple([chain for role in held for chain in self.chains.untried(entry, rules, role, now)])

    def held(self, rules: SystemRules, question: Question, entry: Entry, now: datetime) -> list[Chain]:
        """The chains by which a person may be permitted what is asked, without a grant too where everybody holds it."""
        granted = [chain for chain in self.chains.of(entry, self.systems, now) if chain.system == rules.system]
        return [*granted, *self._everyones(rules, question, entry, now)]

    def _judge(
        self,
        rules: SystemRules,
        question: Question,
        entry: Entry,
        chain: Chain,
        asked: RoleQuestion | None,
        now: datetime,
    ) -> Judged:
        answer, denies, extra = NO_ANSWER, NO_RULES, NO_OBJECTIONS
        if asked is None:
            extra = not_permitted(chain.role.name, chain.role.source, question.action, question.resource_type)
        else:
            state = state_of(asked, question, entry.person, chain.organisation) if asked.holds else ()
            answer = asked.answer(state)
            allowed, _, denies, _, _ = answer
            if denies and not chain.has_begun(now):
                allowed, denies = bool(answer.allows), NO_RULES
            if not allowed and not denies:
                role = chain.role
                extra = unmet(asked, state) or not_permitted(
                    role.name, role.source, question.action, question.resource_type
                )
        objections, evidence, until = chain.objections, chain.evidence, chain.until
        if chain.open_steps:
            remaining, evidence, until = self._remains(rules, question, entry, chain, now)
            extra = (*extra, *remaining)
        if extra:
            objections = in_order((*objections, *extra)) if objections or len(extra) > 1 else extra
        return made(Judged, (chain, objections, denies, answer, evidence, until))

    @staticmethod
    def _remains(
        rules: SystemRules, question: Question, entry: Entry, chain: Chain, now: datetime
    ) -> tuple[list[Objection], tuple[bytes, ...], datetime | None]:
        """What the requirements that look at the question itself say of it."""
        query = make_query(rules, question, entry, chain)
        objections: list[Objection] = []
        evidence, until = chain.evidence, chain.until
        for step in chain.open_steps:
            remains = step.requirement.check(step.standing, step.facts, step.terms, query, now)
            objections += remains.objections
            if remains.evidence:
                evidence = (*evidence, noted(remains.evidence))
            until = earliest(until, remains.until)
        return objections, evidence, until

    def _conclude(
        self, rules: SystemRules, question: Question, entry: Entry, best: Judged, denies: Sequence[Rule]
    ) -> Decision:
        chain, objections, _, allows, evidence, _ = best
        held_for = chain.organisation.reference if chain.organisation is not None else ""
        if denies:
            kept = [one for one in objections if one.requirement != ROLE]
            objections = in_order((*kept, *(denied(rule) for rule in denies)))
        if question.mismatched:
            objections = in_order((*objections, *(mismatch(name) for name in question.mismatched)))
        if objections:
            ids = tuple(dict.fromkeys([rule.id for rule in denies])) if denies else ()
            number, revision = chain.number, rules.revision
            values = (False, objections, (), evidence, ids, (), None, held_for, number, revision, 0, (), None, "")
            return made(Decision, values)
        obligations: tuple[Obligation, ...] = ()
        if chain.role.obligations:
            asked = Asked(question.properties, question.context, entry.person, chain.organisation)
            obligations = due(chain.role.obligations, asked)
        ids, sources, until, number = allows.ids, allows.sources, best.until, chain.number
        policy, keep = rules.revision, rules.cache_seconds
        told = (True, (), obligations, evidence, ids, sources, until, held_for, number, policy, keep, (), None, "")
        return made(Decision, told)

    def _least(
        self, rules: SystemRules, question: Question, entry: Entry, now: datetime, waived: frozenset[str]
    ) -> Judged | None:
        """Without a grant: of the roles that allow the action, the one that lacks least."""
        best: Judged | None = None
        tries = [
            (chain, asked)
            for role, asked in self._candidates_for(rules, question.resource_type, question.action)
            for chain in self.chains.untried(entry, rules, role, now)
        ]
        for chain, asked in sorted(tries, key=lambda one: len(one[0].objections)):
            if best is not None and not waived and len(best.objections) + len(best.denies) <= len(chain.objections):
                break
            judged = self._judge(rules, question, entry, chain, asked, now)
            if waived:
                judged = waive(judged, waived)
            if best is None or len(judged.objections) + len(judged.denies) < len(best.objections) + len(best.denies):
                best = judged
        return best

    def _candidates_for(self, rules: SystemRules, resource_type: str, action: str) -> tuple[Candidate, ...]:
        """What may be tried for an action: those roles that demand and rule the same lack the same, and stand once."""
        name = (rules.system, rules.revision, resource_type, action)
        found = self._candidates.get(name)
        if found is None:
            if len(self._candidates) > MOST_CANDIDATES:
                self._candidates.clear()
            first: dict[object, Role] = {}
            kinds: dict[object, Candidate] = {}
            for role in rules.roles.values():
                demanded = tuple((demand.requirement, replace(demand.terms, source="")) for demand in role.demands)
                same = first.setdefault(demanded, role)
                asked = rules.asked(resource_type, action).get(role.name)
                if asked is not None and any(rule.effect == "allow" for rule in asked.rules):
                    ruled = tuple((rule.effect, rule.conditions) for rule in asked.rules)
                    kinds.setdefault((same.name, ruled), (same, asked))
            found = self._candidates[name] = tuple(kinds.values())
        return found

    def _mediated(self, rules: SystemRules, question: Question, now: datetime) -> Decision:
        """One person asks through another: two ordinary chains, and both identities on the record."""
        mediator = self._direct(rules, question, question.subject, now)
        behind = self._direct(rules, question, question.mediated_for, now, rules.mediation.waives)
        objections = list(behind.objections)
        source = rules.mediation.source
        if not mediator.allowed or question.mediated_for == question.subject:
            objections.append(Objection(Code.MEDIATOR_NOT_IN_ORDER, "mediation", source=source))
        if not rules.mediation.allowed:
            detail = (("action", "mediate"), ("role", "any"), ("type", question.resource_type))
            objections.append(Objection(Code.ROLE_NOT_PERMITTED, "mediation", detail=detail, source=source))
        due_to_both = {one.id: one for one in (*behind.obligations, *mediator.obligations, BOTH_IDENTITIES)}
        sources = dict(zip((*behind.rules, *mediator.rules), (*behind.sources, *mediator.sources), strict=False))
        return behind._replace(
            allowed=not objections,
            objections=in_order(objections),
            obligations=tuple(due_to_both.values()) if not objections else (),
            evidence=(*behind.evidence, *mediator.evidence),
            rules=tuple(dict.fromkeys([*behind.rules, *mediator.rules])),
            sources=tuple(sources.values()) if not objections else (),
            until=earliest(behind.until, mediator.until) if not objections else None,
            behind=question.mediated_for,
        )


MOST_CANDIDATES = 10_000
Due = TypeVar("Due", Obligation, Route)


def state_of(asked: RoleQuestion, question: Question, person: Any, organisation: Any) -> tuple[bool | None, ...]:
    """How the conditions of a role question stand for a person who holds the role in the name of an organisation."""
    about = made(Asked, (question.properties, question.context, person, organisation))
    holds = asked.holds
    if len(holds) == 1:
        return (holds[0](about),)
    return tuple([each(about) for each in holds])


def waive(one: Judged, waived: frozenset[str]) -> Judged:
    """A chain without the objections of what need not be met."""
    return one._replace(objections=tuple([each for each in one.objections if each.requirement not in waived]))


def mismatch(name: str) -> Objection:
    """What the front end sent differs from what is stored."""
    return Objection(Code.PROPERTY_MISMATCH, "question", detail=(("property", name),))


def make_query(rules: SystemRules, question: Question, entry: Entry, chain: Chain) -> Query:
    """The question as requirements see it."""
    return Query(
        rules.system,
        entry.person.reference,
        entry.person.id,
        chain.lineage,
        question.action,
        question.resource_type,
        question.resource_id,
        question.properties,
        question.context,
        question.asserted_by,
        alike=rules.resource_types[question.resource_type].alike,
    )


@lru_cache(maxsize=20_000)
def unmet(role_question: RoleQuestion, state: tuple[bool | None, ...]) -> tuple[Objection, ...]:
    """The failed conditions of the allow rule that fails the fewest."""
    held = {condition.name: holds for condition, holds in zip(role_question.conditions, state, strict=True)}
    named = {condition.name: condition for condition in role_question.conditions}
    failures = [
        [named[name] for name in rule.conditions if held[name] is not True]
        for rule in role_question.rules
        if rule.effect == "allow"
    ]
    nearest: list[Condition] = min(failures, key=len, default=[])
    return tuple(Objection(one.code, ROLE, detail=one.detail, source=one.source) for one in nearest)


def denied(rule: Rule) -> Objection:
    """A deny rule as a reason."""
    return Objection(rule.code, ROLE, Evidence("rule", rule.id), (*rule.detail, ("rule", rule.id)), rule.source)


@lru_cache(maxsize=20_000)
def not_permitted(role: str, source: str, action: str, resource_type: str) -> tuple[Objection, ...]:
    """A role has no rule that allows this."""
    detail = (("action", action), ("role", role), ("type", resource_type))
    return (Objection(Code.ROLE_NOT_PERMITTED, ROLE, detail=detail, source=source),)


def due(listed: tuple[Due, ...], asked: Asked) -> tuple[Due, ...]:
    """The obligations or routes that stand; one whose condition is unknown stands too."""
    return tuple([one for one in listed if not one.when or any(when.holds(asked) is not False for when in one.when)])
