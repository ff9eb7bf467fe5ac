"""The schema of the API (OpenAPI 3.1), made of its operations: what it says is what they check and answer."""

import ast
import inspect
import sys
import textwrap
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import msgspec

from portal.accounts.keys import SCOPES
from portal.integrations.api.operations import BASE, NoQuery, Operation
from portal.integrations.api.paging import Page
from portal.integrations.api.problems import Problem

INTRODUCTION = """\
For programs of one workspace. An admin makes a key under Settings, API keys; send it as `Authorization: Bearer pk_…`.

A key may do what its scopes say and has 300 requests a minute. What is wrong is answered as problem details (RFC 9457), with a \
`code` to go by and the fields that can't be used in `errors`.

Lists come a page at a time, the newest first: while `has_more` is true, ask again with `starting_after` set to `next_cursor`.

Send an `Idempotency-Key` of your own (a UUID, say) with each POST: sent again within 24 hours, the same request does nothing \
again and gets the same answer, marked with `Idempotency-Replayed: true`. Only an error of ours (5xx) is not kept, so that it \
can be tried again.

Moments are ISO 8601 with an offset, such as `2026-12-03T18:00:00Z`. Days are those of the workspace's time zone."""
REFUSALS = {
    400: "The body is no JSON, or the Idempotency-Key none.",
    401: "There is no key, or one that opens nothing.",
    403: "The key lacks the scope.",
    404: "There is nothing of this id in your workspace.",
    409: "This Idempotency-Key came with another request, or the first one is still under way.",
    413: "The body is too large.",
    415: "The body is not sent as JSON.",
    422: "Fields can't be used.",
    429: "Too many requests with this key.",
    503: "Back in a moment.",
}
WAITS = {429, 503}
"""Answers that say when to ask again."""
RETRY_AFTER = {"Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer", "minimum": 1}}}
REPLAYED = {
    "Idempotency-Replayed": {
        "description": "`true` when this was answered before, and nothing was done again.",
        "schema": {"type": "string", "enum": ["true"]},
    }
}
WORD = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "The same request with the same key is done once.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
}
TEMPLATE = "#/components/schemas/{name}"


def schema(operations: Sequence[Operation], public_url: str) -> dict[str, Any]:
    """The whole document."""
    shapes, components = _shapes(operations)
    paths: dict[str, dict[str, Any]] = {}
    for operation in operations:
        paths.setdefault(BASE + operation.path, {})[operation.method.lower()] = _operation(operation, shapes)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Portal", "version": "1", "description": INTRODUCTION},
        "servers": [{"url": public_url}],
        "security": [{"key": []}],
        "tags": [{"name": name} for name in dict.fromkeys(_tag(operation) for operation in operations)],
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {
                "key": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "\n".join(f"- `{scope}`: {sentence}" for scope, sentence in SCOPES.items()),
                }
            },
        },
    }


def _shapes(operations: Sequence[Operation]) -> tuple[dict[Any, dict[str, Any]], dict[str, Any]]:
    """The schema of each body and answer by its type, and those that they refer to by name."""
    used = [Problem, *(one.answer for one in operations), *(one.body for one in operations if one.body)]
    kinds = list(dict.fromkeys(used))
    found, components = msgspec.json.schema_components(kinds, ref_template=TEMPLATE)
    _explain(components, {one.work.__module__ for one in operations} | {Problem.__module__, Page.__module__})
    return dict(zip(kinds, found, strict=True)), components


def _explain(components: dict[str, Any], modules: set[str]) -> None:
    """Put what stands below each field in the code into the schema."""
    shapes = [one for name in modules for one in vars(sys.modules[name]).values() if isinstance(one, type)]
    for shape in shapes:
        for name in (name for name in components if name == shape.__name__ or name.startswith(f"{shape.__name__}_")):
            for field, text in _explained(shape):
                components[name].get("properties", {}).get(field, {}).setdefault("description", text)


def _explained(shape: type) -> Iterator[tuple[str, str]]:
    """Fields and the docstrings below them, inherited ones too."""
    for one in (one for one in shape.__mro__ if one.__module__.startswith("portal.") and issubclass(one, msgspec.Struct)):
        [made] = ast.parse(textwrap.dedent(inspect.getsource(one))).body
        for before, after in pairwise(made.body if isinstance(made, ast.ClassDef) else []):
            if isinstance(before, ast.AnnAssign) and isinstance(before.target, ast.Name) and isinstance(after, ast.Expr):
                yield before.target.id, str(ast.literal_eval(after.value))


def _operation(operation: Operation, shapes: dict[Any, dict[str, Any]]) -> dict[str, Any]:
    made = {
        "operationId": operation.name,
        "summary": operation.summary,
        "description": f"{operation.about}\n\nScope: `{operation.scope}`.".strip(),
        "tags": [_tag(operation)],
        "parameters": [
            *({"name": name, "in": "path", "required": True, "schema": _ID} for name in operation.parameters),
            *_query(operation.query),
            *([WORD] if operation.takes_word else []),
        ],
        "responses": _answers(operation, shapes),
    }
    if operation.body is not None:
        content = {"application/json": {"schema": shapes[operation.body]}}
        made["requestBody"] = {"required": True, "content": content}
    return made


_ID = {"type": "string", "format": "uuid"}


def _query(kind: type[msgspec.Struct]) -> list[dict[str, Any]]:
    if kind is NoQuery:
        return []
    (_,), components = msgspec.json.schema_components([kind], ref_template=TEMPLATE)
    made = []
    for name, found in components[kind.__name__]["properties"].items():
        inner = dict(found)
        if "$ref" in inner:
            inner |= {k: v for k, v in components[inner.pop("$ref").rpartition("/")[2]].items() if k in {"type", "enum"}}
        description = inner.pop("description", "")
        about = {"description": description} if description else {}
        made.append({"name": name, "in": "query", "required": False, "schema": inner} | about)
    return made


def _answers(operation: Operation, shapes: dict[Any, dict[str, Any]]) -> dict[str, Any]:
    content = {"application/json": {"schema": shapes[operation.answer]}}
    headers = {"headers": REPLAYED} if operation.takes_word else {}
    done = "Made." if operation.status == 201 else "Found." if operation.method == "GET" else "Done."
    good = {operation.status: done} | operation.also
    made = {str(status): {"description": text, "content": content} | headers for status, text in good.items()}
    return made | {str(status): _refusal(status, operation, shapes) for status in sorted(_refused(operation))}


def _refused(operation: Operation) -> set[int]:
    refused = {401, 403, 422, 429, 503}
    refused |= {404} if operation.parameters else set()
    refused |= {400, 409} if operation.takes_word else set()
    return refused | ({400, 413, 415} if operation.body else set())


def _refusal(status: int, operation: Operation, shapes: dict[Any, dict[str, Any]]) -> dict[str, Any]:
    text = REFUSALS[status]
    if status == 409 and operation.conflicts:
        text = f"{operation.conflicts} Or: {text[0].lower()}{text[1:]}"
    content = {"application/problem+json": {"schema": shapes[Problem]}}
    return {"description": text, "content": content} | ({"headers": RETRY_AFTER} if status in WAITS else {})


def _tag(operation: Operation) -> str:
    """The resource it is about."""
    module = operation.work.__module__.rpartition(".")[2]
    return module.capitalize()
