"""What this area plugs in."""

from agreements.importer import agreements, parties, signatures
from agreements.requirement import AgreementRequirement, IndividualRequirement, ProtocolRequirement
from agreements.store import AgreementSource, IndividualSource, SignatureSource
from governance.ports.area import Area

AREA = Area(
    "agreements",
    sources=(AgreementSource(), IndividualSource(), SignatureSource()),
    requirements=(
        lambda _settings: AgreementRequirement(),
        lambda _settings: ProtocolRequirement(),
        lambda _settings: IndividualRequirement(),
    ),
    sheets=(agreements, parties, signatures),
)
