"""What decisions plug in."""

from governance.decisions.api import blueprint
from governance.decisions.cli import decide
from governance.ports.area import Area

AREA = Area("decisions", blueprints=(blueprint,), commands=(decide,))
