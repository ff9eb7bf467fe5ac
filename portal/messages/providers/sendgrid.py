"""Emails by SendGrid's v3 API, through its SDK.

The SDK opens a new connection for each email. `_Kept` puts its requests through one session of `requests` instead.
Error answers: docs.sendgrid.com/api-reference/mail-send/errors, and SendGrid's OpenAPI file (tsg_mail_v3.json).
"""

import json
import re
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any

from portal.messages.providers import (
    Accepted,
    Fault,
    Later,
    Letter,
    Refused,
    SenderUnusable,
    TooMany,
    Uncertain,
    Unusable,
)
from portal.messages.providers.calling import PATIENCE, asked_to_wait, in_thread, sort_out
from portal.settings import Settings

if TYPE_CHECKING:
    from sendgrid import SendGridAPIClient

NEEDED = "mail.send"
TO = re.compile(r"personalizations\.\d+\.to\b")


class SendGrid:
    name = "sendgrid"

    def __init__(self, given: Settings) -> None:
        self.settings = given

    @cached_property
    def client(self) -> "SendGridAPIClient":
        from sendgrid import SendGridAPIClient

        from portal.messages.providers.sendgrid_kept import Kept

        client = SendGridAPIClient(self.settings.sendgrid_api_key, host=self.settings.sendgrid_api_url)
        headers = client.client.request_headers
        client.client = Kept(host=self.settings.sendgrid_api_url, request_headers=headers, version=3, timeout=PATIENCE)
        return client

    async def send(self, outgoing: Letter) -> Accepted:
        if not outgoing.from_address:
            raise SenderUnusable("no address that emails come from: set PORTAL_EMAIL_FROM, or give one under Settings, Sending")
        body = write(outgoing)
        answer = await self._ask(lambda: self.client.send(body))
        return Accepted(str(answer.headers.get("X-Message-Id") or ""))

    async def look(self) -> str:
        answer = await self._ask(
            lambda: self.client.client.scopes.get()  # noqa: PLW0108 - the client imports the SDK: in the thread
        )
        try:
            scopes = set(json.loads(answer.body)["scopes"])
        except (ValueError, KeyError, TypeError):
            raise Unusable("SENDGRID_API_URL answers, but not as SendGrid does: correct it") from None
        if NEEDED not in scopes:
            raise Unusable("SendGrid knows the key, but it may not send: give it the permission Mail Send")
        return "SendGrid knows the key, and it may send."

    async def _ask(self, call: Callable[[], Any]) -> Any:
        """The SDK's answer. Raises `Refused`, `Later` or `Uncertain`."""
        if not self.settings.sendgrid_api_key:
            raise Unusable("SENDGRID_API_KEY is not set")
        try:
            return await in_thread(self.name, call)
        except (Refused, Later, Uncertain):
            raise
        except Exception as error:  # whatever else the SDK or the connection raises
            raise _meaning(error) from error


def write(letter: Letter) -> dict[str, object]:
    """The JSON of Mail Send. Of ours it holds the message's id alone: SendGrid may keep custom arguments for ever.

    Links are not rewritten and opens not watched, so that people see whose links they are.
    """
    body: dict[str, object] = {
        "personalizations": [{"to": [_address(letter.to_address, letter.to_name)]}],
        "from": _address(letter.from_address, letter.from_name),
        "subject": letter.subject,
        "content": [{"type": "text/plain", "value": letter.text}],
        "custom_args": {"message_id": str(letter.message_id)},
        "tracking_settings": {
            "click_tracking": {"enable": False, "enable_text": False},
            "open_tracking": {"enable": False},
            "subscription_tracking": {"enable": False},
        },
    }
    if letter.html:
        body["content"] = [{"type": "text/plain", "value": letter.text}, {"type": "text/html", "value": letter.html}]
    if letter.reply_to:
        body["reply_to"] = {"email": letter.reply_to}
    if letter.unsubscribe_url:  # RFC 8058, 3.1
        one_click = {"List-Unsubscribe": f"<{letter.unsubscribe_url}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
        body["headers"] = one_click
    return body


def _address(email: str, name: str) -> dict[str, str]:
    return {"email": email, "name": name} if name else {"email": email}


def _meaning(error: Exception) -> Refused | Later | Uncertain:
    from python_http_client.exceptions import HTTPError

    if not isinstance(error, HTTPError):
        return sort_out(error, "SendGrid")
    text, field = _told(error.body)
    if error.status_code == 429:
        return TooMany("SendGrid takes no more for now", asked_to_wait(error.headers))
    if error.status_code >= 500:
        return Uncertain(f"SendGrid failed ({error.status_code})")
    if field.startswith("from") and error.status_code in {400, 403}:
        return SenderUnusable(f"SendGrid does not send from this address: {text}")
    if error.status_code in {400, 413}:
        return Refused(text, Fault.INVALID_ADDRESS if TO.match(field) else Fault.OTHER)
    return Unusable(_setup(error.status_code, text))


def _setup(status: int, text: str) -> str:
    """What to correct when SendGrid knows neither us nor the address."""
    if status == 401:
        return "SendGrid does not know the key: correct SENDGRID_API_KEY"
    if status == 403:
        return f"SendGrid does not let this key send ({text}): give it the permission Mail Send"
    return f"SENDGRID_API_URL does not answer as SendGrid does ({status}): correct it"


def _told(body: bytes) -> tuple[str, str]:
    """The first error of an answer, and the field that it is about."""
    try:
        first = json.loads(body)["errors"][0]
        return str(first.get("message") or "no reason given"), str(first.get("field") or "")
    except (ValueError, KeyError, IndexError, TypeError, AttributeError):
        return "no reason given", ""
