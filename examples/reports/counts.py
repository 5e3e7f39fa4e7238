"""The reports: invented young people of ten boroughs, counted. They are drawn with a seed, the same ones everywhere."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

BOROUGHS = (
    "Camden", "Croydon", "Enfield", "Greenwich", "Hackney", "Hounslow", "Lambeth", "Newham", "Southwark", "Sutton",
)  # fmt: skip
ACTIVITIES = {"Education": 70, "Employment": 9, "Training": 8, "NEET": 7, "Not known": 6}
"""What the young people do, and how many in a hundred. NEET: not in education, employment or training."""
EET = ("Education", "Employment", "Training")
SMALLEST_BOROUGH, LARGEST_BOROUGH = 70, 420

YoungPerson = dict[str, str]


@dataclass(frozen=True)
class Report:
    """A report of the standard set: its id in Postern, its title, its columns, and which column counts a person."""

    id: str
    title: str
    columns: tuple[str, ...]

    def counts(self, people: Sequence[YoungPerson]) -> dict[str, list[int]]:
        """Borough → one count a column."""
        counted = Counter((one["borough"], self._column(one)) for one in people)
        return {borough: [counted[borough, column] for column in self.columns] for borough in BOROUGHS}

    def _column(self, one: YoungPerson) -> str:
        if one["activity"] in self.columns:
            return one["activity"]
        return one["age"] if one["age"] in self.columns else "EET"


REPORTS = {
    report.id: report
    for report in (
        Report("residence", "Young people by borough and age", ("13 to 15", "16 to 17", "18 to 19")),
        Report("neet-comparison", "Not in education, employment or training", ("EET", "NEET", "Not known")),
        Report("eet-comparison", "In education, employment or training", EET),
    )
}


def young_people() -> list[dict[str, Any]]:
    """Everybody who is counted."""
    chance = Random("report runner")
    ages, activities = ("13 to 15", "16 to 17", "18 to 19"), list(ACTIVITIES)
    return [
        {
            "borough": borough,
            "age": chance.choice(ages),
            "activity": chance.choices(activities, list(ACTIVITIES.values()))[0],
        }
        for borough in BOROUGHS
        for _ in range(chance.randint(SMALLEST_BOROUGH, LARGEST_BOROUGH))
    ]
