"""The catalogue fits the table of channels, and says something about each."""

import re

from portal.links.catalogue import BY_KEY, CATALOGUE


def test_keys_and_codes_are_unique() -> None:
    assert len(BY_KEY) == len(CATALOGUE) == len({channel.code for channel in CATALOGUE})


def test_keys_codes_and_names_fit_the_table() -> None:
    for channel in CATALOGUE:
        assert re.fullmatch(r"[a-z0-9-]{1,40}", channel.network), channel
        assert re.fullmatch(r"[a-z0-9-]{1,40}", channel.placement), channel
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", channel.code), channel
        assert len(channel.code) <= 30, channel
        assert 1 <= len(channel.network_name) <= 60, channel
        assert 1 <= len(channel.placement_name) <= 60, channel


def test_every_channel_says_in_one_line_where_the_link_goes() -> None:
    assert [c.key for c in CATALOGUE if not 20 <= len(c.hint) <= 100 or "\n" in c.hint] == []


def test_the_places_that_people_ask_for_are_there() -> None:
    wanted = [f"{network}/{place}" for network in ("instagram", "facebook") for place in ("bio", "story", "post", "ad", "dm")]
    wanted += [
        "facebook/apply",
        "linkedin/post",
        "tiktok/bio",
        "whatsapp/status",
        "x/post",
        "youtube/description",
        "boards/indeed",
    ]
    wanted += ["boards/other", "email/newsletter", "sms/text", "qr/poster", "referral/employees", "careers/page", "ats/email"]
    assert [key for key in wanted if key not in BY_KEY] == []
