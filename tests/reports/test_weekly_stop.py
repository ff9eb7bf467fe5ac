"""The way out of the weekly report that its header names."""

from collections.abc import Callable

import httpx
import pytest

from portal import db
from portal.reports import weekly, weekly_stop
from tests.cast import NOW, Northgate, csrf
from tests.reports.test_weekly import Postman, subscribe


async def test_the_header_of_a_report_names_an_address_that_stops_it(northgate: Northgate, stranger: httpx.AsyncClient) -> None:
    await subscribe(northgate.marketer, northgate.admin)
    await weekly.make_due(NOW)
    postman = Postman()
    await weekly.send_due(NOW, postman)
    ways = {letter.to_address: letter.unsubscribe_url for letter in postman.got}
    way = ways[northgate.marketer.email]
    assert len(way.replace("http://portal.test", "https://jobs.example.com")) <= 76

    answer = await stranger.post(way, data={"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200
    assert "set-cookie" not in answer.headers
    assert "no weekly report any more" in answer.text
    assert not await weekly.wants(northgate.id, northgate.marketer.id)
    assert await weekly.wants(northgate.id, northgate.admin.id)
    assert (await stranger.post(way)).status_code == 200


async def test_looking_at_it_stops_nothing(northgate: Northgate, stranger: httpx.AsyncClient) -> None:
    await subscribe(northgate.marketer)
    page = await stranger.get(weekly_stop.stop_url(northgate.marketer.id))
    assert (page.status_code, page.text.count("<button")) == (200, 1)
    assert await weekly.wants(northgate.id, northgate.marketer.id)


@pytest.mark.parametrize("spoil", [lambda t: t[:-1] + "!", lambda t: "a" * len(t), lambda t: t[:-1], lambda t: "ñ" + t[1:]])
async def test_an_address_that_we_did_not_make_stops_nothing(
    northgate: Northgate, stranger: httpx.AsyncClient, spoil: Callable[[str], str]
) -> None:
    await subscribe(northgate.marketer)
    token = spoil(weekly_stop.stop_token(northgate.marketer.id))
    for answer in (await stranger.get(f"/p/weekly/{token}"), await stranger.post(f"/p/weekly/{token}")):
        assert answer.status_code == 404
    assert await weekly.wants(northgate.id, northgate.marketer.id)


async def test_it_can_be_had_again(northgate: Northgate, marketer: httpx.AsyncClient) -> None:
    await subscribe(northgate.marketer)
    await weekly_stop.stop(northgate.marketer.id)
    data = {"wanted": "yes", "_csrf_token": await csrf(marketer)}
    await marketer.post(weekly.SETTINGS, data=data)
    assert await db.value("SELECT weekly_report FROM member WHERE id = $1", northgate.marketer.id)
