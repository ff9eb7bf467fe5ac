"""`portal rebuild-figures`, `portal reclassify`, and what `portal doctor` says of figures: as somebody runs them."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from datetime import timedelta

import pytest

from portal import cli, db
from portal.clicks.invariants import broken_lately
from portal.settings import ROOT
from tests.cast import NOW, Northgate
from tests.clicks.hitting import DESK, click, ingest_all, landing, link_of, write

TODAY = NOW.date()


async def portal(*words: str) -> tuple[int, str, str]:
    """Exit code, standard output, standard error. The stores are those of the test."""
    run = subprocess.run
    done = await asyncio.to_thread(
        run, [sys.executable, "-m", "portal", *words], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60
    )
    return done.returncode, done.stdout, done.stderr


@pytest.fixture
async def counted(northgate: Northgate) -> None:
    link = await link_of(northgate, "instagram", "nurse")
    hits = [click(link, at=NOW + timedelta(days=n), user_agent=DESK, visitor="ana") for n in range(3)]
    await write(*hits, *map(landing, hits))
    await ingest_all()


@pytest.fixture
async def said(counted: None, capsys: pytest.CaptureFixture[str]) -> AsyncIterator[Callable[[], str]]:
    """What was printed since the last look."""
    yield lambda: capsys.readouterr().out


async def test_figures_that_agree_and_figures_that_do_not(said: Callable[[], str]) -> None:
    assert await cli._rebuild_figures(None, None) == 0
    assert said() == "They agreed: 3 clicks, 33 lines.\n"
    await db.run("DELETE FROM click_hourly WHERE hour < $1", NOW + timedelta(days=1))
    await db.run("UPDATE click_daily SET clicks = 7 WHERE dimension = 'verdict' AND day = $1", TODAY + timedelta(days=2))
    assert await cli._rebuild_figures(TODAY + timedelta(days=1), TODAY + timedelta(days=1)) == 0
    assert said() == "They agreed: 1 clicks, 11 lines.\n"
    assert await cli._rebuild_figures(None, None) == 1
    lines = said().splitlines()
    assert [line.split()[0] for line in lines] == ["2026-11-23", "2026-11-25", "2"]
    assert lines[-1] == "2 lines differed and were put right: 3 clicks, 33 lines."
    assert await cli._rebuild_figures(None, None) == 0


async def test_clicks_of_older_rules(said: Callable[[], str]) -> None:
    await db.run("UPDATE click SET rules = 0, verdict = 'bot', reason = 'too_fast' WHERE at = $1", NOW)
    await db.run("UPDATE landing SET verdict = 'bot' WHERE at < $1", NOW + timedelta(hours=1))
    assert await cli._rebuild_figures(None, None) == 1
    said()
    assert await cli._reclassify(None, None) == 0
    assert said() == "1 from bot:too_fast to person:browser\n3 clicks were judged again, 1 of them changed.\n"
    assert await cli._reclassify(None, None) == 0
    assert said() == "3 clicks were judged again, 0 of them changed.\n"
    assert await cli._rebuild_figures(None, None) == 0


async def test_doctor_sees_figures_that_do_not_agree_and_rebuilding_says_it_by_its_exit_code(counted: None) -> None:
    await db.run("UPDATE click_daily SET clicks = 7 WHERE dimension = 'verdict' AND day = $1", TODAY + timedelta(days=2))
    code, said, _ = await portal("doctor")
    assert code == 2
    assert "every day says of each verdict what the clicks say: 1 lines differ" in said
    code, said, _ = await portal("rebuild-figures", "--from", str(TODAY))
    assert (code, said.splitlines()[-1]) == (1, "1 lines differed and were put right: 3 clicks, 33 lines.")
    assert await broken_lately() == []


@pytest.mark.no_stores
@pytest.mark.parametrize("command", ["rebuild-figures", "reclassify"])
def test_a_day_that_is_none_is_said(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        cli.main([command, "--from", "yesterday"])
    assert "argument --from: invalid" in capsys.readouterr().err
