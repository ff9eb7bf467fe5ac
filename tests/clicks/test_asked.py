"""What is kept of a request, and whose it is."""

import pytest

from portal.clicks.asked import client_address, first_language, household, networks, read_request, referrer_host
from portal.clicks.parameters import parameters


@pytest.mark.parametrize(
    ("referrer", "host"),
    [
        ("https://l.instagram.com/?u=https%3A%2F%2Fx", "l.instagram.com"),
        ("http://M.Facebook.com:443/path", "m.facebook.com"),
        ("https://user:secret@example.com/", "example.com"),
        ("android-app://com.google.android.gm/", "com.google.android.gm"),
        ("https://example.com?x=1", "example.com"),
        ("", ""),
        ("about:blank", ""),
        ("https://" + "a" * 400, "a" * 100),
    ],
)
def test_of_a_referrer_only_the_host_is_kept(referrer: str, host: str) -> None:
    assert referrer_host(referrer) == host


@pytest.mark.parametrize(
    ("accept", "language"),
    [("en-GB,en;q=0.9", "en-gb"), ("de", "de"), ("", ""), ("*", ""), ("zh-Hant-TW;q=0.8", "zh-hant-tw"), ("%%%", "")],
)
def test_the_first_language_is_kept(accept: str, language: str) -> None:
    assert first_language(accept) == language


def scope(**headers: str) -> dict[str, object]:
    sent = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return {"method": "GET", "client": ("192.0.2.7", 1), "query_string": b"fbclid=1&x=%00\0", "headers": sent}


def test_everything_is_cut_to_what_there_is_room_for() -> None:
    read = read_request(
        scope(user_agent="M" * 9000, accept_language="x" * 9000, sec_purpose="prefetch;" + "x" * 900, purpose="preview")
    )
    assert len(read.user_agent) == 500
    assert len(read.purpose) <= 121
    assert read.purpose.endswith("preview")
    assert "\0" not in read.query


def test_fetch_metadata_is_kept_in_one_line() -> None:
    read = read_request(scope(sec_fetch_site="cross-site", sec_fetch_mode="navigate", sec_fetch_dest="document"))
    assert read.sec_fetch == "cross-site navigate - document"


@pytest.mark.parametrize(
    ("client", "forwarded", "address"),
    [
        ("198.51.100.9", "203.0.113.5", "198.51.100.9"),
        ("10.0.0.2", "203.0.113.5", "203.0.113.5"),
        ("10.0.0.2", "6.6.6.6, 203.0.113.5, 10.0.0.3", "203.0.113.5"),
        ("10.0.0.2", "nonsense", "nonsense"),
        ("10.0.0.2", "10.0.0.9, 10.0.0.3", "10.0.0.9"),
        ("10.0.0.2", "", "10.0.0.2"),
        ("", "203.0.113.5", ""),
    ],
)
def test_only_trusted_proxies_are_believed(client: str, forwarded: str, address: str) -> None:
    assert client_address(client, forwarded, networks(("10.0.0.0/8",))) == address


def test_without_trusted_proxies_nothing_forwarded_is_believed() -> None:
    assert client_address("10.0.0.2", "203.0.113.5", ()) == "10.0.0.2"


@pytest.mark.parametrize(
    ("address", "kept"),
    [
        ("203.0.113.5", "203.0.113.5"),
        ("2001:db8:1:2:aaaa:bbbb:cccc:dddd", "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.5", "203.0.113.5"),
        ("nonsense" * 20, "nonsense" * 8),
        ("", ""),
    ],
)
def test_a_household_is_an_address_or_a_network_of_ipv6(address: str, kept: str) -> None:
    assert household(address) == kept


@pytest.mark.parametrize(
    ("query", "kept"),
    [
        ("utm_source=ig&utm_medium=story", {"utm_source": "ig", "utm_medium": "story"}),
        ("fbclid=IwAR0secret", {"fbclid": "present"}),
        ("ad=%7B%7Bad.name%7D%7D&campaign=Spring", {"ad": "(unfilled)", "campaign": "Spring"}),
        ("name=Ana&email=a%40b.c", {}),
        ("utm_source=a&utm_source=b", {"utm_source": "b"}),
        ("%%%&&==&utm_source", {}),
        ("utm_term=%00x", {"utm_term": "x"}),
        ("utm_term=" + "x" * 900, {"utm_term": "x" * 120}),
    ],
)
def test_only_what_says_something_about_the_advert_is_kept(query: str, kept: dict[str, str]) -> None:
    assert parameters(query) == kept
