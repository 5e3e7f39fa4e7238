"""What this area plugs in."""

from governance.ports.area import Area
from policies.cli import install_own, packs
from policies.importer import resources, systems
from policies.requirement import LaunchRequirement, SystemStatusSource
from policies.role_rules import StoredRoleRules

AREA = Area(
    "policies",
    commands=(packs,),
    installs=(install_own,),
    sources=(SystemStatusSource(),),
    requirements=(lambda _settings: LaunchRequirement(),),
    sheets=(systems, resources),
    role_rules=StoredRoleRules,
)
