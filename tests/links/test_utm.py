"""UTM words: made from the link, added to targets, never spelled in two ways."""

import asyncio

import pytest

from portal import changes, db, redis
from portal.accounts.access import SignedIn
from portal.clicks.parameters import parameters as read_off
from portal.links import utm
from portal.links.utm import DEFAULT, Facts, Words, location, parameters, tagged
from portal.web.forms import Form, Invalid
from tests.cast import Northgate, add_channel, add_link

AD = Facts(
    network="facebook",
    placement="ad",
    channel="fb-ad",
    campaign="spring",
    job="Night nurse (m/f/d)",
    label="Über Nacht!",
    slug="nn",
)
TARGET = "https://careers.example.com/jobs"


def test_words_come_from_channel_campaign_and_label() -> None:
    assert parameters(DEFAULT, AD) == {
        "utm_source": "facebook",
        "utm_medium": "ad",
        "utm_campaign": "spring",
        "utm_content": "uber-nacht",
    }


@pytest.mark.parametrize(
    ("word", "came_out"),
    [
        ("{channel}", "fb-ad"),
        ("{network}_{placement}", "facebook-ad"),
        ("Paid Social", "paid-social"),
        ("{job}", "night-nurse-m-f-d"),
        ("{slug}", "nn"),
        ("{campaign} {campaign}", "spring-spring"),
        ("!!!", None),
        ("", None),
    ],
)
def test_a_word_comes_out_in_small_letters_and_hyphens(word: str, came_out: str | None) -> None:
    assert parameters({"utm_term": word}, AD).get("utm_term") == came_out


def test_what_a_link_does_not_have_leaves_no_parameter() -> None:
    bio = Facts(network="instagram", placement="bio", channel="ig-bio")
    assert parameters(DEFAULT, bio) == {"utm_source": "instagram", "utm_medium": "bio"}


@pytest.mark.parametrize(
    ("url", "locked", "led_to"),
    [
        (TARGET, False, f"{TARGET}?utm_source=fb&utm_medium=ad"),
        (f"{TARGET}?", False, f"{TARGET}?utm_source=fb&utm_medium=ad"),
        (f"{TARGET}?id=1#apply", False, f"{TARGET}?id=1&utm_source=fb&utm_medium=ad#apply"),
        (f"{TARGET}?utm_source=own", False, f"{TARGET}?utm_source=own&utm_medium=ad"),
        (f"{TARGET}?UTM_Source=own", False, f"{TARGET}?UTM_Source=own&utm_medium=ad"),
        (f"{TARGET}?utm_source=", False, f"{TARGET}?utm_source=&utm_medium=ad"),
        (f"{TARGET}?utm_source=own&id=1&utm_term=x", True, f"{TARGET}?id=1&utm_source=fb&utm_medium=ad"),
        (f"{TARGET}?UTM_Source=own&a=%20b+c&a", True, f"{TARGET}?a=%20b+c&a&utm_source=fb&utm_medium=ad"),
        ("http://[2606:4700::1111]:8080", False, "http://[2606:4700::1111]:8080?utm_source=fb&utm_medium=ad"),
    ],
)
def test_a_target_keeps_what_it_says_unless_the_words_are_locked(url: str, locked: bool, led_to: str) -> None:
    assert tagged(url, {"utm_source": "fb", "utm_medium": "ad"}, locked=locked) == led_to


def test_adding_words_twice_adds_them_once() -> None:
    words = parameters(DEFAULT, AD)
    for locked in (False, True):
        once = tagged(TARGET, words, locked=locked)
        assert tagged(once, words, locked=locked) == once


def test_only_other_websites_get_words() -> None:
    words = Words(dict(DEFAULT), locked=False)
    assert location("", words, AD) == ""
    assert location("/jobs", words, AD) == ""
    assert location(TARGET, words, AD).startswith(f"{TARGET}?utm_source=facebook&")


def test_metas_parameters_are_those_that_clicks_keep() -> None:
    kept = read_off(utm.META)
    assert list(kept) == ["campaign", "adset", "ad", "placement", "site_source_name"]
    assert set(kept.values()) == {"(unfilled)"}


@pytest.mark.parametrize("text", ["{netwrok}", "{network", "network}", "{}", "x" * 101])
def test_words_that_cannot_be_used_are_refused(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        utm.read_words(Form({"utm_source": text}))
    assert list(refused.value.errors) == ["utm_source"]


async def test_a_workspace_begins_with_words_and_may_change_and_lock_them(northgate: Northgate, outsider: SignedIn) -> None:
    assert await utm.words_of(northgate.id) == Words(dict(DEFAULT), locked=False)
    new = utm.read_words(Form({"utm_source": "{channel}", "utm_medium": "social", "locked": "on"}))
    await utm.save_words(northgate.id, new)
    kept = await utm.words_of(northgate.id)
    assert kept.locked
    assert parameters(kept.words, AD) == {"utm_source": "fb-ad", "utm_medium": "social"}
    assert await utm.words_of(outsider.workspace_id) == Words(dict(DEFAULT), locked=False)


async def test_changed_words_are_announced_for_links_that_lead_elsewhere(northgate: Northgate) -> None:
    channel_id = await add_channel(northgate.id)
    outward = await add_link(northgate.id, northgate.job_id, channel_id, "outward", target_url=TARGET)
    await add_link(northgate.id, northgate.job_id, channel_id, "inward")
    async with redis.client().pubsub() as heard:
        await heard.subscribe(changes.CHANNEL)
        await heard.get_message(timeout=1)
        await utm.save_words(northgate.id, Words(dict(DEFAULT), locked=True))
        said = (await heard.get_message(timeout=1) or {}).get("data")
        assert said == f"link:{outward}".encode()
        assert await asyncio.wait_for(heard.get_message(timeout=0.05), 1) is None
    assert await db.value("SELECT utm_locked FROM workspace WHERE id = $1", northgate.id)
