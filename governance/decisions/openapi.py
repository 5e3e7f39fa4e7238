"""The description of the HTTP API, as OpenAPI 3.1."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

from apispec import APISpec

ENTITY = {
    "type": "object",
    "required": ["type", "id"],
    "properties": {
        "type": {"type": "string", "minLength": 1, "maxLength": 200},
        "id": {"type": "string", "minLength": 1, "maxLength": 200},
        "properties": {"type": "object"},
    },
}
ACTION = {
    "type": "object",
    "required": ["name"],
    "properties": {
        "name": {"type": "string", "minLength": 1, "maxLength": 200},
        "properties": {"type": "object"},
    },
}
CONTEXT = {"type": "object"}
QUESTION = {
    "type": "object",
    "required": ["subject", "action", "resource"],
    "properties": {
        "subject": {"$ref": "#/components/schemas/Entity"},
        "action": {"$ref": "#/components/schemas/Action"},
        "resource": {"$ref": "#/components/schemas/Entity"},
        "context": CONTEXT,
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
                "permitted_by": {"type": "array", "items": {"type": "object"}},
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
BATCH = {
    "type": "object",
    "properties": {
        "subject": {"type": "object"},
        "action": {"type": "object"},
        "resource": {"type": "object"},
        "context": CONTEXT,
        "evaluations": {"type": "array", "maxItems": 1000, "items": {"type": "object"}},
        "options": {
            "type": "object",
            "properties": {
                "evaluations_semantic": {"enum": ["execute_all", "deny_on_first_deny", "permit_on_first_permit"]},
                "explain": {"type": "boolean"},
            },
        },
    },
}
BATCH_ANSWER = {
    "anyOf": [
        {"$ref": "#/components/schemas/Answer"},
        {
            "type": "object",
            "required": ["evaluations"],
            "properties": {
                "evaluations": {"type": "array", "items": {"$ref": "#/components/schemas/Answer"}},
            },
        },
    ]
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
SCHEMAS: dict[str, dict[str, Any]] = {
    "Entity": ENTITY,
    "Action": ACTION,
    "Question": QUESTION,
    "Reason": REASON,
    "Obligation": OBLIGATION,
    "Answer": ANSWER,
    "Batch": BATCH,
    "BatchAnswer": BATCH_ANSWER,
    "Problem": PROBLEM,
}
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
    "413": "too large",
    "503": "the answer could not be recorded or is not fresh enough",
}


def document(public_url: str) -> dict[str, Any]:
    """The whole description, for the public address that front ends use."""
    spec = APISpec("Postern", version("postern"), "3.1.0", info={"description": "Access decisions with their reasons."})
    for name, schema in SCHEMAS.items():
        spec.components.schema(name, schema)
    spec.components.security_scheme("key", {"type": "http", "scheme": "bearer"})
    spec.path(
        "/systems/{system}/access/v1/evaluation", operations={"post": asked("Ask one question", "Question", "Answer")}
    )
    spec.path(
        "/systems/{system}/access/v1/evaluations", operations={"post": asked("Ask a batch", "Batch", "BatchAnswer")}
    )
    spec.path(
        "/.well-known/authzen-configuration/systems/{system}",
        operations={"get": open_get("A system's AuthZEN metadata", SYSTEM)},
    )
    spec.path("/openapi.json", operations={"get": open_get("This description")})
    spec.path("/healthz", operations={"get": open_get("Whether the process answers")})
    spec.path("/readyz", operations={"get": open_get("Whether decisions can be made and recorded")})
    return {**spec.to_dict(), "servers": [{"url": public_url}]}


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


def open_get(summary: str, *parameters: dict[str, Any]) -> dict[str, Any]:
    """A public operation that answers with an object."""
    found = {"200": {"description": "answered", "content": {"application/json": {"schema": {"type": "object"}}}}}
    return {
        "summary": summary,
        "parameters": list(parameters),
        "responses": {**found, "404": problem("no such thing"), "503": problem("not ready")},
    }


def problem(words: str) -> dict[str, Any]:
    """An answer that tells a problem (RFC 9457)."""
    return {
        "description": words,
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
