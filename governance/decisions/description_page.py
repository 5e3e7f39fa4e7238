"""The description of the HTTP API as a page for people: plain HTML, no script, nothing from elsewhere."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from markupsafe import Markup

POLICY = "default-src 'none'; style-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
STYLE = """body { font: 1rem/1.5 Arial, Helvetica, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
table { border-collapse: collapse; width: 100% } td, th { border: 1px solid #b1b4b6; padding: .3rem .5rem }
table { margin: .75rem 0 } th { text-align: left } td { vertical-align: top } code { font-family: monospace }
h2, h3 { margin-top: 2.5rem }
"""
HEAD = Markup(
    '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">'
    '<meta name="viewport" content="width=device-width, initial-scale=1"><title>{title}</title>'
    '<link rel="stylesheet" href="/docs/api.css"></head><body><main><h1>{title} {version}</h1><p>{says} For machines: '
    '<a href="/openapi.json">/openapi.json</a>, OpenAPI {openapi}.</p>'
)


def page(described: Mapping[str, Any]) -> str:
    """The whole page for a description: what it lists, each operation under its heading, each shape."""
    info = described["info"]
    parts = [
        HEAD.format(
            title=info["title"], version=info["version"], says=info["description"], openapi=described["openapi"]
        )
    ]
    listed = list(operations(described))
    parts += contents(listed)
    proofs = described["components"].get("securitySchemes", {})
    headings = {"": "Asking for decisions", **{tag["name"]: tag["name"] for tag in described.get("tags", ())}}
    says = {tag["name"]: tag["description"] for tag in described.get("tags", ())}
    for tag, heading in headings.items():
        parts.append(Markup("<h2>{}</h2>").format(heading))
        parts.append(Markup("<p>{}</p>").format(says[tag]) if tag in says else Markup(""))
        for method, path, operation in listed:
            if operation.get("tags", [""])[0] == tag:
                parts += operation_parts(method, path, operation, proofs)
    parts.append(Markup("<h2>Shapes</h2>"))
    for name, schema in described["components"]["schemas"].items():
        parts.append(Markup('<h3 id="{0}">{0}</h3>').format(name))
        parts.append(shape(schema))
    return Markup("").join([*parts, Markup("</main></body></html>")])


def operations(described: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Each operation with its method and path."""
    for path, item in described["paths"].items():
        for method, operation in item.items():
            yield method.upper(), path, operation


def contents(listed: Sequence[tuple[str, str, Mapping[str, Any]]]) -> Iterator[Markup]:
    """A link to each operation."""
    lines = Markup("").join(
        Markup('<li><a href="#{}"><code>{} {}</code></a> {}</li>').format(
            place(method, path), method, path, operation["summary"]
        )
        for method, path, operation in listed
    )
    yield Markup("<ul>{}</ul>").format(lines)


def place(method: str, path: str) -> str:
    """An operation's place on the page, as links name it."""
    return "-".join([method.lower(), *re.findall(r"[\w.-]+", path)])


def operation_parts(
    method: str, path: str, operation: Mapping[str, Any], proofs: Mapping[str, Any]
) -> Iterator[Markup]:
    """One operation: what it is for, who may ask, what is sent, what comes back."""
    yield Markup('<h3 id="{}"><code>{} {}</code></h3><p>{} ({}).</p>').format(
        place(method, path), method, path, operation["summary"], asked_by(operation, proofs)
    )
    if operation.get("parameters"):
        rows = ((one["name"], one.get("required", False), one["schema"]) for one in operation["parameters"])
        yield members("In the address", rows)
    for kind, told in operation.get("requestBody", {}).get("content", {}).items():
        yield Markup("<p>Send <code>{}</code>: {}.</p>").format(kind, named(told["schema"]))
    yield Markup("<table><tr><th>Status</th><th>When</th><th>Headers</th><th>Body</th></tr>")
    for status, told in sorted(operation["responses"].items()):
        bodies = Markup("; ").join(
            Markup("<code>{}</code>: {}").format(kind, named(one["schema"]))
            for kind, one in told.get("content", {}).items()
        )
        names = ", ".join(told.get("headers", {}))
        yield Markup("<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>").format(
            status, told["description"], names, bodies
        )
    yield Markup("</table>")


def asked_by(operation: Mapping[str, Any], proofs: Mapping[str, Any]) -> str:
    """Who may ask: anybody, or whoever shows one of these."""
    names = [name for way in operation.get("security", ()) for name in way]
    return f"with {' or '.join(proofs[name]['description'] for name in names)}" if names else "public"


def named(schema: Mapping[str, Any]) -> Markup:
    """What a value is, in a few words; another shape by a link to it."""
    if "$ref" in schema:
        name = str(schema["$ref"]).rpartition("/")[2]
        return Markup('<a href="#{0}">{0}</a>').format(name)
    if "anyOf" in schema:
        return Markup(" or ").join(named(one) for one in schema["anyOf"])
    if schema.get("type") == "array":
        return Markup("list of {}").format(named(schema["items"]) if schema.get("items") else "anything")
    kinds = schema.get("type", "anything")
    words = " or ".join(kinds) if isinstance(kinds, list) else str(kinds)
    if "enum" in schema:
        words = f"one of: {', '.join(map(str, schema['enum']))}"
    said = schema.get("description", "")
    return Markup("{} ({})").format(words, said) if said else Markup("{}").format(words)


def shape(schema: Mapping[str, Any]) -> Markup:
    """A shape's members as a table; alternatives one after the other."""
    if "anyOf" in schema:
        shown = [shape(one) if one.get("properties") else named(one) for one in schema["anyOf"]]
        return Markup("<p>Either:</p><ul>{}</ul>").format(
            Markup("").join(Markup("<li>{}</li>").format(one) for one in shown)
        )
    needed = schema.get("required", ())
    return members("Member", ((name, name in needed, told) for name, told in schema.get("properties", {}).items()))


def members(heading: str, listed: Iterable[tuple[str, bool, Mapping[str, Any]]]) -> Markup:
    """A table of what can be sent or comes back: its name, whether it is always there, what it is."""
    rows = Markup("").join(
        Markup("<tr><td><code>{}</code></td><td>{}</td><td>{}</td></tr>").format(
            name, "needed" if needed else "", named(told)
        )
        for name, needed, told in listed
    )
    return Markup("<table><tr><th>{}</th><th></th><th>What</th></tr>{}</table>").format(heading, rows)
