"""The resources of a system that are known by name: those that its pack registers, and those that an import has."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from governance.decisions.questions import convert
from governance.kernel.errors import BadInput
from governance.ports.role_rules import ResourceType, SystemRules, has_form

Listed = Iterable[tuple[str, str, str, Mapping[str, Any]]]


def by_system(listed: Listed) -> dict[str, dict[str, dict[str, Mapping[str, Any]]]]:
    """Registered resources by system, type and id."""
    found: dict[str, dict[str, dict[str, Mapping[str, Any]]]] = {}
    for system, kind, name, properties in listed:
        found.setdefault(system, {}).setdefault(kind, {})[name] = properties
    return found


def with_registered(rules: SystemRules, listed: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> SystemRules:
    """A system's rules that know imported resources too; what the pack itself registers stands as it is."""
    known = {name: names for name, names in listed.items() if name in rules.resource_types}
    if not known:
        return rules
    types = {name: joined(each, known.get(name, {})) for name, each in rules.resource_types.items()}
    return replace(rules, resource_types=types)


def joined(declared: ResourceType, names: Mapping[str, Mapping[str, Any]]) -> ResourceType:
    """A type with more resources; an id of another form than the pack's is passed over, for nobody may ask for it."""
    fitting = {name: given for name, given in names.items() if not declared.id_form or has_form(name, declared.id_form)}
    imported = {name: typed(declared, given) for name, given in fitting.items()}
    return replace(declared, registered={**imported, **declared.registered}) if imported else declared


def typed(declared: ResourceType, given: Mapping[str, Any]) -> dict[str, Any]:
    """Properties as the pack types them; one that is undeclared is left out.

    One that the pack cannot read stays unknown (None): neither the front end's word nor a default stands in for it.
    """
    found: dict[str, Any] = {}
    for name, kind in declared.properties.items():
        if name in given:
            try:
                found[name] = convert(given[name], kind, name)
            except BadInput:
                found[name] = None
    return found
