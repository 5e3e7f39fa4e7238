"""The command line over an installation: commands run in this process, as `postern` runs them."""

from tests.commands import Desk, desk, quick_desk

__all__ = ["Desk", "desk", "quick_desk"]
