"""Messages on a candidate's page."""

from datetime import timedelta
from uuid import uuid4

from portal import db
from portal.messages.shown import messages_shown
from portal.messages.suppression import Cause, is_suppressed, suppress
from portal.messages.words import Channel
from tests.cast import NOW, Northgate, add_workspace
from tests.messages.conftest import AFTER_3H, Life, give_phone


async def told(life: Life) -> list[tuple[str, str]]:
    return [(shown.kind, shown.title) for shown in await messages_shown(life.workspace_id, life.id)]


async def test_what_is_planned_and_what_was_sent_have_names(life: Life) -> None:
    await life.stop()
    await life.tick(AFTER_3H)
    assert await told(life) == [
        ("done", "Email “Three questions left: Night nurse”"),
        ("planned", "Email “Your answers are saved”"),
        ("planned", "Email “Your interview is still open”"),
        ("planned", "Email “Closes tomorrow”"),
    ]
    first = (await messages_shown(life.workspace_id, life.id))[0]
    assert (first.state, first.at, first.reason) == ("sent", AFTER_3H, "3 h after they stopped")
    assert first.href == f"/app/messages/{(await life.message('3h'))['id']}"


async def test_what_does_not_go_asks_for_attention_and_says_why(life: Life) -> None:
    await suppress(life.workspace_id, Channel.EMAIL, "ana.duarte@example.com", cause=Cause.BOUNCED, source="a provider", now=NOW)
    await life.plan()
    [first, *_] = await messages_shown(life.workspace_id, life.id)
    assert (first.kind, first.title) == ("attention", "Email “Your interview is ready” not planned")
    assert first.reason == "This address must not be written to (3 h after they gave their name)"


async def test_what_is_held_says_so(life: Life) -> None:
    await db.run("UPDATE workspace SET communications_off_at = $1", NOW)
    await life.plan()
    assert (await told(life))[0] == ("attention", "Email “Your interview is ready” held")


async def test_a_text_is_called_a_text(northgate: Northgate, life: Life) -> None:
    await db.run("UPDATE job SET role_type = 'shift'")
    await give_phone(life)
    await life.plan()
    assert (await told(life))[0] == ("planned", "Text “Your interview is ready”")


async def test_after_the_finish_only_what_was_sent_remains(life: Life) -> None:
    await life.stop()
    await life.tick(AFTER_3H)
    await life.finish(AFTER_3H + timedelta(hours=1))
    await life.plan(AFTER_3H + timedelta(hours=1))
    assert await told(life) == [("done", "Email “Three questions left: Night nurse”")]


async def test_another_workspaces_messages_are_not_shown(life: Life) -> None:
    await life.plan()
    assert await messages_shown(await add_workspace("Elsewhere Ltd"), life.id) == []
    assert await messages_shown(life.workspace_id, uuid4()) == []


async def test_a_suppression_holds_for_one_address_channel_and_workspace(northgate: Northgate) -> None:
    other = await add_workspace("Elsewhere Ltd")
    for _ in range(2):
        await suppress(northgate.id, Channel.EMAIL, "a@example.com", cause=Cause.UNSUBSCRIBED, source="link", now=NOW)
    assert await db.value("SELECT count(*) FROM suppression") == 1
    asked = [
        await is_suppressed(northgate.id, Channel.EMAIL, "a@example.com"),
        await is_suppressed(northgate.id, Channel.SMS, "a@example.com"),
        await is_suppressed(northgate.id, Channel.EMAIL, "b@example.com"),
        await is_suppressed(other, Channel.EMAIL, "a@example.com"),
    ]
    assert asked == [True, False, False, False]


async def test_a_suppression_can_outlive_the_address(northgate: Northgate) -> None:
    await suppress(
        northgate.id, Channel.EMAIL, "a@example.com", cause=Cause.ERASED, source="erasure", keep_address=False, now=NOW
    )
    assert await db.value("SELECT address FROM suppression") == ""
    assert await is_suppressed(northgate.id, Channel.EMAIL, "a@example.com")
