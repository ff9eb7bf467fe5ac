"""A HeyMilo that keeps postings, people and their interviews, and calls hooks as they go on.

Requests and answers are held against HeyMilo's OpenAPI description (heymilo-openapi.json: what of it is used, without its
texts). Where it leaves something open, the double does what is harder for us: whoever sends somebody twice has them twice.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from tests.doubles.server import RETRY_AFTER, Answer, Asked, Double, Vice

DESCRIPTION = json.loads((Path(__file__).parent / "heymilo-openapi.json").read_text())
REGISTRY = Registry().with_resource("urn:heymilo", Resource.from_contents(DESCRIPTION, default_specification=DRAFT202012))
CREATED = 1_795_428_000
"""2026-11-23, ten in the morning in London, less an hour or so: seconds since 1970."""
PATHS = {path: re.compile(re.sub(r"\{\w+\}", "([^/]+)", path)) for path in DESCRIPTION["paths"]}


def faults(reference: str, value: object) -> list[str]:
    """What is wrong with `value` by the description's schema at `reference`."""
    schema = {"$ref": f"urn:heymilo#{reference}"}
    return [error.message for error in Draft202012Validator(schema, registry=REGISTRY).iter_errors(value)]


@dataclass
class Person:
    """Somebody at a posting."""

    posting_id: str
    interview_id: str
    sent: dict[str, Any]
    created_at: float
    status: str = "pending"
    steps: list[str] = field(default_factory=lambda: ["not_started"])
    score: float | None = None

    @property
    def shown(self) -> dict[str, Any]:
        steps = [
            {
                "step_id": f"step_{number}",
                "order": number,
                "status": status,
                "started": status != "not_started",
                "completed": status == "completed",
                "knocked_out": status == "knocked_out",
            }
            for number, status in enumerate(self.steps, 1)
        ]
        return {
            "interview_id": self.interview_id,
            "candidate_id": f"cand_{self.interview_id}",
            "posting_id": self.posting_id,
            "name": self.sent["name"],
            "email": self.sent["email"],
            "status": self.status,
            "score": self.score,
            "workflow": {"steps": steps, "all_complete": all(s == "completed" for s in self.steps), "last_activity_at": None},
            "metadata": self.sent.get("metadata"),
            "data": None,
        }

    @property
    def url(self) -> str:
        return f"https://candidates.heymilo.example/northgate/i/{self.interview_id}"


class HeyMiloDouble(Double):
    key = "hm_double_0123456789"

    def __init__(self) -> None:
        super().__init__()
        self.postings = {"13D77095": "Night nurse", "2AB01177": "Cook, day shift"}
        self.people: list[Person] = []
        """Everybody who was made: the oracle."""
        self.hooks: dict[str, dict[str, Any]] = {}
        self.wrong: list[str] = []
        """Faults of requests and of our own answers."""
        self.created_at = float(CREATED)
        self.vicious = "POST"
        """The method whose requests take the vices."""

    def is_sending(self, asked: Asked) -> bool:
        return asked.method == self.vicious and asked.path != "/api/v2/webhooks"

    def answer(self, asked: Asked, vice: Vice | None) -> Answer:
        if asked.headers.get("x-api-key") != self.key or vice is Vice.UNAUTHORISED:
            return _no(401, "authentication_error", "invalid_api_key")
        if vice in REFUSALS:
            return REFUSALS[vice]
        for path, pattern in PATHS.items():
            if (found := pattern.fullmatch(asked.path)) and asked.method.lower() in DESCRIPTION["paths"][path]:
                return self._described(path, found.groups(), asked, vice)
        return _no(404, "invalid_request_error", "not_found")

    def _described(self, path: str, parts: tuple[str, ...], asked: Asked, vice: Vice | None) -> Answer:
        """Answer, and hold request and answer against the description."""
        operation = DESCRIPTION["paths"][path][asked.method.lower()]
        where = f"/paths/{path.replace('~', '~0').replace('/', '~1')}/{asked.method.lower()}"
        if problems := list(self._request_faults(operation, where, asked)):
            self.wrong += problems
            return Answer(422, {"detail": [{"loc": ["body"], "msg": one, "type": "value_error"} for one in problems]})
        answer = self._act(path, parts, asked)
        schema = f"{where}/responses/{answer.status}/content/application~1json/schema".replace("{", "%7B").replace("}", "%7D")
        self.wrong += faults(schema, answer.body)
        return Answer(200, b"<html>OK</html>") if vice is Vice.GIBBERISH else answer

    def _request_faults(self, operation: dict[str, Any], where: str, asked: Asked) -> Iterator[str]:
        known = {one["name"]: one["schema"] for one in operation.get("parameters", []) if one["in"] == "query"}
        for name, value in asked.query.items():
            if name not in known:
                yield f"unknown parameter {name}"
            elif known[name].get("type") == "integer" and not (value.isdecimal() and 1 <= int(value) <= known[name]["maximum"]):
                yield f"{name} is {value}"
        if "requestBody" in operation:
            schema = f"{where}/requestBody/content/application~1json/schema".replace("{", "%7B").replace("}", "%7D")
            body = json.loads(asked.body)
            yield from faults(schema, body)
            metadata = body.get("metadata") or {}
            if len(metadata) > 50 or any(len(key) > 40 or len(value) > 500 for key, value in metadata.items()):
                yield "too much metadata"

    def _act(self, path: str, parts: tuple[str, ...], asked: Asked) -> Answer:
        if path.endswith("/candidates") and parts[0] not in self.postings:
            return _no(404, "invalid_request_error", "posting_not_found")
        does = {
            "/api/v2/postings": self._postings,
            "/api/v2/postings/{posting_id}": self._posting,
            "/api/v2/postings/{posting_id}/candidates": self._candidates,
            "/api/v2/interviews/{interview_id}/data": self._interview,
            "/api/v2/webhooks": self._webhooks,
            "/api/v2/webhooks/{webhook_id}": self._webhook,
        }
        return does[path](parts, asked)

    def _postings(self, parts: tuple[str, ...], asked: Asked) -> Answer:
        wanted = asked.query.get("search", "").lower()
        found = [self._shown(one) for one, title in self.postings.items() if wanted in title.lower()]
        return _page(found, "id", asked)

    def _posting(self, parts: tuple[str, ...], asked: Asked) -> Answer:
        if parts[0] not in self.postings:
            return _no(404, "invalid_request_error", "posting_not_found")
        return Answer(200, {"data": self._shown(parts[0])})

    def _shown(self, posting_id: str) -> dict[str, Any]:
        plain = {"company_id": "comp_1", "description": "", "status": "active", "finalized": True, "archived": False}
        return {"id": posting_id, "title": self.postings[posting_id], "test_posting": False, "workflow": []} | plain

    def _candidates(self, parts: tuple[str, ...], asked: Asked) -> Answer:
        if asked.method == "POST":
            return self._make(parts[0], json.loads(asked.body))
        since = float(asked.query.get("created_after", 0))
        with self.lock:
            found = [one for one in self.people if one.posting_id == parts[0] and one.created_at >= since]
        return _page([one.shown | {"interview_url": one.url} for one in found], "interview_id", asked)

    def _make(self, posting_id: str, sent: dict[str, Any]) -> Answer:
        with self.lock:
            person = Person(posting_id, f"D536A69A{len(self.people):08X}", sent, self.created_at)
            self.people.append(person)
        receipt = person.shown | {"interview_url": person.url}
        data = {"interview_id": person.interview_id, "interview_url": person.url, "posting_id": posting_id}
        return Answer(201, {"data": data | {"candidate": receipt}})

    def _interview(self, parts: tuple[str, ...], asked: Asked) -> Answer:
        person = next((one for one in self.people if one.interview_id == parts[0]), None)
        return Answer(200, {"data": person.shown}) if person else _no(404, "invalid_request_error", "interview_not_found")

    def _webhooks(self, parts: tuple[str, ...], asked: Asked) -> Answer:
        if asked.method == "GET":
            return _page(list(self.hooks.values()), "webhook_id", asked)
        hook_id = f"42AE4CFA{len(self.hooks):04X}"
        times = {"is_active": True, "created_at": self.created_at, "updated_at": self.created_at}
        self.hooks[hook_id] = {"webhook_id": hook_id} | json.loads(asked.body) | times
        return Answer(201, {"data": self.hooks[hook_id]})

    def _webhook(self, parts: tuple[str, ...], asked: Asked) -> Answer:
        if parts[0] not in self.hooks:
            return _no(404, "invalid_request_error", "webhook_not_found")
        if asked.method == "DELETE":
            self.hooks[parts[0]]["is_active"] = False
        return Answer(200, {"data": self.hooks[parts[0]]})

    # ---- What people do there

    def move(self, person: Person, status: str, *steps: str, score: float | None = None) -> None:
        with self.lock:
            person.status, person.score = status, score
            person.steps = list(steps) or person.steps

    async def call_back(self, client: httpx.AsyncClient, person: Person, event: str, times: int = 1) -> list[int]:
        """Call what is registered for `event`, as often as that; what was answered."""
        body = {"event_type": event, "data": {"interview_id": person.interview_id, "email": person.sent["email"]}}
        urls = [
            hook["webhook_url"]
            for hook in self.hooks.values()
            if (hook["posting_id"], hook["event_type"], hook["is_active"]) == (person.posting_id, event, True)
        ]
        return [(await client.post(url, json=body)).status_code for url in urls for _ in range(times)]


def _page(found: list[dict[str, Any]], key: str, asked: Asked) -> Answer:
    after, limit = asked.query.get("starting_after"), int(asked.query.get("limit", 20))
    start = next((n + 1 for n, one in enumerate(found) if one[key] == after), 0)
    page = found[start : start + limit]
    return Answer(200, {"data": page, "pagination": {"has_more": start + limit < len(found), "total_count": len(found)}})


def _no(status: int, kind: str, code: str, headers: tuple[tuple[str, str], ...] = ()) -> Answer:
    return Answer(status, {"error": {"type": kind, "code": code, "message": code.replace("_", " ")}}, headers)


REFUSALS = {
    Vice.TOO_MANY: _no(429, "rate_limit_error", "too_many_requests"),
    Vice.TOO_MANY_WAIT: _no(429, "rate_limit_error", "too_many_requests", (("Retry-After", str(RETRY_AFTER)),)),
    Vice.BROKEN_BEFORE: _no(500, "api_error", "internal"),
    Vice.REFUSED: Answer(
        422, {"detail": [{"loc": ["body", "email"], "msg": "value is not a valid email", "type": "value_error"}]}
    ),
}
