"""Writes the columns of every sheet into docs/import.md, from the sheets' schemas: run it as it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from governance.app import trial_service
from governance.exchange.templates import Described, described
from governance.ports.sheet import Sheet
from wsgi import AREAS

PAGE = Path(__file__).with_name("import.md")
START = "<!-- From here to the end: made by docs/make_import.py; change the schemas, then run it again. -->\n"


def page(written: str, sheets: Mapping[str, Sheet]) -> str:
    """The page with its columns as the schemas say."""
    return written.partition(START)[0] + START + "".join(section(name, sheet) for name, sheet in sheets.items())


def section(name: str, sheet: Sheet) -> str:
    """One sheet: what it says of itself, and its columns."""
    about = (sheet.schema.__doc__ or "").strip()
    head = f"\n### {name}\n\n{about}\n\n| Column | Needed | Holds | Meaning |\n|---|---|---|---|\n"
    return head + "".join(lines(sheet))


def lines(sheet: Sheet) -> Iterator[str]:
    """The lines of a sheet's table."""
    for one in described(sheet):
        yield line(one)


def line(one: Described) -> str:
    """One column as a line."""
    return f"| `{one.header}` | {one.needed} | {one.holds} | {one.says} |\n"


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text("utf-8"), trial_service(AREAS).sheets), "utf-8")
