"""A message to oneself, to see whether a provider takes it. It passes by rates and breaker: it is how one finds out."""

import asyncio
from datetime import datetime
from enum import StrEnum
from uuid import UUID

import msgspec
import structlog

from portal import db, redis
from portal.candidates.addresses import read_phone
from portal.messages import pace, suppression
from portal.messages.providers import Later, Refused, Uncertain
from portal.messages.senders import NAMES, SenderOf, sender_of
from portal.messages.words import Channel
from portal.web.forms import Invalid

log = structlog.get_logger()

MOST_AN_HOUR = 20
"""Of a workspace: the button must not become a way to write to strangers."""
PATIENCE = 30.0
"""Seconds that a provider gets to answer."""


class Outcome(StrEnum):
    TAKEN = "taken"
    NOT_TAKEN = "not taken"
    UNSURE = "unsure"


class Trial(msgspec.Struct, frozen=True, kw_only=True):
    """A letter that belongs to no candidate."""

    message_id: UUID
    workspace_id: UUID
    channel: Channel
    to_address: str
    to_name: str
    from_name: str
    subject: str
    text: str
    from_address: str
    reply_to: str = ""
    html: str = ""
    unsubscribe_url: str = ""
    valid_until: datetime | None = None


class Said(msgspec.Struct, frozen=True):
    """What came of a trial, in words."""

    outcome: Outcome
    text: str


async def try_email(workspace_id: UUID, name: str, address: str) -> Said:
    """Send an email to a member. Raises `Invalid` when there were too many."""
    await _count(workspace_id, "email")
    return await _try(await sender_of(workspace_id), workspace_id, Channel.EMAIL, name, address)


async def try_text(workspace_id: UUID, country: str, typed: str) -> Said:
    """Send a text to the number that was typed. Raises `Invalid`."""
    number = read_phone(typed, country)
    if number is None:
        raise Invalid({"number": "Give a mobile number, with its country code if it is not of your country."})
    if await suppression.is_suppressed(workspace_id, Channel.SMS, number):
        raise Invalid({"number": "This number must not be written to: it is on the list of those that said stop."})
    await _count(workspace_id, "number")
    return await _try(await sender_of(workspace_id), workspace_id, Channel.SMS, "", number)


async def _try(sender: SenderOf, workspace_id: UUID, channel: Channel, name: str, address: str) -> Said:
    carrier = sender.provider(channel)
    if carrier == "outbox":
        return Said(Outcome.UNSURE, "Nothing was sent: no provider carries these messages, they stay on the messages page.")
    who = NAMES[carrier]
    try:
        async with asyncio.timeout(PATIENCE):
            accepted = await pace.provider(carrier).send(_write(sender, workspace_id, channel, name, address))
    except Refused as refused:
        return Said(Outcome.NOT_TAKEN, f"{who} refused it: {refused}.")
    except Later as later:
        return Said(Outcome.NOT_TAKEN, f"Not sent: {later}.")
    except (Uncertain, TimeoutError) as doubt:
        return Said(Outcome.UNSURE, f"It may have been sent, but no clear answer came: {str(doubt) or 'it took too long'}.")
    log.info("trial sent", workspace=str(workspace_id), channel=channel.value, provider=carrier)
    return Said(
        Outcome.TAKEN, f"{who} took it for {address} ({accepted.provider_id or 'no name given'}). See whether it arrives."
    )


def _write(sender: SenderOf, workspace_id: UUID, channel: Channel, name: str, address: str) -> Trial:
    return Trial(
        message_id=db.new_id(),
        workspace_id=workspace_id,
        channel=channel,
        to_address=address,
        to_name=name,
        from_name=sender.from_name,
        from_address=sender.address(channel),
        reply_to=sender.reply_to,
        subject=f"A test from {sender.from_name}",
        text=f"This is a test from {sender.from_name}. If you can read it, messages to candidates arrive this way.",
    )


async def _count(workspace_id: UUID, field: str) -> None:
    key = f"trials:{workspace_id}"
    count = int(await redis.client().incr(key))
    if count == 1:
        await redis.client().expire(key, 3600)
    if count > MOST_AN_HOUR:
        raise Invalid({field: f"That were {MOST_AN_HOUR} tests within an hour: wait a while."})
