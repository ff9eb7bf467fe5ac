"""What members want of single messages: skip one, bring it back, send one now, leave somebody in peace."""

from datetime import datetime, timedelta
from uuid import UUID

import httpx
import pytest

from portal import db
from portal.accounts.access import SignedIn
from portal.messages import overrides
from portal.messages.overrides import Refused
from portal.messages.suppression import Cause, suppress
from portal.messages.words import Channel, Reason, State
from portal.web.missing import Missing
from tests.cast import NOW, Northgate, post
from tests.interviews.way import set_clock
from tests.messages.conftest import AFTER_3H, Life, give_phone

HOUR = timedelta(hours=1)


async def id_of(life: Life, step: str) -> UUID:
    found: UUID = (await life.message(step))["id"]
    return found


async def test_a_skipped_message_does_not_go(northgate: Northgate, life: Life) -> None:
    await life.plan()
    first = await id_of(life, "3h")
    standing = await overrides.skip(life.workspace_id, first, now=NOW, member_id=northgate.recruiter.id)
    assert (standing.state, standing.code) == (State.SKIPPED, Reason.SKIPPED_BY_MEMBER)
    assert await life.tick(AFTER_3H) == 0
    assert (await life.states())["24h"] == "scheduled"
    assert await life.events() == ["message_skipped"]


async def test_it_can_be_brought_back(northgate: Northgate, life: Life) -> None:
    await life.plan()
    first, me = await id_of(life, "3h"), northgate.recruiter.id
    await overrides.skip(life.workspace_id, first, now=NOW, member_id=me)
    standing = await overrides.follow_plan(life.workspace_id, first, now=NOW + HOUR, member_id=me)
    assert (standing.state, standing.due_at) == (State.SCHEDULED, AFTER_3H)
    on = [row["data"]["on"] for row in await db.rows("SELECT data FROM event ORDER BY id")]
    assert on == [True, False]
    assert await life.tick(AFTER_3H) == 1


async def test_send_now_does_not_wait_for_its_time(northgate: Northgate, life: Life) -> None:
    await life.plan()
    standing = await overrides.send_now(life.workspace_id, await id_of(life, "24h"), now=NOW, member_id=northgate.recruiter.id)
    assert (standing.state, standing.due_at) == (State.SCHEDULED, NOW)
    assert await life.tick(NOW) == 1
    assert (await life.message("24h"))["state"] == "sent"
    assert (await life.message("3h"))["state"] != "sent"


async def test_send_now_never_goes_at_night(northgate: Northgate, life: Life) -> None:
    await life.plan()
    night = datetime(2026, 11, 23, 23, 0, tzinfo=NOW.tzinfo)
    message_id = await id_of(life, "72h")
    standing = await overrides.send_now(life.workspace_id, message_id, now=night, member_id=northgate.recruiter.id)
    assert standing.state is State.SCHEDULED and standing.due_at >= night + 9 * HOUR
    assert "quiet hours" in standing.reason


async def test_send_now_can_be_taken_back(northgate: Northgate, life: Life) -> None:
    await life.plan()
    message_id, me = await id_of(life, "24h"), northgate.recruiter.id
    before = (await life.message("24h"))["due_at"]
    await overrides.send_now(life.workspace_id, message_id, now=NOW, member_id=me)
    standing = await overrides.follow_plan(life.workspace_id, message_id, now=NOW, member_id=me)
    assert standing.due_at == before


async def test_what_the_cap_left_out_may_go_by_a_members_word(northgate: Northgate, life: Life) -> None:
    await db.run("DELETE FROM nudge_plan")
    await life.plan()
    await db.run(
        "UPDATE message SET state = 'skipped', reason_code = 'too_close', reason = 'Too close' WHERE step_key LIKE '%-24h'"
    )
    message_id = await id_of(life, "24h")
    standing = await overrides.send_now(life.workspace_id, message_id, now=NOW, member_id=northgate.recruiter.id)
    assert standing.state is State.SCHEDULED and standing.due_at == NOW


async def test_what_cannot_go_is_refused_and_stays_as_it_was(northgate: Northgate, life: Life) -> None:
    await suppress(life.workspace_id, Channel.EMAIL, "ana.duarte@example.com", cause=Cause.UNSUBSCRIBED, source="link", now=NOW)
    await life.plan()
    before = await life.message("24h")
    with pytest.raises(Refused, match="must not be written to"):
        await overrides.send_now(life.workspace_id, before["id"], now=NOW, member_id=northgate.recruiter.id)
    assert await life.message("24h") == before


async def test_what_has_left_cannot_be_skipped(northgate: Northgate, life: Life) -> None:
    await life.tick(AFTER_3H)
    with pytest.raises(Refused, match="on its way"):
        await overrides.skip(life.workspace_id, await id_of(life, "3h"), now=AFTER_3H, member_id=northgate.recruiter.id)


async def test_another_workspace_changes_nothing(outsider: SignedIn, life: Life) -> None:
    await life.plan()
    with pytest.raises(Missing):
        await overrides.skip(outsider.workspace_id, await id_of(life, "3h"), now=NOW, member_id=outsider.id)
    with pytest.raises(Missing):
        await overrides.snooze(outsider.workspace_id, life.id, NOW + HOUR, now=NOW, member_id=outsider.id)


async def test_an_invitation_can_be_skipped(northgate: Northgate, life: Life) -> None:
    await life.change(stage="invited", invite=True, invited_at=NOW, captured_at=None)
    await life.plan()
    await overrides.skip(life.workspace_id, await id_of(life, "invite"), now=NOW, member_id=northgate.recruiter.id)
    assert (await life.message("invite"))["reason"] == "A member skipped it"
    with pytest.raises(Refused):
        await overrides.send_now(life.workspace_id, await id_of(life, "invite"), now=NOW, member_id=northgate.recruiter.id)


async def test_quiet_time_moves_all_nudges_and_can_be_ended(northgate: Northgate, life: Life) -> None:
    await life.plan()
    until, me = NOW + timedelta(days=2), northgate.recruiter.id
    await overrides.snooze(life.workspace_id, life.id, until, now=NOW, member_id=me)
    assert {m["due_at"] >= until for m in (await life.messages()).values() if m["state"] == "scheduled"} == {True}
    await overrides.snooze(life.workspace_id, life.id, None, now=NOW, member_id=me)
    assert (await life.message("3h"))["due_at"] == AFTER_3H
    assert await life.events() == ["snoozed", "snoozed"]


# ---- Pages ---------------------------------------------------------------------------------------------------------------


async def page_of(client: httpx.AsyncClient, life: Life) -> str:
    page = await client.get(f"/app/candidates/{life.id}")
    assert page.status_code == 200
    return page.text


async def test_the_candidates_page_skips_and_brings_back(recruiter: httpx.AsyncClient, life: Life) -> None:
    set_clock(NOW)
    await life.plan()
    message = f"/app/messages/{await id_of(life, '3h')}"
    assert f'action="{message}/skip"' in await page_of(recruiter, life)
    assert (await post(recruiter, f"{message}/skip")).headers["location"] == f"/app/candidates/{life.id}"
    page = await page_of(recruiter, life)
    assert "Left out: it does not go" in page and f'action="{message}/as-planned"' in page and "left out" in page
    await post(recruiter, f"{message}/as-planned")
    assert "The email goes Mon 23 Nov, 13:00" in await page_of(recruiter, life)


async def test_the_candidates_page_sends_now(recruiter: httpx.AsyncClient, life: Life) -> None:
    set_clock(NOW)
    await life.plan()
    message = f"/app/messages/{await id_of(life, '24h')}"
    await post(recruiter, f"{message}/send-now")
    page = await page_of(recruiter, life)
    assert "The email goes now" in page and f'action="{message}/as-planned"' in page


async def test_a_message_that_has_left_says_so(recruiter: httpx.AsyncClient, life: Life) -> None:
    await life.tick(AFTER_3H)
    await post(recruiter, f"/app/messages/{await id_of(life, '3h')}/skip")
    assert "on its way already" in await page_of(recruiter, life)


async def test_somebody_is_left_in_peace_from_the_page(recruiter: httpx.AsyncClient, life: Life) -> None:
    set_clock(NOW)
    await life.plan()
    await post(recruiter, f"/app/candidates/{life.id}/snooze", {"snooze_until": "2020-01-01"})
    assert "Choose a day" in await page_of(recruiter, life)
    await post(recruiter, f"/app/candidates/{life.id}/snooze", {"snooze_until": "2026-11-25"})
    page = await page_of(recruiter, life)
    assert "None before" in page and "No nudges until Wed 25 Nov, 23:59" in page and f"/app/candidates/{life.id}/wake" in page
    await post(recruiter, f"/app/candidates/{life.id}/wake")
    assert "Nudges go again" in await page_of(recruiter, life)


async def test_a_viewer_gets_no_buttons(viewer: httpx.AsyncClient, life: Life) -> None:
    await life.plan()
    page = await page_of(viewer, life)
    assert "send now" not in page and "/skip" not in page and "/nudge" not in page
    assert (await post(viewer, f"/app/messages/{await id_of(life, '3h')}/skip")).status_code == 403


async def test_texts_are_skipped_in_their_own_words(recruiter: httpx.AsyncClient, life: Life) -> None:
    set_clock(NOW)
    await db.run("UPDATE job SET role_type = 'shift'")
    await give_phone(life)
    await life.plan()
    await post(recruiter, f"/app/messages/{await id_of(life, '3h')}/skip")
    assert "Text “" in await page_of(recruiter, life)
