"""Two groups, their difference, how sure it is, and how many more it takes."""

import pytest

from portal.reports import lift_say
from portal.reports.comparing import LEAST, Compared, Finding, Group, Pair, compare
from portal.reports.intervals import difference, is_higher


def alone(completed: int, people: int, other_completed: int, other_people: int) -> Compared:
    found = compare([Pair(Group(people, completed), Group(other_people, other_completed))])
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("first", "second", "low", "high"),
    # Newcombe, Statistics in Medicine 17 (1998), table II, method 10
    [
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((5, 56), (0, 29), -0.0381, 0.1926),
        ((0, 10), (0, 20), -0.1611, 0.2775),
        ((10, 10), (0, 20), 0.6791, 1.0),
    ],
)
def test_the_interval_of_a_difference_is_the_published_one(
    first: tuple[int, int], second: tuple[int, int], low: float, high: float
) -> None:
    assert difference(*first, *second) == pytest.approx((100 * low, 100 * high), abs=0.006)
    assert is_higher(*first, *second) == (low > 0)


def test_one_job_is_compared_as_the_plain_interval_says() -> None:
    found = alone(560, 700, 48, 80)
    assert (found.low, found.high) == pytest.approx(difference(560, 700, 48, 80))
    assert found.points == pytest.approx(20.0)


def test_two_halves_of_one_job_tell_what_the_whole_tells() -> None:
    whole, halves = alone(120, 400, 40, 200), compare([Pair(Group(200, 60), Group(100, 20))] * 2)
    assert halves is not None
    assert (halves.low, halves.high) == pytest.approx((whole.low, whole.high))
    assert (halves.first.people, halves.first.completed) == (400, 120)


def test_a_busy_job_is_not_taken_for_an_effect() -> None:
    """Both jobs finish alike with and without nudges; but the one where many finish holds fewer out."""
    found = compare([Pair(Group(900, 720), Group(100, 80)), Pair(Group(500, 50), Group(500, 50))])
    assert found is not None
    assert found.points == pytest.approx(0)
    assert found.finding is Finding.ALIKE


def test_a_job_with_one_side_only_tells_nothing() -> None:
    both = Pair(Group(100, 50), Group(100, 40))
    assert compare([both, Pair(Group(1000, 1000), Group(0, 0))]) == compare([both])
    assert compare([Pair(Group(1000, 1000), Group(0, 0))]) is None
    assert compare([]) is None


@pytest.mark.parametrize(
    ("groups", "finding"),
    [
        ((450, 900, 30, 100), Finding.HIGHER),
        ((300, 900, 60, 100), Finding.LOWER),
        ((45, 90, 4, 10), Finding.EARLY),
        ((2000, 4000, 2000, 4000), Finding.ALIKE),
        ((19, 19, 0, 19), Finding.EARLY),
        ((20, 20, 0, 20), Finding.HIGHER),
        ((0, 50, 0, 50), Finding.EARLY),
        ((0, 5000, 0, 5000), Finding.ALIKE),
        ((50, 50, 50, 50), Finding.EARLY),
    ],
)
def test_it_says_plainly_what_is_found_and_when_it_is_too_early(groups: tuple[int, int, int, int], finding: Finding) -> None:
    assert alone(*groups).finding is finding
    assert LEAST == 20


def test_the_number_of_people_still_needed_is_the_usual_one() -> None:
    """40 % against 30 %, one to one: 354 on each side for 19 of 20 and 4 of 5 (any table of sample sizes)."""
    found = alone(40, 100, 30, 100)
    assert found.finding is Finding.EARLY
    assert found.needed.people == pytest.approx(2 * 354 - 200, rel=0.05)
    assert found.needed.second == pytest.approx(found.needed.people / 2, rel=0.05)


def test_few_held_out_take_more_people_in_all() -> None:
    even, uneven = alone(40, 100, 30, 100), alone(72, 180, 6, 20)
    assert uneven.needed.people > even.needed.people
    assert uneven.needed.second < uneven.needed.people / 5


def test_what_is_needed_does_not_chase_a_difference_too_small_to_matter() -> None:
    assert alone(401, 1000, 400, 1000).needed.points == 5


@pytest.mark.parametrize(
    ("groups", "said"),
    [
        (
            (450, 900, 30, 100),
            "Nudges help: with them 50.0 % finish, without 30.0 %. That makes 20.0 percentage points more (between +",
        ),
        ((300, 900, 60, 100), "Nudges do harm: with them 33.3 % finish, without 60.0 %. That makes 26.7 percentage points fewer"),
        (
            (2000, 4000, 2000, 4000),
            "No difference is to be seen: with them 50.0 % finish, without 50.0 %. If there is one, it is between −",
        ),
        (
            (45, 90, 4, 10),
            "Too early to tell: so far with them 50.0 % finish, without 40.0 %, and the difference may be anything",
        ),
    ],
)
def test_the_sentence(groups: tuple[int, int, int, int], said: str) -> None:
    assert lift_say.nudges(alone(*groups)).startswith(said)


def test_what_is_needed_is_said_only_while_it_is_too_early() -> None:
    assert lift_say.needed(alone(450, 900, 30, 100), "held out") == ""
    said = lift_say.needed(alone(45, 90, 4, 10), "held out")
    assert said.startswith("About ")
    assert "of them held out) would show a difference of 10.0 percentage points." in said


def test_the_better_of_two_texts_is_named() -> None:
    assert lift_say.texts(alone(450, 900, 270, 900)).startswith("A works better: 50.0 % finish after A, 30.0 % after B (")
    assert lift_say.texts(alone(270, 900, 450, 900)).startswith("B works better")
    assert lift_say.texts(alone(2, 9, 4, 9)).startswith("Too early to tell")
