"""What a start pays for, so that the first question does not; and what it leaves to those who need it."""

import subprocess
import sys

import pytest

from governance.decisions.memory import Memory
from governance.decisions.questions import read_question
from governance.decisions.records import Asker
from governance.decisions.service import Questions
from governance.kernel import clock
from governance.kernel.keys import FactKey
from tests.architecture.source import ROOT
from tests.decisions.test_tables import BODY
from tests.decisions.worlds import LONG_AGO, agreed
from tests.installation import Installation
from tests.servers import SYSTEM

WEIGHTY = ("apscheduler", "openpyxl", "requests", "webauthn", "zxcvbn")
"""Libraries that few processes ever need: each is imported by its keeper when it is used."""


def test_the_first_question_finds_every_statement_made(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("governance.kernel.collecting.settle", lambda: None)  # the tests' own memory is not to stay
    decisions = installation.service.decisions
    assert decisions.ready()
    kept = installation.databases.facts._compiled_cache
    before = set(kept)
    found = decisions.ask(SYSTEM, lambda rules: Questions([read_question(BODY, rules)]), Asker("test"), clock.now())
    assert found.decisions[0].allowed
    assert before
    assert set(kept) == before


def test_whatever_is_asked_about_is_rehearsed(installation: Installation) -> None:
    """Each kind, by a key of somebody or something that is there: agreements ask for their parties and versions too."""
    party = {"agreement": "dsa", "version": 1, "organisation": "council", "signed_on": LONG_AGO, "signed_by": "mo"}
    installation.apply(agreements=[agreed("dsa", "sharing", SYSTEM)], parties=[party])
    named = {"agreements": f"1:{SYSTEM}", "individual_agreements": SYSTEM, "system_status": SYSTEM, "person": "ann"}
    sources = installation.service.parts.sources
    memory = Memory(installation.databases, sources, installation.databases.freshness.current())
    memory.rehearse()
    kept = installation.databases.facts._compiled_cache
    before = set(kept)
    for source in sources:
        name = named.get(source.kind, "somebody" if source.about == "key" else "")
        key = FactKey(source.kind, 0 if name else 1, name)
        assert source.kind not in ("agreements", "person", "organisation") or memory._load(source.kind, [key])[key]
        memory._load(source.kind, [key])
        assert set(kept) == before, source.kind


def test_a_rehearsal_leaves_nothing_in_memory(installation: Installation) -> None:
    sources = installation.service.parts.sources
    memory = Memory(installation.databases, sources, installation.databases.freshness.current())
    memory.rehearse()
    assert memory.people == {}
    assert not any(memory._shared.values())
    with memory.loading() as session:  # its own way of asking ends with it
        assert session.info == {}


def test_what_was_read_before_anything_was_recorded_is_forgotten(installation: Installation) -> None:
    """From the beginning on everything may have changed: no key needs to be asked for."""
    memory = Memory(installation.databases, installation.service.parts.sources)
    newest = installation.databases.freshness.current()
    organisation = FactKey("organisation", 1)
    assert memory.get(organisation) is None
    assert memory.refresh(newest) >= {"policy", "organisation", "person"}
    assert memory.get(organisation).reference == "council"
    assert memory.refresh(newest) == frozenset()


def test_the_service_is_imported_without_what_few_need() -> None:
    assert told_by(f"import sys, wsgi; print([name for name in {WEIGHTY} if name in sys.modules])") == ["[]"]


def test_the_roof_is_laid_before_circles_are_looked_for() -> None:
    state = "gc.isenabled(), gc.get_stats()[2]['collections']"
    assert told_by(f"import gc, wsgi; print({state})") == ["True 0"]


def told_by(program: str, *words: str) -> list[str]:
    """What a process of its own says, line by line."""
    line = (sys.executable, "-c", program, *words)
    return subprocess.run(line, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
