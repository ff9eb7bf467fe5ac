"""What is kept of an address: the advert, never the person."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.clicks.parameters import KEPT, LONGEST, MOST, PRESENT_ONLY, UNFILLED, parameters


@pytest.mark.parametrize(
    ("query", "kept"),
    [
        ("", {}),
        (
            "utm_source=ig&utm_medium=paid&utm_campaign=Nurses+2026",
            {"utm_source": "ig", "utm_medium": "paid"} | {"utm_campaign": "Nurses 2026"},
        ),
        ("UTM_Source=IG", {"utm_source": "IG"}),
        ("utm_source=a&utm_source=b", {"utm_source": "b"}),
        ("fbclid=IwAR0secret&gclid=secret&igsh=secret", {"fbclid": "present", "gclid": "present", "igsh": "present"}),
        (
            "campaign=Spring&adset=Leeds&ad=Video%20A&placement=Instagram_Stories&site_source_name=ig",
            {"campaign": "Spring", "adset": "Leeds", "ad": "Video A", "placement": "Instagram_Stories", "site_source_name": "ig"},
        ),
        ("campaign_id=120210&ad_name=B", {"campaign_id": "120210", "ad_name": "B"}),
        ("ad={{ad.name}}&placement={{placement}}", {"ad": UNFILLED, "placement": UNFILLED}),
        ("utm_campaign=%7B%7Bcampaign.name%7D%7D", {"utm_campaign": UNFILLED}),
        ("utm_campaign=%7b%7bcampaign.name%7d%7d", {"utm_campaign": UNFILLED}),
        ("utm_campaign=%257B%257Bcampaign.name%257D%257D", {"utm_campaign": UNFILLED}),
        ("utm_content=x_{{ad.id}}", {"utm_content": UNFILLED}),
        ("email=ana@example.com&name=Ana&click=1&via=2", {}),
        ("utm_source=&utm_medium", {}),
        ("utm_source=a%00b", {"utm_source": "ab"}),
        ("utm_term=%FF", {"utm_term": "\N{REPLACEMENT CHARACTER}"}),
        ("utm_term=" + "x" * 500, {"utm_term": "x" * LONGEST}),
        ("&".join(f"junk{n}=1" for n in range(MOST)) + "&utm_source=late", {}),
        ("&&&===?%", {}),
    ],
)
def test_the_advert_is_kept(query: str, kept: dict[str, str]) -> None:
    assert parameters(query) == kept


@given(st.text(max_size=300))
def test_nothing_that_a_stranger_sends_breaks_it(query: str) -> None:
    kept = parameters(query)
    assert kept.keys() <= KEPT | PRESENT_ONLY
    assert all(len(value) <= LONGEST and "\0" not in value and "{{" not in value for value in kept.values())
