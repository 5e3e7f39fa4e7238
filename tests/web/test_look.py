"""The look that is committed is the one that its sources make, and it has nothing of GOV.UK's own."""

from hashlib import sha256
from pathlib import Path

import pytest

from tests.architecture.source import ROOT

BUILT = {"governance/web/static": "governance/web/look/look.scss", "examples/pages/static": "examples/pages/look.scss"}
LOOK = "governance/web/look"


@pytest.mark.parametrize("static", BUILT)
def test_it_was_built_from_what_stands_here(static: str) -> None:
    built = dict(reversed(line.split()) for line in (ROOT / static / "built-from").read_text().splitlines())
    sources = {BUILT[static], f"{LOOK}/_house.scss", f"{LOOK}/package-lock.json", f"{LOOK}/build"}
    made = {f"{static}/look.css", f"{static}/govuk-frontend.min.js"}
    here = {name: sha256((ROOT / name).read_bytes()).hexdigest() for name in sources | made}
    assert here == built, f"run {LOOK}/build and commit what it writes"


@pytest.mark.parametrize("static", BUILT)
def test_it_has_no_crown_no_crest_and_no_font_of_its_own(static: str) -> None:
    look = (ROOT / static / "look.css").read_text("utf-8")
    assert [word for word in ("@font-face", "GDS Transport", "crest", "crown", "url(") if word in look] == []
    assert {Path(file).suffix for file in (ROOT / static).iterdir()} <= {".css", ".js", ".svg", ""}


def test_the_versions_of_what_it_is_built_with_are_locked() -> None:
    assert [file.name for file in ROOT.rglob("package-lock.json") if "node_modules" not in file.parts] == [
        "package-lock.json"
    ]
    assert "resolved" not in (ROOT / LOOK / "package-lock.json").read_text("utf-8")
