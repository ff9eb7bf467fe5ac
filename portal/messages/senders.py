"""Who a workspace's messages come from, and who carries them: its own choice, or what the installation is set up with."""

from datetime import datetime, timedelta
from email.utils import parseaddr
from uuid import UUID

import msgspec

from portal import db
from portal.candidates.addresses import read_email, read_phone
from portal.messages import pace, providers
from portal.messages.pace import Standing
from portal.messages.providers import CARRIERS
from portal.messages.words import Channel
from portal.settings import TEXT_SENDER, settings
from portal.web.forms import Form

NAMES = {"sendgrid": "SendGrid", "smtp": "Mail server (SMTP)", "twilio": "Twilio", "outbox": "Outbox: nothing is sent"}
RESEND_AFTER = (0, 30, 60, 240, 1440)
"""Minutes after which an email whose fate is unknown may be sent again; 0: never."""
NO_EMAIL_FROM = "Give the address that emails come from: PORTAL_EMAIL_FROM is not set, and without one nothing can be sent."
NO_SMS_FROM = "Give the number that texts come from: TWILIO_FROM is not set, and without one nothing can be sent."


class SenderOf(msgspec.Struct, frozen=True, kw_only=True):
    """How a workspace's messages leave, as it stands now."""

    from_name: str
    from_email: str
    reply_to: str
    sms_from: str
    postal_address: str
    resend_after: timedelta | None
    """After this long without a word an email that may have arrived is sent once more; None: never."""
    email: str
    """The name of the provider that carries emails."""
    sms: str

    def provider(self, channel: Channel) -> str:
        """The name of who carries `channel`."""
        return self.email if channel is Channel.EMAIL else self.sms

    def address(self, channel: Channel) -> str:
        """The address or number that it comes from; empty for the outbox and where none is set up."""
        return self.from_email if channel is Channel.EMAIL else self.sms_from


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """What a workspace chose; what is empty is left to the installation."""

    email_provider: str = ""
    sms_provider: str = ""
    from_name: str = ""
    from_email: str = ""
    reply_to: str = ""
    sms_from: str = ""
    postal_address: str = ""
    resend_after_minutes: int = 0


COLUMNS = Choice.__struct_fields__


async def sender_of(workspace_id: UUID) -> SenderOf:
    """How messages of that workspace leave now. A provider that was chosen and then lost its key stays the chosen one: its
    messages wait for the key, rather than leave from somewhere else or nowhere."""
    row = await db.row(
        f"SELECT w.name, {', '.join(f's.{name}' for name in COLUMNS)} "
        "FROM workspace w LEFT JOIN sender s ON s.workspace_id = w.id WHERE w.id = $1",
        workspace_id,
    )
    chosen = _choice(row) if row is not None else Choice()
    usual_name, usual_address = parseaddr(settings().email_from)
    return SenderOf(
        from_name=chosen.from_name or usual_name or (row["name"] if row is not None else ""),
        from_email=chosen.from_email or usual_address,
        reply_to=chosen.reply_to,
        sms_from=chosen.sms_from or settings().twilio_from,
        postal_address=chosen.postal_address,
        resend_after=timedelta(minutes=chosen.resend_after_minutes) if chosen.resend_after_minutes else None,
        email=_in_effect(chosen.email_provider, Channel.EMAIL),
        sms=_in_effect(chosen.sms_provider, Channel.SMS),
    )


async def chosen_by(workspace_id: UUID) -> Choice:
    row = await db.row(f"SELECT {', '.join(COLUMNS)} FROM sender WHERE workspace_id = $1", workspace_id)
    return _choice(row) if row is not None else Choice()


async def choose(workspace_id: UUID, choice: Choice, now: datetime) -> None:
    """Takes effect with the next message that is handed over."""
    marks = ", ".join(f"${n}" for n in range(2, len(COLUMNS) + 2))
    changed = ", ".join(f"{name} = excluded.{name}" for name in (*COLUMNS, "updated_at"))
    await db.run(
        f"INSERT INTO sender (workspace_id, {', '.join(COLUMNS)}, updated_at) VALUES ($1, {marks}, ${len(COLUMNS) + 2}) "
        f"ON CONFLICT (workspace_id) DO UPDATE SET {changed}",
        workspace_id,
        *msgspec.structs.astuple(choice),
        now,
    )


def read_choice(form: Form, country: str, held: Choice) -> Choice:
    """What was typed; numbers without a country code are read as those of `country`. Raises `Invalid`."""
    chosen = Choice(
        email_provider=_provider(form, Channel.EMAIL, held.email_provider),
        sms_provider=_provider(form, Channel.SMS, held.sms_provider),
        from_name=form.text("from_name", longest=80),
        from_email=_email(form, "from_email"),
        reply_to=_email(form, "reply_to"),
        sms_from=_number(form, country),
        postal_address=form.long_text("postal_address", longest=300),
        resend_after_minutes=int(form.choice("resend_after_minutes", _minutes(), wrong="Choose from the list.") or 0),
    )
    _complete(form, chosen)
    form.check()
    return chosen


def options(channel: Channel, held: str = "") -> list[tuple[str, str, str]]:
    """What can be chosen for `channel`: value, name and hint. `held`: the present choice, shown even if it lacks its key."""
    usual = providers.usual(channel, settings())
    ready = [(name, NAMES[name], "") for name in CARRIERS[channel] if not providers.missing(name, settings())]
    lost = providers.missing(held, settings()) if held else ""
    return [
        ("", f"As this installation is set up ({NAMES[usual]})", ""),
        *ready,
        *([(held, NAMES[held], f"{lost} is not set any more: messages wait.")] if lost else []),
    ]


def not_set_up(channel: Channel) -> list[tuple[str, str]]:
    """Providers of `channel` that can't be chosen yet, and what to set for them."""
    found = [(NAMES[name], providers.missing(name, settings())) for name in CARRIERS[channel]]
    return [(name, variable) for name, variable in found if variable]


async def standing(sender: SenderOf, channel: Channel) -> Standing:
    """Whether messages of `channel` leave now, or wait because the provider fails or wants nothing from this sender."""
    name = sender.provider(channel)
    whole = await pace.standing(name)
    return whole if whole.is_open else await pace.paused(name, sender.address(channel))


def _in_effect(chosen: str, channel: Channel) -> str:
    """The name of who carries `channel`. In the demo nobody does, whatever was chosen before."""
    return "outbox" if settings().demo else chosen or providers.usual(channel, settings())


def _choice(row: db.Row) -> Choice:
    return Choice(**{name: row[name] for name in COLUMNS if row[name] is not None})


def _minutes() -> list[str]:
    return [str(minutes) for minutes in RESEND_AFTER]


def _provider(form: Form, channel: Channel, held: str) -> str:
    known = [value for value, _, _ in options(channel, held)]
    return form.choice(f"{channel.value}_provider", known, wrong="Choose who carries them from the list.")


def _email(form: Form, name: str) -> str:
    typed = form.raw(name).strip()
    address = read_email(typed) if typed else ""
    if address is None:
        form.wrong(name, "Give one email address, such as jobs@northgate.example.")
    return address or ""


def _number(form: Form, country: str) -> str:
    typed = form.raw("sms_from").strip()
    if not typed or TEXT_SENDER.fullmatch(typed):
        return typed
    number = read_phone(typed, country)
    if number is None:
        form.wrong("sms_from", "Give a number with its country code, such as +15550100100, or a Messaging Service (MG…).")
    return number or ""


def _complete(form: Form, chosen: Choice) -> None:
    """Whoever sends needs somewhere to send from."""
    email, sms = _in_effect(chosen.email_provider, Channel.EMAIL), _in_effect(chosen.sms_provider, Channel.SMS)
    if email != "outbox" and not chosen.from_email and not settings().email_from:
        form.wrong("from_email", NO_EMAIL_FROM)
    if sms != "outbox" and not chosen.sms_from and not settings().twilio_from:
        form.wrong("sms_from", NO_SMS_FROM)
