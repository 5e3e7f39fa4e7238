"""What is typed of others, and what is read about them: at the field, within one's part, spoken of them."""

import re
from collections.abc import Callable

import pytest

from policies.pack import PackTexts
from tests.installation import POLICY, SYSTEM_TOML, Installation
from tests.web.browser_kit import Browser, Page

Browse = Callable[..., Browser]
MEDIATED = (
    SYSTEM_TOML.replace("[context]", '[context]\nmediated_for = { type = "text" }')
    + """
[mediation]
allowed = true
source = "Tests"
"""
)
"""The archive, where one may ask for another."""
UNKNOWN = "no-such-thing"
"""A reference that nobody has."""
TOO_LONG = "x" * 300


@pytest.mark.parametrize("path", ["/people", "/people/lock-outs", "/people/enrolment"])
def test_a_list_of_another_part_is_refused_at_the_field_and_so_is_one_of_nothing(
    stand: Installation, browse: Browse, path: str
) -> None:
    """What is unknown and what is out of reach read alike, so that nobody learns which references there are."""
    meg, told = browse("meg"), list[tuple[int, str]]()
    assert meg.get(path).status == 200
    before = stand.assert_intact()
    for reference in ("south", "north", UNKNOWN):
        page = meg.get(f"{path}?organisation={reference}")
        assert (page.status, page.codes) == (403, [])
        assert page.errors == {"#organisation": "No organisation in your part has this reference. Check it"}
        assert f'value="{reference}"' in page.text, "what was typed can be corrected"
        assert page.tree.all("table") == []
        told.append((page.status, page.text.replace(reference, "REFERENCE")))
    assert len(set(told)) == 1
    assert stand.assert_intact() - before == 3, "each refusal is on record"
    assert meg.get(f"{path}?organisation={TOO_LONG}").errors == {"#organisation": "This is too long"}
    assert meg.get(f"{path}?organisation=oak").errors == {}


def test_whoever_has_no_part_and_a_program_read_the_refusal(browse: Browse) -> None:
    page = browse("tess").get("/people")
    assert (page.status, page.codes) == (403, ["no_grant"])
    other = browse("tess").get("/people?organisation=south")
    assert (other.status, other.heading, "no_grant" in other.codes) == (403, "You cannot do this", True)
    told = browse("meg").get("/people?organisation=south", Accept="application/json")
    assert [one["code"] for one in told.response.get_json()["reasons"]] == ["condition_unmet"]
    assert browse("olga").get("/people.csv?organisation=south").codes == ["condition_unmet"]


def test_nobody_is_invited_whom_nobody_knows_and_the_field_says_so(stand: Installation, browse: Browse) -> None:
    meg, told = browse("meg"), set[str]()
    assert meg.get("/people/invite").status == 200
    before = stand.assert_intact()
    for reference in ("tom", UNKNOWN):
        page = meg.get("/people/invite").send(person=reference, email="new@example.org")
        assert (page.status, page.codes) == (403, [])
        said = "Nobody whom you may invite has this reference. Check it, or have the person recorded first"
        assert page.errors == {"#person": said}
        assert page.fields()["email"] == "new@example.org", "what was typed can be corrected"
        told.add(page.text.replace(f'"{reference}"', '"REFERENCE"'))
    assert len(told) == 1
    assert stand.assert_intact() - before == 4, "each page and each refusal is on record"
    blank = meg.get("/people/invite").send(person="", email="new@example.org")
    assert blank.errors == {"#person": "Enter the person’s reference"}
    long = meg.get("/people/invite").send(person=TOO_LONG, email="new@example.org")
    assert long.errors == {"#person": "This must be 200 characters or fewer"}


def test_a_check_of_one_who_asks_for_another_keeps_to_ones_part(stand: Installation, browse: Browse) -> None:
    """The reasons would be about the person behind, who has to lie in the visitor's part too."""
    stand.activate(PackTexts(MEDIATED, POLICY, "", ""))
    address = "/check-access/answer?person=tess&system=archive&what=file/view&c_mediated_for="
    meg, told = browse("meg"), set()
    for reference in ("sue", UNKNOWN):
        page = meg.get(address + reference)
        assert (page.status, page.codes) == (422, [])
        assert page.errors == {
            "#c_mediated_for": "Nobody in your part of the organisations has this reference. Check it"
        }
        told.add(page.text.replace(reference, "PERSON"))
    assert len(told) == 1
    page = meg.get(address + "nora")
    assert "They would ask for nora, and this is about that person." in page.words
    assert "no_grant" in page.codes
    answer = meg.get(address + "nora", Accept="application/json").response.get_json()
    assert answer["context"]["addressed_to"] == "nora"
    stand.activate()


SECOND_PERSON = re.compile(r"\b(?:you|your|yours|yourself)\b", re.IGNORECASE)


def test_reasons_about_somebody_else_speak_of_them_and_ones_own_to_oneself(stand: Installation, browse: Browse) -> None:
    """Whoever looks at somebody never reads "your check" of a check that is not theirs."""
    stand.suspend("meg")
    address = "/check-access/answer?person=meg&system=archive&what=file/view&c_case=x"
    boss, pages = browse("boss"), list[Page]()
    pages = [boss.get(address), boss.get("/people/meg"), browse("olga").get(address), browse("olga").get("/people/meg")]
    for page in pages:
        told = [one.text for one in page.tree.walk() if "data-code" in one.attributes]
        cells = [one.text for one in page.tree.all("td")]
        assert told
        assert not [said for said in (*told, *cells) if SECOND_PERSON.search(said)]
    assert "Their access is suspended. What helps: Speak with their line manager." in pages[0].words
    assert "Who can do that: their line manager." in pages[0].words
    assert "Their access is on hold." in pages[2].words
    assert "their line manager" in [one.text for one in pages[0].tree.all("td")], "who mends a link of the chain"
    told = boss.get(address, Accept="application/json").response.get_json()["context"]
    said = "You have not been given access to this system."
    assert (told["addressed_to"], told["reasons"][0]["user"]) == ("meg", said)
    stand.lift("meg")
    own = browse("olga").get(address.replace("person=meg", "person=olga"))
    assert said in own.words
    assert "Who can do that: your line manager." in own.words
