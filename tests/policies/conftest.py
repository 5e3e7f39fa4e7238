"""What the tests of packs share: a small pack, the real requirements, and a way to change one thing of it."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from accreditation.area import AREA as ACCREDITATION
from agreements.area import AREA as AGREEMENTS
from governance.grants.area import AREA as GRANTS
from governance.kernel.settings import RecordKeys, Settings
from governance.people.area import AREA as PEOPLE
from governance.ports.requirement import Requirement
from governance.vetting.area import AREA as VETTING
from policies.area import AREA as POLICIES
from policies.pack import PackTexts
from tests.architecture.source import ROOT
from tests.commands import quick_desk
from tokens.area import AREA as TOKENS

__all__ = ["quick_desk"]

AREAS = (PEOPLE, GRANTS, VETTING, ACCREDITATION, AGREEMENTS, TOKENS, POLICIES)
SETTINGS = Settings(
    database_url="sqlite://",
    trail_url="sqlite://",
    public_url="http://127.0.0.1",
    record_keys=RecordKeys.parse("one:" + "11" * 16),
    log_level="INFO",
    trail_timeout=0.5,
    max_body=1_000_000,
    max_batch=1_000,
)
FENCE = re.compile(r"### (system\.toml|policy\.csv|cases\.toml|README\.md)\n\n```\w+\n(.*?)```", re.DOTALL)

Change = Callable[..., PackTexts]


@pytest.fixture(scope="session")
def requirements() -> Mapping[str, Requirement]:
    """The real requirements of every room, by kind."""
    found = (make(SETTINGS) for area in AREAS for make in area.requirements)
    return {requirement.kind: requirement for requirement in found}


@pytest.fixture(scope="session")
def example() -> PackTexts:
    """The worked example of docs/packs.md, as a reader would copy it out."""
    files = dict(FENCE.findall((ROOT / "docs" / "packs.md").read_text("utf-8")))
    return PackTexts(files["system.toml"], files["policy.csv"], files["cases.toml"], files["README.md"])


@pytest.fixture
def changed(example: PackTexts) -> Change:
    """The worked example with some text of its files replaced; what is to be replaced must stand there once."""

    def change(system: tuple[str, str] = ("", ""), policy: tuple[str, str] = ("", "")) -> PackTexts:
        texts = example
        if system != ("", ""):
            texts = replace(texts, system_toml=put(texts.system_toml, *system))
        if policy != ("", ""):
            texts = replace(texts, policy_csv=put(texts.policy_csv, *policy))
        return texts

    return change


def put(text: str, old: str, new: str) -> str:
    """Replace what stands once in a text; with nothing to replace, add at the end."""
    if not old:
        return text + new
    assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times"
    return text.replace(old, new)


def write(texts: PackTexts, folder: Path) -> Path:
    """Write a pack's four files."""
    folder.mkdir(parents=True, exist_ok=True)
    files = {"system.toml": texts.system_toml, "policy.csv": texts.policy_csv}
    for name, text in {**files, "cases.toml": texts.cases_toml, "README.md": texts.readme}.items():
        (folder / name).write_text(text, "utf-8")
    return folder
