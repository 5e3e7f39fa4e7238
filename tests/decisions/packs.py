"""Two packs made for the tests: every requirement, allow and deny rules, inheritance, mediation in one of them."""

from __future__ import annotations

import csv
import io
import tomllib
from functools import cache
from typing import Any

from governance.app import make_service
from governance.kernel.db import Databases
from governance.kernel.settings import Settings
from governance.ports.role_rules import SystemRules
from policies import engine
from policies.pack import PackTexts
from policies.reading import read_pack
from tests.facts import SETTINGS
from wsgi import AREAS

ALPHA_TOML = """
[system]
id = "alpha"
name = "Alpha"
owner = "The Council"
source = "Made for the tests"

[resource_types.record]
actions = ["view", "edit", "export", "note"]
id_form = "R-##"
[resource_types.record.properties]
school = { type = "text" }
age = { type = "integer" }
ldd = { type = "boolean" }
fields = { type = "list", maximum = 10, default = ["name"] }
locked = { type = "boolean", default = false }
seen_on = { type = "date" }

[resource_types.room]
actions = ["view"]
[resource_types.room.properties]
team = { type = "text", source = "stored" }
wing = { type = "text", source = "either" }
[resource_types.room.registered.MASH]
team = "MASH"
wing = "east"
[resource_types.room.registered.HUB]
team = "HUB"
wing = "west"

[context]
purpose = { type = "text" }
case = { type = "text", maximum = 40 }
unsure = { type = "boolean", default = false }

[conditions.own_school]
function = "own_organisation"
property = "school"
[conditions.has_case]
function = "present"
property = "context.case"
reason = "no_need"
[conditions.sure]
function = "is_false"
property = "context.unsure"
reason = "unsure"
[conditions.is_locked]
function = "is_true"
property = "locked"
[conditions.right_age]
function = "age_range"
minimum = 0
maximum = 18
maximum_with_ldd = 25
ldd_property = "ldd"
[conditions.known_fields]
function = "listed_fields"
fields = ["name", "school", "risk"]
[conditions.care]
function = "one_of"
property = "context.purpose"
values = ["care", "audit"]
reason = "purpose"
[conditions.mash]
function = "one_of"
property = "team"
values = ["MASH"]
[conditions.east]
function = "one_of"
property = "wing"
values = ["east"]
reason = "cohort"
detail = { cohort = "the east wing" }

[roles.worker]
source = "Workers' page"
obligations = ["read-only", "care-note"]
[roles.worker.granted_by]
approvals = [["line_manager"]]
[roles.worker.requires.employment]
source = "Tests"
organisation_kinds = ["local_authority", "school"]
casework = true
[roles.worker.requires.vetting]
source = "Tests"
level = "enhanced"
workforce = "child"
renewal_years = 3
status_months = 12
[roles.worker.requires.training]
source = "Tests"
courses = ["reading", "safety"]
renewal_months = 24

[roles.lead]
source = "Leads' page"
inherits = ["worker"]
[roles.lead.granted_by]
approvals = [["line_manager", "deputy"], ["system_owner"]]
[roles.lead.requires.second-factor]
source = "Tests"
acr = ["mfa", "passkey"]
max_age_minutes = 60
[roles.lead.requires.accreditation]
source = "Tests"
checklist = "pwis"
criteria = [1, 2]

[roles.reader]
source = "Readers' page"
obligations = ["few-fields"]
[roles.reader.requires.agreement]
source = "Tests"
covers = "descendants"
lawful_basis = "ordinary"
[roles.reader.requires.protocol]
source = "Tests"
agreement = "proto"
[roles.reader.requires.individual-agreement]
source = "Tests"
agreement = "terms"
version = 2
[roles.reader.requires.launch]
source = "Tests"
audit_live = true

[roles.staff]
source = "Everybody's page"
[roles.staff.granted_by]
everyone = true
[roles.staff.requires.training]
source = "Tests"
courses = ["safety"]
[roles.staff.requires.second-factor]
source = "Tests"
acr = ["mfa"]
not_for = ["edit"]
fresh_for = ["note"]
fresh_minutes = 30

[roles.leaver]
source = "Who leaves keeps nothing"

[obligations.read-only]
type = "read-only"
[obligations.care-note]
type = "notify"
properties = { whom = "owner" }
when = ["care"]
[obligations.few-fields]
type = "fields"
properties = { fields = ["name"] }

[rules.A-1]
source = "one"
[rules.A-2]
source = "two"
reason = "part_locked"
detail = { part = "The record" }
[rules.A-3]
source = "three"
[rules.A-4]
source = "four"
[rules.A-5]
source = "five"
[rules.A-6]
source = "six"
[rules.A-7]
source = "seven"
[rules.A-8]
source = "eight"
[rules.A-9]
source = "nine"
[rules.A-10]
source = "ten"
[rules.A-11]
source = "eleven"
[rules.A-12]
source = "twelve"
[rules.A-13]
source = "thirteen"

[mediation]
allowed = true
waives = ["training", "second-factor"]
source = "Together with a colleague"
"""

ALPHA_CSV = """role,resource_type,action,condition,effect,rule
worker,record,view,has_case sure own_school,allow,A-1
worker,record,view,is_locked,deny,A-2
lead,record,export,right_age known_fields,allow,A-3
lead,record,view,own_school,allow,A-4
reader,record,view,care known_fields,allow,A-5
worker,room,view,always,allow,A-6
worker,room,view,mash,deny,A-7
reader,room,view,east,allow,A-8
leaver,record,view,always,deny,A-9
staff,record,note,own_school,allow,A-10
staff,record,note,is_locked,deny,A-11
worker,record,note,has_case,allow,A-12
staff,record,edit,own_school,allow,A-13
"""

BETA_TOML = """
[system]
id = "beta"
name = "Beta"
owner = "The Council"
source = "Made for the tests"
cache_seconds = 30

[resource_types.report]
actions = ["run"]
[resource_types.report.properties]
rows = { type = "text", values = ["aggregate", "individual"] }
cell = { type = "integer" }
area = { type = "text" }
fields = { type = "list" }

[context]
purpose = { type = "text", default = "planning" }

[conditions.totals]
function = "aggregate_rows"
[conditions.small]
function = "at_most"
property = "cell"
maximum = 5
reason = "aggregate_only"

[roles.analyst]
source = "Analysts' page"
[roles.analyst.requires.vetting]
source = "Tests"
level = "standard"
workforce = "adult"
status_months = 12
[roles.analyst.requires.accreditation]
source = "Tests"
checklist = "pwis"
criteria = [1, 2]
covers = "descendants"
[roles.analyst.requires.agreement]
source = "Tests"
lawful_basis = "special_category"
[roles.analyst.requires.protocol]
source = "Tests"
agreement = "proto-beta"
covers = "descendants"

[roles.planner]
source = "Planners' page"
[roles.planner.granted_by]
approvals = [["line_manager"]]
[roles.planner.requires.employment]
source = "Tests"
posts = ["planner", "officer"]

[rules.B-1]
source = "one"
[rules.B-2]
source = "two"
[rules.B-3]
source = "three"
reason = "anonymous_only"

[mediation]
allowed = false
source = "Nobody asks for another here"
"""

BETA_CSV = """role,resource_type,action,condition,effect,rule
analyst,report,run,totals,allow,B-1
planner,report,run,own_area,allow,B-2
planner,report,run,small,deny,B-3
"""

TEXTS = {"alpha": (ALPHA_TOML, ALPHA_CSV), "beta": (BETA_TOML, BETA_CSV)}


@cache
def service(settings: Settings = SETTINGS) -> Any:
    """A service that no database stands behind: its sources, requirements and sheets."""
    return make_service(settings, AREAS, Databases.open("sqlite://", "sqlite://"))


def texts(system: str) -> PackTexts:
    """A pack's four texts."""
    toml, table = TEXTS[system]
    return PackTexts(toml, table, "", "", system)


@cache
def rules(system: str) -> SystemRules:
    """A pack as decisions see it."""
    return engine.build(read_pack(texts(system), service().requirements), 1)


def systems() -> dict[str, SystemRules | None]:
    """Both packs, as decisions know them."""
    return {system: rules(system) for system in TEXTS}


@cache
def plain(system: str) -> dict[str, Any]:
    """A pack as plain dictionaries, read by nobody but the standard library."""
    toml, table = TEXTS[system]
    return {**tomllib.loads(toml), "policy": list(csv.DictReader(io.StringIO(table)))}
