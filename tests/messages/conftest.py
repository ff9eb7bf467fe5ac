"""Lives of one candidate of Northgate Care, for tests of planning and delivery."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from portal import db
from portal.messages import delivery, planning
from tests.cast import NOW, Northgate, add_application, add_candidate, insert


@dataclass
class Life:
    """One candidate's application, and shortcuts to look at its messages."""

    workspace_id: UUID
    job_id: UUID
    id: UUID
    candidate_id: UUID

    async def change(self, **values: Any) -> None:
        """Change the application, as its room would: its plan is stale afterwards."""
        sets = ", ".join(f"{name} = ${n}" for n, name in enumerate(values, start=2))
        await db.run(f"UPDATE application SET plan_stale = true, {sets} WHERE id = $1", self.id, *values.values())

    async def stop(self, at: datetime = NOW) -> None:
        """Start the interview and stop."""
        await self.change(stage="started", started_at=at, active_at=at)

    async def finish(self, at: datetime) -> None:
        await self.change(stage="completed", started_at=at, completed_at=at, active_at=at)

    async def plan(self, at: datetime = NOW) -> int:
        return await planning.replan_stale(at)

    async def messages(self) -> dict[str, db.Row]:
        """By step, without the name of the track."""
        found = await db.rows("SELECT * FROM message WHERE application_id = $1 ORDER BY due_at, step_key", self.id)
        return {row["step_key"].removeprefix("unfinished-").removeprefix("never-started-"): row for row in found}

    async def message(self, step: str) -> db.Row:
        return (await self.messages())[step]

    async def states(self) -> dict[str, str]:
        return {step: row["state"] for step, row in (await self.messages()).items()}

    async def claim(self, at: datetime) -> list[UUID]:
        return await delivery.claim_due(at, 100)

    async def tick(self, at: datetime) -> int:
        """What clock and workers do at `at`: plan, claim, deliver, plan."""
        await self.plan(at)
        due = await self.claim(at)
        for message_id in due:
            await delivery.deliver(message_id, at)
        await self.plan(at)
        return len(due)

    async def events(self) -> list[str]:
        return [r["kind"] for r in await db.rows("SELECT kind FROM event WHERE application_id = $1 ORDER BY at, id", self.id)]


async def new_life(northgate: Northgate, *, email: str = "ana.duarte@example.com", **changes: Any) -> Life:
    candidate_id = await add_candidate(northgate.id, email=email)
    application_id = await add_application(northgate.id, northgate.job_id, candidate_id, **changes)
    return Life(northgate.id, northgate.job_id, application_id, candidate_id)


@pytest.fixture
async def life(northgate: Northgate) -> Life:
    """Ana Duarte gave her name on a Monday at ten, and has until ten days later."""
    return await new_life(northgate)


async def give_phone(life: Life, *, consent: bool = True, phone: str = "+447700900123") -> None:
    await db.run("UPDATE candidate SET phone = $2 WHERE id = $1", life.candidate_id, phone)
    await db.run("UPDATE application SET plan_stale = true WHERE id = $1", life.id)
    if consent:
        await insert(
            "consent",
            workspace_id=life.workspace_id,
            candidate_id=life.candidate_id,
            channel="sms",
            given=True,
            address=phone,
            wording="Text me.",
            page="/apply",
            at=NOW,
        )


AFTER_3H = NOW + timedelta(hours=3)
