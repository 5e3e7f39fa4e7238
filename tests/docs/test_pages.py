"""What the documentation names is there, and what is there is named."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import click
import pytest
from marshmallow import fields

import wsgi
from governance import console
from governance.app import commands, make_service
from governance.kernel.db import Databases
from governance.kernel.settings import RecordKeys, Settings
from governance.ports.sheet import Sheet
from tests.architecture.source import ROOT

PAGES = sorted(
    [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md"), *ROOT.glob("examples/**/*.md")]
)
LINK = re.compile(r"\]\((?!https?:|#)([^)#]+)")
OURS = re.compile(
    r"`((?:governance|policies|agreements|accreditation|tokens|docs|tests|examples)/[\w./-]+\.\w+|wsgi\.py)`"
)


def text(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_and_files_exist(page: Path) -> None:
    said = page.read_text("utf-8")
    links = [target for target in LINK.findall(said) if not (page.parent / target).exists()]
    files = [name for name in OURS.findall(said) if not (ROOT / name).exists()]
    assert (links, files) == ([], [])


FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


@cache
def names_in(path: str) -> frozenset[str]:
    found: set[str] = set()
    for node in ast.parse(text(path)).body:
        if isinstance(node, (*FUNCTIONS, ast.ClassDef)):
            found.add(node.name)
        if isinstance(node, ast.ClassDef):
            found |= {f"{node.name}.{inner.name}" for inner in node.body if isinstance(inner, FUNCTIONS)}
    return frozenset(found)


def test_a_request_passes_where_the_page_says() -> None:
    pairs = re.findall(r"`([\w/]+\.py)`(?: \| | )`([\w.]+)`", text("docs/request.md"))
    assert len(pairs) > 30
    assert [pair for pair in pairs if pair[1] not in names_in(pair[0])] == []


def test_every_setting_is_told() -> None:
    read = set(re.findall(r"POSTERN_[A-Z_]+", text("governance/kernel/settings.py") + text("wsgi.py")))
    assert read == set(re.findall(r"^\| `(POSTERN_[A-Z_]+)`", text("docs/settings.md"), re.MULTILINE))


def every_command(group: click.Group, words: tuple[str, ...] = ()) -> Iterator[tuple[str, click.Command]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from every_command(command, (*words, name))
        else:
            yield " ".join((*words, name)), command


def test_every_command_and_option_is_told() -> None:
    root = click.Group("postern", commands=[*commands(wsgi.AREAS).values()])
    for command in (console.database, console.setup, console.serve, console.jobs, console.demo):
        root.add_command(command)
    said = text("docs/cli.md")
    headings = " ".join(line for line in said.splitlines() if line.startswith("### ")) + ","
    untold = [name for name, _ in every_command(root) if not re.search(rf"postern {name}\b", headings)]
    options = [
        f"{name} {option.opts[-1]}"
        for name, command in every_command(root)
        for option in command.params
        if isinstance(option, click.Option) and f"`{option.opts[-1]}" not in said and f" {option.opts[-1]} " not in said
    ]
    assert (untold, options) == ([], [])


def sheets() -> list[Sheet]:
    settings = Settings("sqlite://", "sqlite://", "", RecordKeys.parse("k1:" + "0" * 32), "INFO", 0.5, 1, 1)
    return list(make_service(settings, wsgi.AREAS, Databases.open("sqlite://", "sqlite://")).sheets.values())


@pytest.mark.parametrize("sheet", sheets(), ids=lambda sheet: sheet.name)
def test_every_column_of_a_sheet_is_told(sheet: Sheet) -> None:
    section = re.search(rf"^## {sheet.name}$(.*?)(?=^## )", text("docs/facts.md"), re.MULTILINE | re.DOTALL)
    assert section, f"docs/facts.md has no section {sheet.name}"
    rows = re.findall(r"^\| `(\w+)` \| ([^|]*)\| (.*)\|$", section[1], re.MULTILINE)
    columns = {item.data_key or name: item for name, item in sheet.schema().fields.items()}
    assert [name for name, _, _ in rows] == list(columns)
    for name, kind, words in rows:
        column = columns[name]
        told_as_needed = "needed" in kind or "identity" in kind
        assert told_as_needed or not column.required, f"{sheet.name}.{name} is required"
        if isinstance(column, fields.Enum):
            assert [member.value for member in column.enum if f"`{member.value}`" not in kind + words] == []


def test_erased_columns_are_told() -> None:
    said = re.sub(r"\s+", " ", text("docs/facts.md"))
    for sheet in sheets():
        section = said.partition(f"## {sheet.name} ")[2].partition(" ## ")[0]
        assert ("`facts erase` blanks" in section) is bool(sheet.erases), sheet.name
