"""Published vectors, which are not ours to pass on: where they stand, and the one line that says that they do not."""

import json
from pathlib import Path
from typing import Any

import pytest

VECTORS = Path(__file__).parents[2] / "shared" / "data" / "vectors"
needs_vectors = pytest.mark.skipif(not VECTORS.is_dir(), reason=f"the published vectors are not at {VECTORS}")


def vectors(name: str) -> dict[str, Any]:
    """One file of vectors; empty where there is none."""
    file = VECTORS / f"{name}.json"
    return dict(json.loads(file.read_text("utf-8"))) if file.exists() else {}
