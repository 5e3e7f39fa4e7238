"""The guide's program is a whole one: copied from the page, it does what the page says."""

import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.architecture.source import ROOT
from tests.examples.misbehaving import Crooked, answering, crooked

GUIDE = (ROOT / "docs" / "integrate.md").read_text("utf-8")
CLOSED = {"type": "substitute", "properties": {"social_worker_name": "Starting Point"}}
SEVENTEEN = {"type": "fields", "properties": {"fields": ["name", "social_worker_name"]}}
REASON = {"code": "x", "user": "Your training has lapsed.", "remedy": {"who": "user", "what": "Complete it again."}}


@pytest.fixture
def server() -> Iterator[Crooked]:
    with crooked() as one:
        yield one


@pytest.fixture
def program(server: Crooked, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FlaskClient]:
    text = re.search(r"```python\n(from pathlib import Path\n\nfrom flask.*?)```", GUIDE, re.DOTALL)
    assert text
    shutil.copy(ROOT / "examples" / "client" / "postern_client.py", tmp_path)
    (tmp_path / "pupil-pages-key").write_text("k-1\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    names: dict[str, Any] = {"__name__": "pupils"}
    exec(compile(text[1].replace("http://localhost:8000", server.url), "pupils.py", "exec"), names)  # noqa: S102 - it is ours
    yield names["app"].test_client()
    names["postern"].close()
    sys.modules.pop("postern_client", None)


def test_a_permit_shows_what_it_names(server: Crooked, program: FlaskClient) -> None:
    obligations = [SEVENTEEN, CLOSED, {"type": "no-print"}]
    server.behaviour = answering({"decision": True, "context": {"obligations": obligations}})
    said = program.get("/pupils/DCC-204117", headers={"X-Person": "helen.ward"})
    assert said.get_json() == {"name": "Daisy Wren", "social_worker_name": "Starting Point"}
    assert server.asked[0]["subject"] == {"type": "user", "id": "helen.ward"}
    assert server.asked[0]["resource"]["properties"]["school"] == "fenny-hollow-primary"


def test_a_refusal_says_why(server: Crooked, program: FlaskClient) -> None:
    server.behaviour = answering({"decision": False, "context": {"reasons": [REASON]}})
    said = program.get("/pupils/DCC-204117")
    assert said.status_code == 403
    assert said.get_json()["refused"] == [["Your training has lapsed.", "Complete it again.", "you"]]


def test_every_obligation_type_that_the_client_fulfils_is_told() -> None:
    told = set(re.findall(r"`([a-z-]+)`", re.search(r"### Obligations\n(.*?)\n### ", GUIDE, re.DOTALL)[1]))  # type: ignore[index]
    listed = re.search(r"Types: (.*?)\. \*\*A front end", (ROOT / "docs" / "api.md").read_text("utf-8"), re.DOTALL)
    assert listed
    assert set(re.findall(r"`([a-z-]+)`", listed[1])) <= told


def test_every_picture_of_a_page_is_shown() -> None:
    """Those of the front ends in this guide, those of the service's own pages in the others."""
    taken = {file.name for file in (ROOT / "docs" / "screenshots").glob("*.png")}
    pages = [file.read_text("utf-8") for file in (ROOT / "docs").glob("*.md")]
    assert taken == {name for page in pages for name in re.findall(r"screenshots/([\w-]+\.png)", page)}
    assert {name for name in taken if not name.startswith("pages-")} == set(
        re.findall(r"screenshots/([\w-]+\.png)", GUIDE)
    )
