"""An import folder of any size, the same for the same seed: python -m benchmarks.import_folder FOLDER [PEOPLE]."""

from __future__ import annotations

import csv
import random
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from datetime import date, timedelta
from pathlib import Path

SEED = 20260302
SCHOOLS_PER_PERSON = 1 / 250
FIRST = date(2024, 1, 1)
SHEETS: dict[str, tuple[str, ...]] = {
    "organisations": ("reference", "name", "kind", "parent", "area", "status"),
    "people": ("reference", "name", "manager", "attribute.floor:number"),
    "employment": ("person", "organisation", "post", "casework", "from", "to"),
    "checks": ("person", "level", "workforce", "issued", "outcome", "barred_list"),
    "training": ("person", "course", "completed", "expires"),
    "grants": (
        "person", "system", "role", "organisation", "from", "to",
        "approval_1_by", "approval_1_capacity", "approval_1_organisation", "approval_1_on",
    ),
    "agreements": ("reference", "kind", "version", "system", "state", "purposes", "fields", "from", "to"),
    "parties": ("agreement", "version", "organisation", "signed_on", "signed_by"),
    "signatures": ("agreement", "version", "person", "signed_on"),
}  # fmt: skip
POSTS = ("teacher", "officer", "mentor", "designated lead")
SYSTEM = "derbyshire-databook"
AGREEMENT = "databook-terms"

Write = Callable[[Sequence[object]], object]


def write_folder(folder: Path, people: int, seed: int = SEED) -> dict[str, int]:
    """Write so many people with their facts, about six rows each; give how many rows each sheet has."""
    folder.mkdir(parents=True, exist_ok=True)
    counts = dict.fromkeys(SHEETS, 0)
    with ExitStack() as stack:
        writers: dict[str, Write] = {}
        for name, columns in SHEETS.items():
            handle = stack.enter_context((folder / f"{name}.csv").open("w", encoding="utf-8-sig", newline=""))
            writer = csv.writer(handle)
            writer.writerow(columns)
            writers[name] = writer.writerow
        for sheet, row in rows(people, random.Random(seed)):
            writers[sheet](row)
            counts[sheet] += 1
    return counts


def rows(people: int, chance: random.Random) -> Iterator[tuple[str, tuple[object, ...]]]:
    """Rows with their sheets: organisations and agreements, then person by person."""
    schools = max(1, int(people * SCHOOLS_PER_PERSON))
    yield "organisations", ("council", "The Council", "local_authority", "", "ALL", "active")
    for number in range(schools):
        name = f"school-{number:05}"
        yield "organisations", (name, f"School {number}", "school", "council", "north", "active")
        yield "agreements", (f"protocol-{number:05}", "protocol", 1, SYSTEM, "active", "", "", FIRST, "")
        yield "parties", (f"protocol-{number:05}", 1, name, FIRST, "Head Teacher")
    yield "agreements", (AGREEMENT, "individual", 2, SYSTEM, "active", "", "", FIRST, "")
    for number in range(people):
        yield from person(number, f"school-{number % schools:05}", chance)


def person(number: int, school: str, chance: random.Random) -> Iterator[tuple[str, tuple[object, ...]]]:
    """One person's rows."""
    name = f"person-{number:06}"
    manager = f"person-{number - number % 10:06}" if number % 10 else ""
    begun = FIRST + timedelta(days=chance.randrange(700))
    yield "people", (name, f"Person Number {number}", manager, chance.randrange(5))
    yield "employment", (name, school, chance.choice(POSTS), chance.choice(("yes", "no")), begun, "")
    yield "checks", (name, "enhanced", "child", begun, "clear", "not_barred")
    yield "training", (name, "databook-guidance", begun, "")
    yield (
        "grants",
        (name, SYSTEM, "school-user", school, begun, "", manager or "person-000000", "head_teacher", school, begun),
    )
    yield "signatures", (AGREEMENT, 2, name, begun)


if __name__ == "__main__":
    made = write_folder(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 100_000)
    print(*(f"{name}: {count}" for name, count in made.items()), sep="\n")
