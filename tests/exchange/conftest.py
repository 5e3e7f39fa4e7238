"""The command line over an installation: commands run in this process, as `postern` runs them."""

from tests.commands import Desk, desk, quick_desk
from tests.installation import launcher

__all__ = ["Desk", "desk", "launcher", "quick_desk"]
