"""What the API says when it won't or can't: problem details (RFC 9457), with a code that programs can go by."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from http import HTTPStatus

import msgspec


class Code(StrEnum):
    MALFORMED = "malformed"
    """The body is no JSON."""
    UNAUTHORIZED = "unauthorized"
    SCOPE_MISSING = "scope_missing"
    NOT_FOUND = "not_found"
    CONFLICT = "conflict"
    """What is there does not allow it."""
    JOB_NOT_OPEN = "job_not_open"
    KEY_REUSED = "idempotency_key_reused"
    """The same Idempotency-Key came with another request."""
    IN_PROGRESS = "idempotency_in_progress"
    """The first request with this Idempotency-Key has no answer yet."""
    TOO_LARGE = "too_large"
    NOT_JSON = "unsupported_media_type"
    INVALID = "invalid"
    """Fields can't be used; `errors` says which."""
    RATE_LIMITED = "rate_limited"
    OURS = "internal_server_error"
    AWAY = "service_unavailable"


STATUS = {
    Code.MALFORMED: HTTPStatus.BAD_REQUEST,
    Code.UNAUTHORIZED: HTTPStatus.UNAUTHORIZED,
    Code.SCOPE_MISSING: HTTPStatus.FORBIDDEN,
    Code.NOT_FOUND: HTTPStatus.NOT_FOUND,
    Code.CONFLICT: HTTPStatus.CONFLICT,
    Code.JOB_NOT_OPEN: HTTPStatus.CONFLICT,
    Code.KEY_REUSED: HTTPStatus.CONFLICT,
    Code.IN_PROGRESS: HTTPStatus.CONFLICT,
    Code.TOO_LARGE: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    Code.NOT_JSON: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    Code.INVALID: HTTPStatus.UNPROCESSABLE_ENTITY,
    Code.RATE_LIMITED: HTTPStatus.TOO_MANY_REQUESTS,
    Code.OURS: HTTPStatus.INTERNAL_SERVER_ERROR,
    Code.AWAY: HTTPStatus.SERVICE_UNAVAILABLE,
}


class FieldError(msgspec.Struct, frozen=True):
    """One field that can't be used."""

    field: str
    """Where it stands: ``email``, or ``data[3].email``."""
    detail: str


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """Why a request was not done (RFC 9457)."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    code: Code
    errors: list[FieldError] = []


class Refusal(Exception):
    """Raised by the work of an operation to be answered with a problem; what it had begun is undone."""

    def __init__(
        self, code: Code, detail: str, errors: Sequence[FieldError] = (), headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(detail)
        status = STATUS[code]
        self.headers = dict(headers or {})
        self.problem = Problem(title=status.phrase, status=status.value, detail=detail, code=code, errors=list(errors))


def invalid(errors: Mapping[str, str]) -> Refusal:
    """`errors`: a sentence for each field."""
    return Refusal(Code.INVALID, " ".join(dict.fromkeys(errors.values())), [FieldError(*one) for one in errors.items()])
