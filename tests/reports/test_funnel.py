from portal.reports.figures import ChannelTable, Figures
from portal.reports.funnel import funnel


def table(links: Figures, direct: Figures | None = None, invited: Figures | None = None) -> ChannelTable:
    direct, invited = direct or Figures(), invited or Figures()
    total = links + direct + invited
    return ChannelTable(channels=[], links=links, direct=direct, invited=invited, total=total, excluded=[], excluded_personal=[])


def subs(of: ChannelTable) -> list[str]:
    return [step.sub for step in funnel(of)]


LINKS = Figures(clicks=200, visitors=180, landed=100, people=50, captured=50, started=40, completed=10, returned=3)


def test_each_step_is_a_share_of_the_one_before() -> None:
    expected = ["180 visitors", "50 % of clicks", "50 % of landed", "80 % of these", "25 % of started · 3 by nudge"]
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
