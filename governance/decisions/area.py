"""What decisions plug in."""

from governance.decisions.api import blueprint
from governance.decisions.cli import decide
from governance.decisions.inquiries import what_can, who_can
from governance.ports.area import Area

AREA = Area("decisions", blueprints=(blueprint,), commands=(decide, who_can, what_can))
