"""What packs share, written once: tables of packs/shared.toml that a pack takes in by naming them under [shared]."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from governance.kernel.errors import BadInput
from governance.kernel.toml import parse_toml

SHARED = Path(__file__).parent / "packs" / "shared.toml"
SECTIONS = ("context", "conditions", "obligations", "routes")
HEADER = re.compile(r"\[+([^\[\]]+)\]+\s*(?:#.*)?")


def with_shared(system_toml: str) -> str:
    """A pack's text with the shared tables that it names at its end, so that what is stored says everything itself.

    A table of the pack's own stands before a shared one of the same name. What cannot be found is left for the
    pack's reading to refuse.
    """
    if "shared" not in system_toml:
        return system_toml
    try:
        written = parse_toml(system_toml, "")
    except BadInput:
        return system_toml
    wanted = [
        f"{section}.{name}" for section, name in named(written.get("shared")) if name not in table(written.get(section))
    ]
    blocks = blocks_of(SHARED.read_text("utf-8")) if wanted else {}
    taken = [blocks[name] for name in dict.fromkeys(wanted) if name in blocks]
    return "\n".join([system_toml.rstrip("\n"), "", *taken]) if taken else system_toml


def shared_names(section: str) -> set[str]:
    """What packs share in a section, by name."""
    found = (name.partition(".") for name in blocks_of(SHARED.read_text("utf-8")))
    return {name for of, _, name in found if of == section}


def named(shared: object) -> Iterator[tuple[str, str]]:
    """What a [shared] table names, as (section, name); what is mistyped names nothing."""
    for section in SECTIONS:
        names = table(shared).get(section)
        if isinstance(names, list):
            yield from ((section, name) for name in names if isinstance(name, str))


def table(value: object) -> dict[str, object]:
    """A table, or an empty one."""
    return value if isinstance(value, dict) else {}


def blocks_of(text: str) -> dict[str, str]:
    """The text of each table by its dotted name; a comment above a header goes with the table below."""
    blocks: dict[str, list[str]] = {}
    waiting: list[str] = []
    into = waiting
    for line in text.splitlines():
        found = HEADER.fullmatch(line.strip())
        if found:
            name = ".".join(found[1].strip().split(".")[:2])
            into = blocks.setdefault(name, [])
            into += [*waiting, line]
            waiting = []
        elif line.startswith("#"):
            waiting.append(line)
        else:
            into += [*waiting, line] if into is not waiting else []
            waiting = []
    return {name: "\n".join(lines).strip("\n") + "\n" for name, lines in blocks.items()}
