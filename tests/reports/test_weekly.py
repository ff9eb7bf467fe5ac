"""The week's figures, on Monday morning, once."""

import asyncio
import re
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import httpx
import pytest
from litestar.types import ASGIApp

from portal import db
from portal.accounts.access import Role, SignedIn
from portal.messages import senders
from portal.messages.providers import Accepted, Letter, Refused, TooMany, Uncertain
from portal.reports import weekly
from portal.reports.figures import channel_table
from tests.cast import NOW, Northgate, add_member, add_workspace, csrf, post, sign_in
from tests.conftest import browser
from tests.reports.conftest import World
from tests.reports.raw import scope_of

MONDAY = date(2026, 11, 16)
"""Of the week that is reported: `NOW` is ten o'clock on the Monday after."""


class Postman:
    """Keeps what it gets, or fails as told."""

    name = "postman"

    def __init__(self, fault: Exception | None = None) -> None:
        self.fault = fault
        self.got: list[Letter] = []

    async def send(self, outgoing: Letter) -> Accepted:
        self.got.append(outgoing)
        if self.fault:
            raise self.fault
        return Accepted("a-stamp")


async def subscribe(*members: SignedIn) -> None:
    for member in members:
        await weekly.choose(member.workspace_id, member.id, wanted=True)


async def rows() -> list[db.Row]:
    return await db.rows("SELECT * FROM weekly_report ORDER BY member_id")


async def states() -> list[str]:
    return [row["state"] for row in await rows()]


@pytest.mark.parametrize(
    ("at", "zone", "week"),
    [
        (datetime(2026, 11, 23, 7, 59, tzinfo=UTC), "Europe/London", None),
        (datetime(2026, 11, 23, 8, 0, tzinfo=UTC), "Europe/London", MONDAY),
        (datetime(2026, 11, 25, 7, 59, tzinfo=UTC), "Europe/London", MONDAY),
        (datetime(2026, 11, 25, 8, 0, tzinfo=UTC), "Europe/London", None),
        (datetime(2026, 11, 22, 21, 0, tzinfo=UTC), "Asia/Tokyo", None),
        (datetime(2026, 11, 22, 23, 0, tzinfo=UTC), "Asia/Tokyo", MONDAY),
        (datetime(2026, 11, 23, 12, 59, tzinfo=UTC), "America/New_York", None),
        (datetime(2026, 11, 23, 13, 0, tzinfo=UTC), "America/New_York", MONDAY),
        (datetime(2026, 3, 30, 6, 59, tzinfo=UTC), "Europe/London", None),
        (datetime(2026, 3, 30, 7, 0, tzinfo=UTC), "Europe/London", date(2026, 3, 23)),
    ],
)
def test_a_report_is_due_on_monday_at_eight_at_the_workspace(at: datetime, zone: str, week: date | None) -> None:
    assert weekly.due_week(at, zone) == week


async def test_only_members_who_want_it_get_one_and_only_one(northgate: Northgate, outsider: SignedIn) -> None:
    await subscribe(northgate.marketer, northgate.admin, outsider)
    assert await weekly.make_due(NOW) == 3
    assert await weekly.make_due(NOW + timedelta(hours=1)) == 0
    postman = Postman()
    assert await weekly.send_due(NOW, postman) == 3
    assert await weekly.send_due(NOW, postman) == 0
    assert {letter.to_address for letter in postman.got} == {
        *("admin@northgate.example", "marketer@northgate.example", "olu@elsewhere.example")
    }
    assert [(row["week"], row["state"], row["sent_at"]) for row in await rows()] == [(MONDAY, "sent", NOW)] * 3
    assert await weekly.make_due(NOW + timedelta(days=7)) == 3


async def test_nobody_gets_one_who_is_disabled_or_changed_their_mind(northgate: Northgate) -> None:
    await subscribe(northgate.marketer, northgate.recruiter, northgate.viewer)
    await db.run("UPDATE member SET disabled_at = $2 WHERE id = $1", northgate.viewer.id, NOW)
    assert await weekly.make_due(NOW) == 2
    await db.run("UPDATE member SET disabled_at = $2 WHERE id = $1", northgate.marketer.id, NOW)
    await weekly.choose(northgate.id, northgate.recruiter.id, wanted=False)
    assert await weekly.send_due(NOW, Postman()) == 0
    assert await rows() == []


async def test_a_report_that_was_held_up_for_days_is_left_out(northgate: Northgate) -> None:
    await subscribe(northgate.marketer)
    await weekly.make_due(NOW)
    assert await weekly.send_due(NOW + timedelta(days=3), Postman()) == 0
    assert await rows() == []


@pytest.mark.parametrize(
    ("fault", "state"),
    [(Refused("no such box"), "failed"), (Uncertain("no answer"), "unknown"), (ValueError("broken"), "unknown")],
)
async def test_what_went_wrong_is_kept_and_never_sent_again(northgate: Northgate, fault: Exception, state: str) -> None:
    await subscribe(northgate.marketer)
    await weekly.make_due(NOW)
    postman = Postman(fault)
    await weekly.send_due(NOW, postman)
    for hour in range(1, 30):
        await weekly.make_due(NOW + timedelta(hours=hour))
        await weekly.send_due(NOW + timedelta(hours=hour), postman)
    assert len(postman.got) == 1
    assert await states() == [state]


async def test_what_is_turned_away_for_now_waits_and_is_sent_later(northgate: Northgate) -> None:
    await subscribe(northgate.marketer, northgate.viewer)
    await weekly.make_due(NOW)
    postman = Postman(TooMany("enough for now"))
    assert await weekly.send_due(NOW, postman) == 1, "the other one is not even tried"
    assert await states() == ["waiting", "waiting"]
    postman.fault = None
    assert await weekly.send_due(NOW + timedelta(minutes=1), postman) == 2
    assert await states() == ["sent", "sent"]


async def test_a_report_comes_from_the_workspaces_own_address(northgate: Northgate) -> None:
    await senders.choose(northgate.id, senders.Choice(from_name="Northgate Jobs", from_email="jobs@northgate.example"), NOW)
    await subscribe(northgate.marketer)
    await weekly.make_due(NOW)
    postman = Postman()
    await weekly.send_due(NOW, postman)
    assert (postman.got[0].from_name, postman.got[0].from_address) == ("Northgate Jobs", "jobs@northgate.example")


async def test_a_sender_that_dies_after_the_hand_over_leaves_it_unknown(northgate: Northgate) -> None:
    await subscribe(northgate.marketer)
    await weekly.make_due(NOW)

    class Killed(BaseException):
        pass

    class Dying(Postman):
        async def send(self, outgoing: Letter) -> Accepted:
            assert await states() == ["handed_over"]
            raise Killed

    with pytest.raises(Killed):
        await weekly.send_due(NOW, Dying())
    assert await weekly.send_due(NOW + timedelta(minutes=9), Postman()) == 0
    assert await states() == ["handed_over"]
    assert await weekly.send_due(NOW + timedelta(minutes=11), Postman()) == 0
    assert await states() == ["unknown"]


async def test_the_report_has_the_figures_of_the_week_and_nobodys_name(world: World, northgate: Northgate) -> None:
    await subscribe(northgate.marketer)
    await weekly.make_due(NOW)
    postman = Postman()
    await weekly.send_due(NOW, postman)
    [letter] = postman.got
    table = await channel_table(scope_of(northgate.id, MONDAY, MONDAY + timedelta(days=6)))
    before = await channel_table(scope_of(northgate.id, MONDAY - timedelta(days=7), MONDAY - timedelta(days=1)))
    assert table.total.clicks and before.total.clicks and table.total.completed
    assert re.search(rf"^Clicks +{table.total.clicks}  [+−±]\d+ %$", letter.text, re.MULTILINE)
    assert re.search(rf"^Completed +{table.total.completed}\b", letter.text, re.MULTILINE)
    for row in table.channels:
        assert f"- {row.name}: {row.figures.clicks}, {row.figures.captured}, {row.figures.completed}\n" in letter.text
        assert row.name in letter.html
    for body in (letter.text, letter.html):
        assert "from=2026-11-16" in body and "to=2026-11-22" in body and "http://portal.test/app/settings/weekly" in body
        assert "Person " not in body and "@example.com" not in body and "Sam Reed" in body
    assert letter.subject.startswith(f"Northgate Care: {table.total.clicks} clicks, {table.total.completed} finished interview")


async def test_a_week_without_anything_is_told_too(stores: None) -> None:
    home = await add_workspace("Ben & Co")
    member = await add_member(home, Role.ADMIN, "Ben O'Dea", "ben@co.example")
    await subscribe(member)
    await weekly.make_due(NOW)
    postman = Postman()
    await weekly.send_due(NOW, postman)
    assert "Hello Ben O'Dea," in postman.got[0].text and "Ben & Co" in postman.got[0].text
    assert "Ben &amp; Co" in postman.got[0].html


async def test_two_workers_send_each_report_once(northgate: Northgate) -> None:
    await subscribe(northgate.admin, northgate.recruiter, northgate.marketer, northgate.viewer)
    await asyncio.gather(weekly.make_due(NOW), weekly.make_due(NOW))
    postman = Postman()
    await asyncio.gather(*(weekly.send_due(NOW, postman) for _ in range(3)))
    assert len(postman.got) == len({letter.message_id for letter in postman.got}) == 4


# ---- Its page ------------------------------------------------------------------------------------------------------------


async def wanted(member_id: UUID) -> bool:
    return bool(await db.value("SELECT weekly_report FROM member WHERE id = $1", member_id))


async def test_four_roles_and_an_outsider_choose_for_themselves_alone(
    app: ASGIApp, northgate: Northgate, outsider: SignedIn
) -> None:
    everybody = [*(getattr(northgate, role.value) for role in Role), outsider]
    for number, member in enumerate(everybody):
        async with browser(app) as client:
            await sign_in(client, member)
            assert 'name="wanted" value="yes" checked' not in (await client.get("/app/settings/weekly")).text
            answer = await post(client, "/app/settings/weekly", {"wanted": "yes"})
            assert answer.status_code == 303
            assert [await wanted(one.id) for one in everybody] == [n <= number for n in range(len(everybody))]
            assert "checked" in (await client.get("/app/settings/weekly")).text


async def test_it_is_switched_off_again(marketer: httpx.AsyncClient, northgate: Northgate) -> None:
    await subscribe(northgate.marketer)
    await post(marketer, "/app/settings/weekly", {})
    assert not await wanted(northgate.marketer.id)
    assert "You get no weekly report any more." in (await marketer.get("/app/settings/weekly")).text


async def test_a_form_without_its_token_switches_nothing(marketer: httpx.AsyncClient, northgate: Northgate) -> None:
    await csrf(marketer)
    assert (await marketer.post("/app/settings/weekly", data={"wanted": "yes"})).status_code == 403
    assert not await wanted(northgate.marketer.id)


async def test_members_read_what_was_sent_to_them_and_nobody_else(
    marketer: httpx.AsyncClient, app: ASGIApp, northgate: Northgate
) -> None:
    await subscribe(northgate.marketer)
    await weekly.make_due(NOW)
    await weekly.send_due(NOW)
    page = (await marketer.get("/app/settings/weekly")).text
    assert "What was sent" in page and "Hello Sam Reed" in page and "Mon 23 Nov, 10:00" in page
    async with browser(app) as client:
        await sign_in(client, northgate.admin)
        assert "Sam Reed" not in (await client.get("/app/settings/weekly")).text
