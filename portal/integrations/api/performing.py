"""Doing an operation: read what was sent, work, write the answer."""

from collections.abc import Mapping
from typing import Any

import msgspec

from portal.integrations.api.once import Reply, fingerprint_of, once
from portal.integrations.api.operations import Answer, Call, NoQuery, Operation
from portal.integrations.api.problems import Code, Refusal, invalid
from portal.integrations.api.reading import read_body, read_query
from portal.web.forms import Invalid
from portal.web.missing import Missing


class Sent(msgspec.Struct, frozen=True, kw_only=True):
    """A request, as it came."""

    path: str
    ids: dict[str, Any]
    query: Mapping[str, list[str]]
    body: bytes
    word: str | None
    """Its Idempotency-Key."""

    @property
    def fingerprint(self) -> bytes:
        return fingerprint_of(self.path.encode(), msgspec.json.encode(sorted(self.query.items())), self.body)


async def perform(operation: Operation, call: Call, sent: Sent) -> Reply:
    """Once only, if it has an Idempotency-Key. Raises `Refusal`."""
    if operation.takes_word and sent.word is not None:
        reply = await once(call, sent.word, sent.fingerprint, lambda: _do(operation, call, sent))
    else:
        reply = await _do(operation, call, sent)
    for tell in call.after:
        await tell()
    return reply


async def _do(operation: Operation, call: Call, sent: Sent) -> Reply:
    """Raises `Refusal`."""
    try:
        found = await operation.work(call, **_given(operation, sent))
    except Invalid as wrong:
        raise invalid(wrong.errors) from None
    except Missing:
        raise Refusal(Code.NOT_FOUND, "There is nothing of this id in your workspace.") from None
    if isinstance(found, Answer):
        return Reply(found.status, msgspec.json.encode(found.value))
    return Reply(operation.status, msgspec.json.encode(found))


def _given(operation: Operation, sent: Sent) -> dict[str, Any]:
    """Raises `Refusal`."""
    given = dict(sent.ids)
    query = read_query(sent.query, operation.query)
    if operation.query is not NoQuery:
        given["query"] = query
    if operation.body is not None:
        given["body"] = read_body(sent.body, operation.body)
    return given
