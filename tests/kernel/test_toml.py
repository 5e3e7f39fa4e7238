"""TOML: where each value stands, and what to do about text that is none."""

import tomllib

import pytest

from governance.kernel.errors import BadInput
from governance.kernel.toml import Document, read_toml

TEXT = """\
now = 2026-06-01T09:00:00Z

[facts]
checks = [  # two people, "[" and all
    { person = "a", issued = 2025-01-01 },
    { person = "b]", posts = ["x",
        "y"], held = [
        { by = "c" }, { by = "d" },
        { by = "e" } ] },
]
text = \"\"\"
[not.a.table]
\"\"\"
after = [1]

[[facts.grants]]
approvals = [
    { by = "a", on = 2025-02-20 },
    { by = "b", "for it" = 2025-02-21 },
]

[[cases]]
question.action = { name = "view" }
add.checks = [
    { person = "a" }]
[[cases]]
id = 'two'
"""


@pytest.mark.parametrize(("path", "line"), [
    (("now",), 1),
    (("facts", "checks"), 4),
    (("facts", "checks", 0, "issued"), 5),
    (("facts", "checks", 1), 6),
    (("facts", "checks", 1, "posts", 1), 7),
    (("facts", "checks", 1, "held", 1, "by"), 8),
    (("facts", "checks", 1, "held", 2, "by"), 9),
    (("facts", "checks", 1, "missing"), 6),
    (("facts", "text"), 11),
    (("facts", "after", 0), 14),
    (("facts", "grants", 0, "approvals", 1, "for it"), 19),
    (("cases", 0, "question", "action", "name"), 23),
    (("cases", 0, "add", "checks", 0, "person"), 25),
    (("cases", 1, "id"), 27),
    (("nowhere",), None),
])  # fmt: skip
def test_the_line_of_a_value(path: tuple[str | int, ...], line: int | None) -> None:
    assert read_toml(TEXT, "x.toml").line(path) == line


def test_the_lines_are_those_of_the_values() -> None:
    values = tomllib.loads(TEXT)
    assert values["facts"]["checks"][1]["held"][2] == {"by": "e"}
    assert Document("x.toml", values, {}).line(("facts",)) is None


@pytest.mark.parametrize(("text", "said"), [
    ("a = 1\nowner = Northshire Youth Service\nb = 2", "2: Invalid value. Put text in straight quotes"),
    ("a = 1\nowner = “Northshire”", '2: Invalid value. Use straight quotes: "…".'),
    ("“owner” = 1", '1: Invalid statement. Use straight quotes: "…".'),
    ("now = 2027-02-30T00:00:00Z", "1: Invalid date or datetime. Write a day of the calendar"),
    ("a = 1\na = 2\n\n", "2: Cannot overwrite a value. The name stands twice. Keep one"),
    ("a = 1\na = 2\nb = 3", "2: Cannot overwrite a value. The name stands twice"),
    ("a = { b = 1, b = 2 }", "1: Duplicate inline table key 'b'. The name stands twice"),
    ('a = "b\nc = 1', "1: Illegal character '\\n'. Close the text with the quote that opens it"),
    ('b = 1\na = "b', "2: Unterminated string. Close the text"),
    ("[[cases.x]]\na = 1\n[cases.x]", "3: Cannot declare cases.x twice. The name stands twice. Keep one of them; each"),
    ("[cases]\n[[cases]]", "2: Cannot overwrite a value. The name stands twice"),
    ("a = [1,\n2\nb = 3", "3: Unclosed array. Put a comma"),
    ("a = { b = 1\n}", "1: Unclosed inline table. One row stands on one line"),
    ("a = [{ b = 1,\n c = 2 }]", "1: Invalid initial character for a key part. One row stands on one line"),
    ("a = [{ b = 1,\r\n c = 2 }]", "1: Invalid initial character for a key part. One row stands on one line"),
    ("a = [\n{ b = 1, },\n]", "2: Invalid initial character for a key part. One row stands on one line"),
    ("a = { b = 1, # c\n}", "1: Invalid initial character for a key part. One row stands on one line"),
    ("[a.]", "1: Invalid initial character for a key part."),
    ("a = True", "1: Invalid value. Write true or false, in lower case."),
    ("a = { b = FALSE }", "1: Invalid value. Write true or false, in lower case."),
    ("a = 10/01/2025", "1: 10/01/2025 is not a day as it is written here. Write a day such as 2025-01-10."),
    ("a = 1\nb = 2026-2-1", "2: 2026-2-1 is not a day as it is written here. Write a day such as 2025-01-10."),
    ("a = [{ b = 2025-13-10, c = 1 }]", "1: 2025-13-10 is not a day as it is written here. Write a day such"),
    ("a = [{ b = 10.01.2025 }]", "1: 10.01.2025 is not a day as it is written here. Write a day such"),
    ("a = 10-Jan-2025", "1: 10-Jan-2025 is not a day as it is written here. Write a day such"),
    ("a = 1.2.3", "1: Expected newline or end of document after a statement. Write one value a line"),
    ("a: 1", "1: Expected '=' after a key in a key/value pair. Write name = value."),
    ("[a\nb = 1", "1: Expected ']' at the end of a table declaration. Close it"),
    ("a = 5 pm", "1: Expected newline or end of document after a statement. Write one value a line"),
    ('a = "C:\\dir"', "1: Unescaped '\\' in a string. Put text with a backslash in single quotes."),
    ("a = " + "1" * 5000, " has a number of thousands of digits"),
    ("a = " + "[" * 5000 + "]" * 5000, " has lists and tables nested deeper than 32 levels"),
    ("a" + ".a" * 5000 + " = 1", " has lists and tables nested deeper than 32 levels"),
    ("a = " + "[" * 31 + "]" * 31, None),
    ("", None),
])  # fmt: skip
def test_text_that_is_no_toml(text: str, said: str | None) -> None:
    if said is None:
        assert len(read_toml(text, "x.toml").values) == bool(text)
        return
    with pytest.raises(BadInput) as wrong:
        read_toml(text, "x.toml")
    assert str(wrong.value).startswith(f"x.toml:{said}")
    assert not str(wrong.value).endswith("..")
