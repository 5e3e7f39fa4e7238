"""What is stored as JSON is read as the standard library reads it, by whichever reader."""

import json

import pytest

from governance.kernel.engines import read_json


@pytest.mark.parametrize("text", [
    '{"area": "north", "floor": 3}', '["a", null, true, 1.5]', "18446744073709551616", "-9223372036854775809",
    '{"deep": [123456789012345678901234567890]}', '"\\ud800"', "1e400", '"0123456789012345678901"', "-0.0",
])  # fmt: skip
def test_a_stored_value_is_what_was_stored(text: str) -> None:
    assert repr(read_json(text)) == repr(read_json(text.encode())) == repr(json.loads(text))
