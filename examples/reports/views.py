"""The report runner's pages. Postern says who may run which report, and that only totals leave."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from flask import Flask, Response, abort, g, render_template, request

from examples.client.postern_client import Decision, Postern, Resource, on_the_page
from examples.pages.site import circumstances, make_site, refused
from examples.reports.cells import Cell, hide_small, total
from examples.reports.counts import BOROUGHS, REPORTS, Report, young_people
from examples.reports.people import PEOPLE
from examples.reports.sheets import as_csv

SMALLEST_CELL = 5
HIDDEN = "hidden"
ROWS = {"aggregate": "Totals by borough", "individual": "One row for each young person"}
FIELDS = ("borough", "age", "activity")


def make_app(postern: str, key: str, _folder: Path) -> Flask:
    """The report runner, asking the Postern at an address with its key."""
    app = make_site("Report runner", Path(__file__).parent, PEOPLE, home="reports")
    asked = Postern(postern, "lccis", key, fulfils={"aggregate": on_the_page})
    app.extensions["postern"] = {"lccis": asked}
    people = young_people()

    @app.get("/reports")
    def reports() -> str:
        return render_template("reports.html", reports=REPORTS.values(), boroughs=BOROUGHS, rows=ROWS)

    @app.get("/report")
    @asked.require(
        "run",
        subject=lambda: g.person.reference,
        resource=lambda: Resource("report", chosen().id, {"rows": wanted_rows(), "boroughs": wanted_boroughs()}),
        context=circumstances,
        refused=lambda decision: refused(decision, asked=f"{chosen().title}: {ROWS[wanted_rows()].lower()}"),
    )
    def report(decision: Decision) -> Any:
        if wanted_rows() == "individual":
            header = [name.capitalize() for name in FIELDS]
            body = [list(seen.values()) for one in people if (seen := decision.show(one, FIELDS))]
        else:
            header = ["Borough", *chosen().columns, "Total"]
            body = totals(chosen(), people, decision.smallest_cell(SMALLEST_CELL))
        if "csv" in request.args:
            return sheet(chosen(), header, body)
        return render_template(
            "report.html", report=chosen(), header=header, body=body, smallest=decision.smallest_cell(SMALLEST_CELL)
        )

    return app


def totals(report: Report, people: Sequence[dict[str, str]], smallest: int) -> list[list[object]]:
    """A row for each borough chosen, and one of totals, each small cell hidden."""
    table = hide_small(report.counts(people), smallest)
    rows = [table[borough] for borough in wanted_boroughs()]
    columns = [total(column) for column in zip(*rows, strict=True)]
    last = [*columns, total(columns)]
    named = [[borough, *row, total(row)] for borough, row in zip(wanted_boroughs(), rows, strict=True)]
    return [[HIDDEN if cell is None else cell for cell in line] for line in [*named, ["Boroughs chosen", *last]]]


def sheet(report: Report, header: Sequence[str], body: Sequence[Sequence[Cell | object]]) -> Response:
    """A report to keep."""
    named = {"Content-Disposition": f'attachment; filename="{report.id}.csv"'}
    return Response(as_csv(header, body), content_type="text/csv; charset=utf-8", headers=named)


def chosen() -> Report:
    """The report that was chosen."""
    return REPORTS.get(request.args.get("report", "")) or abort(404, "There is no such report. Choose one.")


def wanted_rows() -> str:
    """Whether totals or persons were asked for."""
    rows = request.args.get("rows", "aggregate")
    return rows if rows in ROWS else abort(400, "Rows are aggregate or individual.")


def wanted_boroughs() -> list[str]:
    """The boroughs chosen; all where none was."""
    named = set(request.args.getlist("borough"))
    return [borough for borough in BOROUGHS if not named or borough in named] or abort(400, "There is no such borough.")
