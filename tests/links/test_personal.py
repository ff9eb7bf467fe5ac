"""Personal links: secrets that can be shown again, and replaced."""

from uuid import uuid4

import pytest

from portal import db
from portal.accounts.access import SignedIn
from portal.links import personal, public
from portal.web.missing import Missing
from tests.cast import NOW, Northgate, add_application, add_candidate, add_channel, add_link


async def application(northgate: Northgate) -> tuple[personal.PersonalLink, int]:
    candidate_id = await add_candidate(northgate.id)
    application_id = await add_application(northgate.id, northgate.job_id, candidate_id)
    link_id = await personal.new_personal_link(
        workspace_id=northgate.id, job_id=northgate.job_id, application_id=application_id, now=NOW
    )
    return personal.PersonalLink(link_id, northgate.id, northgate.job_id, application_id), 1


async def test_a_token_opens_its_application(northgate: Northgate) -> None:
    link, _ = await application(northgate)
    token = personal.token_of(link.link_id)
    assert await personal.find_personal(token) == link
    assert await personal.find_personal(token.upper()) == link
    assert personal.personal_url(link.link_id) == f"http://portal.test/{token}"
    assert personal.interview_path(link.link_id) == f"/i/{token}"


async def test_a_token_that_nobody_made_opens_nothing(northgate: Northgate) -> None:
    await application(northgate)
    assert await personal.find_personal(personal.token_of(uuid4())) is None
    assert await personal.find_personal("short") is None
    assert await personal.find_personal("x" * 10_000) is None


async def test_the_database_holds_no_token(northgate: Northgate) -> None:
    link, _ = await application(northgate)
    token = personal.token_of(link.link_id)
    assert token not in str(await db.row("SELECT * FROM link WHERE id = $1", link.link_id))


async def test_a_replaced_token_opens_nothing_and_the_new_one_does(northgate: Northgate, outsider: SignedIn) -> None:
    link, version = await application(northgate)
    with pytest.raises(Missing):
        await personal.replace_personal_link(workspace_id=outsider.workspace_id, link_id=link.link_id, now=NOW)
    raised = await personal.replace_personal_link(workspace_id=northgate.id, link_id=link.link_id, now=NOW)
    assert raised == version + 1
    assert await personal.find_personal(personal.token_of(link.link_id, version)) is None
    assert await personal.find_personal(personal.token_of(link.link_id, raised)) == link


async def test_a_slug_finds_its_channel_link_in_whatever_state(northgate: Northgate) -> None:
    link_id = await add_link(northgate.id, northgate.job_id, await add_channel(northgate.id), "nurse-ig", archived_at=NOW)
    assert await public.find_channel_link("nurse-ig") == public.ChannelLink(link_id, northgate.id, northgate.job_id)
    assert await public.find_channel_link("nobody") is None
