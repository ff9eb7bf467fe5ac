"""Letters and settings for tests of providers."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from portal.messages.providers import Outgoing
from portal.messages.words import Channel
from portal.settings import Settings, load
from tests.doubles.sendgrid import SendGridDouble
from tests.doubles.smtp import SmtpDouble
from tests.doubles.twilio import TwilioDouble

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
MESSAGE_ID = UUID("0199f000-0000-7000-8000-000000000001")
LINK = "https://portal.test/kJ3vX9mQ2rT7wY5zB8nD4c"


def letter(channel: Channel = Channel.EMAIL, **changes: Any) -> Outgoing:
    plain: dict[str, Any] = {
        "message_id": MESSAGE_ID,
        "workspace_id": UUID(int=2),
        "application_id": UUID(int=3),
        "channel": channel,
        "subject": "Your interview — 8 minutes",
        "to_address": "ana.duarte@example.com" if channel is Channel.EMAIL else "+15550100200",
        "to_name": "Ana Duarte",
        "from_name": "Northgate Care",
        "from_address": "jobs@northgate.example" if channel is Channel.EMAIL else "",
        "text": f"Hello Ana, your interview waits: {LINK}",
        "html": f'<p>Hello Ana, your interview waits: <a href="{LINK}">begin</a></p>' if channel is Channel.EMAIL else "",
        "provider": "whoever",
    }
    return Outgoing(**(plain | changes))


def set_up(
    sendgrid: SendGridDouble | None = None, smtp: SmtpDouble | None = None, twilio: TwilioDouble | None = None, **more: str
) -> dict[str, str]:
    """The environment of an installation that uses these doubles."""
    env = {"PORTAL_PUBLIC_URL": "https://portal.test", "PORTAL_EMAIL_FROM": "Northgate <jobs@northgate.example>"}
    if sendgrid is not None:
        env |= {"SENDGRID_API_KEY": sendgrid.keys.api_key, "SENDGRID_API_URL": sendgrid.url}
    if smtp is not None:
        env |= {"PORTAL_SMTP_URL": smtp.url}
    if twilio is not None:
        env |= {"TWILIO_ACCOUNT_SID": twilio.account, "TWILIO_AUTH_TOKEN": twilio.token, "TWILIO_API_URL": twilio.url}
        env |= {"TWILIO_FROM": twilio.number}
    return env | more


def settings_for(
    sendgrid: SendGridDouble | None = None, smtp: SmtpDouble | None = None, twilio: TwilioDouble | None = None, **more: str
) -> Settings:
    return load(set_up(sendgrid, smtp, twilio, **more))
