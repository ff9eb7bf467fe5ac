"""What the API can do, as a list of operations. The routes, the checks and the schema are all made of it.

An operation is a function that takes a `Call`, the ids in its path by name, and what it asks for under ``query`` and ``body``.
Its annotations say what is accepted and answered, its docstring what it does.
"""

import inspect
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, TypeVar, get_args, get_origin, get_type_hints
from uuid import UUID

import msgspec

from portal.accounts.keys import Key, Scope

T = TypeVar("T")

BASE = "/api/v1"
MOST_BYTES = 100_000
"""Of a body; those of many rows say so themselves."""


@dataclass(frozen=True)
class Call:
    """Who asks, and when."""

    key: Key
    now: datetime
    after: list[Callable[[], Awaitable[None]]] = field(default_factory=list)
    """What is to be told to other processes once everything is committed."""

    @property
    def workspace_id(self) -> UUID:
        return self.key.workspace_id


class Answer(msgspec.Struct, Generic[T], frozen=True):
    """An answer with a status of its own."""

    value: T
    status: int


class NoQuery(msgspec.Struct, forbid_unknown_fields=True):
    """Nothing can be asked for in the address."""


@dataclass(frozen=True, kw_only=True)
class Operation:
    method: str
    path: str
    """Below `BASE`, with the names of ids in braces."""
    scope: Scope
    summary: str
    work: Callable[..., Awaitable[Any]]
    query: type[msgspec.Struct]
    body: type[msgspec.Struct] | None
    answer: Any
    status: int
    also: dict[int, str]
    """Other statuses of success, and what they mean."""
    conflicts: str
    """When it answers 409, apart from Idempotency-Key; empty: never."""
    most_bytes: int

    @property
    def name(self) -> str:
        """Its name in the schema (``operationId``)."""
        return getattr(self.work, "__name__", "").strip("_")

    @property
    def about(self) -> str:
        return inspect.getdoc(self.work) or ""

    @property
    def parameters(self) -> list[str]:
        """Names of the ids in its path."""
        return re.findall(r"{(\w+)}", self.path)

    @property
    def takes_word(self) -> bool:
        """Whether an Idempotency-Key means something."""
        return self.method == "POST"


def operation(
    method: str,
    path: str,
    scope: Scope,
    summary: str,
    *,
    status: int = 200,
    also: dict[int, str] | None = None,
    conflicts: str = "",
    most_bytes: int = MOST_BYTES,
) -> Callable[[Callable[..., Awaitable[Any]]], Operation]:
    """Make an `Operation` of the function below."""

    def make(work: Callable[..., Awaitable[Any]]) -> Operation:
        hints = get_type_hints(work, include_extras=True)
        answer = hints["return"]
        return Operation(
            method=method,
            path=path,
            scope=scope,
            summary=summary,
            work=work,
            query=hints.get("query", NoQuery),
            body=hints.get("body"),
            answer=get_args(answer)[0] if get_origin(answer) is Answer else answer,
            status=status,
            also=also or {},
            conflicts=conflicts,
            most_bytes=most_bytes,
        )

    return make
