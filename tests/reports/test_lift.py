"""Nudges against none: every number worked out another way, out of the rows as they stand."""

import math
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

import httpx
import pytest

from portal import crypto, db
from portal.accounts.access import SignedIn
from portal.clicks.hits import Hit
from portal.reports import lift
from portal.reports.lift import Lift
from portal.reports.scope import Scope
from tests.cast import NOW, PLAIN_LINK, Northgate, add_job, insert
from tests.reports.conftest import hit, record

START, END = date(2026, 11, 1), date(2026, 11, 20)
BEGIN, UNTIL = NOW.replace(day=1, hour=0), NOW.replace(day=21, hour=0)
STEPS = ("never-started-3h", "unfinished-24h", "unfinished-deadline-24h")


@dataclass
class Drawn:
    workspace_id: UUID
    jobs: list[UUID]

    def scope(self, job_id: UUID | None = None) -> Scope:
        return Scope(workspace_id=self.workspace_id, timezone="Europe/London", start=START, end=END, job_id=job_id)


@pytest.fixture
async def drawn(northgate: Northgate) -> Drawn:
    """A hundred and sixty people at two jobs that hold out different shares, some before the period; and a job without arms."""
    jobs = [northgate.job_id, await add_job(northgate.id, title="Day porter"), await add_job(northgate.id, title="Cook")]
    crowd = Crowd(northgate.id, Random(11))
    for n in range(160):
        arm = "held_out" if crowd.dice.random() < (0.2 if n % 2 else 0.45) else "nudged"
        crowd.add_person(n, jobs[2] if n % 16 == 0 else jobs[(n + 1) % 2], None if n % 16 == 0 else arm)
    await crowd.put_in()
    return Drawn(northgate.id, jobs)


class Crowd:
    """People and what they were sent, put in at once, since there are many."""

    def __init__(self, workspace_id: UUID, dice: Random) -> None:
        self.workspace_id, self.dice = workspace_id, dice
        self.rows: dict[str, list[dict[str, Any]]] = {"candidate": [], "application": [], "link": [], "message": []}
        self.hits: list[Hit] = []

    def add(self, table: str, **values: Any) -> UUID:
        made = db.new_id()
        self.rows[table].append({"id": made, "workspace_id": self.workspace_id} | values)
        return made

    async def put_in(self) -> None:
        for table, rows in self.rows.items():
            marks = ", ".join(f"${n}" for n in range(1, len(rows[0]) + 1))
            sql = f"INSERT INTO {table} ({', '.join(rows[0])}) VALUES ({marks})"
            await db.run_many(sql, [list(row.values()) for row in rows])
        await record(self.hits)

    def add_person(self, n: int, job_id: UUID, arm: str | None) -> None:
        came = BEGIN - timedelta(days=3) + timedelta(hours=3.5 * n)
        done = (
            came + timedelta(hours=self.dice.randrange(1, 90))
            if self.dice.random() < (0.5 if arm == "nudged" else 0.35)
            else None
        )
        stage = "completed" if done else self.dice.choice(["captured", "started", "withdrawn", "expired"])
        person = {"name": f"Person {n}", "email": f"person{n}@example.com", "language": "", "timezone": "", "metadata": {}}
        made = self.add(
            "application",
            job_id=job_id,
            candidate_id=self.add("candidate", **person, created_at=came),
            **{"stage": stage, "door": "landing", "invite": False, "answered": 0, "plan_stale": False},
            **{"created_at": came, "captured_at": came, "active_at": came, "completed_at": done},
            started_at=done or (came if stage == "started" else None),
            ended_at=came if stage in {"withdrawn", "expired"} else None,
            arm=arm,
            arm_at=came + timedelta(minutes=1) if arm else None,
        )
        for step in self.dice.sample(STEPS, 0 if arm == "held_out" else self.dice.randrange(4)):
            self.add_message(step, job_id, made, came + timedelta(hours=self.dice.randrange(1, 60)))

    def add_message(self, step: str, job_id: UUID, application_id: UUID, at: datetime) -> None:
        link = PLAIN_LINK | {"job_id": job_id, "application_id": application_id, "kind": "personal"}
        link_id = self.add("link", **link, token_digest=crypto.digest(str(db.new_id())))
        state = self.dice.choice(["sent", "delivered", "unknown", "skipped", "failed"])
        self.add(
            "message",
            application_id=application_id,
            step_key=step,
            track=step.rsplit("-", 1)[0].replace("-", "_").removesuffix("_deadline"),
            channel=self.dice.choice(["email", "sms"]),
            **{"state": state, "reason_code": "on_time", "reason": "-", "attempts": 0, "due_at": at, "created_at": at},
            handed_over_at=at if state != "skipped" else None,
            link_id=link_id if state != "skipped" else None,
            variant=self.dice.choice(["", "a", "a", "b", "b"]),
            **dict.fromkeys(("subject", "body_text", "body_html", "provider", "provider_id", "error", "to_address"), ""),
        )
        for agent in self.dice.choices([{}, {"user_agent": "curl/8.5.0"}], k=self.dice.randrange(3)):
            self.hits.append(hit(link_id, at + timedelta(hours=self.dice.randrange(-3, 40)), **agent))


async def people(drawn: Drawn, *, job_id: UUID | None = None, by: str = "created_at") -> list[db.Row]:
    rows = await db.rows("SELECT * FROM application WHERE workspace_id = $1", drawn.workspace_id)
    return [r for r in rows if r[by] and BEGIN <= r[by] < UNTIL and job_id in {None, r["job_id"]}]


def shares(rows: list[db.Row], side: Callable[[db.Row], str], first: str, second: str, done: Callable[[db.Row], bool]) -> float:
    """The difference of two shares in percentage points, each job by n1 n2 / (n1 + n2)."""
    total = weights = 0.0
    for job_id in {row["job_id"] for row in rows}:
        of_job = [row for row in rows if row["job_id"] == job_id]
        one, two = ([row for row in of_job if side(row) == name] for name in (first, second))
        if one and two:
            weight = len(one) * len(two) / (len(one) + len(two))
            total += weight * (sum(map(done, one)) / len(one) - sum(map(done, two)) / len(two))
            weights += weight
    return 100 * total / weights


@pytest.mark.parametrize("job", [0, 1])
async def test_a_jobs_numbers_are_those_of_its_rows(drawn: Drawn, job: int) -> None:
    job_id = drawn.jobs[job]
    found = (await lift.lift(drawn.scope(job_id))).overall
    assert found is not None
    rows = await people(drawn, job_id=job_id, by="arm_at")
    for side, arm in ((found.first, "nudged"), (found.second, "held_out")):
        theirs = [row for row in rows if row["arm"] == arm]
        done = [row for row in theirs if row["completed_at"]]
        assert (side.people, side.completed) == (len(theirs), len(done))
        assert side.waiting == sum(row["stage"] in {"captured", "started"} for row in theirs)
        assert side.percent == pytest.approx(100 * len(done) / len(theirs))
    assert found.points == pytest.approx(
        shares(rows, lambda r: r["arm"], "nudged", "held_out", lambda r: bool(r["completed_at"]))
    )
    assert (found.low, found.high) == pytest.approx(
        by_hand(found.first.completed, found.first.people, found.second.completed, found.second.people)
    )


def by_hand(a: int, m: int, b: int, n: int) -> tuple[float, float]:
    """Newcombe's method 10 through the roots of Wilson's equation."""

    def roots(x: int, k: int) -> tuple[float, float]:
        z2 = 1.96**2
        middle, reach = (2 * x + z2) / (2 * (k + z2)), 1.96 * math.sqrt(z2 + 4 * x * (1 - x / k)) / (2 * (k + z2))
        return middle - reach, middle + reach

    (l1, u1), (l2, u2), p, q = roots(a, m), roots(b, n), a / m, b / n
    low, high = p - q - math.sqrt((p - l1) ** 2 + (u2 - q) ** 2), p - q + math.sqrt((u1 - p) ** 2 + (q - l2) ** 2)
    return 100 * low, 100 * high


async def test_the_workspaces_numbers_weigh_its_jobs(drawn: Drawn) -> None:
    found = await lift.lift(drawn.scope())
    rows = await people(drawn, by="arm_at")
    assert found.overall is not None
    assert found.overall.points == pytest.approx(
        shares(rows, lambda r: r["arm"], "nudged", "held_out", lambda r: bool(r["completed_at"]))
    )
    assert found.overall.low < found.overall.points < found.overall.high
    assert [one.title for one in found.jobs] == ["Day porter", "Night nurse"]
    assert found.overall.first.people == sum(one.compared.first.people for one in found.jobs if one.compared)
    assert found.overall == await lift.overall(drawn.scope())


async def test_what_happened_after_each_step_is_what_rows_say(drawn: Drawn) -> None:
    wanted: Counter[tuple[str, str, str]] = Counter()
    for person in await people(drawn):
        for message in await db.rows("SELECT * FROM message WHERE application_id = $1", person["id"]):
            if message["state"] not in {"sent", "delivered", "unknown"}:
                continue
            taps = await db.rows("SELECT at FROM click WHERE link_id = $1 AND verdict = 'person'", message["link_id"])
            back = [tap["at"] for tap in taps if tap["at"] >= message["handed_over_at"]]
            key = (message["step_key"], message["channel"])
            wanted[(*key, "sent")] += 1
            wanted[(*key, "back")] += bool(back)
            wanted[(*key, "finished")] += bool(back and person["completed_at"] and person["completed_at"] >= min(back))
    names = await lift.step_names(drawn.workspace_id)
    keys = {label: key for key, label in names.items()}
    found: Counter[tuple[str, str, str]] = Counter()
    for step in (await lift.lift(drawn.scope())).steps:
        key = (keys[step.label], {"Email": "email", "Text": "sms"}[step.channel])
        for name in ("sent", "back", "finished"):
            found[(*key, name)] += getattr(step, name)
    assert found == wanted
    assert sum(count for (_, _, name), count in wanted.items() if name == "finished") > 0


async def test_two_texts_are_compared_among_those_who_got_them(drawn: Drawn) -> None:
    came = {person["id"]: person for person in await people(drawn)}
    rows = [
        {**dict(m), "job_id": came[m["application_id"]]["job_id"], "completed_at": came[m["application_id"]]["completed_at"]}
        for m in await db.rows("SELECT * FROM message WHERE variant <> '' AND state IN ('sent', 'delivered', 'unknown')")
        if m["application_id"] in came
    ]
    told = (await lift.lift(drawn.scope())).texts
    assert told
    names = {label: key for key, label in (await lift.step_names(drawn.workspace_id)).items()}
    for one in told:
        channel = {"Email": "email", "Text": "sms"}[one.channel]
        theirs = [row for row in rows if (row["step_key"], row["channel"]) == (names[one.label], channel)]
        difference = shares(
            theirs,  # type: ignore[arg-type]
            lambda r: r["variant"],
            "a",
            "b",
            lambda r: bool(r["completed_at"] and r["completed_at"] >= r["handed_over_at"]),
        )
        assert one.compared.points == pytest.approx(difference)


async def test_days_outside_the_period_do_not_count(drawn: Drawn) -> None:
    none = Scope(workspace_id=drawn.workspace_id, timezone="Europe/London", start=date(2025, 1, 1), end=date(2025, 2, 1))
    assert await lift.lift(none) == Lift(overall=None, jobs=[], steps=[], texts=[])
    assert await lift.first_day(drawn.workspace_id, None, "Europe/London") == (BEGIN - timedelta(days=3)).date()


async def test_another_workspace_has_figures_of_its_own(drawn: Drawn, outsider: SignedIn) -> None:
    theirs = Scope(workspace_id=outsider.workspace_id, timezone="Europe/London", start=START, end=END)
    assert (await lift.lift(theirs)).is_empty
    assert await lift.overall(theirs) is None


async def test_a_plans_own_steps_have_names(northgate: Northgate) -> None:
    plan_id = await insert("nudge_plan", workspace_id=northgate.id, most=4, gap_hours=20, age_days=30, created_at=NOW)
    plain = {"workspace_id": northgate.id, "plan_id": plan_id, "position": 1, "channel": "email"}
    await insert("step", key="late", track="unfinished", anchor="after", hours=120, **plain)
    assert (await lift.step_names(northgate.id))["late"] == "Unfinished, 120 h after"


# ---- Pages ---------------------------------------------------------------------------------------------------------------

ALL_DAYS = "?from=2026-11-01&to=2026-11-20"


async def test_a_marketer_reads_the_comparison_and_no_name(drawn: Drawn, marketer: httpx.AsyncClient) -> None:
    for path in ("/app/figures/lift", f"/app/jobs/{drawn.jobs[0]}/nudges/lift"):
        page = await marketer.get(path + ALL_DAYS)
        assert page.status_code == 200
        assert "Held out" in page.text
        assert "what nudges do" in page.text
        assert "Person " not in page.text
        assert "@example.com" not in page.text


async def test_the_workspaces_page_leads_to_each_job(drawn: Drawn, viewer: httpx.AsyncClient) -> None:
    page = (await viewer.get("/app/figures/lift" + ALL_DAYS)).text
    for job_id in drawn.jobs[:2]:
        assert f'href="/app/jobs/{job_id}/nudges/lift"' in page
    assert str(drawn.jobs[2]) not in page


async def test_where_nobody_is_held_out_a_tenth_is_proposed(northgate: Northgate, recruiter: httpx.AsyncClient) -> None:
    path = f"/app/jobs/{northgate.job_id}/nudges/lift"
    page = (await recruiter.get(path)).text
    assert "Hold out one application in ten" in page
    assert f'href="/app/jobs/{northgate.job_id}/nudges"' in page
    await insert("nudge_plan", workspace_id=northgate.id, most=4, gap_hours=20, age_days=30, holdout_percent=10, created_at=NOW)
    assert "10 % of new applications are held out from now on" in (await recruiter.get(path)).text


async def test_those_who_may_not_plan_are_not_sent_to_the_plan(marketer: httpx.AsyncClient) -> None:
    page = (await marketer.get("/app/figures/lift")).text
    assert "Hold out one application in ten" in page
    assert "/app/settings/nudges" not in page


async def test_days_that_cannot_be_used_are_named(northgate: Northgate, recruiter: httpx.AsyncClient) -> None:
    answer = await recruiter.get("/app/figures/lift?from=yesterday&to=2026-11-20")
    assert answer.status_code == 422
    assert "Give the first day" in answer.text


async def test_the_figures_say_it_in_a_sentence(drawn: Drawn, recruiter: httpx.AsyncClient) -> None:
    page = (await recruiter.get(f"/app/jobs/{drawn.jobs[0]}/figures{ALL_DAYS}")).text
    assert "with them" in page
    assert f"/app/jobs/{drawn.jobs[0]}/nudges/lift?from=2026-11-01&amp;to=2026-11-20" in page
    assert "Do nudges help?" not in (await recruiter.get(f"/app/figures{ALL_DAYS}&device=phone")).text
