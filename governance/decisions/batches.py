"""Reads an AuthZEN batch: items over top-level defaults, and when to stop."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from governance.decisions.questions import Who, bad, read_question, read_subject
from governance.decisions.rules import Question
from governance.decisions.service import Questions
from governance.kernel.errors import BadInput
from governance.ports.role_rules import SystemRules

SEMANTICS: dict[str, bool | None] = {"execute_all": None, "deny_on_first_deny": False, "permit_on_first_permit": True}
MOST_SHARED = 8_192
IDENTIFIERS = {"subject": ("type", "id"), "resource": ("type", "id"), "action": ("name",)}


class Batch(NamedTuple):
    """A batch as asked: its items, where to stop, and whether each answer is explained."""

    items: tuple[Mapping[str, Any], ...]
    defaults: Mapping[str, Any]
    stop_at: bool | None
    explain: bool

    def read(self, rules: SystemRules) -> Questions:
        """Every item as a question, or as the fault that makes it none."""
        numbered, who = enumerate(self.items), shared_subject(self.defaults)
        items = [read_item(item, self.defaults, rules, f"/evaluations/{number}", who) for number, item in numbered]
        return Questions(items, self.stop_at)


def read_batch(body: Mapping[str, Any], most: int) -> Batch | None:
    """The batch in a body, or None where it is a single evaluation; raise `BadInput` when it is neither."""
    items = body.get("evaluations")
    options = body.get("options", {})
    if not isinstance(options, dict):
        raise bad("/options", "must be an object")
    semantic = options.get("evaluations_semantic", "execute_all")
    if type(semantic) is not str or semantic not in SEMANTICS:
        raise bad("/options/evaluations_semantic", f"must be one of: {', '.join(SEMANTICS)}")
    explain = options.get("explain", False)
    if type(explain) is not bool:
        raise bad("/options/explain", "must be true or false")
    if items is None and "evaluations" not in body:
        return None
    if not isinstance(items, list):
        raise bad("/evaluations", "must be a list")
    if len(items) > most:
        raise bad("/evaluations", f"holds {len(items)} items, and {most} is the most", "Send them in several batches.")
    if not items:
        return None
    defaults = {name: body[name] for name in (*IDENTIFIERS, "context") if name in body}
    if len(str(defaults)) > MOST_SHARED:  # each item is read with all of it, and each record may hold all of it
        raise bad("", f"has more than {MOST_SHARED:,} signs beside its items", "Say in each item what it alone needs.")
    return Batch(
        tuple(items),
        defaults,
        SEMANTICS[semantic],
        explain,
    )


def shared_subject(defaults: Mapping[str, Any]) -> Who | None:
    """The subject of the items that name none; None where there is none, and each such item then says so itself."""
    try:
        return read_subject(defaults, "")
    except BadInput:
        return None


def read_item(
    item: Any, defaults: Mapping[str, Any], rules: SystemRules, at: str, who: Who | None
) -> Question | BadInput:
    """One item over the defaults: a complete entity replaces, an incomplete one inherits missing identifiers only.

    The subject of an item that names none is `who`.
    """
    if not isinstance(item, dict):
        return bad(at, "must be an object")
    read = who is not None and "subject" not in item
    merged = item if read and len(defaults) == 1 else {**defaults, **item}  # of the defaults only the subject, and read
    if not defaults.keys().isdisjoint(item):
        for name, default in defaults.items():
            entity = item.get(name)
            if type(entity) is dict and type(default) is dict and name in IDENTIFIERS:
                merged[name] = {**{key: default[key] for key in IDENTIFIERS[name] if key in default}, **entity}
    try:
        return read_question(merged, rules, at, who=who if read else None)
    except BadInput as wrong:
        return wrong
