"""The description of the HTTP API, as OpenAPI 3.1."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

from apispec import APISpec

from governance.ports.description import Description

NDJSON = "application/x-ndjson"

SEEN = r"^[^\x00-\x1f\x7f-\x9f]*$"
NAME = {
    "type": "string",
    "minLength": 1,
    "maxLength": 200,
    "pattern": r"^[^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$",
    "description": "not blank, without control characters",
}
TEXT = {"type": "string", "maxLength": 200, "pattern": SEEN}
TEXTS = {"type": "array", "items": {"type": "string", "maxLength": 200}}
ENTITY = {
    "type": "object",
    "required": ["type", "id"],
    "properties": {"type": NAME, "id": NAME, "properties": {"type": "object"}},
}
ACTION = {"type": "object", "required": ["name"], "properties": {"name": NAME, "properties": {"type": "object"}}}
CONTEXT = {
    "type": "object",
    "properties": {
        "acr": TEXT,
        "auth_time": {"anyOf": [{"type": "integer", "minimum": -(2**53) + 1, "maximum": 2**53 - 1}, TEXT]},
        "amr": TEXTS,
        "access_token": {"type": "string", "minLength": 1, "maxLength": 4096, "pattern": SEEN},
        "mediated_for": NAME,
        "time": TEXT,
        "supported_obligations": TEXTS,
        "supported_mandatory_extensions": TEXTS,
    },
    "description": "and what the system's pack declares",
}
QUESTION: dict[str, Any] = {
    "type": "object",
    "required": ["subject", "action", "resource"],
    "properties": {
        "subject": {"$ref": "#/components/schemas/Entity"},
        "action": {"$ref": "#/components/schemas/Action"},
        "resource": {"$ref": "#/components/schemas/Entity"},
        "context": {"$ref": "#/components/schemas/Context"},
    },
}
REASON = {
    "type": "object",
    "required": ["code", "requirement", "user", "remedy"],
    "properties": {
        "code": {"type": "string"},
        "requirement": {"type": "string"},
        "user": {"type": "string"},
        "admin": {"type": "string"},
        "remedy": {"type": "object", "properties": {"who": {"type": "string"}, "what": {"type": "string"}}},
        "evidence": {"type": "object"},
        "source": {"type": "string"},
        "step_up": {
            "type": "object",
            "properties": {"acr_values": {"type": "string"}, "max_age": {"type": "integer"}},
        },
    },
}
ANSWER = {
    "type": "object",
    "required": ["decision"],
    "properties": {
        "decision": {"type": "boolean"},
        "context": {
            "type": "object",
            "properties": {
                "reasons": {"type": "array", "items": {"$ref": "#/components/schemas/Reason"}},
                "obligations": {"type": "array", "items": {"$ref": "#/components/schemas/Obligation"}},
                "addressed_to": {"type": "string"},
                "permitted_by": {"type": "array", "items": {"type": "object"}},
                "routes": {"type": "array", "items": {"type": "object"}},
                "error": {"type": "object"},
                "cache_seconds": {"type": "integer", "minimum": 0, "maximum": 60},
                "valid_until": {"type": ["string", "null"], "format": "date-time"},
            },
        },
    },
}
OBLIGATION = {
    "type": "object",
    "required": ["id", "type", "properties"],
    "properties": {
        "id": {"type": "string"},
        "type": {"type": "string"},
        "properties": {"type": "object"},
    },
}
OPTIONS = {
    "type": "object",
    "properties": {
        "evaluations_semantic": {"enum": ["execute_all", "deny_on_first_deny", "permit_on_first_permit"]},
        "explain": {"type": "boolean", "description": "true for every item's context"},
    },
}
ITEMS = {
    "type": "object",
    "required": ["evaluations"],
    "properties": {
        "evaluations": {
            "type": "array",
            "minItems": 1,
            "maxItems": 1000,
            "items": {},
            "description": "each an object like Question, over the defaults beside it; one that is none fails alone",
        },
        "options": {"$ref": "#/components/schemas/Options"},
    },
}
SINGLE = {
    **QUESTION,
    "properties": {
        **QUESTION["properties"],
        "evaluations": {"type": "array", "maxItems": 0, "items": {}},
        "options": {"$ref": "#/components/schemas/Options"},
    },
}
BATCH = {"anyOf": [{"$ref": "#/components/schemas/Items"}, {"$ref": "#/components/schemas/ItemlessQuestion"}]}
ANSWERS = {
    "type": "object",
    "required": ["evaluations"],
    "properties": {"evaluations": {"type": "array", "items": {"$ref": "#/components/schemas/Answer"}}},
}
BATCH_ANSWER = {"anyOf": [{"$ref": "#/components/schemas/Answers"}, {"$ref": "#/components/schemas/Answer"}]}
TYPED = {
    "type": "object",
    "required": ["type"],
    "properties": {"type": NAME, "properties": {"type": "object"}},
}
PAGE = {
    "type": "object",
    "properties": {"token": {"type": "string"}, "limit": {"type": "integer", "minimum": 1}},
}
FOUND = {
    "type": "object",
    "required": ["page", "results"],
    "properties": {
        "page": {
            "type": "object",
            "required": ["next_token", "count"],
            "properties": {"next_token": {"type": "string"}, "count": {"type": "integer"}},
        },
        "results": {
            "type": "array",
            "maxItems": 1000,
            "items": {
                "type": "object",
                "properties": {name: {"type": "string"} for name in ("type", "id", "name")},
            },
        },
    },
}
PLANNED = {
    "type": "object",
    "required": ["plan", "context"],
    "properties": {
        "plan": {
            "type": "object",
            "required": ["kind", "confirm"],
            "properties": {
                "kind": {"enum": ["always", "never", "conditional"]},
                "condition": {"$ref": "#/components/schemas/Filter"},
                "confirm": {"type": "boolean"},
                "properties": {"type": "object", "additionalProperties": {"$ref": "#/components/schemas/Said"}},
            },
        },
        "context": {"type": "object"},
    },
}
SAID = {
    "type": "object",
    "required": ["type"],
    "properties": {"type": {"enum": ["text", "integer", "boolean", "date", "list"]}, "values": TEXTS},
}
TESTS = ["known", "unknown", "stated", "blank", "in", "not_in", "within", "beyond", "at_least", "at_most"]
FILTER = {
    "type": "object",
    "properties": {
        "all": {"type": "array", "items": {"$ref": "#/components/schemas/Filter"}},
        "any": {"type": "array", "items": {"$ref": "#/components/schemas/Filter"}},
        "property": {"type": "string"},
        "is": {"enum": TESTS},
        "values": {"type": "array", "items": {}},
        "value": {"type": "integer"},
    },
}
PROBLEM = {
    "type": "object",
    "required": ["title", "status", "detail"],
    "properties": {
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string"},
        "errors": {"type": "array", "items": {"type": "object"}},
    },
}
KEYS = {
    "type": "object",
    "required": ["keys"],
    "properties": {
        "keys": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["kty", "kid", "alg", "use"],
                "properties": {
                    "kty": {"type": "string"},
                    "kid": {"type": "string"},
                    "alg": {"type": "string"},
                    "use": {"enum": ["sig"]},
                },
            },
        }
    },
}


def searching(**entities: dict[str, Any]) -> dict[str, Any]:
    """What a search is asked with: these entities, the circumstances, a page."""
    return listing(**entities) | {"properties": {**entities, "context": CONTEXT, "page": PAGE}}


def listing(**entities: dict[str, Any]) -> dict[str, Any]:
    """What a list is asked with: these entities, the circumstances."""
    return {"type": "object", "required": list(entities), "properties": {**entities, "context": CONTEXT}}


SCHEMAS: dict[str, dict[str, Any]] = {
    "Entity": ENTITY,
    "Action": ACTION,
    "Context": CONTEXT,
    "Question": QUESTION,
    "Options": OPTIONS,
    "Reason": REASON,
    "Obligation": OBLIGATION,
    "Answer": ANSWER,
    "Items": ITEMS,
    "ItemlessQuestion": SINGLE,
    "Batch": BATCH,
    "Answers": ANSWERS,
    "BatchAnswer": BATCH_ANSWER,
    "SubjectSearch": searching(subject=TYPED, action=ACTION, resource=ENTITY),
    "ResourceSearch": searching(subject=ENTITY, action=ACTION, resource=TYPED),
    "ActionSearch": searching(subject=ENTITY, resource=ENTITY),
    "Found": FOUND,
    "ListQuestion": listing(subject=ENTITY, action=ACTION, resource=TYPED),
    "Planned": PLANNED,
    "Said": SAID,
    "Filter": FILTER,
    "Keys": KEYS,
    "Problem": PROBLEM,
}
KEY = {"type": "http", "scheme": "bearer", "description": "a key of the front end's own (postern keys add)"}
SYSTEM = {"name": "system", "in": "path", "required": True, "schema": {"type": "string"}}
TOLD = {
    "X-Request-ID": {"schema": {"type": "string"}},
    "Decision-Id": {"schema": {"type": "string"}},
    "Policy-Revision": {"schema": {"type": "string"}},
    "Facts-Revision": {"schema": {"type": "string"}},
}
PROBLEMS = {
    "400": "malformed",
    "401": "no good key",
    "403": "key for another system",
    "404": "no such system",
    "405": "another method than POST",
    "408": "the body did not arrive in time",
    "410": "a fact that the answer needs is being erased",
    "411": "no Content-Length",
    "413": "too large",
    "429": "this key asks too often",
    "503": "the answer could not be recorded or is not fresh enough",
}


def document(public_url: str, others: Sequence[Description] = ()) -> dict[str, Any]:
    """The whole description, for the public address that front ends use, with what areas add to it."""
    spec = APISpec("Postern", version("postern"), "3.1.0", info={"description": "Access decisions with their reasons."})
    for name, schema in SCHEMAS.items():
        spec.components.schema(name, schema)
    spec.components.security_scheme("key", KEY)
    spec.path(
        "/systems/{system}/access/v1/evaluation", operations={"post": asked("Ask one question", "Question", "Answer")}
    )
    batch = asked("Ask a batch", "Batch", "BatchAnswer")
    lines = {"schema": {"type": "string", "description": "one item, or one answer, a line; see docs/api.md"}}
    batch["requestBody"]["content"][NDJSON] = batch["responses"]["200"]["content"][NDJSON] = lines
    spec.path("/systems/{system}/access/v1/evaluations", operations={"post": batch})
    for kind in ("Subject", "Resource", "Action"):
        search = asked(f"Search for {'an' if kind == 'Action' else 'a'} {kind.lower()}", f"{kind}Search", "Found")
        spec.path(f"/systems/{{system}}/access/v1/search/{kind.lower()}", operations={"post": search})
    spec.path("/systems/{system}/access/v1/plan", operations={"post": asked("Plan a list", "ListQuestion", "Planned")})
    spec.path(
        "/.well-known/authzen-configuration/systems/{system}",
        operations={"get": open_get("A system's AuthZEN metadata", SYSTEM)},
    )
    spec.path(
        "/.well-known/jwks.json", operations={"get": open_get("The keys that sign tokens and metadata", answer="Keys")}
    )
    spec.path("/docs/api", operations={"get": page("This description, to be read", "text/html")})
    spec.path("/docs/api.css", operations={"get": page("How that page looks", "text/css")})
    spec.path("/openapi.json", operations={"get": open_get("This description")})
    spec.path("/healthz", operations={"get": open_get("Whether the process answers")})
    spec.path("/readyz", operations={"get": open_get("Whether decisions can be made and recorded")})
    for other in others:
        add(spec, other)
    return {**spec.to_dict(), "servers": [{"url": public_url}]}


def add(spec: APISpec, other: Description) -> None:
    """Add what an area describes, its operations under their heading."""
    spec.tag({"name": other.heading, "description": other.says})
    for name, schema in other.schemas.items():
        spec.components.schema(name, dict(schema))
    for name, proof in other.proofs.items():
        spec.components.security_scheme(name, dict(proof))
    for path, item in other.paths.items():
        spec.path(path, operations={method: {**told, "tags": [other.heading]} for method, told in item.items()})


def asked(summary: str, question: str, answer: str) -> dict[str, Any]:
    """An operation that takes a question under a key."""
    return {
        "summary": summary,
        "parameters": [SYSTEM],
        "security": [{"key": []}],
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{question}"}}},
        },
        "responses": {
            "200": {
                "description": "decided",
                "headers": TOLD,
                "content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{answer}"}}},
            },
            **{status: problem(words) for status, words in PROBLEMS.items()},
        },
    }


def open_get(summary: str, *parameters: dict[str, Any], answer: str = "") -> dict[str, Any]:
    """A public operation that answers with an object; of which shape, where that has a name."""
    schema = {"$ref": f"#/components/schemas/{answer}"} if answer else {"type": "object"}
    found = {"200": {"description": "answered", "content": {"application/json": {"schema": schema}}}}
    return {
        "summary": summary,
        "parameters": list(parameters),
        "responses": {**found, "404": problem("no such thing"), "503": problem("not ready")},
    }


def page(summary: str, kind: str) -> dict[str, Any]:
    """A public operation that answers with what a browser shows."""
    shown = {"description": "shown", "content": {kind: {"schema": {"type": "string"}}}}
    return {"summary": summary, "responses": {"200": shown}}


def problem(words: str) -> dict[str, Any]:
    """An answer that tells a problem (RFC 9457)."""
    return {
        "description": words,
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
