"""What this area plugs in."""

from governance.ports.area import Area
from policies.cli import packs
from policies.importer import systems
from policies.requirement import LaunchRequirement, SystemStatusSource
from policies.role_rules import StoredRoleRules

AREA = Area(
    "policies",
    commands=(packs,),
    sources=(SystemStatusSource(),),
    requirements=(lambda _settings: LaunchRequirement(),),
    sheets=(systems,),
    role_rules=StoredRoleRules,
)
