"""What these tests share: installations with servers."""

from tests.installation import installation, launcher, shared_installation

__all__ = ["installation", "launcher", "shared_installation"]
