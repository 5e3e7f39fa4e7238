"""Lists as CSV files that a spreadsheet opens and never runs. Telling the trail is the service's that gave the rows."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from io import StringIO
from typing import Any
from urllib.parse import quote

from flask import Response

from governance.kernel.clock import iso
from governance.kernel.formulas import defused

PART = 16_384
MARK = "\ufeff"


def csv_response(name: str, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> Response:
    """A download of rows as they come: UTF-8 with its mark, a header row. `name` has no ending.

    Rows are fetched while the file is sent: do not give an iterator over a session that is closed by then.
    """
    response = Response(parts(header, rows), content_type="text/csv; charset=utf-8")
    plain = "".join(letter if letter.isascii() and (letter.isalnum() or letter in "-_") else "-" for letter in name)
    response.headers["Content-Disposition"] = (
        f"attachment; filename=\"{plain}.csv\"; filename*=UTF-8''{quote(name, safe='')}.csv"
    )
    return response


def parts(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[bytes]:
    """The file in parts of some size."""
    text = StringIO(newline="")
    writer = csv.writer(text)
    text.write(MARK)
    writer.writerow([cell(one) for one in header])
    for row in rows:
        writer.writerow([cell(one) for one in row])
        if text.tell() > PART:
            yield text.getvalue().encode()
            text.seek(0)
            text.truncate()
    yield text.getvalue().encode()


def cell(value: Any) -> object:
    """A cell: numbers as they are, days and moments as ISO 8601, yes and no, and text that is no formula."""
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case int() | float() | Decimal():
            return value
        case datetime():
            return iso(value)
        case date():
            return value.isoformat()
    return defused(str(value))
