"""Settings that are missing are told all at once, with what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from governance.kernel.errors import BadInput
from governance.kernel.settings import NEEDED, load_settings


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NEEDED:
        monkeypatch.setenv(name, "")


def told(instance: Path) -> list[str]:
    with pytest.raises(BadInput) as wrong:
        load_settings(instance)
    return str(wrong.value).splitlines()


def test_where_nothing_is_set_up_the_cure_is_to_set_it_up(tmp_path: Path) -> None:
    (line,) = told(tmp_path)
    assert line.startswith(f"{', '.join(NEEDED)}: not set. There is no {tmp_path / 'postern.env'}: ")


def test_an_installation_elsewhere_comes_to_mind_before_a_second_one(tmp_path: Path) -> None:
    (line,) = told(tmp_path)
    assert 0 < line.index("POSTERN_INSTANCE") < line.index("postern setup --public-url https://…")


def test_what_a_file_lacks_is_set_there(tmp_path: Path) -> None:
    (tmp_path / "postern.env").write_text("POSTERN_LOG_LEVEL=INFO\n")
    lines = told(tmp_path)
    assert [line.partition(":")[0] for line in lines] == list(NEEDED)
    assert all("postern setup" not in line for line in lines)
