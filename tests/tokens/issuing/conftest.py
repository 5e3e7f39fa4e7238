"""What these tests share: an installation with the provider in this process."""

from collections.abc import Iterator

import pytest

from tests.installation import Installation, launcher, shared_installation
from tests.tokens.issuing.front_end_kit import FrontEnd, Provider

__all__ = ["launcher", "shared_installation"]


@pytest.fixture(scope="module")
def provider(shared_installation: Installation, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    made = Provider(shared_installation, tmp_path_factory.mktemp("keys"))
    yield made
    made.service.databases.close()


@pytest.fixture(scope="module")
def lookup(provider: Provider) -> FrontEnd:
    return provider.register()


@pytest.fixture
def cookie(provider: Provider) -> str:
    return provider.sign_in()
