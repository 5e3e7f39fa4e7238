"""What the desk plugs in."""

from governance.desk.views.people import blueprint
from governance.ports.area import Area, Link

AREA = Area(
    "desk",
    blueprints=(blueprint,),
    navigation=(
        Link("My access", "desk.account", "view", "account"),
        Link("People", "desk.people", "view-people", "organisation"),
        Link("Check access", "desk.check", "view-people", "organisation"),
    ),
)
