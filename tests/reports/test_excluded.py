from portal.clicks.verdicts import Reason, Verdict
from portal.reports import excluded
from portal.reports.tally import Excluded


def test_every_verdict_that_is_not_counted_has_a_name() -> None:
    assert set(excluded.KINDS) == set(Verdict) - {Verdict.PERSON}


def test_every_reason_for_not_counting_has_a_sentence() -> None:
    assert set(excluded.WHY) == set(Reason) - {Reason.BROWSER, Reason.IN_APP}
    assert set(excluded.EVERY_REASON) == set(Reason)


def test_the_line_names_the_most_frequent_first() -> None:
    lines = [Excluded("bot", "library", 2), Excluded("preview", "crawler", 1), Excluded("preview", "link_preview", 2)]
    assert excluded.say(lines) == "3 link previews, 2 robots"
    assert excluded.say([Excluded("staff", "member", 1)]) == "1 tap by your own team"
    assert excluded.say([]) == ""


def test_a_reason_of_older_rules_is_still_said() -> None:
    assert excluded.why(Excluded("bot", "too_fast", 1)) == "Too fast"
