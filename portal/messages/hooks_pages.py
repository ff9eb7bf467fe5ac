"""Where providers call back. Nothing unsigned is believed, and 2xx is said only after what was told is kept."""

from datetime import datetime
from http import HTTPStatus
from typing import Any

import structlog
from litestar import MediaType, Request, Response, post

from portal.messages import callbacks, inbound, sendgrid_callbacks, twilio_callbacks
from portal.messages.twilio_callbacks import Fields
from portal.settings import settings

log = structlog.get_logger()

AnyRequest = Request[Any, Any, Any]
OPEN = {"public": True}
LARGEST_BATCH, LARGEST_FORM = 1_000_000, 64_000
"""Bytes. SendGrid's batches have up to 768 KB."""
NO_ANSWER = '<?xml version="1.0" encoding="UTF-8"?><Response></Response>'
"""TwiML that says nothing: the provider itself answers STOP, START and HELP, and people answer all else."""


class NotBelieved(Exception):
    """Who calls could not be told. The text says what is wrong."""

    def __init__(self, status: HTTPStatus, text: str) -> None:
        super().__init__(text)
        self.status = status


@post("/hooks/sendgrid", opt=OPEN, request_max_body_size=LARGEST_BATCH)
async def sendgrid(request: AnyRequest, now: datetime) -> Response[Any]:
    """SendGrid repeats for 24 hours whatever is not answered with 2xx."""
    body = await request.body()
    try:
        _check_sendgrid(request, body)
        events = sendgrid_callbacks.read(body)
    except NotBelieved as doubt:
        return _problem(doubt.status, str(doubt))
    except ValueError:
        return _problem(HTTPStatus.BAD_REQUEST, "The body must be a JSON array of events.")
    await callbacks.record(events, now)
    return _heard()


@post("/hooks/twilio/status", opt=OPEN, request_max_body_size=LARGEST_FORM)
async def twilio_status(request: AnyRequest, now: datetime) -> Response[Any]:
    try:
        fields = await _twilio_fields(request)
    except NotBelieved as doubt:
        return _problem(doubt.status, str(doubt))
    event = twilio_callbacks.read_status(fields, request.query_params.get("message", ""), now)
    await callbacks.record([event] if event else [], now)
    return _heard()


@post("/hooks/twilio/inbound", opt=OPEN, request_max_body_size=LARGEST_FORM)
async def twilio_inbound(request: AnyRequest, now: datetime) -> Response[Any]:
    try:
        fields = await _twilio_fields(request)
    except NotBelieved as doubt:
        return _problem(doubt.status, str(doubt))
    text = twilio_callbacks.read_inbound(fields)
    if text is not None:
        await inbound.hear(text, now)
    return Response(NO_ANSWER, media_type=MediaType.XML, status_code=HTTPStatus.OK)


def _check_sendgrid(request: AnyRequest, body: bytes) -> None:
    """Raises `NotBelieved`."""
    key = settings().sendgrid_webhook_public_key
    if not key:
        raise NotBelieved(HTTPStatus.SERVICE_UNAVAILABLE, "SENDGRID_WEBHOOK_PUBLIC_KEY is not set, so no event can be believed.")
    signature = request.headers.get("x-twilio-email-event-webhook-signature", "")
    timestamp = request.headers.get("x-twilio-email-event-webhook-timestamp", "")
    if not sendgrid_callbacks.is_signed(key, signature, timestamp, body):
        raise _wrong_signature(sendgrid_callbacks.NAME)


async def _twilio_fields(request: AnyRequest) -> Fields:
    """What the form holds, if Twilio signed it. Raises `NotBelieved`."""
    tokens = [token for token in (settings().twilio_auth_token, settings().twilio_auth_token_before) if token]
    if not tokens:
        raise NotBelieved(HTTPStatus.SERVICE_UNAVAILABLE, "TWILIO_AUTH_TOKEN is not set, so no callback can be believed.")
    try:
        fields = twilio_callbacks.read_form(await request.body())
    except ValueError:
        raise NotBelieved(HTTPStatus.BAD_REQUEST, "The body must be a form in UTF-8.") from None
    scope = request.scope
    urls = twilio_callbacks.asked_urls(
        settings().public_url, scope["raw_path"].decode("latin-1"), scope["query_string"].decode("latin-1")
    )
    if not twilio_callbacks.is_signed(tokens, request.headers.get("x-twilio-signature", ""), urls, fields):
        raise _wrong_signature(twilio_callbacks.NAME)
    return fields


def _wrong_signature(provider: str) -> NotBelieved:
    log.warning("callback not believed", provider=provider)
    return NotBelieved(HTTPStatus.FORBIDDEN, "The signature does not fit.")


def _heard() -> Response[Any]:
    return Response("", media_type=MediaType.TEXT, status_code=HTTPStatus.OK)


def _problem(status: HTTPStatus, text: str) -> Response[Any]:
    problem = {"type": "about:blank", "title": status.phrase, "status": status.value, "detail": text}
    return Response(problem, status_code=status, media_type="application/problem+json")


handlers = [sendgrid, twilio_status, twilio_inbound]
