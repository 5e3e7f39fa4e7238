"""What this area plugs in."""

from accreditation.importer import checklist_answers
from accreditation.requirement import AccreditationRequirement, InfrastructureRequirement
from accreditation.store import AccreditationSource
from governance.ports.area import Area

AREA = Area(
    "accreditation",
    sources=(AccreditationSource(),),
    requirements=(lambda _settings: AccreditationRequirement(), lambda _settings: InfrastructureRequirement()),
    sheets=(checklist_answers,),
)
