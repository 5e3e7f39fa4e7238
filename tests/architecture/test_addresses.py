"""Nothing that is committed knows one machine: no path of a home, no registry, no index."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.source import ROOT, plant

KNOWS_A_MACHINE = {
    "a path of one machine": re.compile(r"(?<![\w.~])/(?:(?:home|Users)/\w+|root|work|opt/(?:pypi|wheels))/"),
    "a package registry": re.compile(r"\b(?:pypi[.]org|pythonhosted[.]org|registry[.]npmjs[.]org|crates[.]io)\b"),
    "a package index": re.compile(r"--(?:extra-)?index-url|--find[-]links|PIP_(?:EXTRA_)?INDEX_URL|UV_[I]NDEX"),
}


def machine_addresses(root: Path) -> list[str]:
    """Lines of committed files that would only work, or only make sense, where they were written."""
    return [
        f"{path}:{number}: {what}: {match.group()}"
        for path, text in _committed(root)
        for number, line in enumerate(text.splitlines(), 1)
        for what, pattern in KNOWS_A_MACHINE.items()
        if (match := pattern.search(line))
    ]


def _committed(root: Path) -> Iterator[tuple[str, str]]:
    """Every text file that git holds, or would: what it ignores is left out."""
    git = shutil.which("git")
    assert git, "git is needed to tell what is committed"
    command = [git, "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=root, check=True, capture_output=True, text=True).stdout
    for path in sorted(filter(None, listed.split("\0"))):
        content = (root / path).read_bytes() if (root / path).is_file() else b""
        if b"\0" not in content:
            yield path, content.decode("utf-8", errors="replace")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    return tmp_path


def test_no_committed_file_knows_a_machine() -> None:
    assert machine_addresses(ROOT) == []


@pytest.mark.parametrize(
    "parts",
    [
        ("", "home", "me", "postern"),
        ("", "root", ".pyenv"),
        ("x = '", "work", "main'"),
        ("https:", "", "files.python" + "hosted.org", "packages"),
        ("--index" + "-url https:", "", "example.org"),
        ("--find" + "-links wheels",),
    ],
)
def test_an_address_is_caught(repository: Path, parts: tuple[str, ...]) -> None:
    plant(repository, ".gitignore", "ignored.txt\n")
    plant(repository, "ignored.txt", "/".join(parts))
    plant(repository, "docs/notes.md", "see\n" + "/".join(parts))
    assert [offence.partition(" ")[0] for offence in machine_addresses(repository)] == ["docs/notes.md:2:"]


@pytest.mark.parametrize(
    "text", ["../work/main", "https://example.org/work/", "uv --no-emit-" + "index-url", "/var/lib/x"]
)
def test_an_ordinary_path_is_no_offence(repository: Path, text: str) -> None:
    assert machine_addresses(plant(repository, "docs/notes.md", text)) == []
