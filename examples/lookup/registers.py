"""The three registers that can be searched, and what has to be told of a record when asking about it."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from examples.client.postern_client import Resource

Row = Mapping[str, Any]
RECORDS = Path(__file__).with_name("records.toml")


@dataclass(frozen=True)
class Register:
    """One register: how it is called, how Postern knows it, its fields with their labels, and its rows."""

    system: str
    name: str
    type: str
    action: str
    fields: Mapping[str, str]
    listed: tuple[str, ...]
    told: tuple[str, ...]
    ordinary: Row
    rows: Mapping[str, Row]
    asks_for_fields: bool = False
    visible: tuple[str, ...] = ()

    def whole(self, row: Row) -> Resource:
        """A row as it is asked about: the properties that its pack declares, and every field."""
        return self._asked(row, self.fields)

    def part(self, row: Row) -> Resource:
        """What stays visible of a shielded row."""
        return self._asked(row, self.visible)

    def asked_in_turn(self, row: Row) -> list[Resource]:
        """What to ask for when a row is opened: all of it, and of a shielded one what stays visible."""
        return [self.whole(row), *([self.part(row)] if self.visible and row.get("shielded") else [])]

    def entry(self, number: str) -> Resource:
        """The row with a number; one that is not held is asked about as one that nobody has."""
        return self.whole(self.rows.get(number, self.ordinary))

    def as_listed(self, row: Row) -> Resource:
        """A row as a list asks about it: of a shielded one only what is visible."""
        return self.part(row) if self.visible and row.get("shielded") else self.whole(row)

    def nobody(self, school: str) -> Resource:
        """A record that nobody has, as ordinary as can be: may this person see any?"""
        row = {**self.ordinary, "school": school} if "school" in self.told else self.ordinary
        return self._asked(row, self.fields)

    def _asked(self, row: Row, fields: Iterable[str]) -> Resource:
        properties = {name: row[name] for name in self.told if name in row}
        return Resource(
            self.type, row["number"], {**properties, "fields": list(fields)} if self.asks_for_fields else properties
        )


INDEX_FIELDS = {"connexions_area": "Connexions area", "basic_details": "Basic details", "activity": "Activity"}
DATABOOK_FIELDS = {
    "name": "Name",
    "date_of_birth": "Date of birth",
    "principal_address": "Principal address",
    "case_open": "Case open",
    "child_protection_current": "Child protection plan, current",
    "child_protection_current_from": "Current plan since",
    "child_protection_previous": "Child protection plan, previous",
    "child_protection_previous_from": "Previous plan since",
    "looked_after": "Looked after",
    "looked_after_from": "Looked after since",
    "child_in_need": "Child in need",
    "child_in_need_from": "Child in need since",
    "social_worker_name": "Social worker",
    "social_worker_number": "Social worker’s number",
    "caution": "Caution",
    "domestic_violence": "Domestic violence",
    "domestic_violence_on": "Domestic violence on",
}
ENTRY_FIELDS = {
    "number": "Number",
    "name": "Name",
    "gender": "Gender",
    "date_of_birth": "Date of birth",
    "address": "Address",
    "carer_name": "Carer",
    "carer_contact": "How to reach the carer",
    "gp_surgery": "GP surgery",
    "school": "School",
    "professionals": "Professionals involved",
    "lead_professional": "Lead professional",
    "caf_involvement": "Common assessment",
}


def read_registers() -> dict[str, Register]:
    """Every register with its rows, all of them invented."""
    rows = {
        system: {row["number"]: row for row in listed}
        for system, listed in tomllib.loads(RECORDS.read_text("utf-8")).items()
    }
    found = (
        Register(
            "lccis", "London’s index of young people (LCCIS)", "young-person", "look-up", INDEX_FIELDS,
            ("basic_details", "connexions_area"), ("age", "ldd", "area"),
            {"number": "LCCIS-000000", "age": 16, "ldd": False, "area": "Central London"}, rows["lccis"],
            asks_for_fields=True,
        ),
        Register(
            "derbyshire-databook", "Derbyshire’s social-care databook", "databook-record", "view", DATABOOK_FIELDS,
            ("name", "date_of_birth"), ("school", "district", "case_open", "number_available", "caution"),
            {"number": "DCC-000000", "case_open": True, "number_available": True, "caution": []},
            rows["derbyshire-databook"],
        ),
        Register(
            "contactpoint", "ContactPoint", "child-entry", "look-up", ENTRY_FIELDS,
            ("name", "date_of_birth", "address"), ("shielded",), {"number": "CP-00000000", "shielded": False},
            rows["contactpoint"], asks_for_fields=True,
            visible=("number", "name", "gender", "date_of_birth", "carer_name"),
        ),
    )  # fmt: skip
    return {register.system: register for register in found}
