"""Logs: one line each, without what PostgreSQL tells of rows."""

import json
import logging
import os
import sys
from collections.abc import Iterator
from contextlib import suppress

import pytest
import structlog

from portal import db
from portal.web import logs
from tests.cast import Northgate


@pytest.fixture(autouse=True)
def put_back() -> Iterator[None]:
    root = logging.getLogger()
    before = (root.handlers[:], root.level)
    yield
    structlog.reset_defaults()
    root.handlers[:], root.level = before[0], before[1]


async def test_a_database_error_is_logged_without_the_row(northgate: Northgate, capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure()
    try:
        await db.run(
            "INSERT INTO member (id, workspace_id, name, email, role, password_hash, created_at) "
            "SELECT $1, workspace_id, name, email, role, '', created_at FROM member",
            db.new_id(),
        )
    except Exception as error:
        structlog.get_logger().error("it failed", error=str(error), exc_info=error)
    line = json.loads(capsys.readouterr().err)
    assert line["event"] == "it failed" and "duplicate key" in line["exception"] and "duplicate key" in line["error"]
    assert "admin@northgate.example" not in str(line)


@pytest.mark.no_stores
def test_the_standard_librarys_lines_look_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure()
    logging.getLogger("dramatiq.worker").warning("queue %r", "wake")
    line = json.loads(capsys.readouterr().err)
    assert (line["level"], line["event"]) == ("warning", "queue 'wake'") and line["timestamp"].endswith("Z")


@pytest.mark.no_stores
def test_a_log_that_cannot_be_written_stops_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as broken:
        monkeypatch.setattr(sys, "stderr", broken)
        logs.configure()
        with pytest.raises(OSError):
            print("", file=broken, flush=True)
        structlog.get_logger().error("nobody reads this")
        logging.getLogger("portal").error("nor this")
        monkeypatch.undo()
        with suppress(OSError):
            broken.close()


@pytest.mark.no_stores
def test_chatter_is_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure()
    logging.getLogger("dramatiq.worker").info("started")
    logging.getLogger("portal").debug("detail")
    assert capsys.readouterr().err == ""
