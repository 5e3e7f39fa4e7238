"""The description of the HTTP API as a page for people: plain HTML, no script, nothing from elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from markupsafe import Markup

POLICY = "default-src 'none'; style-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
STYLE = """body { font: 1rem/1.5 Arial, Helvetica, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
table { border-collapse: collapse; width: 100% } td, th { border: 1px solid #b1b4b6; padding: .3rem .5rem }
th { text-align: left } td { vertical-align: top } code { font-family: monospace } h2 { margin-top: 2.5rem }
"""
HEAD = Markup(
    '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">'
    '<meta name="viewport" content="width=device-width, initial-scale=1"><title>{title}</title>'
    '<link rel="stylesheet" href="/docs/api.css"></head><body><main><h1>{title} {version}</h1><p>{says} For machines: '
    '<a href="/openapi.json">/openapi.json</a>, OpenAPI {openapi}.</p>'
)


def page(described: Mapping[str, Any]) -> str:
    """The whole page for a description."""
    info = described["info"]
    parts = [
        HEAD.format(
            title=info["title"], version=info["version"], says=info["description"], openapi=described["openapi"]
        )
    ]
    for path, item in described["paths"].items():
        for method, operation in item.items():
            parts += operation_parts(method.upper(), path, operation)
    parts.append(Markup("<h2>Shapes</h2>"))
    for name, schema in described["components"]["schemas"].items():
        parts.append(Markup('<h3 id="{0}">{0}</h3>').format(name))
        parts.append(shape(schema))
    return Markup("").join([*parts, Markup("</main></body></html>")])


def operation_parts(method: str, path: str, operation: Mapping[str, Any]) -> Iterator[Markup]:
    """One operation: what it is for, what is sent, what comes back."""
    key = "with a key" if operation.get("security") else "public"
    yield Markup("<h2><code>{} {}</code></h2><p>{} ({}).</p>").format(method, path, operation["summary"], key)
    for kind, told in operation.get("requestBody", {}).get("content", {}).items():
        yield Markup("<p>Send <code>{}</code>: {}.</p>").format(kind, named(told["schema"]))
    rows = [(status, told["description"], told.get("content", {})) for status, told in operation["responses"].items()]
    yield Markup("<table><tr><th>Status</th><th>When</th><th>Body</th></tr>")
    for status, when, content in rows:
        bodies = Markup("; ").join(
            Markup("<code>{}</code>: {}").format(kind, named(told["schema"])) for kind, told in content.items()
        )
        yield Markup("<tr><td>{}</td><td>{}</td><td>{}</td></tr>").format(status, when, bodies)
    yield Markup("</table>")


def named(schema: Mapping[str, Any]) -> Markup:
    """What a value is, in a few words; another shape by a link to it."""
    if "$ref" in schema:
        name = str(schema["$ref"]).rpartition("/")[2]
        return Markup('<a href="#{0}">{0}</a>').format(name)
    if "anyOf" in schema:
        return Markup(" or ").join(named(one) for one in schema["anyOf"])
    if "enum" in schema:
        return Markup("one of: {}").format(", ".join(map(str, schema["enum"])))
    if schema.get("type") == "array":
        return Markup("list of {}").format(named(schema["items"]) if schema.get("items") else "anything")
    kinds = schema.get("type", "anything")
    words = " or ".join(kinds) if isinstance(kinds, list) else str(kinds)
    said = schema.get("description", "")
    return Markup("{} ({})").format(words, said) if said else Markup("{}").format(words)


def shape(schema: Mapping[str, Any]) -> Markup:
    """A shape's members as a table; alternatives one after the other."""
    if "anyOf" in schema:
        shown = [shape(one) if one.get("properties") else named(one) for one in schema["anyOf"]]
        return Markup("<p>Either:</p><ul>{}</ul>").format(
            Markup("").join(Markup("<li>{}</li>").format(one) for one in shown)
        )
    rows = Markup("").join(
        Markup("<tr><td><code>{}</code></td><td>{}</td><td>{}</td></tr>").format(
            name, "needed" if name in schema.get("required", ()) else "", named(told)
        )
        for name, told in schema.get("properties", {}).items()
    )
    return Markup("<table><tr><th>Member</th><th></th><th>What</th></tr>{}</table>").format(rows)
