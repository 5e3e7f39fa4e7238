"""What this room plugs in."""

from governance.people.importer import employment, organisations, people
from governance.people.requirement import EmploymentRequirement
from governance.people.store import EmploymentSource, OrganisationSource, PersonSource
from governance.ports.area import Area

AREA = Area(
    "people",
    sources=(PersonSource(), OrganisationSource(), EmploymentSource()),
    requirements=(lambda _settings: EmploymentRequirement(),),
    sheets=(organisations, people, employment),
)
