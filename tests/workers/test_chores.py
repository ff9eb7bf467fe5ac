"""The clock's list of chores."""

import inspect

import dramatiq


def test_every_worker_that_the_clock_calls_is_there(environment: None) -> None:
    from workers import actors, schedule  # they read the settings at once

    known = [inspect.getclosurevars(chore.call).nonlocals for chore in schedule.CHORES if inspect.isfunction(chore.call)]
    called = [said["actor"] for said in known if "actor" in said]
    assert len(called) > 8
    assert [name for name in called if not isinstance(getattr(actors, name, None), dramatiq.Actor)] == []


def test_chores_have_names_of_their_own() -> None:
    from workers import schedule

    names = [chore.name for chore in schedule.CHORES]
    assert len(set(names)) == len(names)
