"""One file reads the clock. Everyone else is told what the moment is."""

import ast
from pathlib import Path

import pytest

from tests.architecture.source import ROOT, WITH_MIGRATIONS, modules, plant

CLOCK = "governance/kernel/clock.py"

READS_THE_CLOCK = frozenset({
    "datetime.date.today",
    "datetime.datetime.now",
    "datetime.datetime.today",
    "datetime.datetime.utcnow",
    "sqlalchemy.func.current_timestamp",
    "sqlalchemy.func.now",
    "time.gmtime",
    "time.localtime",
    "time.time",
    "time.time_ns",
})  # fmt: skip


def clock_readers(root: Path) -> list[str]:
    """Places that look at the clock instead of taking `now`. Durations (`time.monotonic`) are no offence."""
    return [
        module.at(node, f"{meaning} reads the clock. Take `now` as an argument; the door asks {CLOCK}.")
        for module in modules(root, WITH_MIGRATIONS)
        if module.path != CLOCK
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Attribute | ast.Name) and (meaning := module.meaning(node)) in READS_THE_CLOCK
    ]


def test_one_file_reads_the_clock() -> None:
    assert clock_readers(ROOT) == []


@pytest.mark.parametrize(
    "text",
    [
        "import datetime\ndatetime.datetime.now()\n",
        "import datetime as d\nd.date.today()\n",
        "from datetime import datetime as moment\nread = moment.utcnow\n",
        "from datetime import UTC, datetime\ndef at():\n    return datetime.now(UTC)\n",
        "import time\ntime.time()\n",
        "from time import time_ns\ntime_ns()\n",
        "from sqlalchemy import func\nfunc.now()\n",
    ],
)
def test_a_look_at_the_clock_is_caught(tmp_path: Path, text: str) -> None:
    plant(tmp_path, CLOCK, text)
    plant(tmp_path, "agreements/rules.py", text)
    assert [offence.partition(":")[0] for offence in clock_readers(tmp_path)] == ["agreements/rules.py"]


@pytest.mark.parametrize(
    "text",
    ["import time\ntime.monotonic()\ntime.perf_counter()\n", "def f(now):\n    return now.time()\n"],
)
def test_a_duration_is_no_offence(tmp_path: Path, text: str) -> None:
    assert clock_readers(plant(tmp_path, "agreements/rules.py", text)) == []
