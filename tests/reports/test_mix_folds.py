"""Counts that stand side by side in one number come out as they went in, also when such numbers are added."""

from random import Random

import pytest

from portal import db
from portal.reports.kept.mix_folds import BESIDE, apart


def counts(dice: Random, length: int) -> list[int]:
    """Most are small, some are none, and a few less than that."""
    return [dice.choice([0, dice.randrange(50), dice.randrange(40_000), -dice.randrange(5)]) for _ in range(length)]


@pytest.mark.parametrize("seed", range(20))
async def test_a_days_hours_come_apart_again_one_by_one_and_added(seed: int) -> None:
    dice = Random(seed)
    days = [counts(dice, 24) for _ in range(dice.randrange(1, 40))]
    for hours in days[:3]:
        assert apart(int(await db.value("SELECT day_beside($1)", hours)), 24) == hours
    whole = await db.value(
        "SELECT sum(day_beside(d.hours)) FROM (SELECT array_agg(h ORDER BY p) AS hours FROM unnest($1::integer[]) "
        "WITH ORDINALITY t (h, p) GROUP BY (p - 1) / 24) d",
        [hour for hours in days for hour in hours],
    )
    assert apart(int(whole), 24) == [sum(column) for column in zip(*days, strict=True)]


@pytest.mark.parametrize("seed", range(5))
async def test_days_come_apart_again(seed: int) -> None:
    days = counts(Random(seed), 16)
    assert apart(int(await db.value("SELECT days_beside($1)", days)), 16) == days


async def test_the_largest_count_has_room_beside_the_largest() -> None:
    largest = BESIDE // 2 - 1
    for hours in ([largest] * 24, [0] * 24, [-largest] * 24, [largest, -largest] * 12):
        assert apart(int(await db.value("SELECT day_beside($1)", hours)), 24) == hours
