"""The portal with an insert for each click, as most trackers have it: what the shared COPY is held against."""

from litestar.types import ASGIApp

from portal import app, db
from portal.clicks import front
from portal.clicks.hits import COLUMNS, Hit
from portal.clicks.journal import Journal

INSERT = f"INSERT INTO click_journal ({', '.join(COLUMNS)}) VALUES ({', '.join(f'${n}' for n in range(1, len(COLUMNS) + 1))})"


class InsertingJournal(Journal):
    async def append(self, hit: Hit) -> None:
        await db.run(INSERT, *(getattr(hit, name) for name in COLUMNS))


def create_app() -> ASGIApp:
    setattr(front, "Journal", InsertingJournal)  # noqa: B010 - this process is for nothing else
    return app.create_app()
