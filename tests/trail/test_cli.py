"""`postern trail show`: the record of an answer, the records of a batch, and what is said of a number that is none."""

from __future__ import annotations

import json

import pytest

from governance.trail import service
from tests.commands import Desk, quick_desk
from tests.trail.ledgers import write_chain

__all__ = ["quick_desk"]
FORM = "one is written like NBGEB098-1, in capitals, and of a batch the first and the last like NBGEB098-1..NBGEB098-3"


@pytest.fixture
def chain(quick_desk: Desk) -> str:
    """A chain of eight decisions, by its name."""
    write_chain(quick_desk.installation.databases, 8)
    with quick_desk.installation.databases.trail.connect() as connection:
        return service.store.list_chains(connection)[-1][1]


def test_a_batch_is_shown_by_its_first_and_last_number(quick_desk: Desk, chain: str) -> None:
    told = quick_desk.run("trail", "show", f"{chain}-3..{chain}-5")
    assert (told.exit_code, [one["leaf"]["seq"] for one in json.loads(told.stdout)]) == (0, [3, 4, 5])
    one = quick_desk.run("trail", "show", f"{chain}-4")
    assert json.loads(one.stdout) == json.loads(told.stdout)[1]


def test_a_number_of_another_form_is_told_the_form(quick_desk: Desk, chain: str) -> None:
    for number in (f"{chain}-1".lower() + "x", chain, f"{chain}-", f"{chain}-01", f"{chain}-²", "x"):
        told = quick_desk.run("trail", "show", number)
        assert (told.exit_code, told.stderr) == (1, f"Error: no decision has the number {number}; {FORM}\n")
    for span in (f"{chain}-1..", f"..{chain}-1", f"{chain}-1..2", f"{chain}-1..NBGEB098-2", f"{chain}-1..{chain}-2.."):
        told = quick_desk.run("trail", "show", span)
        assert (told.exit_code, told.stderr) == (1, f"Error: no batch has the number {span}; {FORM}\n")
    erased = quick_desk.run("trail", "erase", f"{chain}-1..{chain}-2", "--why", "x")
    assert (erased.exit_code, FORM in erased.stderr) == (1, True)


def test_a_batch_is_bounded_and_whole(quick_desk: Desk, chain: str) -> None:
    for span, said in (
        (f"{chain}-5..{chain}-3", "names 0 records; name 1 to 1000"),
        (f"{chain}-1..{chain}-999999999999999", "name 1 to 1000"),
        (f"{chain}-7..{chain}-9", f"no decision has the number {chain}-9\n"),
    ):
        told = quick_desk.run("trail", "show", span)
        assert (told.exit_code, told.stdout) == (1, "")
        assert said in told.stderr
