"""The landing page's form carries the browser's time zone, when there is a script to put it in."""

from datetime import timedelta

import pytest

from portal import db
from portal.settings import ROOT
from tests.cast import NOW, Northgate, add_candidate
from tests.interviews.way import Way


async def zones() -> tuple[str, str]:
    row = await db.row("SELECT browser_timezone, timezone FROM candidate")
    assert row is not None
    return row["browser_timezone"], row["timezone"]


async def test_the_form_has_a_field_for_it_and_a_script_that_the_page_can_do_without(way: Way) -> None:
    page = await way.land()
    assert '<input type="hidden" name="zone" value="">' in page
    assert '/js/zone.js" defer></script>' in page
    assert (ROOT / "static/js/zone.js").stat().st_size < 600


async def test_the_browsers_zone_is_kept_beside_what_they_may_choose(way: Way) -> None:
    await way.send(await way.land(), zone="America/Chicago")
    assert await zones() == ("America/Chicago", "")


@pytest.mark.parametrize("told", ["", "Mars/Olympus", "../../etc/passwd", "x" * 5000])
async def test_nonsense_is_no_zone_and_no_obstacle(way: Way, told: str) -> None:
    assert (await way.send(await way.land(), zone=told)).status_code == 303
    assert await zones() == ("", "")


async def test_it_survives_a_form_that_has_to_be_mended(way: Way) -> None:
    page = await way.send(await way.land(), name="", zone="America/Chicago")
    assert '<input type="hidden" name="zone" value="America/Chicago">' in page.text


async def test_whoever_types_a_known_email_does_not_move_its_owner(way: Way, northgate: Northgate) -> None:
    await add_candidate(northgate.id, timezone="Europe/Lisbon", created_at=NOW - timedelta(days=30))
    await way.send(await way.land(), zone="America/Chicago")
    assert await zones() == ("", "Europe/Lisbon")
