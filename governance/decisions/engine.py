"""The decision: facts → requirements → role rules → an answer with all its reasons. Pure but for loading facts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from governance.decisions.chains import Chain, Chains
from governance.decisions.memory import Entry, Memory
from governance.decisions.rules import Decision, Question, in_order, refusal, weight
from governance.kernel.keys import FactKey
from governance.ports.reasons import Code
from governance.ports.requirement import Evidence, Objection, Query, Requirement, earliest
from governance.ports.role_rules import Asked, Condition, Obligation, RoleQuestion, Rule, SystemRules

ROLE = "role"
NO_RULES: tuple[Rule, ...] = ()
NO_OBJECTIONS: list[Objection] = []
BOTH_IDENTITIES = Obligation("record-both-identities", "record-both-identities", {})


class Judged(NamedTuple):
    """What one chain says to a question; `denies` are the deny rules that its grant brings."""

    chain: Chain
    objections: tuple[Objection, ...]
    denies: tuple[Rule, ...]
    allows: tuple[Rule, ...]
    evidence: tuple[Evidence, ...]
    until: datetime | None


class Engine:
    """Answers questions from facts in memory."""

    def __init__(self, memory: Memory, requirements: Mapping[str, Requirement]) -> None:
        self.memory = memory
        self.chains = Chains(memory, requirements)

    def decide(self, rules: SystemRules, question: Question, now: datetime) -> Decision:
        """The answer to one question at a moment, with every reason of the chain that comes nearest."""
        if question.resource_type not in rules.resource_types:
            return refusal(Code.NO_SUCH_RESOURCE, policy=rules.revision, type=question.resource_type)
        if question.mediated_for:
            return self._mediated(rules, question, now)
        return self._direct(rules, question, question.subject, now)

    def _direct(
        self,
        rules: SystemRules,
        question: Question,
        subject: str,
        now: datetime,
        waived: frozenset[str] = frozenset(),
    ) -> Decision:
        entry = self.memory.people.get(subject) or self.memory.person(subject)
        if entry.person is None or question.subject_type != rules.subject_type:
            return refusal(Code.UNKNOWN_SUBJECT, policy=rules.revision)
        chains = self.chains.of(entry, rules, now)
        if len(chains) == 1:
            best = self._judge(rules, question, entry, chains[0], now, waived)
            return self._conclude(rules, question, entry, best, best.denies)
        if not chains:
            return self._ungranted(rules, question, entry, now, waived)
        judged = [self._judge(rules, question, entry, chain, now, waived) for chain in chains]
        best = min(judged, key=lambda one: weight(one.objections, one.chain.number))
        return self._conclude(rules, question, entry, best, tuple(rule for one in judged for rule in one.denies))

    def _judge(
        self,
        rules: SystemRules,
        question: Question,
        entry: Entry,
        chain: Chain,
        now: datetime,
        waived: frozenset[str],
    ) -> Judged:
        role_question = rules.questions.get((chain.role.name, question.resource_type, question.action))
        allows, denies, extra = NO_RULES, NO_RULES, NO_OBJECTIONS
        if role_question is None:
            extra = [not_permitted(chain, question)]
        else:
            asked = Asked(question.properties, question.context, entry.person, chain.organisation)
            state = tuple([condition.holds(asked) for condition in role_question.conditions])
            allowed, allows, denies = role_question.answer(state)
            if denies and not chain.has_begun(now):
                allowed, denies = bool(allows), NO_RULES
            if not allowed and not denies:
                extra = unmet(role_question, state) or [not_permitted(chain, question)]
        evidence, until = chain.evidence, chain.until
        if chain.open_steps:
            remaining, evidence, until = self._remains(rules.system, question, entry, chain, now)
            extra = [*extra, *remaining]
        objections = in_order((*chain.objections, *extra)) if extra else chain.objections
        if waived:
            objections = tuple(one for one in objections if one.requirement not in waived)
        return Judged(chain, objections, denies, allows, evidence, until)

    @staticmethod
    def _remains(
        system: str, question: Question, entry: Entry, chain: Chain, now: datetime
    ) -> tuple[list[Objection], tuple[Evidence, ...], datetime | None]:
        """What the requirements that look at the question itself say of it."""
        query = make_query(system, question, entry, chain)
        objections: list[Objection] = []
        evidence, until = chain.evidence, chain.until
        for step in chain.open_steps:
            remains = step.requirement.check(step.standing, step.facts, step.terms, query, now)
            objections += remains.objections
            evidence = (*evidence, *remains.evidence)
            until = earliest(until, remains.until)
        return objections, evidence, until

    def _conclude(
        self, rules: SystemRules, question: Question, entry: Entry, best: Judged, denies: Sequence[Rule]
    ) -> Decision:
        chain, objections = best.chain, best.objections
        organisation = chain.organisation.reference if chain.organisation is not None else ""
        if denies:
            kept = [one for one in objections if one.requirement != ROLE]
            objections = in_order((*kept, *(denied(rule) for rule in denies)))
        if question.mismatched:
            objections = in_order((*objections, *(mismatch(name) for name in question.mismatched)))
        if objections:
            ids = tuple(dict.fromkeys(rule.id for rule in denies))
            until = None
            return Decision(
                False, objections, (), best.evidence, ids, (), until, organisation, chain.number, rules.revision
            )
        obligations: tuple[Obligation, ...] = ()
        if chain.role.obligations:
            asked = Asked(question.properties, question.context, entry.person, chain.organisation)
            obligations = due(chain.role.obligations, asked)
        return Decision(
            True,
            (),
            obligations,
            best.evidence,
            tuple([rule.id for rule in best.allows]),
            tuple([rule.source for rule in best.allows]),
            best.until,
            organisation,
            chain.number,
            rules.revision,
            rules.cache_seconds,
        )

    def _ungranted(
        self, rules: SystemRules, question: Question, entry: Entry, now: datetime, waived: frozenset[str]
    ) -> Decision:
        """No grant: say so, and what the least demanding role that allows the action would still lack."""
        no_grant = Objection(Code.NO_GRANT, "grant")
        employed = self.memory.get(FactKey("employment", entry.person.id))
        organisations = sorted({one.organisation for one in employed}) or [0]
        judged = [
            self._judge(
                rules, question, entry, self.chains.chain(entry, rules, role, None, organisation, now), now, waived
            )
            for role in rules.roles.values()
            for organisation in organisations
            if allows_at_all(rules.questions.get((role.name, question.resource_type, question.action)))
        ]
        if not judged:
            return Decision(False, in_order([no_grant, not_allowed_to_any(question)]), policy=rules.revision)
        best = min(judged, key=lambda one: weight(one.objections, one.chain.number))
        return self._conclude(
            rules, question, entry, best._replace(objections=in_order([no_grant, *best.objections])), list(best.denies)
        )

    def _mediated(self, rules: SystemRules, question: Question, now: datetime) -> Decision:
        """One person asks through another: two ordinary chains, and both identities on the record."""
        mediator = self._direct(rules, question, question.subject, now)
        behind = self._direct(rules, question, question.mediated_for, now, rules.mediation.waives)
        objections = list(behind.objections)
        if not mediator.allowed:
            objections.append(Objection(Code.MEDIATOR_NOT_IN_ORDER, "mediation", source=rules.mediation.source))
        if not rules.mediation.allowed:
            detail = (("action", "mediate"), ("role", "any"), ("type", question.resource_type))
            objections.append(
                Objection(Code.ROLE_NOT_PERMITTED, "mediation", detail=detail, source=rules.mediation.source)
            )
        sources = dict(zip((*behind.rules, *mediator.rules), (*behind.sources, *mediator.sources), strict=False))
        return behind._replace(
            allowed=not objections,
            objections=in_order(objections),
            obligations=together(behind.obligations, mediator.obligations, (BOTH_IDENTITIES,))
            if not objections
            else (),
            evidence=(*behind.evidence, *mediator.evidence),
            rules=tuple(dict.fromkeys([*behind.rules, *mediator.rules])),
            sources=tuple(sources.values()) if not objections else (),
            until=earliest(behind.until, mediator.until) if not objections else None,
        )


def mismatch(name: str) -> Objection:
    """What the front end sent differs from what is stored."""
    return Objection(Code.PROPERTY_MISMATCH, "question", detail=(("property", name),))


def make_query(system: str, question: Question, entry: Entry, chain: Chain) -> Query:
    """The question as requirements see it."""
    return Query(
        system,
        entry.person.reference,
        entry.person.id,
        chain.lineage,
        question.action,
        question.resource_type,
        question.resource_id,
        question.properties,
        question.context,
    )


def allows_at_all(role_question: RoleQuestion | None) -> bool:
    """Whether a role has any allow rule here."""
    return role_question is not None and any(rule.effect == "allow" for rule in role_question.rules)


def unmet(role_question: RoleQuestion, state: tuple[bool | None, ...]) -> list[Objection]:
    """The failed conditions of the allow rule that fails the fewest."""
    held = {condition.name: holds for condition, holds in zip(role_question.conditions, state, strict=True)}
    named = {condition.name: condition for condition in role_question.conditions}
    failures = [
        [named[name] for name in rule.conditions if held[name] is not True]
        for rule in role_question.rules
        if rule.effect == "allow"
    ]
    nearest: list[Condition] = min(failures, key=len, default=[])
    return [Objection(one.code, "role", detail=one.detail, source=one.source) for one in nearest]


def denied(rule: Rule) -> Objection:
    """A deny rule as a reason."""
    return Objection(rule.code, "role", Evidence("rule", rule.id), (*rule.detail, ("rule", rule.id)), rule.source)


def not_permitted(chain: Chain, question: Question) -> Objection:
    """The role has no rule that allows this."""
    detail = (("action", question.action), ("role", chain.role.name), ("type", question.resource_type))
    return Objection(Code.ROLE_NOT_PERMITTED, "role", detail=detail, source=chain.role.source)


def not_allowed_to_any(question: Question) -> Objection:
    """No role of the system allows this."""
    detail = (("action", question.action), ("role", "any"), ("type", question.resource_type))
    return Objection(Code.ROLE_NOT_PERMITTED, "role", detail=detail)


def together(*several: tuple[Obligation, ...]) -> tuple[Obligation, ...]:
    """The obligations of several chains, each once."""
    found: dict[str, Obligation] = {}
    for obligations in several:
        for one in obligations:
            found.setdefault(one.id, one)
    return tuple(found.values())


def due(obligations: tuple[Obligation, ...], asked: Asked) -> tuple[Obligation, ...]:
    """The obligations that stand; one whose condition is unknown stands too."""
    return tuple(
        [one for one in obligations if not one.when or any(when.holds(asked) is not False for when in one.when)]
    )
