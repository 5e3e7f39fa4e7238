"""What a check says of fields that were left blank, and how a list is said to be empty."""

from collections.abc import Callable, Iterator
from urllib.parse import urlencode

import pytest

from policies.pack import PackTexts
from tests.installation import HEADER, POLICY, SYSTEM_TOML, Installation
from tests.web.browser_kit import Browser, Page

Browse = Callable[..., Browser]
DECLARED = """actions = ["view"]
[resource_types.file.properties]
school = { type = "text" }
caution = { type = "list" }
origin = { type = "list", values = ["own", "police"] }
kind = { type = "text", values = ["letter", "photograph"], default = "letter" }
"""
CONDITIONS = """
[conditions.own_school]
function = "own_organisation"
property = "school"
source = "Tests"
[conditions.secret]
function = "one_of"
property = "caution"
values = ["secret"]
source = "Tests"
[conditions.police]
function = "one_of"
property = "origin"
values = ["police"]
source = "Tests"
[rules.A-2]
source = "Tests"
[rules.A-3]
source = "Tests"
"""
TEXT = SYSTEM_TOML.replace('actions = ["view"]\n', DECLARED) + CONDITIONS
RULES = HEADER + (
    "reader,file,view,cased own_school,allow,A-1\nreader,file,view,secret,deny,A-2\nreader,file,view,police,deny,A-3\n"
)
WHOLE = {"c_case": "C-1", "p_school": "council", "none_p_caution": "yes", "p_origin": "[]"}
NOT_GIVEN = "not given. What is not known counts against the person"


@pytest.fixture(autouse=True)
def _declared(stand: Installation) -> Iterator[None]:
    stand.activate(PackTexts(TEXT, RULES, "", ""))
    yield
    stand.activate(PackTexts(SYSTEM_TOML, POLICY, "", ""))


def checked(browse: Browse, **fields: str) -> Page:
    """The answer about Ann, with some fields given."""
    asked = {"person": "ann", "system": "archive", "what": "file/view", "id": "F-1"}
    return browse("boss").get("/check-access/answer?" + urlencode(asked | fields))


@pytest.fixture
def _boss_sees_ann(stand: Installation) -> None:
    stand.apply(
        grants=[
            {
                "person": "boss", "system": "governance", "role": "administrator", "organisation": "council",
                "from": "2020-01-01",
                "approvals": [{"by": "mo", "capacity": "administrator", "organisation": "council", "on": "2020-01-01"}],
            }
        ],
        employment=[{"person": "boss", "organisation": "council", "post": "head", "from": "2020-01-01"}],
    )  # fmt: skip


@pytest.mark.usefixtures("_boss_sees_ann")
@pytest.mark.parametrize(
    ("left", "label"),
    [("c_case", "Case"), ("p_school", "School"), ("none_p_caution", "Caution"), ("p_origin", "Origin")],
)
def test_what_was_left_blank_and_decides_is_named_beside_the_reason(browse: Browse, left: str, label: str) -> None:
    page = checked(browse, **{name: value for name, value in WHOLE.items() if name != left})
    assert page.heading == "Not permitted"
    assert f"{label} was {NOT_GIVEN}" in page.words
    assert f"Not given: {label}." in page.words


@pytest.mark.usefixtures("_boss_sees_ann")
def test_what_was_given_is_not_called_blank_and_an_empty_list_is_an_answer(browse: Browse) -> None:
    assert checked(browse, **WHOLE).heading == "Permitted"
    wrong = checked(browse, **WHOLE | {"p_school": "oak"})
    assert (wrong.heading, "not given" in wrong.words.lower()) == ("Not permitted", False)
    several = checked(browse, c_case="C-1", p_school="council")
    assert f"Caution and Origin were {NOT_GIVEN}" in several.words


@pytest.mark.usefixtures("_boss_sees_ann")
def test_the_form_offers_what_is_declared_and_says_what_blank_means(browse: Browse) -> None:
    page = browse("boss").get("/check-access/question?person=ann&system=archive")
    assert (page.status, page.errors) == (200, {})
    choices = {one["id"]: [each.text for each in one.all("option")] for one in page.tree.all("select")}
    assert choices["p_origin"] == ["Not known", "own", "police", "None of these"]
    assert choices["p_kind"] == ["Not said", "letter", "photograph"]
    assert "Caution: there is none" in page.words
    assert "No caution" in page.words
