"""What this room plugs in."""

from governance.ports.area import Area
from governance.vetting.cli import lift, suspend
from governance.vetting.importer import checks, conflicts, suspensions, training
from governance.vetting.requirement import (
    BarredRequirement,
    ConflictRequirement,
    SuspensionRequirement,
    TrainingRequirement,
    VettingRequirement,
)
from governance.vetting.store import CheckSource, ConflictSource, SuspensionSource, TrainingSource

AREA = Area(
    "vetting",
    commands=(suspend, lift),
    sources=(CheckSource(), TrainingSource(), ConflictSource(), SuspensionSource()),
    requirements=(
        lambda _settings: VettingRequirement(),
        lambda _settings: BarredRequirement(),
        lambda _settings: TrainingRequirement(),
        lambda _settings: SuspensionRequirement(),
        lambda settings: ConflictRequirement(settings.record_keys),
    ),
    sheets=(checks, training, conflicts, suspensions),
)
