"""What this room plugs in."""

from governance.grants.importer import grants
from governance.grants.requirement import GrantRequirement
from governance.grants.store import GrantSource
from governance.ports.area import Area

AREA = Area(
    "grants",
    sources=(GrantSource(),),
    requirements=(lambda _settings: GrantRequirement(),),
    sheets=(grants,),
)
