"""A pack as values: its four texts, and what they say once they have been read and checked."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from governance.kernel.errors import BadInput, Fault
from governance.ports.role_rules import Condition, Mediation, Property, ResourceType, Role, Route, Rule
from policies.inclusion import with_shared

SYSTEM, POLICY, CASES, README = "system.toml", "policy.csv", "cases.toml", "README.md"
FILES = (SYSTEM, POLICY, CASES, README)
SHIPPED = Path(__file__).parent / "packs"
OWN = "governance"
"""Postern's own system: its pack comes with the service, is always in force, and the shipped text wins."""


@dataclass(frozen=True, slots=True)
class PackTexts:
    """The four files of a pack, and where they stand, for faults to name."""

    system_toml: str
    policy_csv: str
    cases_toml: str
    readme: str
    place: str = ""

    @classmethod
    def of_folder(cls, folder: Path) -> PackTexts:
        """Read a pack's folder; raise `BadInput` naming every file that is missing or unreadable."""
        texts: dict[str, str] = {}
        faults = []
        for name in FILES:
            try:
                texts[name] = (folder / name).read_text("utf-8-sig")
            except OSError as wrong:
                faults.append(Fault(str(folder / name), f"cannot be read: {wrong.strerror}", "A pack has four files."))
            except UnicodeDecodeError:
                faults.append(Fault(str(folder / name), "is not UTF-8 text", "Save it as UTF-8."))
        if faults:
            raise BadInput(faults)
        return cls(with_shared(texts[SYSTEM]), texts[POLICY], texts[CASES], texts[README], str(folder))

    def named(self, name: str) -> str:
        """How faults name one of the files."""
        return str(Path(self.place) / name) if self.place else name

    @property
    def digest(self) -> bytes:
        """The digest of the four texts, each with its length before it."""
        whole = hashlib.sha256()
        for text in (self.system_toml, self.policy_csv, self.cases_toml, self.readme):
            raw = text.encode()
            whole.update(len(raw).to_bytes(8, "big") + raw)
        return whole.digest()


@dataclass(frozen=True, slots=True)
class Pack:
    """A pack that has been read whole and found right.

    `rules` are the lines of its policy; `standing` are the same after inheritance: each role with all rules that apply.
    """

    texts: PackTexts
    system: str
    name: str
    owner: str
    source: str
    subject_type: str
    cache_seconds: int
    resource_types: Mapping[str, ResourceType]
    context: Mapping[str, Property]
    conditions: Mapping[str, Condition]
    roles: Mapping[str, Role]
    rules: tuple[Rule, ...]
    standing: tuple[Rule, ...]
    mediation: Mediation
    routes: tuple[Route, ...] = ()
    action: Mapping[str, Property] = field(default_factory=dict)
