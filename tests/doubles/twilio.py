"""A Twilio (2010-04-01) that keeps what it is sent, lists it, and calls back with signed forms.

Field names, states and the shape of answers are those of Twilio's OpenAPI file (twilio/twilio-oai, twilio_api_v2010.json), error
codes those of twilio.com/docs/api/errors. The real one ignores form fields that it does not know; this one refuses them, so that
a misspelt one is found.
"""

import base64
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from urllib.parse import parse_qsl, urlencode, urlsplit
from uuid import uuid4

import httpx

from tests.doubles.server import RETRY_AFTER, Answer, Asked, Double, Vice
from tests.doubles.signing import sign_twilio

FIELDS = {
    *{"To", "StatusCallback", "ApplicationSid", "MaxPrice", "ProvideFeedback", "Attempt", "ValidityPeriod", "ForceDelivery"},
    *{"ContentRetention", "AddressRetention", "SmartEncoded", "PersistentAction", "TrafficType", "ShortenUrls", "ScheduleType"},
    *{"SendAt", "SendAsMms", "ContentVariables", "RiskCheck", "From", "MessagingServiceSid", "Body", "MediaUrl", "ContentSid"},
}
NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")
SERVICE = re.compile(r"MG[0-9a-f]{32}")
MOST_CHARACTERS = 1600
LONGEST_VALIDITY = 36_000
STATES = ("accepted", "queued", "sending", "sent", "delivered", "undelivered", "failed")
LOCAL = {"localhost", "127.0.0.1"}


@dataclass
class Text:
    """One accepted text."""

    sid: str
    to: str
    from_: str
    service: str
    body: str
    status_callback: str
    validity: int
    state: str
    created: datetime
    error_code: int | None = None
    form: dict[str, str] = field(default_factory=dict)

    def shown(self, account: str) -> dict[str, object]:
        """As the API shows a message."""
        at = format_datetime(self.created)
        return {
            "account_sid": account,
            "api_version": "2010-04-01",
            "body": self.body,
            "date_created": at,
            "date_sent": None if self.state in {"accepted", "queued"} else at,
            "date_updated": at,
            "direction": "outbound-api",
            "error_code": self.error_code,
            "error_message": None if self.error_code is None else f"Error {self.error_code}",
            "from": self.from_ or None,
            "messaging_service_sid": self.service or None,
            "num_media": "0",
            "num_segments": "1",
            "price": None,
            "price_unit": "USD",
            "sid": self.sid,
            "status": self.state,
            "subresource_uris": {"media": f"/2010-04-01/Accounts/{account}/Messages/{self.sid}/Media.json"},
            "to": self.to,
            "uri": f"/2010-04-01/Accounts/{account}/Messages/{self.sid}.json",
        }


class TwilioDouble(Double):
    def __init__(self, account: str = "AC" + "0" * 32, token: str = "a-token-for-tests", number: str = "+15005550006") -> None:
        super().__init__()
        self.account, self.token, self.number = account, token, number
        self.service = "MG" + "1" * 32
        self.account_status = "active"
        self.reaches_local = False
        """Whether a StatusCallback on this machine is taken: the real one can't reach it and refuses it."""
        self.opted_out: set[str] = set()
        """Numbers that said STOP: texts to them are refused with 21610."""
        self.created_at: datetime | None = None
        """When what is accepted was made; None: now."""
        self.accepted: list[Text] = []
        """What people will get: the oracle."""

    @property
    def base(self) -> str:
        return f"/2010-04-01/Accounts/{self.account}"

    def is_sending(self, asked: Asked) -> bool:
        return asked.method == "POST" and asked.path.endswith("/Messages.json")

    def answer(self, asked: Asked, vice: Vice | None) -> Answer:
        if not self._knows(asked) or vice is Vice.UNAUTHORISED:
            return _no(401, 20003, "Authenticate")
        if (asked.method, asked.path) == ("GET", f"{self.base}.json"):
            told = {"sid": self.account, "status": self.account_status, "friendly_name": "Double", "type": "Full"}
            return Answer(200, told)
        if asked.path == f"{self.base}/Messages.json":
            return self._create(asked, vice) if asked.method == "POST" else self._list(asked)
        for text in self.accepted:
            if asked.path == f"{self.base}/Messages/{text.sid}.json":
                return Answer(200, text.shown(self.account))
        return _no(404, 20404, f"The requested resource {asked.path} was not found")

    def _knows(self, asked: Asked) -> bool:
        given = asked.headers.get("authorization", "").removeprefix("Basic ")
        return given == base64.b64encode(f"{self.account}:{self.token}".encode()).decode()

    def _create(self, asked: Asked, vice: Vice | None) -> Answer:
        form = dict(parse_qsl(asked.body.decode(), keep_blank_values=True))
        if vice in REFUSALS:
            return REFUSALS[vice]
        if problem := self._problem(form):
            return problem
        text = self._keep(form)
        return Answer(200, b"<html>OK</html>") if vice is Vice.GIBBERISH else Answer(201, text.shown(self.account))

    def _problem(self, form: dict[str, str]) -> Answer | None:
        if unknown := set(form) - FIELDS:
            return _no(400, 20001, f"Unknown parameters {sorted(unknown)}")
        if not form.get("To"):
            return _no(400, 21604, "A 'To' phone number is required.")
        if not NUMBER.fullmatch(form["To"]):
            return _no(400, 21211, f"Invalid 'To' Phone Number: {form['To']}")
        return self._sender_problem(form) or _body_problem(form) or self._callback_problem(form)

    def _sender_problem(self, form: dict[str, str]) -> Answer | None:
        if not form.get("From") and not form.get("MessagingServiceSid"):
            return _no(400, 21603, "A 'From' phone number is required.")
        if form.get("MessagingServiceSid") and not SERVICE.fullmatch(form["MessagingServiceSid"]):
            return _no(400, 21705, "The Messaging Service Sid is invalid.")
        if form.get("From") and form["From"] != self.number:
            return _no(400, 21606, f"The 'From' phone number {form['From']} is not a valid, SMS-capable number of this account.")
        if form["To"] in self.opted_out:
            return _no(400, 21610, "Attempt to send to unsubscribed recipient")
        return None

    def _callback_problem(self, form: dict[str, str]) -> Answer | None:
        """21609: Twilio takes no address that it can't reach by name, nor one with an underscore in its host."""
        if not (given := form.get("StatusCallback")):
            return None
        parts = urlsplit(given)
        host = parts.hostname or ""
        if parts.scheme not in {"http", "https"} or not host or (host in LOCAL and not self.reaches_local) or "_" in host:
            return _no(400, 21609, f"The 'StatusCallback' URL {given} is not a valid URL.")
        return None

    def _keep(self, form: dict[str, str]) -> Text:
        service = form.get("MessagingServiceSid", "")
        text = Text(
            sid="SM" + uuid4().hex,
            to=form["To"],
            from_=form.get("From", ""),
            service=service,
            body=form["Body"],
            status_callback=form.get("StatusCallback", ""),
            validity=int(form.get("ValidityPeriod") or LONGEST_VALIDITY),
            state="accepted" if service else "queued",
            created=self.created_at or datetime.now(UTC),
            form=form,
        )
        with self.lock:
            self.accepted.append(text)
        return text

    def _list(self, asked: Asked) -> Answer:
        """Newest first, as Twilio lists; pages as `next_page_uri` says. DateSent is by days and skips what has not been sent."""
        if unknown := set(asked.query) - {"To", "From", "PageSize", "Page", "PageToken", "DateSent", "DateSent<", "DateSent>"}:
            return _no(400, 20001, f"Unknown parameters {sorted(unknown)}")
        with self.lock:
            found = [t for t in reversed(self.accepted) if asked.query.get("To") in {None, t.to}]
        if "From" in asked.query:
            found = [text for text in found if text.from_ == asked.query["From"]]
        size, page = int(asked.query.get("PageSize", 50)), int(asked.query.get("Page", 0))
        shown = found[page * size : (page + 1) * size]
        more = (page + 1) * size < len(found)
        following = (
            urlencode({**asked.query, "Page": page + 1, "PageSize": size, "PageToken": f"PA{shown[-1].sid}"}) if more else ""
        )
        path = f"{self.base}/Messages.json"
        return Answer(
            200,
            {
                "messages": [text.shown(self.account) for text in shown],
                "page": page,
                "page_size": size,
                "start": page * size,
                "end": page * size + len(shown) - 1,
                "first_page_uri": f"{path}?PageSize={size}&Page=0",
                "previous_page_uri": None,
                "next_page_uri": f"{path}?{following}" if more else None,
                "uri": path,
            },
        )

    def status_form(self, text: Text, state: str, error_code: int | None = None) -> list[tuple[str, str]]:
        """The fields of a status callback (twilio.com/docs/messaging/guides/track-outbound-message-status)."""
        form = [
            ("ApiVersion", "2010-04-01"),
            ("MessageStatus", state),
            ("SmsSid", text.sid),
            ("SmsStatus", state),
            ("To", text.to),
            ("From", text.from_ or self.number),
            ("MessageSid", text.sid),
            ("AccountSid", self.account),
        ]
        form += [("MessagingServiceSid", text.service)] if text.service else []
        return [*form, ("ErrorCode", str(error_code))] if error_code is not None else form

    async def call_back(
        self, text: Text, state: str, client: httpx.AsyncClient | None = None, error_code: int | None = None, token: str = ""
    ) -> httpx.Response:
        """Tell the text's StatusCallback its new state, signed. Duplicates and disorder: call it in that order."""
        text.state, text.error_code = state, error_code
        return await self.post(text.status_callback, self.status_form(text, state, error_code), client, token)

    def inbound_form(self, from_: str, body: str, **more: str) -> list[tuple[str, str]]:
        """The fields of an incoming text, blank ones included (twilio.com/docs/messaging/guides/webhook-request)."""
        sid = "SM" + uuid4().hex
        plain = {
            **{
                "ToCountry": "US",
                "ToState": "",
                "SmsMessageSid": sid,
                "NumMedia": "0",
                "ToCity": "",
                "FromZip": "",
                "SmsSid": sid,
            },
            **{"FromState": "", "SmsStatus": "received", "FromCity": "", "Body": body, "FromCountry": "US", "To": self.number},
            **{"ToZip": "", "NumSegments": "1", "MessageSid": sid, "AccountSid": self.account, "From": from_},
            "ApiVersion": "2010-04-01",
        }
        return list((plain | more).items())

    async def post(
        self, url: str, form: list[tuple[str, str]], client: httpx.AsyncClient | None = None, token: str = ""
    ) -> httpx.Response:
        """Post `form` to `url` as Twilio does: signed over the whole address."""
        headers = {
            "X-Twilio-Signature": sign_twilio(token or self.token, url, form),
            "I-Twilio-Idempotency-Token": str(uuid4()),
            "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
        }
        content = urlencode(form).encode()
        if client is not None:
            return await client.post(url, content=content, headers=headers)
        async with httpx.AsyncClient(timeout=15) as own:
            return await own.post(url, content=content, headers=headers)


def _no(status: int, code: int, text: str, headers: tuple[tuple[str, str], ...] = ()) -> Answer:
    more = f"https://www.twilio.com/docs/errors/{code}"
    return Answer(status, {"code": code, "message": text, "more_info": more, "status": status}, headers)


REFUSALS = {
    Vice.TOO_MANY: _no(429, 20429, "Too Many Requests"),
    Vice.TOO_MANY_WAIT: _no(429, 20429, "Too Many Requests", (("Retry-After", str(RETRY_AFTER)),)),
    Vice.BROKEN_BEFORE: _no(500, 20500, "Internal Server Error"),
    Vice.FORBIDDEN: _no(403, 20003, "Permission denied"),
    Vice.OPTED_OUT: _no(400, 21610, "Attempt to send to unsubscribed recipient"),
    Vice.INVALID_ADDRESS: _no(400, 21211, "Invalid 'To' Phone Number"),
    Vice.REFUSED: _no(400, 21612, "The 'To' phone number cannot be reached from this 'From' number."),
}


def _body_problem(form: dict[str, str]) -> Answer | None:
    if not form.get("Body") and not form.get("MediaUrl") and not form.get("ContentSid"):
        return _no(400, 21602, "Message body is required.")
    if len(form.get("Body", "")) > MOST_CHARACTERS:
        return _no(400, 21617, "The concatenated message body exceeds the 1600 character limit.")
    period = form.get("ValidityPeriod", "1")
    if not period.isdecimal() or not 1 <= int(period) <= LONGEST_VALIDITY:
        return _no(400, 20001, "ValidityPeriod must be from 1 to 36000.")
    return None
