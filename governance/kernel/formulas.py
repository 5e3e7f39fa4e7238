"""What a spreadsheet would run as a formula, defused; and text as it was before."""

from __future__ import annotations

import re

STARTS = "=+\\-@\t\r\n＝＋－＠﹦﹢﹣﹫"  # noqa: RUF001 - full-width and small forms: some spreadsheets read them as the plain ones
DANGEROUS = re.compile(f"'*[{STARTS}]")
KEPT_AS_TEXT = re.compile(f"'+[{STARTS}]")


def defused(text: str) -> str:
    """Text that no spreadsheet takes for a formula: an apostrophe goes before what might be one."""
    return f"'{text}" if DANGEROUS.match(text) else text


def as_typed(text: str) -> str:
    """Text as it was before it was defused."""
    return text[1:] if KEPT_AS_TEXT.match(text) else text
