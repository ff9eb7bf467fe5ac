"""What a link says about a person: read for the form, kept nowhere."""

import re
from datetime import timedelta
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from portal import db
from portal.clicks import carried, prefill
from portal.clicks.prefill import ADDRESS, GIVEN, LEFT, Field, full_name, kept_fields, may_be_personal, read, stored
from portal.clicks.tokens import decoded, harmless, unreplaced
from tests.cast import NOW
from tests.clicks.conftest import Tapped
from tests.clicks.hitting import ingest_all

TOKENS = [
    ("{{first_name}}", "{{first_name}}"),
    ("%7B%7Bfirst_name%7D%7D", "{{first_name}}"),
    ("%257B%257Bfirst_name%257D%257D", "{{first_name}}"),
    ("{{+candidate.first_name+}}", "{{ candidate.first_name }}"),
    ("Ana+{{last_name}}", "{{last_name}}"),
    ("%FIRSTNAME%", "%FIRSTNAME%"),
    ("%25FIRSTNAME%25", "%FIRSTNAME%"),
    ("%FIRSTNAME%+%LASTNAME%", "%FIRSTNAME%"),
    ("%ADDRESS%", "%ADDRESS%"),
    ("%FAMILYNAME%", "%FAMILYNAME%"),
    ("%25ADDRESS%25", "%ADDRESS%"),
    ("[m_job_title]", "[m_job_title]"),
    ("%5Bm_job_title%5D", "[m_job_title]"),
    ("[[x]]", "[[x]]"),
    ("[First+Name]", "[First Name]"),
    ("%3C%25%3D+name+%25%3E", "<%= name %>"),
    ("<%= name %>", "<%= name %>"),
    ("${x}", "${x}"),
    ("{first-name+there}", "{first-name there}"),
    ("(Candidatefirstname)", "(Candidatefirstname)"),
    ("%23%23job-title%23%23", "##job-title##"),
    ("{{", "{{"),
]
FILLED = [
    ("Ana+Duarte", "Ana Duarte"),
    ("Jos%C3%A9", "José"),
    ("Jos%E9", "José"),
    ("H%E9lan%20Ana", "Hélan Ana"),
    ("H%C3%89LAN%20ANA", "HÉLAN ANA"),
    ("Jos%25C3%25A9%2520Luis", "José Luis"),
    ("Ana+(Annie)+Duarte", "Ana (Annie) Duarte"),
    ("Ana+[Annie]", "Ana [Annie]"),
    ("O%27Neil", "O'Neil"),
    ("100%25", "100%"),
    ("%C3%A9%C3%A9", "éé"),
]


@pytest.mark.parametrize(("raw", "token"), TOKENS)
def test_what_was_not_replaced_is_seen_however_it_was_encoded(raw: str, token: str) -> None:
    found = unreplaced(raw)
    assert found == token or (found == raw and token in raw)
    assert read(f"name={raw}").values == {}


@pytest.mark.parametrize(("raw", "text"), FILLED)
def test_names_of_people_are_no_merge_fields(raw: str, text: str) -> None:
    assert (unreplaced(raw), decoded(raw)) == ("", text)
    assert read(f"name={raw}").values == {Field.NAME: text}


@pytest.mark.parametrize(
    ("query", "values"),
    [
        ("email=ana%2Bjobs@example.com", {Field.EMAIL: "ana+jobs@example.com"}),
        ("email=ana+jobs@example.com", {Field.EMAIL: "ana+jobs@example.com"}),
        ("phone=+44+7700+900123", {Field.PHONE: "+44 7700 900123"}),
        ("EMAIL=a@b.c&amp;First_Name=Ana", {Field.EMAIL: "a@b.c", Field.FIRST_NAME: "Ana"}),
        ("first%5Fname=Ana&name=&name", {Field.FIRST_NAME: "Ana"}),
        ("name=Ana&name=Bea", {Field.NAME: "Bea"}),
        ("name=" + "x" * 121 + "&email=" + "x" * 255, {}),
        ("name=A%00n%0Aa", {Field.NAME: "A n a"}),
    ],
)
def test_a_query_fills_what_it_can(query: str, values: dict[Field, str]) -> None:
    assert read(query).values == values


def test_what_is_of_no_use_is_named_and_adverts_are_not() -> None:
    assert read("utm_source=x&fbclid=1&click=1&salary=1&salary=2&=3").dropped == ["salary", ""]


def test_a_full_name_is_given_or_put_together() -> None:
    assert full_name({Field.FIRST_NAME: "Ana", Field.LAST_NAME: "Duarte"}) == "Ana Duarte"
    assert full_name({Field.FIRST_NAME: "Ana", Field.NAME: "Ana M. Duarte"}) == "Ana M. Duarte"
    assert full_name({Field.LAST_NAME: "Duarte"}) == "Duarte"


@pytest.mark.parametrize(
    ("token", "shown"),
    [("{{first_name}}", "{{first_name}}"), ("{{Ana Duarte}}", "{{…}}"), ("%ANA%", "%…%"), ("[Ana]", "[…]"), ("{{", "{{")],
)
def test_between_the_marks_may_stand_somebodys_name(token: str, shown: str) -> None:
    assert harmless(token) == shown


def test_the_journal_gets_that_they_came_and_what_was_left() -> None:
    kept = stored("name=Ana&email={{email}}&phone=&utm_source=x&utm_term=ana@example.com&who=Ana")
    assert kept == "name=given&email=left:%7B%7Bemail%7D%7D&utm_source=x"
    assert kept_fields(kept) == {Field.NAME: "", Field.EMAIL: "{{email}}"}


WORDS = st.sampled_from([*prefill.FIELDS, "utm_source", "Name", "x", "n%61me"])
VALUES = st.text(st.sampled_from("{}[]%<>=$#() @&+aZé4_."), max_size=12).map(lambda text: quote(text, safe="{}[]%<>=$#()@+"))


@given(st.lists(st.tuples(WORDS, VALUES), max_size=5))
@example([("name", "%ADDRESS%"), ("email", "%%")])
def test_nothing_of_a_person_is_kept_whatever_the_query(pairs: list[tuple[str, str]]) -> None:
    query = "&".join(f"{name}={value}" for name, value in pairs)
    came, kept = read(query), stored(query)
    said = [pair.partition("=") for pair in kept.split("&") if pair]
    assert all(value == GIVEN or value.startswith(LEFT) for name, _, value in said if name in prefill.FIELDS)
    assert not [value for _, _, value in said if ADDRESS.search(decoded(value))]
    assert kept_fields(kept).keys() >= came.unreplaced.keys()
    assert may_be_personal(query.encode()) or not came.values


@pytest.mark.parametrize(
    "raw", ["_a" * 1900, "[a" + "_a" * 1900, "(a) " * 1000, "%AB" * 1300, "{{" * 1900, "<a><" * 900, "##a" * 1300]
)
def test_a_long_query_takes_no_long_time(raw: str) -> None:
    """It would hang here, and not only be slow: such patterns take twice as long with each letter more."""
    assert read(f"name={raw}!").values == {}
    assert len(stored(f"name={raw}!")) < 400


def test_a_parcel_opens_for_an_hour_and_tells_nobody_what_is_in_it() -> None:
    parcel = carried.parcel("name=Ana&email=ana@example.com", NOW)
    assert re.fullmatch(r"[\w-]+", parcel)
    assert carried.unseal(parcel, NOW + timedelta(minutes=59)) == {Field.NAME: "Ana", Field.EMAIL: "ana@example.com"}
    for broken, at in ((parcel, NOW + timedelta(minutes=61)), (parcel[:-3] + "abc", NOW), ("nonsense é", NOW), ("", NOW)):
        assert carried.unseal(broken, at) == {}
    assert carried.parcel("name={{name}}&utm_source=x", NOW) == ""


async def test_a_tap_takes_them_to_the_form_and_leaves_no_trace(tapped: Tapped) -> None:
    answer = await tapped.tap(
        f"/{tapped.slug}?first_name=Ana&last_name=Duarte&email=ana%40example.com&phone={{{{phone}}}}&utm_source=ats"
    )
    query = parse_qs(urlsplit(answer.headers["location"]).query)
    journal = await db.row("SELECT * FROM click_journal")

    assert list(query) == ["click", "via", "filled"]
    assert journal is not None
    assert journal["query"] == "first_name=given&last_name=given&email=given&phone=left:%7B%7Bphone%7D%7D&utm_source=ats"
    await ingest_all()
    assert await db.value("SELECT parameters FROM click") == {"utm_source": "ats"}
    everything = [str(row.values()) for row in await db.rows("SELECT * FROM click")] + [answer.headers["location"]]
    assert not [text for text in everything if "Ana" in text or "example.com" in text]


async def test_only_our_own_pages_get_what_fills_their_form(tapped: Tapped) -> None:
    await db.run("UPDATE link SET target_url = 'https://jobs.example.com/nurse'")
    answer = await tapped.tap(f"/{tapped.slug}?name=Ana&email=ana@example.com")
    assert answer.headers["location"].startswith("https://jobs.example.com/nurse?utm_source=")
    assert "filled" not in answer.headers["location"]
