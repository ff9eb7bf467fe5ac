"""Where somebody may be: the first source that knows, and never a name that no clock knows."""

import pytest

from portal import db
from portal.messages.facts import load
from portal.messages.zones import is_zone, zones_of
from tests.messages.conftest import Life, give_phone

NOWHERE = {"chosen": "", "browser": "", "job": "", "phone": "", "workspace": ""}


@pytest.mark.no_stores
@pytest.mark.parametrize(
    ("known", "zones"),
    [
        ({"chosen": "Asia/Kathmandu", "browser": "Europe/London", "job": "Europe/Paris"}, ("Asia/Kathmandu",)),
        ({"browser": "Australia/Lord_Howe", "job": "Europe/Paris"}, ("Australia/Lord_Howe",)),
        ({"chosen": "Mars/Olympus", "browser": "Pacific/Apia"}, ("Pacific/Apia",)),
        ({"job": "Europe/Paris", "phone": "+12125551234"}, ("Europe/Paris",)),
        ({"phone": "+12125551234", "workspace": "Europe/London"}, ("America/New_York",)),
        ({"phone": "+6421123456", "workspace": "Europe/London"}, ("Pacific/Auckland", "Pacific/Chatham")),
        ({"phone": "+447700900123", "workspace": "Europe/London"}, ("Europe/London",)),
        ({"phone": "no number", "workspace": "Europe/London"}, ("Europe/London",)),
        ({"workspace": "nowhere"}, ("UTC",)),
    ],
    ids=[
        "chosen",
        "browser",
        "a wrong name is passed over",
        "job",
        "phone",
        "several",
        "Etc/Unknown",
        "no number",
        "last resort",
    ],
)
def test_the_first_source_that_knows_is_taken(known: dict[str, str], zones: tuple[str, ...]) -> None:
    assert zones_of(**NOWHERE | known) == zones


@pytest.mark.no_stores
@pytest.mark.parametrize(
    "name", ["", "Mars/Olympus", "../etc/passwd", "America", "\0", "x" * 300, "Europe/London\n", "/etc/localtime"]
)
def test_what_no_clock_knows_is_no_zone(name: str) -> None:
    assert not is_zone(name)


async def test_the_chain_is_read_from_what_is_kept(life: Life) -> None:
    async def zones() -> tuple[str, ...]:
        known = await load(life.id)
        assert known is not None
        return known.facts.zones

    await give_phone(life, phone="+6421123456")
    await db.run("UPDATE job SET timezone = 'Europe/Lisbon' WHERE id = $1", life.job_id)
    assert await zones() == ("Europe/Lisbon",)
    await db.run("UPDATE job SET location = '' WHERE id = $1", life.job_id)
    assert await zones() == ("Pacific/Auckland", "Pacific/Chatham")
    await db.run("UPDATE candidate SET browser_timezone = 'Asia/Kathmandu' WHERE id = $1", life.candidate_id)
    assert await zones() == ("Asia/Kathmandu",)
    await db.run("UPDATE candidate SET timezone = 'Africa/Casablanca' WHERE id = $1", life.candidate_id)
    assert await zones() == ("Africa/Casablanca",)
