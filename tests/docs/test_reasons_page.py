"""docs/reasons.md says what the code says."""

import re

from docs.make_reasons import COMPARED_IN, PAGE, deciders, page, witnesses
from governance.ports.reasons import REASONS, Code, Mender

CURE = "docs/reasons.md is stale: run .venv/bin/python docs/make_reasons.py"


def test_the_page_is_what_the_code_says() -> None:
    written = PAGE.read_text("utf-8")
    assert written == page(), CURE


def test_every_code_has_its_words_and_its_place() -> None:
    headings = re.findall(r"^### (\w+)$", page(), re.MULTILINE)
    assert sorted(headings) == sorted(REASONS) == sorted(Code)


def test_what_nobody_can_mend_is_not_said_to_be_mended() -> None:
    told = page()
    suspended = told.partition("### suspended\n")[2].partition("\n### ")[0]
    assert "nobody who is refused so. What there is to do instead (`line_manager`): Speak with your" in suspended
    assert "postern lift PERSON --why WHY" in suspended, "administrators read how it ends"
    unmended = sum(words.mender is Mender.NOBODY for words in REASONS.values())
    assert told.count("Mended by**: nobody who is refused so") == unmended > 0


def test_the_api_page_lists_everybody_to_whom_a_remedy_turns() -> None:
    told = (PAGE.parent / "api.md").read_text("utf-8")
    assert [who for who in sorted({words.who for words in REASONS.values()}) if f"`{who}`" not in told] == []


def test_who_only_reads_a_code_or_makes_its_reason_does_not_decide_it() -> None:
    decided = deciders()
    assert decided["second_factor_too_old"] == ["`tokens/requirement.py` `SecondFactorRequirement.check`"]
    assert decided["grant_expired"] == ["`governance/grants/requirement.py` `_out_of_time`"]
    assert decided["property_mismatch"] == [
        "`governance/decisions/engine.py` `Engine._conclude`", "`governance/decisions/questions.py` `typed`",
    ]  # fmt: skip
    assert decided["no_grant"] == ["`governance/decisions/engine.py` `Engine._direct`"]
    assert [code for code, place in COMPARED_IN.items() if "`{}` `{}`".format(*place) not in decided[code]] == []


def test_what_only_excludes_a_code_does_not_show_it() -> None:
    shown = witnesses()
    assert shown["property_mismatch"] == ["`tests/web/test_evaluation.py`"]
    assert "`tests/tokens/issuing/test_decisions.py`" in shown["token_not_good"]


def test_places_are_found_in_code_packs_and_tests() -> None:
    decided, shown = deciders(), witnesses()
    assert decided["training_missing"] == ["`governance/vetting/requirement.py` `_course`"]
    assert "`policies/packs/coventry-lcs/system.toml` `[conditions.early_help_case]`" in decided["no_need"]
    assert "`policies/packs/shared.toml` `[conditions.managed_device]`" in decided["device"], "what packs share too"
    assert "`governance/trail/writer.py` `numbers`" in decided["audit_unavailable"]
    assert any(place.startswith("coventry-lcs V05") for place in shown["training_missing"])
    assert "`tests/governance/vetting/test_rules.py`" in shown["training_missing"]
