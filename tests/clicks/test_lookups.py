"""Asking the database for links, many at once."""

import asyncio
from collections.abc import Sequence

import pytest

from portal import db
from portal.clicks import lookups
from portal.clicks.lookups import Lookups
from portal.clicks.targets import Target, find_targets
from portal.links import personal
from tests.cast import Northgate, add_application, add_candidate, add_channel, add_link


class Asked:
    """A database that notes what it was asked, and can be away."""

    def __init__(self) -> None:
        self.questions: list[list[str]] = []
        self.away = False

    async def find(self, keys: Sequence[str]) -> dict[str, Target]:
        self.questions.append(list(keys))
        if self.away:
            raise OSError("away")
        return await find_targets(keys)


async def test_channel_links_personal_links_and_nothing_are_told_apart_in_one_question(northgate: Northgate) -> None:
    link_id = await add_link(northgate.id, northgate.job_id, await add_channel(northgate.id), "nurse")
    application_id = await add_application(northgate.id, northgate.job_id, await add_candidate(northgate.id))
    personal_id = await db.value("SELECT personal_link_id FROM application WHERE id = $1", application_id)
    token = personal.token_of(personal_id)
    found = await find_targets(["nurse", token, "nobody"])
    assert {key: target.link.link_id for key, target in found.items()} == {"nurse": link_id, token: personal_id}
    assert {target.key for target in found.values()} == {"nurse", token}
    assert {target.job.id for target in found.values()} == {northgate.job_id}


async def test_those_who_ask_while_a_question_is_under_way_share_the_next(northgate: Northgate) -> None:
    channel_id = await add_channel(northgate.id)
    slugs = [f"nurse-{n}" for n in range(50)]
    ids = [await add_link(northgate.id, northgate.job_id, channel_id, slug) for slug in slugs]
    asked = Asked()
    together = Lookups(asked.find)
    first = asyncio.create_task(together.read("nurse-0"))
    while not asked.questions:
        await asyncio.sleep(0)
    found = await asyncio.gather(first, *(together.read(slug) for slug in [*slugs, "nobody", "nurse-7"]))
    assert [target.link.link_id if target else None for target in found] == [ids[0], *ids, None, ids[7]]
    assert [len(question) for question in asked.questions] == [1, 51]


async def test_a_question_has_an_end(northgate: Northgate, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lookups, "AT_ONCE", 10)
    asked = Asked()
    together = Lookups(asked.find)
    assert await asyncio.gather(*(together.read(f"nobody-{n}") for n in range(25))) == [None] * 25
    assert [len(question) for question in asked.questions] == [10, 10, 5]


async def test_an_outage_is_told_to_those_who_asked_and_to_nobody_after_it(northgate: Northgate) -> None:
    asked = Asked()
    asked.away = True
    together = Lookups(asked.find)
    said = await asyncio.gather(*(together.read(f"nurse-{n}") for n in range(5)), return_exceptions=True)
    assert [type(one) for one in said] == [OSError] * 5
    asked.away = False
    assert await together.read("nurse-0") is None


async def test_a_connection_that_hangs_holds_up_one_question_only(northgate: Northgate, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lookups, "LIMIT", 0.05)
    hanging = asyncio.Event()

    async def find(keys: Sequence[str]) -> dict[str, Target]:
        if "nurse" in keys:
            await hanging.wait()
        return {}

    together = Lookups(find)
    with pytest.raises(TimeoutError):
        await together.read("nurse")
    assert await together.read("other") is None
    hanging.set()


async def test_one_who_gives_up_takes_no_other_along(northgate: Northgate) -> None:
    asked = Asked()
    together = Lookups(asked.find)
    one, other = (asyncio.create_task(together.read("nobody")) for _ in range(2))
    await asyncio.sleep(0)
    one.cancel()
    assert await other is None
