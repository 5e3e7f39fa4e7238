"""Reads a pack whole, or says everything that is wrong with it: file, line, problem and cure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from governance.kernel.errors import BadInput, Fault, cure_for
from governance.kernel.toml import read_toml
from governance.ports.requirement import Requirement
from governance.ports.role_rules import Mediation, Rule
from policies.inclusion import SECTIONS as SECTIONS_SHARED
from policies.inclusion import shared_names
from policies.lines import Written, read_lines
from policies.pack import POLICY, SYSTEM, Pack, PackTexts
from policies.policy import check_lines, read_rule_tables, rules_of, standing_rules
from policies.roles import GRANT, Roles, read_roles, read_routes
from policies.rules import LONGEST_CACHE, SYSTEM_ID, name_cure, name_problem
from policies.tables import MediationTable, Notebook, SharedTable, SystemTable
from policies.vocabulary import Vocabulary, read_vocabulary

SECTIONS = (
    *("system", "shared", "resource_types", "context", "action", "conditions"),
    *("roles", "obligations", "routes", "rules", "mediation"),
)


def read_pack(pack: Path | PackTexts, requirements: Mapping[str, Requirement], *, stored: bool = False) -> Pack:
    """A pack's folder or texts, read and checked whole; raise `BadInput` with every fault.

    A `stored` text has been in force: its rules are clear, and a sentence that it leaves bare stops nobody's work.
    """
    texts = PackTexts.of_folder(pack) if isinstance(pack, Path) else pack
    written = read_lines(texts.policy_csv, texts.named(POLICY))
    try:
        document = read_toml(texts.system_toml, texts.named(SYSTEM))
    except BadInput as wrong:
        raise BadInput([*wrong.faults, *written.faults]) from None
    return PackReading(texts, Notebook(document, stored=stored), written, requirements).pack()


def read_packs(folder: Path, requirements: Mapping[str, Requirement]) -> dict[str, Pack]:
    """Every pack of a folder, by its system; raise `BadInput` with every fault, two packs of one system included."""
    packs: list[Pack] = []
    faults: list[Fault] = []
    for place in sorted(item for item in folder.iterdir() if (item / SYSTEM).is_file()):
        try:
            packs.append(read_pack(place, requirements))
        except BadInput as wrong:
            faults.extend(wrong.faults)
    faults.extend(doubles(packs))
    if faults:
        raise BadInput(faults)
    return {pack.system: pack for pack in packs}


def doubles(packs: Sequence[Pack]) -> list[Fault]:
    """A fault for each pack whose id an earlier one has, naming both."""
    first: dict[str, Pack] = {}
    faults = []
    for pack in packs:
        other = first.setdefault(pack.system, pack)
        if other is not pack:
            problem = f'has the id "{pack.system}", which {other.texts.place} has too'
            faults.append(Fault(pack.texts.place, problem, "Give one of them another id."))
    return faults


class PackReading:
    """One reading of one pack: its notebook, and the parts as they are found."""

    def __init__(
        self,
        texts: PackTexts,
        notes: Notebook,
        written: Written,
        requirements: Mapping[str, Requirement],
    ) -> None:
        self.texts = texts
        self.written = written
        self.csv_faults = list(written.faults)
        self.requirements = requirements
        self.notes = notes

    def pack(self) -> Pack:
        """Read every part, then raise all faults or give the pack."""
        self.sections()
        self.shared()
        system = self.system()
        words = read_vocabulary(self.notes)
        roles = read_roles(self.notes, words, self.requirements)
        mediation, routes = self.mediation(), read_routes(self.notes, words)
        rules, standing = self.policy(words, roles)
        faults = [*self.notes.faults, *self.csv_faults]
        if system is None or faults:
            raise BadInput(sorted(dict.fromkeys(faults), key=lambda fault: (fault.where, fault.line or 0)))
        return Pack(
            texts=self.texts,
            system=system.id,
            name=system.name,
            owner=system.owner,
            source=system.source,
            subject_type=system.subject_type,
            cache_seconds=system.cache_seconds,
            resource_types=words.resource_types,
            context=words.context,
            action=words.action,
            conditions={name: words.conditions[name].condition for name in sorted(words.used)},
            roles=roles.roles,
            rules=rules,
            standing=standing,
            mediation=mediation,
            routes=routes,
        )

    def sections(self) -> None:
        """Note every top-level table that no pack has."""
        for name in self.notes.document.values:
            if name not in SECTIONS:
                self.notes.note((name,), "is not known here", cure_for(name, SECTIONS))

    def shared(self) -> None:
        """[shared]: every table that it names must have been found, here or among what packs share."""
        found = self.notes.read(SharedTable, self.notes.document.values.get("shared", {}), ("shared",))
        for section in SECTIONS_SHARED if found is not None else ():
            own, names, path = self.notes.section(section), getattr(found, section), ("shared", section)
            known = {*own} if self.notes.stored else shared_names(section)
            strange = {*names} & own.keys() - known
            for name in sorted(strange):
                self.notes.note(path, f'names "{name}", which is a table of the pack\'s own', "Leave it out.")
            others = tuple(name for name in names if name not in strange)
            self.notes.each_known(others, dict.fromkeys(known), f"shared {section} table", path)

    def system(self) -> SystemTable | None:
        """[system]."""
        if "system" not in self.notes.document.values:
            self.notes.note(("system",), "is missing", "Add [system] with id, name, owner and source.")
            return None
        found = self.notes.read(SystemTable, self.notes.document.values["system"], ("system",))
        if found is None:
            return None
        problem = name_problem(found.id, form=SYSTEM_ID)
        if problem:
            self.notes.note(("system", "id"), problem, name_cure(SYSTEM_ID))
        problem = name_problem(found.subject_type)
        if problem:
            self.notes.note(("system", "subject_type"), problem, name_cure())
        if not 0 <= found.cache_seconds <= LONGEST_CACHE:
            self.notes.note(("system", "cache_seconds"), f"is not from 0 to {LONGEST_CACHE}", "Write 0 for no cache.")
        return found

    def mediation(self) -> Mediation:
        """[mediation]; without it nobody asks through another."""
        if "mediation" not in self.notes.document.values:
            return Mediation()
        found = self.notes.read(MediationTable, self.notes.document.values["mediation"], ("mediation",))
        if found is None:
            return Mediation()
        self.notes.each_known(found.waives, self.requirements, "requirement", ("mediation", "waives"))
        for kind in found.waives:
            if kind != GRANT and kind in self.requirements and self.requirements[kind].always:
                self.notes.note(
                    ("mediation", "waives"), f"{kind} holds for everybody and cannot be waived", "Leave it out."
                )
        if found.waives and not found.allowed:
            self.notes.note(("mediation", "waives"), "waives something although mediation is not allowed", "Empty it.")
        return Mediation(found.allowed, frozenset(found.waives), found.source)

    def policy(self, words: Vocabulary, roles: Roles) -> tuple[tuple[Rule, ...], tuple[Rule, ...]]:
        """The rules of policy.csv, as written and as they stand after inheritance."""
        file = self.texts.named(POLICY)
        tables = read_rule_tables(self.notes)
        self.csv_faults.extend(check_lines(self.written, file, words, roles, tables))
        if self.csv_faults or self.notes.faults:
            return (), ()
        rules = rules_of(self.written.lines, tables)
        return rules, standing_rules(rules, roles)
