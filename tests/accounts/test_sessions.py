"""Sessions: made here only, kept unreadable, ended when they should."""

import asyncio
from datetime import timedelta

import pytest

from portal import crypto, db, redis
from portal.accounts import members, sessions
from portal.accounts.access import Role
from portal.settings import settings
from tests.cast import NOW, Northgate


def header(token: str) -> str:
    return f"other=1; {sessions.cookie_name()}={token}"


async def kept() -> dict[str, str]:
    """Key and value of each session, as somebody reads them who got hold of Redis."""
    return {str(key): str(await redis.client().get(key)) for key in await redis.client().keys("session:*")}


async def test_a_session_opens_the_door_for_its_member(northgate: Northgate) -> None:
    token = await sessions.begin(northgate.recruiter.id, now=NOW)
    assert await sessions.member_of(header(token), NOW) == northgate.recruiter


async def test_the_token_is_long_and_not_what_redis_keeps(northgate: Northgate) -> None:
    token = await sessions.begin(northgate.recruiter.id, now=NOW)
    [(key, value)] = (await kept()).items()
    assert len(bytes.fromhex(token)) == 32
    assert token not in key + value
    digest = crypto.digest(token).hex()
    assert digest in key
    assert await sessions.member_of(header(digest), NOW) is None


@pytest.mark.parametrize("cookies", [None, "", "portal_session=", "portal_session=' OR 1=1", "portal_session=" + "A" * 64, "x"])
async def test_no_cookie_and_nonsense_open_nothing(cookies: str | None) -> None:
    assert await sessions.member_of(cookies, NOW) is None


async def test_a_planted_token_opens_nothing_and_is_never_taken_over(northgate: Northgate) -> None:
    planted = "ab" * 32
    assert await sessions.member_of(header(planted), NOW) is None
    assert await sessions.begin(northgate.recruiter.id, now=NOW) != planted
    assert await sessions.member_of(header(planted), NOW) is None


async def test_it_is_over_after_twelve_idle_hours(northgate: Northgate) -> None:
    token = await sessions.begin(northgate.recruiter.id, now=NOW)
    assert await sessions.member_of(header(token), NOW + sessions.IDLE + timedelta(seconds=1)) is None
    assert await sessions.member_of(header(token), NOW + sessions.IDLE) is not None


async def test_it_is_over_after_seven_days_however_busy(northgate: Northgate) -> None:
    token, at = await sessions.begin(northgate.recruiter.id, now=NOW), NOW
    while at < NOW + sessions.ABSOLUTE:
        assert await sessions.member_of(header(token), at) is not None, at
        at += timedelta(hours=11)
    assert await sessions.member_of(header(token), NOW + sessions.ABSOLUTE + timedelta(seconds=1)) is None


async def test_use_is_noted_every_few_minutes_and_not_more_often(northgate: Northgate) -> None:
    token = await sessions.begin(northgate.recruiter.id, now=NOW)
    before = await kept()
    await sessions.member_of(header(token), NOW + sessions.TOUCH_EVERY - timedelta(seconds=1))
    assert await kept() == before
    await sessions.member_of(header(token), NOW + sessions.TOUCH_EVERY)
    assert await kept() != before


async def test_signing_out_ends_it(northgate: Northgate) -> None:
    token = await sessions.begin(northgate.recruiter.id, now=NOW)
    await sessions.end(token)
    assert await sessions.member_of(header(token), NOW) is None
    assert await redis.client().keys("session*") == []


async def test_a_request_under_way_does_not_bring_an_ended_session_back(northgate: Northgate) -> None:
    token = await sessions.begin(northgate.recruiter.id, now=NOW)
    loaded = await sessions._load(token)
    assert loaded is not None
    await sessions.end(token)
    await sessions._touch(token, loaded, NOW + timedelta(hours=1))
    assert await sessions.member_of(header(token), NOW) is None


async def test_ending_all_spares_other_people(northgate: Northgate) -> None:
    mine = [await sessions.begin(northgate.recruiter.id, now=NOW) for _ in range(3)]
    other = await sessions.begin(northgate.admin.id, now=NOW)
    await sessions.end_all(northgate.recruiter.id)
    assert [await sessions.member_of(header(token), NOW) for token in mine] == [None, None, None]
    assert await sessions.member_of(header(other), NOW) == northgate.admin


async def test_a_new_role_counts_at_once(northgate: Northgate) -> None:
    token = await sessions.begin(northgate.recruiter.id, now=NOW)
    await members.change_role(northgate.id, northgate.recruiter.id, Role.VIEWER, by=northgate.admin.id)
    seen = await sessions.member_of(header(token), NOW)
    assert seen is not None
    assert seen.role is Role.VIEWER


async def test_a_disabled_member_is_out_at_once_and_stays_out_when_enabled_again(northgate: Northgate) -> None:
    token = await sessions.begin(northgate.recruiter.id, now=NOW)
    await members.disable(northgate.id, northgate.recruiter.id, by=northgate.admin.id, now=NOW)
    assert await sessions.member_of(header(token), NOW) is None
    await members.enable(northgate.id, northgate.recruiter.id)
    assert await sessions.member_of(header(token), NOW) is None


async def test_disabling_counts_even_if_the_session_could_not_be_ended(northgate: Northgate) -> None:
    token = await sessions.begin(northgate.recruiter.id, now=NOW)
    await db.run("UPDATE member SET disabled_at = $2 WHERE id = $1", northgate.recruiter.id, NOW)
    assert await sessions.member_of(header(token), NOW) is None


async def test_old_sessions_are_forgotten_when_a_new_one_begins(northgate: Northgate) -> None:
    for day in (0, 3, 8):
        await sessions.begin(northgate.recruiter.id, now=NOW + timedelta(days=day))
    assert await redis.client().zcard(f"sessions-of:{northgate.recruiter.id}") == 2


async def test_sessions_can_begin_at_the_same_time(northgate: Northgate) -> None:
    tokens = await asyncio.gather(*(sessions.begin(northgate.recruiter.id, now=NOW) for _ in range(20)))
    assert len(set(tokens)) == 20
    assert await redis.client().zcard(f"sessions-of:{northgate.recruiter.id}") == 20


def test_with_https_the_browser_guards_the_cookie(monkeypatch: pytest.MonkeyPatch) -> None:
    assert sessions.cookie_name() == "portal_session"
    monkeypatch.setenv("PORTAL_PUBLIC_URL", "https://jobs.example.com")
    settings.cache_clear()
    try:
        assert sessions.cookie_name() == "__Host-portal"
    finally:
        monkeypatch.undo()
        settings.cache_clear()
