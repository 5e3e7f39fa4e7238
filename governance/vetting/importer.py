"""The sheets of this room: checks, training, conflicts, suspensions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from governance.kernel.errors import BadInput, Fault
from governance.kernel.keys import FactKey
from governance.kernel.settings import RecordKeys, Settings
from governance.ports.sheet import Names, Row, Sheet
from governance.vetting.models import Check, Conflict, Suspension, Training
from governance.vetting.rules import BarredList, record_hash
from governance.vetting.schemas import CheckIn, ConflictIn, SuspensionIn, TrainingIn

OF_A_PERSON = (("person", "person"),)
NO_KEY = "Give it the key in POSTERN_RECORD_KEYS, or write system, type and id."


def checks(_settings: Settings) -> Sheet:
    """Checks; another day of issue is another check."""
    return Sheet(
        name="checks",
        schema=CheckIn,
        model=Check,
        owner="person_id",
        natural=("person_id", "level", "workforce", "starts_on"),
        erases=("level", "outcome", "barred_list", "status"),
        resolve=check_row,
        keys=lambda row: (FactKey("checks", row["person_id"]),),
        refers=OF_A_PERSON,
        forbids=True,
        silent=(("barred_list", BarredList.BARRED.value, BarredList.NOT_CHECKED.value),),
    )


def training(_settings: Settings) -> Sheet:
    """Training; another day of completion is another completion."""
    return Sheet(
        name="training",
        schema=TrainingIn,
        model=Training,
        owner="person_id",
        natural=("person_id", "course", "starts_on"),
        erases=("course",),
        resolve=training_row,
        keys=lambda row: (FactKey("training", row["person_id"]),),
        refers=OF_A_PERSON,
    )


def conflicts(settings: Settings) -> Sheet:
    """Conflicts of interest; each record is hashed under the current key."""
    return Sheet(
        name="conflicts",
        schema=ConflictIn,
        model=Conflict,
        owner="person_id",
        natural=("person_id", "record_hash"),
        erases=("record_hash", "relation"),
        resolve=conflict_rows_under(settings.record_keys),
        keys=lambda row: (FactKey("conflicts", row["person_id"]),),
        refers=OF_A_PERSON,
        unfold=unfold_conflict,
        forbids=True,
    )


def suspensions(_settings: Settings) -> Sheet:
    """Suspensions; a person has one at a time."""
    return Sheet(
        name="suspensions",
        schema=SuspensionIn,
        model=Suspension,
        owner="person_id",
        natural=("person_id", "starts_on"),
        erases=("why",),
        resolve=suspension_row,
        keys=lambda row: (FactKey("suspension", row["person_id"]),),
        refers=OF_A_PERSON,
        forbids=True,
    )


def check_row(row: Row, names: Names) -> dict[str, Any]:
    """A check's columns."""
    return {
        "person_id": names.number("person", row["person"]),
        "level": row["level"].value,
        "workforce": row["workforce"].value,
        "starts_on": row["starts_on"],
        "ends_on": None,
        "outcome": row["outcome"].value,
        "barred_list": row["barred_list"].value,
        "subscribed": row["subscribed"],
        "consented_on": row.get("consented_on"),
        "status_on": row.get("status_on"),
        "status": row["status"].value if "status" in row else None,
    }


def training_row(row: Row, names: Names) -> dict[str, Any]:
    """A completion's columns."""
    return {
        "person_id": names.number("person", row["person"]),
        "course": row["course"],
        "starts_on": row["starts_on"],
        "ends_on": row.get("ends_on"),
    }


def conflict_rows_under(keys: RecordKeys) -> Callable[[Row, Names], dict[str, Any]]:
    """How a conflict's columns are made: under the current record key, or as they were made under one that is here."""
    known = dict(keys.keys)

    def conflict_row(row: Row, names: Names) -> dict[str, Any]:
        if "record_hash" in row:
            if row["record_key"] not in known:
                raise BadInput([Fault("record_key", "names a record key that this installation does not have", NO_KEY)])
            key_id, hashed = row["record_key"], bytes.fromhex(row["record_hash"])
        else:
            key_id = keys.current
            hashed = record_hash(known[key_id], row["system"], row["type"], row["id"])
        return {
            "person_id": names.number("person", row["person"]),
            "key_id": key_id,
            "record_hash": hashed,
            "relation": row["relation"].value,
            "starts_on": None,
            "ends_on": None,
        }

    return conflict_row


def unfold_conflict(columns: Mapping[str, Any]) -> dict[str, Any]:
    """A conflict's fields of its columns: the hash, and the mark of the key under which it was made."""
    hashed = columns["record_hash"].hex()
    return {"record_hash": hashed, "record_key": columns["key_id"], "relation": columns["relation"]}


def suspension_row(row: Row, names: Names) -> dict[str, Any]:
    """A suspension's columns."""
    return {
        "person_id": names.number("person", row["person"]),
        "why": row["why"],
        "starts_on": row["starts_on"],
        "ends_on": None,
    }
