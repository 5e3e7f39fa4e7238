"""docs/reasons.md says what the code says."""

import re

from docs.make_reasons import PAGE, deciders, page, witnesses
from governance.ports.reasons import REASONS, Code

CURE = "docs/reasons.md is stale: run .venv/bin/python docs/make_reasons.py"


def test_the_page_is_what_the_code_says() -> None:
    written = PAGE.read_text("utf-8")
    assert written == page(), CURE


def test_every_code_has_its_words_and_its_place() -> None:
    headings = re.findall(r"^### (\w+)$", page(), re.MULTILINE)
    assert sorted(headings) == sorted(REASONS) == sorted(Code)


def test_places_are_found_in_code_packs_and_tests() -> None:
    decided, shown = deciders(), witnesses()
    assert decided["training_missing"] == ["`governance/vetting/requirement.py` `_course`"]
    assert "`policies/packs/coventry-lcs/system.toml` `[conditions.early_help_case]`" in decided["no_need"]
    assert "`governance/trail/writer.py` `Recorder.put`" in decided["audit_unavailable"]
    assert any(place.startswith("coventry-lcs V05") for place in shown["training_missing"])
    assert "`tests/governance/vetting/test_rules.py`" in shown["training_missing"]
