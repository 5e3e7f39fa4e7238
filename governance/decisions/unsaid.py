"""What a question left unsaid and a reason rests on: told by whether it was looked for, and not judged again."""

from __future__ import annotations

from typing import Any

from governance.decisions.rules import Question
from governance.ports.requirement import Query
from governance.ports.role_rules import Asked, RoleQuestion

CONTEXT, ACTION = "context.", "action."


class Heard(dict[str, Any]):
    """Values of a question that note, in `missed`, which of them were looked for in vain."""

    def __init__(self, values: Any, missed: dict[str, None], prefix: str = "") -> None:
        super().__init__(values)
        self._missed, self._prefix = missed, prefix

    def _note(self, name: str) -> None:
        if self._prefix or "." not in name:  # no property's name has a point in it
            self._missed[name if name.startswith(ACTION) else self._prefix + name] = None

    def __contains__(self, name: object) -> bool:
        found = super().__contains__(name)
        if not found:
            self._note(str(name))
        return found

    def __missing__(self, name: str) -> Any:
        self._note(name)
        raise KeyError(name)

    def get(self, name: str, default: Any = None) -> Any:
        """The value, or what stands in for it."""
        try:
            return self[name]
        except KeyError:
            return default


def heard(query: Query, missed: dict[str, None]) -> Query:
    """A question to a requirement that notes what was looked for in vain."""
    properties, context = Heard(query.properties, missed), Heard(query.context, missed, CONTEXT)
    return query._replace(properties=properties, context=context)


def unsaid_of_rules(asked: RoleQuestion | None, question: Question, person: Any, organisation: Any) -> tuple[str, ...]:
    """What was not said and would be looked at by a condition that stands in the way: of a role's rules for a question.

    An allow rule wants its conditions to hold; a deny rule stands too where a condition cannot be known.
    """
    missed: dict[str, None] = {}
    if asked is None:
        return ()
    for rule in asked.rules:
        for condition in asked.conditions:
            if condition.name not in rule.conditions:
                continue
            looked: dict[str, None] = {}
            context = Heard(question.context, looked, CONTEXT)
            holds = condition.holds(Asked(Heard(question.properties, looked), context, person, organisation))
            if holds is None or (rule.effect == "allow" and not holds):
                missed |= looked
    return tuple(missed)
