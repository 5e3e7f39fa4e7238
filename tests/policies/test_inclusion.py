"""Tables that packs share are taken in by name, once, and stay behind when their source changes."""

import tomllib
from collections.abc import Mapping

import pytest

from governance.kernel.errors import BadInput
from governance.ports.requirement import Requirement
from policies import inclusion
from policies.inclusion import blocks_of, with_shared
from policies.pack import PackTexts
from policies.reading import read_pack

SHARED = """# Packs share this.

# Whoever is unsure asks.
[conditions.sure]
function = "is_false"
property = "context.unsure"

[context.unsure]
type = "boolean"

[obligations.tell]
type = "notify"
[obligations.tell.properties]
who = "hub"
"""


@pytest.fixture(autouse=True)
def shared(tmp_path, monkeypatch):
    (tmp_path / "shared.toml").write_text(SHARED, "utf-8")
    monkeypatch.setattr(inclusion, "SHARED", tmp_path / "shared.toml")


def test_a_table_goes_with_its_comment_and_what_is_inside_it() -> None:
    blocks = blocks_of(SHARED)
    assert set(blocks) == {"conditions.sure", "context.unsure", "obligations.tell"}
    assert blocks["conditions.sure"].startswith("# Whoever is unsure asks.\n[conditions.sure]")
    assert tomllib.loads(blocks["obligations.tell"])["obligations"]["tell"]["properties"] == {"who": "hub"}


def test_what_is_named_is_taken_in_once() -> None:
    text = '[shared]\ncontext = ["unsure"]\nconditions = ["sure"]\n'
    whole = with_shared(text)
    assert whole.startswith(text)
    assert set(tomllib.loads(whole)["conditions"]) == {"sure"}
    assert with_shared(whole) == whole


def test_a_packs_own_table_stands_before_a_shared_one() -> None:
    text = '[shared]\ncontext = ["unsure"]\n[context]\nunsure = { type = "text" }\n'
    assert with_shared(text) == text


@pytest.mark.parametrize("text", ["", "[shared", "shared = 3", '[shared]\nconditions = "sure"', "[system]\nid = 1"])
def test_a_text_that_names_nothing_stays_as_it_is(text: str) -> None:
    assert with_shared(text) == text


@pytest.mark.parametrize(("table", "problem"), [
    ('[shared]\nconditions = ["shure"]', 'names shared conditions table "shure", which does not exist'),
    ('[shared]\nconditons = ["sure"]', "shared.conditons: is not known here"),
    ('[shared]\nconditions = ["nonesuch"]', r'"nonesuch", which does not exist\. Write one of: sure\.'),
    ('[shared]\nconditions = ["sure", "sure"]', 'names shared conditions table "sure" twice'),
    ('[shared]\nconditions = ["medical"]', r'names "medical", which is a table of the pack\'s own\. Leave it out\.'),
])  # fmt: skip
def test_what_cannot_be_found_is_named(
    table: str, problem: str, example: PackTexts, requirements: Mapping[str, Requirement]
) -> None:
    texts = PackTexts(f"{example.system_toml}\n{table}", example.policy_csv, example.cases_toml, example.readme)
    with pytest.raises(BadInput, match=problem):
        read_pack(texts, requirements)
