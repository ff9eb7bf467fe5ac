"""Forms say all that is wrong at once, and keep what was typed."""

import pytest

from portal.web.forms import Form, Invalid


def test_stray_space_and_invisible_characters_are_ignored() -> None:
    assert Form({"name": "  Ana\u200b \t Duarte\n"}).text("name") == "Ana Duarte"


def test_several_lines_stay_several_lines() -> None:
    assert Form({"note": " one\r\ntwo\x00 \n"}).long_text("note") == "one\ntwo"


def test_everything_wrong_is_said_at_once_and_the_first_word_about_a_field_stays() -> None:
    form = Form({"name": "", "nights": "nine"})
    form.text("name", missing="Type a name.")
    form.wrong("name", "Something else.")
    form.whole("nights", wrong="Give a number from 1 to 7.", least=1, most=7)
    with pytest.raises(Invalid) as caught:
        form.check()
    assert caught.value.errors == {"name": "Type a name.", "nights": "Give a number from 1 to 7."}
    assert form.values == {"name": "", "nights": "nine"}


@pytest.mark.parametrize(("typed", "fits"), [("1", True), ("7", True), ("0", False), ("8", False), ("-1", False), ("1e3", False)])
def test_whole_numbers_keep_their_bounds(typed: str, fits: bool) -> None:
    form = Form({"nights": typed})
    form.whole("nights", wrong="no", least=1, most=7)
    assert (form.errors == {}) is fits


def test_an_empty_number_may_be_allowed() -> None:
    assert Form({}).whole("days", wrong="no", least=1, most=9, empty=0) == 0


def test_a_choice_outside_the_list_is_refused() -> None:
    form = Form({"kind": "robot"})
    form.choice("kind", ["number", "yes_no"], wrong="Choose a kind.")
    assert form.errors == {"kind": "Choose a kind."}


def test_too_long_says_how_long_it_is() -> None:
    form = Form({"name": "x" * 1500})
    form.text("name", longest=1000)
    assert form.errors["name"] == "Use at most 1,000 characters; this has 1,500."


def test_the_form_token_is_not_shown_again() -> None:
    assert Form({"_csrf_token": "secret", "name": "Ana"}).values == {"name": "Ana"}
