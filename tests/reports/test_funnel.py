from portal.reports.figures import ChannelTable, Figures
from portal.reports.funnel import funnel
from portal.reports.people import Times

NO_TIMES = Times()


def table(
    links: Figures,
    direct: Figures | None = None,
    invited: Figures | None = None,
    times: Times = NO_TIMES,
    unknown: frozenset[str] = frozenset(),
) -> ChannelTable:
    direct, invited = direct or Figures(), invited or Figures()
    total = links + direct + invited
    return ChannelTable(
        channels=[],
        links=links,
        direct=direct,
        invited=invited,
        total=total,
        times=times,
        cost=None,
        excluded=[],
        excluded_personal=[],
        unknown=unknown,
    )


def subs(of: ChannelTable) -> list[str]:
    return [step.sub for step in funnel(of)]


LINKS = Figures(clicks=200, visitors=180, landed=100, people=50, captured=50, started=40, completed=10, returned=3)


def test_each_step_is_a_share_of_the_one_before() -> None:
    expected = [
        "180 visitors",
        "50 % of clicks",
        "50 % of landed",
        "80 % (67–89) of these",
        "25 % (14–40) of started · 3 by nudge",
    ]
    assert subs(table(LINKS)) == expected


def test_people_who_came_without_a_link_are_no_share_of_the_landed() -> None:
    with_direct = funnel(table(LINKS, direct=Figures(people=7, captured=7)))[2]
    assert (with_direct.value, with_direct.sub) == (57, "50 % of landed · 7 direct")


def test_invited_people_count_among_those_who_may_start() -> None:
    captured, started = funnel(table(LINKS, invited=Figures(people=50, started=40)))[2:4]
    assert captured.sub == "50 % of landed · 50 more invited"
    assert (started.value, started.sub) == (80, "80 % of these")


def test_nothing_is_a_share_of_nothing() -> None:
    assert subs(table(Figures())) == ["0 visitors", "", "", "", ""]


def test_a_step_says_how_long_it_took_half_of_them() -> None:
    steps = funnel(table(LINKS, times=Times(to_captured=41.4, to_started=None, to_completed=9 * 60)))
    assert "41 s median" in steps[2].sub
    assert "median" not in steps[3].sub
    assert "9 min median" in steps[4].sub


def test_a_step_is_held_against_the_period_before() -> None:
    before = Figures(clicks=100, visitors=90, landed=125, people=50, captured=50, started=0, completed=20)
    assert [step.delta for step in funnel(table(LINKS), table(before))] == ["+100 %", "−20 %", "±0 %", "new", "−50 %"]
    assert {step.delta for step in funnel(table(LINKS))} == {""}


def test_what_nobody_can_tell_is_not_shown_as_nothing() -> None:
    of_a_zone = funnel(table(LINKS, unknown=frozenset({"clicks", "visitors", "landed"})))
    assert [step.value for step in of_a_zone] == [None, None, 50, 40, 10]
    of_robots = funnel(table(LINKS, unknown=frozenset({"visitors", "landed", "people", "captured", "started", "completed"})))
    assert [(step.label, step.value) for step in of_robots] == [("Hits", 200)]
