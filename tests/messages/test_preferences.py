"""How a candidate says how we may write to them: the work behind the pages."""

import asyncio
from contextvars import Context
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from portal import db
from portal.candidates.events import EventKind
from portal.links.personal import personal_url, replace_personal_link, token_of
from portal.messages import preferences, suppression
from portal.messages.preferences import Preferences, Snooze, Standing, Wishes
from portal.messages.suppression import Cause
from portal.messages.words import Channel
from portal.web.missing import Missing
from tests.cast import NOW, Northgate, add_application, add_candidate, add_job, add_workspace
from tests.messages.conftest import AFTER_3H, Life, give_phone, new_life

PHONE = "+447700900123"


async def token(life: Life) -> str:
    return token_of(await db.value("SELECT personal_link_id FROM application WHERE id = $1", life.id))


async def opened(life: Life, at: datetime = NOW) -> Preferences:
    return await preferences.open_preferences(await token(life), at)


async def wish(life: Life, *, email: bool = True, texts: bool | None = None, language: str = "en", timezone: str = "") -> None:
    wanted = {Channel.EMAIL: email} | ({} if texts is None else {Channel.SMS: texts})
    wishes = Wishes(wanted=wanted, language=language, timezone=timezone)
    await preferences.save(await opened(life), wishes, wording="Text me.", page="/p", now=NOW)


async def lines(life: Life) -> list[tuple[str, dict[str, str]]]:
    found = await db.rows("SELECT kind, data FROM event WHERE application_id = $1 ORDER BY at, id", life.id)
    return [(row["kind"], row["data"]) for row in found]


async def second_job(northgate: Northgate, life: Life) -> Life:
    job_id = await add_job(northgate.id, title="Day nurse")
    made = await add_application(northgate.id, job_id, life.candidate_id)
    return Life(northgate.id, job_id, made, life.candidate_id)


def test_addresses_are_short_enough_for_a_header_line() -> None:
    link_id = db.new_id()
    for url in (preferences.preferences_url(link_id), preferences.unsubscribe_url(link_id)):
        assert len(url.replace("http://portal.test", "https://jobs.example.com")) <= 75
    assert preferences.preferences_url(link_id) == personal_url(link_id).replace("portal.test/", "portal.test/p/")


async def test_emails_end_for_all_jobs_and_each_timeline_says_so(life: Life, northgate: Northgate) -> None:
    other = await second_job(northgate, life)
    await wish(life, email=False)

    assert (await opened(other)).standing[Channel.EMAIL] is Standing.OFF
    for one in (life, other):
        assert [kind for kind, _ in await lines(one)] == [EventKind.OPTED_OUT]
        assert await db.value("SELECT plan_stale FROM application WHERE id = $1", one.id)
    assert await life.tick(AFTER_3H) == 0


async def test_saying_the_same_again_changes_nothing(life: Life) -> None:
    await wish(life)
    await db.run("UPDATE application SET plan_stale = false")
    await wish(life)

    assert await lines(life) == []
    assert not await db.value("SELECT plan_stale FROM application WHERE id = $1", life.id)


async def test_emails_can_be_had_again(life: Life) -> None:
    await wish(life, email=False)
    await wish(life, email=True)

    assert (await opened(life)).standing[Channel.EMAIL] is Standing.ON
    assert [kind for kind, _ in await lines(life)] == [EventKind.OPTED_OUT, EventKind.OPTED_IN]
    assert await life.tick(AFTER_3H) == 1


async def test_a_yes_to_texts_is_kept_with_its_wording_page_and_time(life: Life) -> None:
    await give_phone(life, consent=False)
    assert (await opened(life)).standing[Channel.SMS] is Standing.OFF
    await wish(life, texts=True)

    kept = await db.row("SELECT given, address, wording, page, at FROM consent")
    assert kept is not None
    assert tuple(kept) == (True, PHONE, "Text me.", "/p", NOW)
    assert (await opened(life)).standing[Channel.SMS] is Standing.ON
    assert [kind for kind, _ in await lines(life)] == [EventKind.OPTED_IN]


async def test_a_no_to_texts_is_kept_too_and_no_text_goes(life: Life) -> None:
    await give_phone(life)
    await db.run("UPDATE job SET role_type = 'shift'")
    await wish(life, texts=False)

    assert await db.value("SELECT given FROM consent ORDER BY at DESC, id DESC LIMIT 1") is False
    await life.plan()
    assert {row["channel"] for row in (await life.messages()).values()} == {"email"}


async def test_stop_by_text_can_only_be_taken_back_by_text(life: Life) -> None:
    await give_phone(life)
    await suppression.suppress(life.workspace_id, Channel.SMS, PHONE, cause=Cause.STOP, source="A text", now=NOW)
    assert (await opened(life)).standing[Channel.SMS] is Standing.STOPPED

    await preferences.undo(await opened(life), [Channel.SMS], now=NOW)
    assert await suppression.is_suppressed(life.workspace_id, Channel.SMS, PHONE)


@pytest.mark.parametrize("cause", [Cause.BOUNCED, Cause.COMPLAINED, Cause.BY_HAND, Cause.INVALID])
async def test_what_they_did_not_switch_off_they_cannot_switch_on(life: Life, cause: Cause) -> None:
    await suppression.suppress(life.workspace_id, Channel.EMAIL, "ana.duarte@example.com", cause=cause, source="-", now=NOW)
    assert (await opened(life)).standing[Channel.EMAIL] is Standing.BLOCKED

    await preferences.undo(await opened(life), list(Channel), now=NOW)
    assert await suppression.is_suppressed(life.workspace_id, Channel.EMAIL, "ana.duarte@example.com")


async def test_everything_stops_and_an_undo_brings_back_what_stopped(life: Life) -> None:
    await give_phone(life)
    stopped = await preferences.stop_all(await opened(life), now=NOW)
    assert stopped == [Channel.EMAIL, Channel.SMS]
    assert await life.tick(AFTER_3H) == 0
    assert await preferences.stop_all(await opened(life), now=NOW) == []

    await preferences.undo(await opened(life), stopped, now=NOW)
    assert set((await opened(life)).standing.values()) == {Standing.ON}


async def test_an_undo_makes_no_yes_to_texts(life: Life) -> None:
    await give_phone(life, consent=False)
    await preferences.undo(
        await opened(life), await preferences.stop_all(await opened(life), now=NOW), now=NOW + timedelta(minutes=1)
    )
    assert (await opened(life)).standing == {Channel.EMAIL: Standing.ON, Channel.SMS: Standing.OFF}


async def test_one_click_stops_emails_once(life: Life) -> None:
    assert await preferences.unsubscribe(await opened(life), now=NOW) == [Channel.EMAIL]
    assert await preferences.unsubscribe(await opened(life), now=NOW) == []
    assert len(await lines(life)) == 1


async def test_the_address_that_was_written_to_is_the_one_that_is_left_alone(life: Life) -> None:
    """Also after a member has corrected it."""
    await life.tick(AFTER_3H)
    link_id = (await life.message("3h"))["link_id"]
    await db.run("UPDATE candidate SET email = 'ana@new.example' WHERE id = $1", life.candidate_id)
    await preferences.unsubscribe(await preferences.open_preferences(token_of(link_id), AFTER_3H), now=AFTER_3H)

    for address in ("ana.duarte@example.com", "ana@new.example"):
        assert await suppression.is_suppressed(life.workspace_id, Channel.EMAIL, address)


@pytest.mark.parametrize(
    ("snooze", "zone", "until"),
    [
        (Snooze.TODAY, "Europe/London", datetime(2026, 11, 24, 8, tzinfo=ZoneInfo("Europe/London"))),
        (Snooze.TODAY, "Pacific/Auckland", datetime(2026, 11, 24, 8, tzinfo=ZoneInfo("Pacific/Auckland"))),
        (Snooze.DAYS, "Europe/London", NOW + timedelta(days=3)),
        (Snooze.WEEK, "Europe/London", NOW + timedelta(days=7)),
    ],
)
def test_a_snooze_ends(snooze: Snooze, zone: str, until: datetime) -> None:
    assert preferences.snooze_end(snooze, zone, NOW) == until


async def test_a_snooze_holds_for_all_their_open_jobs(life: Life, northgate: Northgate) -> None:
    other, ended = await second_job(northgate, life), await second_job(northgate, life)
    await ended.finish(NOW)
    until = await preferences.snooze(await opened(life), Snooze.DAYS, now=NOW)

    for one in (life, other):
        await one.plan()
        planned = [row["due_at"] for row in (await one.messages()).values() if row["state"] == "scheduled"]
        assert planned
        assert min(planned) >= until
        assert await lines(one) == [(EventKind.SNOOZED, {"until": until.isoformat()})]
    assert await lines(ended) == []
    assert (await opened(life, until + timedelta(seconds=1))).snoozed_until is None


async def test_a_snooze_can_be_ended(life: Life) -> None:
    await preferences.snooze(await opened(life), Snooze.WEEK, now=NOW)
    await preferences.wake(await opened(life), now=NOW)
    await life.plan()

    assert (await opened(life)).snoozed_until is None
    assert (await life.message("3h"))["due_at"] == AFTER_3H


async def test_language_and_place_are_kept_and_told(life: Life) -> None:
    await wish(life, language="es", timezone="America/New_York")

    assert await lines(life) == [(EventKind.PREFERENCES_CHANGED, {"language": "es", "timezone": "America/New_York"})]
    now = await opened(life)
    assert (now.language, now.timezone, now.zone) == ("es", "America/New_York", "America/New_York")
    await life.plan()
    assert (await life.message("3h"))["due_at"] == AFTER_3H  # 13:00 in London is 8:00 in New York


async def test_a_language_we_cannot_write_stays_on_record_until_another_is_chosen(life: Life) -> None:
    await db.run("UPDATE candidate SET language = 'pt-br'")
    await wish(life, timezone="Europe/Lisbon")
    assert await db.value("SELECT language FROM candidate") == "pt-br"


async def test_likely_places_come_first(life: Life) -> None:
    await db.run("UPDATE candidate SET timezone = 'Europe/Lisbon', browser_timezone = 'Asia/Manila'")
    await db.run("UPDATE job SET timezone = 'America/Chicago', country = 'US'")
    likely = preferences.likely_zones(await opened(life))
    assert likely[:3] == ["Europe/Lisbon", "Asia/Manila", "America/Chicago"]
    assert "America/New_York" in likely
    assert len(likely) == len(set(likely)) <= preferences.MOST_LIKELY


async def test_any_personal_link_of_theirs_opens_them_also_a_replaced_one(life: Life) -> None:
    old = await token(life)
    await life.tick(AFTER_3H)
    of_message = token_of((await life.message("3h"))["link_id"])
    link_id = await db.value("SELECT personal_link_id FROM application WHERE id = $1", life.id)
    await replace_personal_link(workspace_id=life.workspace_id, link_id=link_id, now=NOW)

    for held in (old, of_message, token_of(link_id, 2), old.upper()):
        assert (await preferences.open_preferences(held, NOW)).candidate_id == life.candidate_id
    for nonsense in ("", "x", "a" * 26):
        with pytest.raises(Missing):
            await preferences.open_preferences(nonsense, NOW)


async def test_erased_people_have_no_preferences(life: Life) -> None:
    held = await token(life)
    await db.run("UPDATE candidate SET erased_at = $1, email = NULL, name = ''", NOW)
    with pytest.raises(Missing):
        await preferences.open_preferences(held, NOW)


async def test_a_link_that_anybody_got_who_typed_her_email_changes_nothing(northgate: Northgate) -> None:
    known = await add_candidate(northgate.id, created_at=NOW - timedelta(days=30))
    made = await add_application(northgate.id, northgate.job_id, known)
    stranger = Life(northgate.id, northgate.job_id, made, known)
    with pytest.raises(Missing):
        await opened(stranger)

    await stranger.tick(AFTER_3H)  # what was sent to her address is hers
    by_message = token_of((await stranger.message("3h"))["link_id"])
    assert (await preferences.open_preferences(by_message, NOW)).candidate_id == known


async def test_another_workspace_goes_on_writing(life: Life, northgate: Northgate) -> None:
    other = await add_workspace("Elsewhere Ltd")
    await preferences.stop_all(await opened(life), now=NOW)
    assert not await suppression.is_suppressed(other, Channel.EMAIL, "ana.duarte@example.com")


async def test_two_with_one_number_stop_at_once_without_a_deadlock(northgate: Northgate) -> None:
    lives = [await new_life(northgate, email=f"person{n}@example.com") for n in range(4)]
    for one in lives:
        await give_phone(one)
    stops = [await opened(one) for one in lives]
    tasks = [asyncio.create_task(preferences.stop_all(one, now=NOW), context=Context()) for one in stops]
    done = await asyncio.gather(*tasks)
    assert sum(Channel.SMS in stopped for stopped in done) == 1
    assert all(Channel.EMAIL in stopped for stopped in done)
