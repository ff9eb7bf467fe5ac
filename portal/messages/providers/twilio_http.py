"""Twilio's HTTP client with one thing more: the SDK's errors leave out the headers of an answer, and so when to come back.
Imports the SDK: to be imported when the first text leaves."""

from typing import Any

from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response

from portal.messages.providers import TooMany
from portal.messages.providers.calling import asked_to_wait


class Http(TwilioHttpClient):  # type: ignore[misc]
    def request(self, *args: Any, **kwargs: Any) -> Response:
        """Raises `TooMany`, through the SDK, for a 429, which was never processed (twilio.com/docs/errors/20429)."""
        answer = super().request(*args, **kwargs)
        if answer.status_code == 429:
            raise TooMany("Twilio takes no more for now", asked_to_wait(answer.headers or {}))
        return answer
