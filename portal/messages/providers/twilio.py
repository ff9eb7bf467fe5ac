"""Texts by Twilio's API of 2010-04-01, through its SDK. Error codes: twilio.com/docs/api/errors."""

from collections.abc import Callable
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from portal import clock
from portal.messages.providers import (
    Accepted,
    Fault,
    Found,
    Later,
    Letter,
    Refused,
    SenderUnusable,
    Sought,
    TooMany,
    Uncertain,
    Unusable,
)
from portal.messages.providers.calling import PATIENCE, in_thread, sort_out
from portal.settings import Settings

if TYPE_CHECKING:
    from twilio.rest import Client

T = TypeVar("T")

OPTED_OUT = 21610
INVALID = {21211, 21217, 21614, 21635}
"""Not a number; not one that exists; not a mobile; a landline."""
SENDER = {21212, 21603, 21606, 21659, 21660, 21703, 21705}
"""The number or service that it was to come from is none, is not ours, or sends no texts."""
QUEUE_FULL = 21611
"""More waits for this number at Twilio than it can send within ten hours."""
TOO_MANY = 20429
CALLBACK = 21609
LONGEST = 36_000
"""Seconds that Twilio keeps a text in its queue at most (``ValidityPeriod``)."""
SEARCHED = 200
"""So many texts to one number are looked through for one whose fate is unknown."""
FAILED = {"failed", "undelivered", "canceled"}


class Twilio:
    name = "twilio"

    def __init__(self, given: Settings, now: Callable[[], datetime] = clock.now) -> None:
        """`now`: a text's validity is counted from when it leaves, which is later than when it was planned to."""
        self.settings, self.now = given, now

    @cached_property
    def client(self) -> "Client":
        from twilio.rest import Client

        from portal.messages.providers.twilio_http import Http

        # Without a region and an edge of the environment's: they would change the address.
        client = Client(
            self.settings.twilio_account_sid,
            self.settings.twilio_auth_token,
            http_client=Http(timeout=PATIENCE),
            environment={"TWILIO_REGION": "", "TWILIO_EDGE": ""},
        )
        client.api.base_url = self.settings.twilio_api_url
        return client

    async def send(self, outgoing: Letter) -> Accepted:
        self._require()
        form = self.form(outgoing)
        made = await self._ask(lambda: self.client.messages.create(**form))
        return Accepted(str(made.sid))

    async def find(self, sought: Sought) -> Found | None:
        """Look through the newest texts to that number for the link. Twilio filters by days only, and its
        ``DateSent`` leaves out what has not been sent: so by recipient, and by when it was made.

        Raises `Later` when it can't be asked, `Uncertain` when its answer proves nothing."""
        try:
            texts = await self._ask(lambda: self.client.messages.list(to=sought.to_address, limit=SEARCHED, page_size=100))
        except (Refused, Uncertain) as problem:
            raise Later(str(problem)) from problem
        recent = [text for text in texts if (text.date_created or sought.not_before) >= sought.not_before]
        found = next((text for text in recent if sought.link in (text.body or "")), None)
        if found is not None:
            return Found(str(found.sid), _state(str(found.status)), _error(found.error_code))
        if any(not text.body for text in recent):
            raise Uncertain("Twilio keeps no bodies for this account: its texts can't be told apart")
        return None

    async def look(self) -> str:
        account = await self._ask(lambda: self.client.api.accounts(self.settings.twilio_account_sid).fetch())
        if account.status != "active":
            raise Unusable(f"Twilio knows the account, but it is {account.status}: see Twilio's console")
        return "Twilio knows the account, and it is active."

    def form(self, letter: Letter) -> dict[str, object]:
        """What to post, in the SDK's words. Raises `Later` when the text may not arrive any more, or comes from nobody."""
        sender = letter.from_address or self.settings.twilio_from
        if not sender:
            raise SenderUnusable("no number that texts come from: set TWILIO_FROM, or give one under Settings, Sending")
        form: dict[str, object] = {"to": letter.to_address, "body": letter.text}
        form["messaging_service_sid" if sender.startswith("MG") else "from_"] = sender
        if self.settings.twilio_callbacks:
            form["status_callback"] = f"{self.settings.public_url}/hooks/twilio/status?message={letter.message_id}"
        if letter.valid_until is not None:
            form["validity_period"] = self._validity(letter.valid_until)
        return form

    def _validity(self, until: datetime) -> int:
        """Seconds: a text that waits in Twilio's queue for longer must not slide into the night."""
        seconds = int((until - self.now()).total_seconds())
        if seconds < 1:
            raise Later("the hours in which this person may be written to were over before it left")
        return min(seconds, LONGEST)

    def _require(self) -> None:
        if not self.settings.twilio_account_sid:
            raise Unusable("TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN are not set")

    async def _ask(self, call: Callable[[], T]) -> T:
        """The SDK's answer. Raises `Refused`, `Later` or `Uncertain`."""
        self._require()
        try:
            return await in_thread(self.name, call)
        except (Refused, Later, Uncertain):
            raise
        except Exception as error:  # whatever else the SDK or the connection raises
            raise _meaning(error) from error


def _meaning(error: Exception) -> Refused | Later | Uncertain:
    from twilio.base.exceptions import TwilioRestException

    if not isinstance(error, TwilioRestException):
        return sort_out(error, "Twilio")
    said = f"{_plain(error.msg)} (Twilio {error.code or error.status})"
    if error.status == 429 or error.code == TOO_MANY:
        return TooMany("Twilio takes no more for now")
    if error.status >= 500 or error.status < 300:
        return Uncertain(f"Twilio failed ({error.status})")
    if error.status in {401, 403, 404} or error.status < 400:
        return Unusable(_setup(error.status, said))
    return _refusal(error.code or 0, said)


def _refusal(code: int, said: str) -> Refused | Later:
    """What a 400 means."""
    if code == OPTED_OUT:
        return Refused(said, Fault.OPTED_OUT)
    if code in INVALID:
        return Refused(said, Fault.INVALID_ADDRESS)
    if code in SENDER:
        return SenderUnusable(f"Twilio does not send from this number: {said}")
    if code == QUEUE_FULL:
        return TooMany("Twilio's queue for this number is full", 600)
    if code == CALLBACK:
        return Unusable(f"Twilio can't report to PORTAL_PUBLIC_URL: correct it, or set TWILIO_CALLBACKS to 0. {said}")
    return Refused(said)


def _setup(status: int, said: str) -> str:
    if status in {401, 403}:
        return f"Twilio does not know the account or its token: correct TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN. {said}"
    return f"TWILIO_API_URL does not answer as Twilio does: correct it. {said}"


def _plain(message: str) -> str:
    """The SDK puts words of its own in front of what Twilio said."""
    return message.removeprefix("HTTP 400 error: ").removeprefix("Unable to create record: ")


def _state(status: str) -> str:
    return "delivered" if status == "delivered" else "failed" if status in FAILED else "sent"


def _error(code: Any) -> str:
    return f"Twilio {code}" if code else ""
