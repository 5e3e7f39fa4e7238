"""Writes the demonstration's import folder, examples/demo/facts: what is written by hand, and people drawn by chance.

Run `.venv/bin/python -m examples.demo.make_demo`. The same seed gives the same files, byte for byte, on any machine.
"""

from __future__ import annotations

import csv
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from io import StringIO
from pathlib import Path
from random import Random

from examples.demo import schools, works
from examples.demo.drawing import STATES, Drawn, Rows, Work, in_order
from examples.demo.names import Names
from governance.app import trial_service
from governance.exchange.unfolding import cells_of, columns_for
from governance.ports.sheet import Sheet
from wsgi import AREAS

FOLDER = Path(__file__).parent
WRITTEN = FOLDER / "written"
FACTS = FOLDER / "facts"
PLACES = ("london", "coventry", "derbyshire")
SEED = "Postern, 2 November 2026"
DISORDERLY = 0.5


class Drawing:
    """Draws people for each kind of work: every state that can happen there does, before one happens again."""

    def __init__(self, written: Rows) -> None:
        self.chance = Random(SEED)
        self.names = Names(self.chance, [row["reference"] for row in written["people"]])
        self.drawn: list[Drawn] = []
        self._befallen: Counter[tuple[str, str]] = Counter()

    def people(self, wanted: Iterable[tuple[Work, int]]) -> None:
        """Draw people for some work."""
        for work, count in wanted:
            for _ in range(count):
                self.drawn.append(self.person(work))

    def person(self, work: Work) -> Drawn:
        """Somebody in order, or in the state that has befallen fewest at this kind of work."""
        drawn = in_order(self.chance, *self.names.draw(), work)
        if not work.fate and self.chance.random() < DISORDERLY:
            possible = [name for name, state in STATES.items() if state.at(work)]
            drawn.state = min(possible, key=lambda name: (self._befallen[work.name, name], self._befallen["", name]))
            self._befallen.update([(work.name, drawn.state), ("", drawn.state)])
            STATES[drawn.state].befall(self.chance, drawn)
        return drawn


def read_written() -> Rows:
    """The rows that are written by hand, sheet by sheet, place after place."""
    rows: Rows = {}
    for place in PLACES:
        for sheet, listed in tomllib.loads((WRITTEN / f"{place}.toml").read_text("utf-8")).items():
            rows.setdefault(sheet, []).extend(listed)
    return rows


def draw(written: Rows) -> tuple[list[Drawn], Rows]:
    """Everybody who is drawn, and all rows: those written, then those drawn."""
    drawing = Drawing(written)
    boroughs = {
        row["reference"]: row["parent"].removeprefix("london-")
        for row in written["organisations"]
        if row["kind"] == "local_authority" and row.get("parent", "").startswith("london-")
    }
    drawing.people(works.london(boroughs))
    drawing.people(works.coventry())
    heads = schools.heads(drawing.chance, drawing.names, written)
    drawing.drawn += [one for one in heads.values() if isinstance(one, Drawn)]
    head_of = {school: one.reference if isinstance(one, Drawn) else one for school, one in heads.items()}
    drawing.people(schools.work_at_schools(head_of))
    drawing.drawn += schools.phase_1(drawing.chance, drawing.names, head_of)
    rows = {sheet: list(listed) for sheet, listed in written.items()}
    for one in drawing.drawn:
        for sheet, listed in one.rows.items():
            rows.setdefault(sheet, []).extend(listed)
    named = {row["reference"]: row["name"] for row in rows["people"]}
    rows["checklist_answers"] += schools.readiness()
    rows["parties"] += schools.protocols(drawing.chance, head_of, named, written)
    return drawing.drawn, rows


def files(rows: Rows, sheets: Mapping[str, Sheet]) -> Iterator[tuple[str, str]]:
    """Each sheet's file and its text, in the form of an export."""
    for name, sheet in sheets.items():
        listed = rows.get(name, [])
        columns = columns_for(sheet, listed)
        text = StringIO(newline="")
        writer = csv.writer(text)
        writer.writerow([column.header for column in columns])
        writer.writerows(cells_of(row, columns) for row in listed)
        yield f"{name}.csv", text.getvalue()


def main() -> None:
    """Write every file anew."""
    FACTS.mkdir(exist_ok=True)
    _, rows = draw(read_written())
    for name, text in files(rows, trial_service(AREAS).sheets):
        (FACTS / name).write_text(text, "utf-8-sig", newline="")


if __name__ == "__main__":
    main()
