"""A pack is read whole, or every fault is named: file, line, what is wrong, what to write instead."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from governance.kernel.errors import BadInput, Fault
from governance.ports.reasons import Code
from governance.ports.requirement import Requirement
from governance.ports.role_rules import Asked
from policies.pack import PackTexts
from policies.reading import read_pack, read_packs
from tests.policies.conftest import Change, put, write

Requirements = Mapping[str, Requirement]

DEMANDED = 'source = "“They must have done the first aid course.”"\n'
ROLE = '[roles.trip-leader.requires.training]\ncourses = ["first-aid"]'
FRESH = """[roles.trip-leader.requires.second-factor]
source = "x"
acr = ["mfa"]
fresh_for = ["prnt"]
"""
STATING = '[roles.trip-leader.requires.agreement]\nstates = ["{}"]\nsource = "x"\n'
CLUB = '[conditions.club]\nfunction = "organisation_of_kind"\nkinds = ["Club"]\n'
LEADER = "trip-leader,emergency-sheet,view"
REGISTERED = "[resource_types.emergency-sheet.registered.TRIP-0001]\n"
TEXT = '\nfunction = "present"\nproperty = "school"\n[conditions.medical]'
INHERITING = '\n[roles.{0}]\nsource = "x"\ninherits = ["{1}"]\n'


def faults_of(texts: PackTexts, requirements: Requirements) -> tuple[Fault, ...]:
    with pytest.raises(BadInput) as wrong:
        read_pack(texts, requirements)
    return wrong.value.faults


def test_the_example_of_the_docs_is_read(example: PackTexts, requirements: Requirements) -> None:
    pack = read_pack(example, requirements)
    assert (pack.system, pack.cache_seconds, pack.subject_type) == ("trip-register", 0, "user")
    assert [rule.id for rule in pack.rules] == ["TRIP-1", "TRIP-2", "TRIP-3"]
    assert pack.rules[2].code is Code.PART_LOCKED
    assert dict(pack.rules[2].detail) == {"rule": "TRIP-3", "part": "The medical part"}
    assert dict(pack.conditions["on_a_trip"].detail)["needed"] == "the number of the trip"
    role = pack.roles["trip-leader"]
    kinds = {demand.requirement for demand in role.demands}
    assert kinds == {"employment", "grant", "training", "barred", "suspension", "conflict", "launch"}
    assert [obligation.when[0].name for obligation in role.obligations] == ["medical"]


def test_what_a_pack_says_is_composed(changed: Change, requirements: Requirements) -> None:
    """As questions are: however a value is written, in the pack or by a front end, it is the same value."""
    texts = changed(system=('values = ["medical"]', 'values = ["Cafe\u0301"]'))
    anything = ('values = ["contacts", "medical"], default = "contacts"', 'default = "Cafe\\u0301"')
    declared = put(texts.system_toml, *anything)
    declared += '[resource_types.emergency-sheet.properties.tags]\ntype = "list"\n'
    declared += 'values = ["Cafe\u0301"]\ndefault = ["Cafe\u0301"]\n'
    pack = read_pack(replace(texts, system_toml=declared), requirements)
    properties = pack.resource_types["emergency-sheet"].properties
    assert (properties["part"].default, properties["tags"].default) == ("Café", ("Café",))
    assert pack.conditions["medical"].holds(Asked({"part": "Café"}, {}, None, None))


SYSTEM_FAULTS = [
    ('owner = "Example County Council"\n', "", "system.owner: is missing"),
    ('owner = "Example County Council"\n', 'owner = " "\n', "system.owner: is blank"),
    ('id = "trip-register"', 'id = "trip:register"', 'holds ":"'),
    ('id = "trip-register"', 'id = "Trips"', '"Trips" is not a name'),
    ('id = "trip-register"', 'id = "trip-register"\nspeed = 3', "system.speed: is not known here"),
    ('id = "trip-register"', 'id = "trip-register"\ncache_seconds = 61', "cache_seconds: is not from 0 to 60"),
    ('id = "trip-register"', 'id = "trip-register"\ncache_seconds = true', "cannot be True"),
    ("", "\n[rows]\n", "rows: is not known here"),
    ('id_form = "TRIP-####"', 'id_form = "TRIP-*-#"', 'has "*" before its end'),
    ('actions = ["view", "print"]', "actions = []", "actions: is empty"),
    ('actions = ["view", "print"]', 'actions = ["view", "print", "vi:ew"]', 'holds ":"'),
    ('actions = ["view", "print"]', 'actions = ["view", "print", "view"]', 'names action "view" twice'),
    ('school = { type = "text" }', 'school = { type = "word" }', 'school.type: cannot be \'word\''),
    ('school = { type = "text" }', 'school = { type = "text", size = 3 }', "school.size: is not known"),
    ('school = { type = "text" }', 'school = { type = "text", maximum = 0 }', "maximum: is less than 1"),
    ('age = { type = "integer" }', 'age = { type = "integer", values = ["1"] }', "values: cannot be given"),
    ('age = { type = "integer" }', 'age = { type = "integer", default = "9" }', "default: '9' is not of type integer"),
    ('default = "contacts"', 'default = "other"',
     "other is not among the declared values. Write one of: contacts, medical."),
    ("[context]", '[resource_types.emergency-sheet.registered.TRIP-1]\n[context]', "is not an id of this type"),
    ("[context]", REGISTERED + "age = 3\n[context]", "only the caller's word"),
    ("[context]", REGISTERED + "x = 3\n[context]", "is not a declared property"),
    ('function = "age_range"', 'function = "age_rang"', '"age_rang" does not exist. Did you mean "age_range"?'),
    ("minimum = 4", "minimum = 44", "minimum: is greater than maximum"),
    ("minimum = 4\n", "", "of_school_age.minimum: is missing"),
    ('function = "age_range"', 'functon = "age_range"',
     'of_school_age.functon: is not known here. Did you mean "function"?'),
    ("minimum = 4", "lowest = 4", "of_school_age.lowest: is not known here"),
    ('property = "school"', 'property = "scool"', '"scool", which resource type "emergency-sheet" does not declare'),
    ('property = "school"', 'property = "age"', 'looks at "age", which is of type integer'),
    ('property = "context.trip"', 'property = "context.tip"', 'looks at "context.tip", which the context does not'),
    ('values = ["medical"]', 'values = []', "medical.values: is empty. Name at least one"),
    ("[context]", '[context]\nacr = { type = "boolean" }', 'acr: is a name that every system has already. To look at'),
    ("[context]", '[context]\ntime = { type = "text" }', "context.time: is a name that every system has already. Ch"),
    ('values = ["medical"]', 'values = ["medica"]', 'waits for "medica", which "part" never is'),
    ('reason = "no_need"', 'reason = "no_neeed"', "on_a_trip.reason: cannot be 'no_neeed'"),
    ('[conditions.medical]', '[conditions.always]' + TEXT, "means no condition"),
    ('[conditions.medical]', '[conditions.spare]' + TEXT, "conditions.spare: is not used"),
    ('[roles.trip-leader]\n', '[roles.trip-leader]\ncolour = "red"\n', "roles.trip-leader.colour: is not known"),
    ('[roles.trip-leader]\n', '[roles.Lead]\nsource = "x"\n[roles.trip-leader]\n', '"Lead" is not a name'),
    ('["tell-the-school"]', '["tell-the-scool"]', 'names obligation "tell-the-scool", which does not exist'),
    ('["tell-the-school"]', "[]", "obligations.tell-the-school: is not named by any role"),
    ('type = "notify"', 'type = "notfy"', "type: cannot be 'notfy'"),
    ('when = ["medical"]', 'when = ["medicl"]', 'condition "medicl" does not exist. Did you mean "medical"?'),
    (ROLE, ROLE + "\nlevel = 3", "requires.training.level: is not known"),
    (DEMANDED, "", "requires.training.source: is missing. Write the sentence that demands it"),
    (ROLE, ROLE.replace('"first-aid"', "3"), "requires.training.courses: cannot be [3]"),
    (ROLE, ROLE.replace("courses", "corses"), "requires.training.courses: is missing"),
    (ROLE, ROLE.replace("training", "trainig"), '"trainig", which does not exist. Did you mean "training"?'),
    (ROLE, ROLE.replace("training]", "grant]"), "Write it as granted_by."),
    (ROLE, STATING.format("purposes") + ROLE,
     'agreement.states: names "purposes", which are compared with context.purpose: the pack does not declare it. '
     "Declare purpose in [context], or take purposes out."),
    (ROLE, STATING.format("fields") + ROLE, "Declare fields in the properties of a resource type, or take fields out."),
    (ROLE, ROLE.replace("first-aid", "First Aid"),
     'training.courses: waits for "First Aid", which no fact can say. Facts hold lower-case letters, digits, hyphens '
     'and underscores only: "first_aid".'),
    ('organisation_kinds = ["school"]', 'organisation_kinds = ["School"]', "organisation_kinds: waits for"),
    ('"safeguarding_lead", ', '"Safeguarding Lead", ', 'granted_by.approvals: waits for "Safeguarding Lead"'),
    ("[conditions.medical]", CLUB + "[conditions.medical]", 'conditions.club.kinds: waits for "Club"'),
    ('approvals = [["head_teacher"], ', 'approvals = [[], ', "granted_by.approvals"),
    ('approvals = [["head_teacher"], ["safeguarding_lead", "deputy_head"]]', 'approvals = ["head_teacher"]',
     'cannot be [\'head_teacher\']. Write lists in a list, such as [["head_teacher"]].'),
    ('approvals = [["head_teacher"], ', 'aprovals = [["head_teacher"], ', "granted_by.aprovals: is not known"),
    ("approvals = [[", "everyone = true\napprovals = [[", "granted_by.approvals: does not go with everyone = true"),
    ("approvals = [[", "everyone = 1\napprovals = [[", "granted_by.everyone: cannot be 1"),
    (ROLE, FRESH + "fresh_minutes = 9\n" + ROLE, 'second-factor.fresh_for: names action "prnt", which does not'),
    (ROLE, FRESH + ROLE, "fresh_minutes: cannot be 0. With fresh_for write"),
    (ROLE, FRESH.replace("fresh", "not") + ROLE, 'not_for: names action "prnt"'),
    (ROLE, FRESH + 'not_for = ["prnt"]\n' + ROLE, "fresh_for: names prnt, which not_for does too"),
    ('reason = "part_locked"', 'reason = "part_lockt"', "rules.TRIP-3.reason: cannot be 'part_lockt'"),
    ('[rules.TRIP-1]\n', '[rules.TRIP-1]\nreason = "cohort"\n', "gives a reason, but the rule allows"),
    ('[rules.TRIP-1]\n', '[rules.TRIP-9]\nsource = "x"\n[rules.TRIP-1]\n', "rules.TRIP-9: is not used by any line"),
    ('[rules.TRIP-1]\nsource = ', '[rules.TRIP-1]\nsorce = ', "rules.TRIP-1.source: is missing"),
    ("", '\n[mediation]\nallowed = true\nsource = "x"\nwaives = ["vetin"]\n', 'names requirement "vetin"'),
    ("", '\n[mediation]\nallowed = true\nsource = "x"\nwaives = ["barred"]\n', "barred holds for everybody"),
    ("", '\n[mediation]\nallowed = true\nsource = "x"\nwaives = ["employment"]\n', "employment holds for everybody"),
    ("", '\n[mediation]\nallowed = false\nsource = "x"\nwaives = ["vetting"]\n', "although mediation is not allowed"),
    ("", INHERITING.format("a", "a"), "goes round in a circle: a → a"),
    ("", INHERITING.format("a", "b") + INHERITING.format("b", "a"), "goes round in a circle: a → b → a"),
    ("", INHERITING.format("a", "nobody"), 'names role "nobody", which does not exist'),
    ('values = ["medical"]', 'values = ["medical"]\nreason = "no_need"',
     "conditions.medical.detail.needed: is missing. Add it: a sentence of the reason needs it: “No need was shown: {"),
    ("{ needed = ", "{ neded = ", 'neded: is not used by the sentences of reason "no_need". Did you mean "needed"?'),
    ("{ part = ", "{ parts = ", 'rules.TRIP-3.detail.parts: is not used by the sentences of reason "part_locked"'),
    ('detail = { part = "The medical part" }\n', "", "rules.TRIP-3.detail.part: is missing. Add it: a sentence"),
    ('reason = "part_locked"\n', "", 'rules.TRIP-3.detail.part: is not used by the sentences of reason "explicitly_de'),
    ("", "\n[[roles]]\n", "Cannot"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "said"), SYSTEM_FAULTS)
def test_faults_of_the_system(changed: Change, requirements: Requirements, old: str, new: str, said: str) -> None:
    faults = faults_of(changed(system=(old, new)), requirements)
    assert any(said in str(fault) for fault in faults), [str(fault) for fault in faults]
    assert all(fault.line is not None for fault in faults), [str(fault) for fault in faults]


POLICY_FAULTS = [
    (",allow,TRIP-1", ",Deny,TRIP-1", 2, 'effect "Deny" is not known. Did you mean "deny"?'),
    (",allow,TRIP-1", ",allow ,TRIP-1", 2, "spaces too many"),
    (",allow,TRIP-1", ",,TRIP-1", 2, "effect is blank"),
    (",deny,TRIP-3", ",DENY,TRIP-3", 4, 'effect "DENY" is not known'),
    (",allow,TRIP-1", ",allow,TRIP-2", 3, 'rule "TRIP-2" stands on line 2 too'),
    (",allow,TRIP-1", ",allow,TRIP-8", 2, 'rule "TRIP-8" has no source. Add [rules.TRIP-8]'),
    (LEADER, "trip-leder,emergency-sheet,view", 2, 'role "trip-leder" does not exist. Did you mean "trip-leader"?'),
    (LEADER, "trip:leader,emergency-sheet,view", 2, 'holds ":"'),
    (LEADER, ",emergency-sheet,view", 2, "role is blank"),
    ("emergency-sheet,view", "sheet,view", 2, 'resource type "sheet" does not exist'),
    ("emergency-sheet,view", "emergency-sheet,see", 2, 'action "see" is not declared for resource type'),
    ("view,own_school ", "view,own_scool ", 2, 'condition "own_scool" does not exist. Did you mean "own_school"?'),
    ("view,own_school ", "view,always own_school ", 2, 'condition "always" stands beside others'),
    ("view,own_school ", "view,own_school own_school ", 2, 'condition "own_school" stands there twice'),
    ("view,own_school ", "view,own_school  ", 2, "spaces too many"),
    ("view,own_school of_school_age on_a_trip,", "view,,", 2, 'condition is blank. Write "always"'),
    ("view,own_school ", "view,at_most own_school ", 2, 'condition "at_most" needs parameters'),
    ("view,own_school ", "view,aggregate_rows own_school ", 2, 'condition "aggregate_rows" looks at "rows", which'),
    ("view,own_school ", "view,own_school,", 2, "has 7 fields"),
    (LEADER, "# officers\n" + LEADER, 2, "is a comment: they are not allowed here. Comments stand in system.toml."),
    (",allow,TRIP-1", ',"allow,TRIP-1', 2, "cannot be read"),
    (",allow,TRIP-1", ',"al"low,TRIP-1', 2, "cannot be read"),
    ("role,resource_type", "role;resource_type", 1, "does not begin with its header"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "line", "said"), POLICY_FAULTS)
def test_faults_of_the_policy(
    changed: Change, requirements: Requirements, old: str, new: str, line: int, said: str
) -> None:
    faults = faults_of(changed(policy=(old, new)), requirements)
    found = [fault for fault in faults if said in str(fault)]
    assert found, [str(fault) for fault in faults]
    assert found[0].line == line
    assert found[0].where == "policy.csv"


@pytest.mark.parametrize(("old", "new"), [
    (",allow,TRIP-1", ",Allow,TRIP-1"), (",allow,TRIP-1", ",allow ,TRIP-1"), (",allow,TRIP-1", ",,TRIP-1"),
    (",allow,TRIP-1", ",allow,TRIP:1"), (",allow,TRIP-1", ",allow,"), (",allow,TRIP-1", ",allow,TRIP-1,x"),
    (",allow,TRIP-1", ',"allow,TRIP-1'),
    (",deny,TRIP-3", ",Deny,TRIP-3"), ("print,medical,deny", "print,,deny"),
    (LEADER, ",emergency-sheet,view"), (LEADER, "trip:leader,emergency-sheet,view"),
    (LEADER, "trip-leader,emergency:sheet,view"), (LEADER, "trip-leader,emergency-sheet,vi:ew"),
    ("view,own_school ", "view,always own_school "), ("view,own_school ", "view,own_school own_school "),
    ("view,own_school ", "view,own:school "), ("view,own_school ", "view,own_school  "),
])  # fmt: skip
def test_one_cause_is_one_fault(changed: Change, requirements: Requirements, old: str, new: str) -> None:
    (fault,) = faults_of(changed(policy=(old, new)), requirements)
    assert fault.where == "policy.csv"


PRINTING = '[obligations.no-prnt]\ntype = "no-print"\nwhen = ["of_age"]\n[rules.TRIP-1]'
OF_AGE = '[conditions.of_age]\nfunction = "age_range"\nminimum = 16\nmaximum = 99\n[conditions.medical]'
REGISTERED_AGE = REGISTERED + "age = 3\n[context]"


@pytest.mark.parametrize(("changes", "said"), [
    ([("[rules.TRIP-1]", PRINTING), ('["tell-the-school"]', '["tell-the-school", "no-print"]'),
      ("[conditions.medical]", OF_AGE)], 'names obligation "no-print", which does not exist'),
    ([("[rules.TRIP-1]", PRINTING), ("[conditions.medical]", OF_AGE)], "obligations.no-prnt: is not named by any role"),
    ([('source = "“Trip leaders may see the emergency sheet”"\n', "")], "roles.trip-leader.source: is missing"),
    ([('school = { type = "text" }', "school = {}")], "properties.school.type: is missing"),
    ([('school = { type = "text" }', "school = 3")], "properties.school: is not a table"),
    ([("trip = { type", "trip = { tpe")], "context.trip"),
    ([("school = {", "sch-ool = {"), ('property = "school"', 'property = "sch-ool"')], "is not a name"),
    ([("[context]", REGISTERED_AGE), ('age = { type = "integer" }', "age = {}")], "properties.age.type: is missing"),
    ([("[conditions.medical]", OF_AGE), ('when = ["medical"]', 'when = ["of_agee"]')], "does not exist"),
    ([("[conditions.medical]", OF_AGE), ('when = ["medical"]', 'wen = ["of_age"]')], "obligations.tell-the-school.wen"),
    ([("[rules.TRIP-1]", "[rules.TRIP-7]")], 'rule "TRIP-1" has no source'),
])  # fmt: skip
def test_what_follows_from_a_fault_is_not_told_too(
    example: PackTexts, requirements: Requirements, changes: list[tuple[str, str]], said: str
) -> None:
    system = example.system_toml
    for old, new in changes:
        system = put(system, old, new)
    faults = faults_of(replace(example, system_toml=system), requirements)
    assert {said in str(fault) or "trip.type: is missing" in str(fault) for fault in faults} == {True}, faults


def test_a_line_without_its_conditions_does_not_say_that_they_are_not_used(
    changed: Change, requirements: Requirements
) -> None:
    table = '[conditions.sick]\nfunction = "present"\nproperty = "school"\n[conditions.medical]'
    line = ("print,medical,deny", "print,,deny")
    (fault,) = faults_of(changed(system=("[conditions.medical]", table), policy=line), requirements)
    assert fault.problem == "condition is blank"


def test_every_fault_of_a_line_is_told(changed: Change, requirements: Requirements) -> None:
    line = (LEADER, "trip-leder,emergency-sheet,see")
    text = changed(policy=line)
    text = replace(text, policy_csv=put(text.policy_csv, ",allow,TRIP-1", ",Allow,TRIP-1"))
    assert [fault.problem for fault in faults_of(text, requirements)] == [
        'effect "Allow" is not known',
        'role "trip-leder" does not exist',
        'action "see" is not declared for resource type "emergency-sheet"',
    ]


def test_a_policy_with_semicolons_has_one_fault(example: PackTexts, requirements: Requirements) -> None:
    text = replace(example, policy_csv=example.policy_csv.replace(",", ";"))
    assert [str(fault) for fault in faults_of(text, requirements)] == [
        "policy.csv:1: has semicolons between its fields. "
        "Save it with commas between the fields; some spreadsheets write semicolons unless told."
    ]


def test_every_fault_is_told_at_once(changed: Change, requirements: Requirements) -> None:
    texts = changed(system=('owner = "Example County Council"\n', ""), policy=(",allow,TRIP-1", ",Allow,TRIP-1"))
    texts = replace(texts, system_toml=put(texts.system_toml, 'type = "notify"', 'type = "notfy"'))
    faults = faults_of(texts, requirements)
    assert {(fault.where, fault.problem.partition(" ")[0]) for fault in faults} >= {
        ("system.toml", "system.owner:"),
        ("system.toml", "obligations.tell-the-school.type:"),
        ("policy.csv", "effect"),
    }


def test_text_that_is_no_toml_does_not_hide_the_policy(changed: Change, requirements: Requirements) -> None:
    faults = faults_of(changed(system=("", "\n[[[\n"), policy=(",allow,TRIP-1", ",Allow,TRIP-1")), requirements)
    assert {fault.where for fault in faults} == {"system.toml", "policy.csv"}


@pytest.mark.parametrize("text", ["", "role,resource_type,action,condition,effect,rule\n", "\n\n"])
def test_a_policy_without_rules_is_refused(example: PackTexts, requirements: Requirements, text: str) -> None:
    assert faults_of(replace(example, policy_csv=text), requirements)


def test_a_policy_that_only_denies_is_refused(example: PackTexts, requirements: Requirements) -> None:
    text = example.policy_csv.replace(",allow,", ",deny,")
    assert any("allows nothing" in str(fault) for fault in faults_of(replace(example, policy_csv=text), requirements))


def test_five_conditions_a_triple_are_enough(example: PackTexts, requirements: Requirements) -> None:
    names = [f"c{number}" for number in range(6)]
    tables = "".join(f'[conditions.{name}]\nfunction = "present"\nproperty = "school"\n' for name in names)
    sources = "".join(f'[rules.X-{name}]\nsource = "x"\n' for name in names)
    texts = replace(example, system_toml=example.system_toml + tables + sources)
    lines = [f"trip-leader,emergency-sheet,view,{name},deny,X-{name}" for name in names]
    text = texts.policy_csv.replace("own_school of_school_age on_a_trip,allow,TRIP-1", "always,allow,TRIP-1")
    five = replace(texts, policy_csv=text + "\n".join(lines[:5]) + "\n")
    assert [str(fault) for fault in faults_of(five, requirements)] == [
        "system.toml:{}: conditions.c5: is not used. Name it in a line or an obligation, or take it out.".format(
            texts.system_toml[: texts.system_toml.index("[conditions.c5]")].count("\n") + 1
        ),
        "system.toml:{}: rules.X-c5: is not used by any line of policy.csv. Take it out, or write its line.".format(
            texts.system_toml[: texts.system_toml.index("[rules.X-c5]")].count("\n") + 1
        ),
    ]
    six = faults_of(replace(texts, policy_csv=text + "\n".join(lines) + "\n"), requirements)
    assert [(fault.line, "has 6 conditions, more than 5" in str(fault)) for fault in six] == [(10, True)]


def test_what_is_inherited_counts_and_applies(example: PackTexts, requirements: Requirements) -> None:
    more = (
        INHERITING.format("deputy", "trip-leader")
        + '[roles.deputy.requires.training]\ncourses = ["none"]\nsource = "Tests"\n'
    )
    pack = read_pack(replace(example, system_toml=example.system_toml + more), requirements)
    assert {(rule.role, rule.id) for rule in pack.standing} == {
        (role, f"TRIP-{number}") for role in ("trip-leader", "deputy") for number in (1, 2, 3)
    }
    deputy, leader = pack.roles["deputy"], pack.roles["trip-leader"]
    terms = {demand.requirement: demand.terms for demand in deputy.demands}
    assert terms["training"].courses == ("none",)
    assert terms["grant"] == {demand.requirement: demand.terms for demand in leader.demands}["grant"]
    assert deputy.obligations == leader.obligations


def test_too_long_a_chain_of_roles_is_named(example: PackTexts, requirements: Requirements) -> None:
    chain = "".join(INHERITING.format(f"r{number}", f"r{number + 1}") for number in range(8))
    more = chain + INHERITING.format("r8", "trip-leader")
    faults = faults_of(replace(example, system_toml=example.system_toml + more), requirements)
    assert any("is a chain of more than 8 roles: r0 → r1" in str(fault) for fault in faults)


def test_a_folder_lacks_a_file(example: PackTexts, requirements: Requirements, tmp_path: Path) -> None:
    folder = write(example, tmp_path / "trips")
    (folder / "notes.txt").write_text("ignored")
    assert read_pack(folder, requirements).texts.digest == example.digest
    (folder / "README.md").unlink()
    (folder / "policy.csv").write_bytes(b"\xff\xfe")
    with pytest.raises(BadInput) as wrong:
        read_pack(folder, requirements)
    assert [Path(fault.where).name for fault in wrong.value.faults] == ["policy.csv", "README.md"]


def test_two_packs_of_one_system_are_refused_by_name(
    example: PackTexts, requirements: Requirements, tmp_path: Path
) -> None:
    write(example, tmp_path / "one")
    assert list(read_packs(tmp_path, requirements)) == ["trip-register"]
    write(example, tmp_path / "two")
    with pytest.raises(BadInput, match=r'two: has the id "trip-register", which .*one has too'):
        read_packs(tmp_path, requirements)


def test_the_digest_tells_the_files_apart(example: PackTexts) -> None:
    moved = replace(example, policy_csv=example.policy_csv + "x", cases_toml=example.cases_toml[1:])
    assert moved.digest != example.digest
    assert replace(example, place="elsewhere").digest == example.digest
