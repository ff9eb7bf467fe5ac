"""The schema as people read it: operations by resource, their fields in words, and a call to copy."""

import json
import re
from collections.abc import Iterator
from typing import Any

import msgspec

FORMATS = {"uuid": "id", "date-time": "moment", "date": "day"}
EXAMPLES = {
    "uuid": "019ac0de-0000-7000-8000-000000000001",
    "date-time": "2026-12-03T18:00:00Z",
    "date": "2026-12-03",
}
Schema = dict[str, Any]


class Field(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    kind: str
    """What it may be, in words."""
    about: str
    required: bool
    place: str = ""
    """Of a parameter: path, query or header."""


class Answered(msgspec.Struct, frozen=True):
    status: str
    about: str


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """An operation on the page."""

    id: str
    method: str
    path: str
    title: str
    about: list[str]
    """Paragraphs."""
    parameters: list[Field]
    body: list[Field]
    answer: list[Field]
    good: list[Answered]
    bad: list[Answered]
    curl: str


class Group(msgspec.Struct, frozen=True):
    name: str
    operations: list[Shown]


def groups(schema: Schema) -> list[Group]:
    """By resource, in the order of the schema."""
    made = {tag["name"]: Group(tag["name"], []) for tag in schema["tags"]}
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            made[operation["tags"][0]].operations.append(_Reader(schema).shown(path, method, operation))
    return list(made.values())


class _Reader:
    """Reads operations, following references."""

    def __init__(self, schema: Schema) -> None:
        self.schema = schema

    def shown(self, path: str, method: str, operation: Schema) -> Shown:
        answers = [Answered(status, one["description"]) for status, one in operation["responses"].items()]
        body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
        return Shown(
            id=operation["operationId"].replace("_", "-"),
            method=method.upper(),
            path=path,
            title=operation["summary"],
            about=operation["description"].split("\n\n"),
            parameters=[self._parameter(one) for one in operation["parameters"]],
            body=list(self._fields(body)) if body else [],
            answer=list(self._fields(self._answer(operation))),
            good=[one for one in answers if one.status < "300"],
            bad=[one for one in answers if one.status >= "400"],
            curl=self._curl(path, method, body),
        )

    def _answer(self, operation: Schema) -> Schema:
        good = next(one for status, one in operation["responses"].items() if status < "300")
        found: Schema = good["content"]["application/json"]["schema"]
        return found

    def _parameter(self, found: Schema) -> Field:
        kind, about = self.kind(found["schema"]), found.get("description", "")
        return Field(name=found["name"], kind=kind, about=about, required=found["required"], place=found["in"])

    def _fields(self, found: Schema, before: str = "", deep: int = 2) -> Iterator[Field]:
        """The fields of an object, and those of objects in it; ``data[].id`` for those of a list."""
        found = self._resolved(found)
        for name, one in found.get("properties", {}).items():
            told = (other["description"] for other in (one, *one.get("anyOf", [])) if "description" in other)
            about, required = next(told, ""), name in found.get("required", [])
            yield Field(name=before + name, kind=self.kind(one), about=about, required=required)
            inner = self._resolved(one)
            is_list = inner.get("type") == "array"
            inner = self._resolved(inner["items"]) if is_list else inner
            if deep and "properties" in inner:
                yield from self._fields(inner, f"{before}{name}{'[]' if is_list else ''}.", deep - 1)

    def _resolved(self, found: Schema) -> Schema:
        while "$ref" in found:
            found = self.schema["components"]["schemas"][found["$ref"].rpartition("/")[2]]
        return found

    def kind(self, found: Schema) -> str:
        """ "text, at most 120 characters", "one of draft, open, closed"."""
        if "anyOf" in found:
            return " or ".join(self.kind(one) for one in found["anyOf"])
        found = self._resolved(found)
        if "enum" in found:
            return f"one of {', '.join(str(one) for one in found['enum'])}"
        if found.get("type") == "array":
            most = f", at most {found['maxItems']:,}" if "maxItems" in found else ""
            return f"list of {self.kind(found['items'])}{most}"
        plain = {"string": "text", "integer": "number", "boolean": "true or false", "object": "object", "null": "null"}
        words = FORMATS.get(found.get("format", "")) or plain.get(found.get("type", ""), "anything")
        return words + self._bounds(found)

    def _bounds(self, found: Schema) -> str:
        if "maxLength" in found:
            return f", at most {found['maxLength']:,} characters"
        return f" from {found['minimum']} to {found['maximum']}" if "minimum" in found and "maximum" in found else ""

    def _curl(self, path: str, method: str, body: Schema | None) -> str:
        server = self.schema["servers"][0]["url"]
        address = server + re.sub(r"{(\w+)}", lambda found: f"${found[1].upper()}", path)
        parts = [f"curl {'' if method == 'get' else f'-X {method.upper()} '}{address}", '-H "Authorization: Bearer $KEY"']
        if method == "post":
            parts.append('-H "Idempotency-Key: $(uuidgen)"')
        if body:
            text = json.dumps(self.example(body), ensure_ascii=False).replace("'", "’")
            parts += ['-H "Content-Type: application/json"', f"-d '{text}'"]
        return " \\\n  ".join(parts)

    def example(self, found: Schema) -> Any:
        """Something that fits: what is required, and what has an example of its own."""
        if "anyOf" in found:
            return self.example(found["anyOf"][0])
        found = self._resolved(found)
        if "examples" in found:
            return found["examples"][0]
        if "enum" in found:
            return found["enum"][0]
        if found.get("type") == "object":
            return self._object(found)
        if found.get("type") == "array":
            return [self.example(found["items"])]
        return EXAMPLES.get(found.get("format", "")) or {"integer": 10, "boolean": True}.get(found.get("type", ""), "text")

    def _object(self, found: Schema) -> Schema:
        required = found.get("required", [])
        inner = found.get("properties", {})
        return {name: self.example(one) for name, one in inner.items() if name in required or self._is_telling(one)}

    def _is_telling(self, found: Schema) -> bool:
        return any("examples" in one for one in (found, *found.get("anyOf", [])))
