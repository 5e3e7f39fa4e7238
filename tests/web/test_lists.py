"""Long lists in pages, their downloads, and days and numbers in words."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.kernel.formulas import as_typed
from governance.web import words
from governance.web.downloads import parts
from governance.web.paging import Paged
from tests.web.browser_kit import Browser
from tests.web.planted import ann, browser, planted_shell, shell
from tests.web.planted import sqlite_installation as shared_installation

__all__ = ["ann", "browser", "planted_shell", "shared_installation", "shell"]


# --------------------------------------------------------------------------------------------------------------- pages


@pytest.mark.parametrize(("number", "pages", "expected"), [
    (1, 1, [1]), (1, 2, [1, 2]), (1, 6, [1, 2, 0, 6]), (3, 6, [1, 2, 3, 4, 0, 6]), (4, 6, [1, 0, 3, 4, 5, 6]),
    (50, 100, [1, 0, 49, 50, 51, 0, 100]), (100, 100, [1, 0, 99, 100]),
])  # fmt: skip
def test_which_pages_are_linked_to(number: int, pages: int, expected: list[int]) -> None:
    assert Paged((), number, pages, 0).numbers == expected


def test_pages_keep_the_filters(ann: Browser) -> None:
    page = ann.get("/planted/list?word=a%26b")
    hrefs = [one["href"] for one in page.tree.all("a", having="govuk-pagination__link")]
    assert hrefs == [f"/planted/list?word=a%26b&page={number}" for number in (1, 2, 6, 2)]
    last = ann.get("/planted/list?page=6")
    assert len(last.tree.one("tbody").all("tr")) == 5
    assert [one.text for one in last.tree.all("a", aria_current="page", having="govuk-pagination__link")] == ["6"]


@pytest.mark.parametrize("number", ["0", "-1", "x", "", "1e3", "\u0663", "99999999999999999999", "7", "999999"])
def test_a_page_that_is_not_there_is_the_first_or_the_last(ann: Browser, number: str) -> None:
    page = ann.open("/planted/list", query_string={"page": number})
    assert page.status == 200
    assert page.tree.all("a", aria_current="page", having="govuk-pagination__link")[0].text in ("1", "6")


def test_a_filter_that_is_not_there_is_refused(ann: Browser) -> None:
    assert ann.get("/planted/list?order=name").status == 400


def test_a_list_that_is_not_counted_goes_on_by_its_last_key(ann: Browser) -> None:
    page, seen = ann.get("/planted/long"), []
    for _ in range(10):
        seen += [row.one("th").text for row in page.tree.one("tbody").all("tr")]
        links = [one["href"] for one in page.tree.all("a", rel="next")]
        if not links:
            break
        page = ann.get(links[0])
    assert seen == [str(number) for number in range(130)]
    assert page.link("Start again from the first page") == "/planted/long"


# ----------------------------------------------------------------------------------------------------------- downloads


def rows_of(header: Sequence[str], rows: Sequence[Sequence[Any]]) -> list[list[str]]:
    text = b"".join(parts(header, rows)).decode("utf-8-sig")
    return list(csv.reader(StringIO(text, newline="")))


@pytest.mark.parametrize("text", [
    "=1+1", "+44 20", "-5", "@home", "\tx", "\rx", "\nx", "\uff1d1+1", "\uff0b1", "\uff0d1", "\uff20x", "'=x",
    "=cmd|' /C calc'!A0", "-2+3+cmd|' /C calc'!A0", '=HYPERLINK("//evil.example")',
])  # fmt: skip
def test_no_cell_is_a_formula_and_each_comes_back(text: str) -> None:
    (cell,) = rows_of(["a"], [[text]])[1]
    assert cell == f"'{text}"
    assert as_typed(cell) == text
    assert rows_of([text], [])[0] == [f"'{text}"], "nor is a header"


@pytest.mark.parametrize(("value", "expected"), [
    (-5, "-5"), (12, "12"), (-1.5, "-1.5"), (Decimal("-0.10"), "-0.10"), (True, "yes"), (False, "no"), (None, ""),
    (date(2027, 3, 31), "2027-03-31"), (datetime(2027, 3, 31, 15, 5, tzinfo=UTC), "2027-03-31T15:05:00Z"),
    ("plain", "plain"), ("a,b", "a,b"), ('say "x"', 'say "x"'), ("two\nlines", "two\nlines"),
])  # fmt: skip
def test_numbers_stay_numbers(value: object, expected: str) -> None:
    assert rows_of(["a"], [[value]])[1] == [expected]


@given(st.lists(st.lists(st.text(st.characters(codec="utf-8"), max_size=12), min_size=2, max_size=2), max_size=5))
def test_any_text_comes_back(rows: list[list[str]]) -> None:
    found = rows_of(["a", "b"], rows)[1:]
    assert [[as_typed(cell) for cell in row] for row in found] == rows


def test_a_download_is_sent_in_parts(ann: Browser) -> None:
    response = ann.client.get("/planted/download", base_url="http://127.0.0.1", buffered=False)
    assert response.headers["Content-Disposition"].startswith('attachment; filename="numbers.csv"')
    assert response.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert "Content-Length" not in response.headers
    found = [part for part in response.response if part]
    assert len(found) > 5
    assert max(map(len, found)) < 20_000
    text = b"".join(bytes(part) for part in found).decode("utf-8-sig")
    assert text.splitlines()[1] == "0,'=cmd|0"
    assert len(text.splitlines()) == 20_001


@pytest.mark.parametrize("name", ['a"b', "../../etc", "a\r\nSet-Cookie: x=1", "ünïcode", "x;y"])
def test_a_file_s_name_is_only_a_name(name: str, shell: object) -> None:
    from governance.web.downloads import csv_response

    said = csv_response(name, ["a"], []).headers["Content-Disposition"]
    assert said.isascii()
    assert not set("\r\n/") & set(said)
    assert said.count('"') == 2


# --------------------------------------------------------------------------------------------------------------- words


@pytest.mark.parametrize(("moment", "said"), [
    (datetime(2027, 3, 31, 15, 5, tzinfo=UTC), "31 March 2027, 4:05pm"),
    (datetime(2027, 1, 5, 9, 0, tzinfo=UTC), "5 January 2027, 9am"),
    (datetime(2027, 1, 5, 0, 0, tzinfo=UTC), "5 January 2027, midnight"),
    (datetime(2027, 6, 5, 11, 0, tzinfo=UTC), "5 June 2027, midday"),
    (datetime(2027, 6, 30, 23, 30, tzinfo=UTC), "1 July 2027, 12:30am"),
    (datetime(2027, 1, 5, 12, 30, tzinfo=UTC), "5 January 2027, 12:30pm"),
    (None, ""),
])  # fmt: skip
def test_moments_are_told_in_london_time(moment: datetime | None, said: str) -> None:
    assert words.moment(moment) == said
    assert words.day(moment) == said.partition(",")[0]


def test_days_and_counts_and_lists() -> None:
    assert words.day(date(2027, 12, 1)) == "1 December 2027"
    counted = [words.count(number, "person", "people") for number in (0, 1, 1200)]
    assert counted == ["0 people", "1 person", "1,200 people"]
    assert words.count(2, "page") == "2 pages"
    listed = [words.listed(some) for some in ([], ["a"], ["a", "b"], ["a", "b", "c"])]
    assert listed == ["", "a", "a and b", "a, b and c"]
