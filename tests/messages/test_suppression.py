"""Addresses that are not written to, and who may change that."""

import asyncio
import re

import httpx

from portal import crypto, db
from portal.messages import suppression
from portal.messages.suppression import Cause
from portal.messages.words import Channel
from tests.cast import NOW, Northgate, post
from tests.messages.conftest import Life, give_phone, new_life

PATH = "/app/settings/do-not-contact"
EMAIL, PHONE = "ana.duarte@example.com", "+447700900123"


async def suppress(life: Life, cause: Cause, channel: Channel = Channel.EMAIL, **more: object) -> bool:
    address = EMAIL if channel is Channel.EMAIL else PHONE
    return await suppression.suppress(life.workspace_id, channel, address, cause=cause, source="a test", now=NOW, **more)  # type: ignore[arg-type]


async def reasons(life: Life) -> list[str]:
    found = await db.rows("SELECT reason FROM suppression WHERE workspace_id = $1 ORDER BY reason", life.workspace_id)
    return [row["reason"] for row in found]


# ---- The work ------------------------------------------------------------------------------------------------------------


async def test_a_wish_is_told_and_planned_anew(life: Life) -> None:
    await life.plan()
    assert await suppress(life, Cause.UNSUBSCRIBED)
    assert not await suppress(life, Cause.UNSUBSCRIBED)
    assert await life.events() == ["opted_out"]
    assert await life.plan() == 1
    assert set((await life.states()).values()) == {"skipped"}


async def test_a_lighter_cause_changes_nothing(life: Life) -> None:
    await suppress(life, Cause.STOP)
    assert not await suppress(life, Cause.BY_HAND)
    assert await reasons(life) == ["stop"]


async def test_a_persons_word_cannot_hide_behind_a_members(life: Life) -> None:
    """Else a member could lift what looks like their own entry, and write to somebody who said stop."""
    await suppress(life, Cause.BY_HAND)
    await suppress(life, Cause.STOP)
    assert not await suppression.lift(life.workspace_id, Channel.EMAIL, EMAIL, causes=suppression.OURS, source="test", now=NOW)


async def test_erasure_keeps_a_hash_and_nothing_else(life: Life) -> None:
    await suppress(life, Cause.BOUNCED)
    await suppress(life, Cause.ERASED)
    row = await db.row("SELECT * FROM suppression WHERE workspace_id = $1", life.workspace_id)
    assert row is not None
    assert (row["address"], row["reason"], row["address_hash"]) == ("", "erased", crypto.address_hash(EMAIL))
    await suppress(life, Cause.BY_HAND)
    assert await db.value("SELECT address FROM suppression WHERE workspace_id = $1", life.workspace_id) == ""


async def test_lifting_is_told_and_planned_anew(life: Life) -> None:
    await suppress(life, Cause.BY_HAND)
    await life.plan()
    lifted = await suppression.lift(life.workspace_id, Channel.EMAIL, EMAIL, causes={Cause.BY_HAND}, source="test", now=NOW)
    assert lifted
    assert await life.events() == ["opted_out", "opted_in"]
    await life.plan()
    assert "scheduled" in (await life.states()).values()


async def test_another_workspace_goes_on_writing(life: Life, outsider: object) -> None:
    from portal.accounts.access import SignedIn

    assert isinstance(outsider, SignedIn)
    await suppress(life, Cause.UNSUBSCRIBED)
    assert not await suppression.is_suppressed(outsider.workspace_id, Channel.EMAIL, EMAIL)


async def test_many_who_suppress_the_same_person_do_not_block_each_other(life: Life, northgate: Northgate) -> None:
    """Applications are locked in the order of their ids, whoever begins with which."""
    await give_phone(life)
    others = [await new_life(northgate, email=f"ana.{n}@example.com") for n in range(3)]
    for other in others:
        await give_phone(other)

    async def one(number: int) -> None:
        cause = list(Cause)[number % len(Cause)]
        await suppress(life, cause, Channel.SMS if number % 3 else Channel.EMAIL)
        async with db.transaction():
            await suppression.hold(northgate.id, Channel.SMS, PHONE, also=[others[number % 3].id])
            await suppress(life, cause, Channel.SMS)

    await asyncio.gather(*[one(number) for number in range(24)])
    assert await reasons(life) == ["erased", "erased"]


# ---- The page ------------------------------------------------------------------------------------------------------------


async def test_one_is_added_by_hand(recruiter: httpx.AsyncClient, life: Life) -> None:
    answer = await post(recruiter, PATH, {"addresses": " Ana.Duarte@Example.com ", "note": "asked on the phone"})
    assert (answer.status_code, answer.headers["location"]) == (303, PATH)
    page = (await recruiter.get(PATH)).text
    assert "1 address is not written to any more." in page
    assert "ana.duarte@example.com" in page
    assert "Jo Park: asked on the phone" in page
    assert await life.events() == ["opted_out"]


async def test_a_list_out_of_a_spreadsheet_is_added(recruiter: httpx.AsyncClient, northgate: Northgate) -> None:
    pasted = 'Email\tPhone\nbo@example.com\t07700 900123\n\n"Lind, Mara";mara@example.com\n0044 7700 900456\nbo@example.com'
    await post(recruiter, PATH, {"addresses": pasted})
    found = await db.rows("SELECT address FROM suppression WHERE workspace_id = $1 ORDER BY address", northgate.id)
    assert [row["address"] for row in found] == ["+447700900123", "+447700900456", "bo@example.com", "mara@example.com"]
    await post(recruiter, PATH, {"addresses": "bo@example.com\ncy@example.com"})
    assert "1 stood on the list before." in (await recruiter.get(PATH)).text


async def test_what_cannot_be_read_adds_nothing_and_stays_in_the_form(recruiter: httpx.AsyncClient, northgate: Northgate) -> None:
    for typed, said in (
        ("", "Give an email address or a phone number."),
        ("bo@example.com\nnobody@", "“nobody@” is neither an email address nor a phone number."),
        ("a\nb\nc\nd\ne", "These lines hold neither an email address nor a phone number: “a”, “b”, “c” and 2 more."),
        ("\n".join(f"n{n}@example.com" for n in range(1001)), "Add at most 1,000 lines at once; these are 1,001."),
    ):
        answer = await post(recruiter, PATH, {"addresses": typed})
        assert answer.status_code == 422
        assert said in answer.text
        assert typed[:20] in answer.text
    assert await db.value("SELECT count(*) FROM suppression WHERE workspace_id = $1", northgate.id) == 0


async def test_what_is_ours_is_lifted_and_what_is_theirs_is_not(admin: httpx.AsyncClient, life: Life) -> None:
    await suppress(life, Cause.BOUNCED)
    await suppress(life, Cause.STOP, Channel.SMS)
    page = (await admin.get(PATH)).text
    (lift,) = re.findall(rf'action="({PATH}/[0-9a-f-]+/lift)"', page)
    assert "Only they can take that back, by texting START" in page
    await post(admin, lift)
    assert f"{EMAIL} may be written to again." in (await admin.get(PATH)).text
    assert await reasons(life) == ["stop"]
    theirs = await db.value("SELECT id FROM suppression WHERE workspace_id = $1", life.workspace_id)
    await post(admin, f"{PATH}/{theirs}/lift")
    assert "They said stop." in (await admin.get(PATH)).text
    assert await reasons(life) == ["stop"]


async def test_an_erased_address_is_found_by_who_knows_it(recruiter: httpx.AsyncClient, life: Life) -> None:
    await suppress(life, Cause.ERASED)
    await suppress(life, Cause.STOP, Channel.SMS)
    found = (await recruiter.get(f"{PATH}?q=ANA.duarte@example.com")).text
    assert "Not kept: an email address" in found
    assert PHONE not in found
    assert PHONE in (await recruiter.get(f"{PATH}?q=07700 900123")).text
    assert PHONE in (await recruiter.get(f"{PATH}?q=900123&channel=sms", headers={"HX-Request": "true"})).text
    assert "Not on the list" in (await recruiter.get(f"{PATH}?q=nobody")).text


async def test_the_list_is_for_those_who_act_for_candidates(
    viewer: httpx.AsyncClient, marketer: httpx.AsyncClient, recruiter: httpx.AsyncClient
) -> None:
    for client in (viewer, marketer):
        assert (await client.get(PATH)).status_code == 403
        assert PATH not in (await client.get("/app/settings/texts")).text
    assert PATH in (await recruiter.get("/app/settings/texts")).text


async def test_long_lists_have_pages(recruiter: httpx.AsyncClient, northgate: Northgate) -> None:
    await post(recruiter, PATH, {"addresses": "\n".join(f"n{n:02}@example.com" for n in range(60))})
    first, second = [(await recruiter.get(f"{PATH}?page={n}")).text for n in (1, 2)]
    assert "1–50 of 60 addresses" in first
    assert "51–60 of 60 addresses" in second
