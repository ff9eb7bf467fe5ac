"""Recipes: what stands in them, what is known and what is not, and what a link as it arrived would do."""

from datetime import timedelta

import httpx
import pytest

from portal import db
from portal.clicks.prefill import Field
from portal.clicks.tokens import unreplaced
from portal.integrations.recipes import merge_fields, recipe, texts, trying
from portal.integrations.recipes.recipe import carried, get_system, recipe_of, tracked
from portal.integrations.recipes.systems import SYSTEMS
from portal.integrations.recipes.trying import Came
from portal.jobs.jobs import Job, get_job
from portal.links import ats_links
from portal.messages import planning
from portal.web.forms import Form, Invalid
from portal.web.missing import Missing
from tests.cast import NOW, Northgate, add_application, add_candidate, post

KNOWN = {
    "greenhouse": {"{{CANDIDATE_NAME}}", "{{CANDIDATE_FIRST_NAME}}", "{{CANDIDATE_EMAIL_ADDRESS}}"}
    | {"{{CANDIDATE_PHONE}}", "{{APPLICATION_ID}}"},
    "teamtailor": {"{full-name}", "{first-name}", "{last-name}"},
    "bullhorn": {"%FIRSTNAME%", "%LASTNAME%", "%EMAIL%"},
}
"""All that help pages spell out."""
GREENHOUSE = get_system("greenhouse")


def home(northgate: Northgate, system: str = "greenhouse") -> str:
    return f"/app/jobs/{northgate.job_id}/recipes/{system}"


async def made(northgate: Northgate, system: str = "greenhouse") -> Job:
    """The job, with a link for the system."""
    name = get_system(system).name
    await ats_links.make_ats_link(
        northgate.id, northgate.job_id, system=system, name=name, member_id=northgate.recruiter.id, now=NOW
    )
    return await get_job(northgate.id, northgate.job_id)


def test_nothing_is_filled_in_that_is_not_known() -> None:
    assert {s.key: set(s.fields.values()) for s in SYSTEMS if s.fields} == KNOWN
    assert {"icims", "rippling", "isolved"} <= {s.key for s in SYSTEMS if not s.fields and not s.source}
    assert all("Paste each one from your own system" in s.hint for s in SYSTEMS if not s.fields)
    assert len({s.key for s in SYSTEMS}) == len(SYSTEMS) == 11


def test_what_a_recipe_starts_with_is_noticed_when_it_arrives_as_it_is() -> None:
    assert [token for system in SYSTEMS for token in system.fields.values() if unreplaced(token) != token] == []


def test_a_link_carries_the_fields_as_the_system_writes_them_and_names_last() -> None:
    fields = get_system("bullhorn").fields
    link = tracked("https://go.example/nurse", fields)
    assert link == "https://go.example/nurse?email=%EMAIL%&first_name=%FIRSTNAME%&last_name=%LASTNAME%"
    assert tracked("https://go.example/nurse", {}) == "https://go.example/nurse"
    assert carried(GREENHOUSE.fields) == [Field.EMAIL, Field.PHONE, Field.EXTERNAL_ID, Field.NAME]
    assert carried({Field.FIRST_NAME: "{a}", Field.NAME: "{b}", Field.LAST_NAME: "{c}"}) == [Field.FIRST_NAME, Field.LAST_NAME]
    assert carried({Field.LAST_NAME: "{c}"}) == [Field.LAST_NAME]


@pytest.mark.parametrize(
    ("language", "words"),
    [
        (
            "en",
            (
                "interactive interview",
                "3 questions, about 8 minutes",
                "until Thursday 3 December",
                "Hello {{CANDIDATE_FIRST_NAME}},",
            ),
        ),
        (
            "es",
            (
                "entrevista interactiva",
                "3 preguntas, alrededor de 8 minutos",
                "hasta el jueves 3 de diciembre",
                "Hola, {{CANDIDATE",
            ),
        ),
        ("de", ("interactive interview",)),
    ],
)
async def test_the_texts_say_what_comes_how_long_and_until_when(
    northgate: Northgate, language: str, words: tuple[str, ...]
) -> None:
    await db.run("UPDATE job SET language = $1", language)
    found = await recipe_of(await made(northgate), GREENHOUSE)
    assert found.invite is not None
    for said in words:
        assert said in found.invite.body
    for text in (found.invite, *found.reminders):
        assert words[0] in text.body
        assert words[0] in text.sms
        assert found.link in text.body
        assert "?email={{CANDIDATE_EMAIL_ADDRESS}}" in text.sms
        assert "NAME}}" not in text.sms, "a phone ends a link at the first space"
        assert "{job}" not in text.subject + text.body + text.sms
    assert [("finished" in text.body or "terminado" in text.body) for text in found.reminders] == [True, True]


@pytest.mark.parametrize(
    ("days", "at", "said"),
    [
        (1, None, "From the moment you begin you have 1 day."),
        (7, NOW + timedelta(days=10), "You have time until Thursday 3 December. From the moment you begin you have 7 days."),
        (None, None, "You can do it whenever it suits you."),
    ],
)
async def test_each_kind_of_deadline_is_said(northgate: Northgate, days: int | None, at: object, said: str) -> None:
    await db.run("UPDATE job SET deadline_days = $1, deadline_at = $2, title = 'Nurse {x} {link}'", days, at)
    found = await recipe_of(await made(northgate), GREENHOUSE)
    assert found.invite is not None
    assert said in found.invite.body
    assert "Nurse {x} {link}" in found.invite.subject


def test_texts_speak_each_language_whole() -> None:
    names = set(texts.ENGLISH.__struct_fields__)
    assert all({name for name in names if getattr(tongue, name)} == names for tongue in texts.TONGUES.values())


async def test_the_link_is_made_once_and_is_a_link_of_the_channel_ats(recruiter: httpx.AsyncClient, northgate: Northgate) -> None:
    assert "Make the link" in (await recruiter.get(home(northgate))).text
    for said in ("The link for Greenhouse is made.", "It was there already."):
        assert said in (await post(recruiter, f"{home(northgate)}/link", follow_redirects=True)).text

    page = (await recruiter.get(home(northgate))).text
    assert "http://portal.test/night-nurse-ats-greenhouse?email={{CANDIDATE_EMAIL_ADDRESS}}&amp;phone=" in page
    kept = await db.row("SELECT link.label, link.system, network, placement FROM link JOIN channel ON channel.id = channel_id")
    assert kept is not None
    assert tuple(kept) == ("Greenhouse", "greenhouse", "ats", "email")
    assert "night-nurse-ats-greenhouse" in (await recruiter.get(f"/app/jobs/{northgate.job_id}/share")).text


async def test_a_workspaces_own_fields_count_from_then_on(marketer: httpx.AsyncClient, northgate: Northgate) -> None:
    await made(northgate, "icims")
    page = (await marketer.get(home(northgate, "icims"))).text
    assert "It works as it is" in page
    assert "night-nurse-ats-icims?" not in page

    sent = {"first_name": " ${first} ", "email": "[e_mail]", "name": ""}
    answer = await post(marketer, "/app/links/recipes/icims", sent, follow_redirects=True)
    assert "Saved." in answer.text
    page = (await marketer.get(home(northgate, "icims"))).text
    assert "night-nurse-ats-icims?email=[e_mail]&amp;first_name=${first}" in page
    assert "Hello ${first}," in page
    await post(marketer, "/app/links/recipes/icims/forget")
    assert "night-nurse-ats-icims?" not in (await marketer.get(home(northgate, "icims"))).text


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"name": "Ana Duarte"}, merge_fields.NO_FIELD),
        ({"email": "ana@example.com"}, merge_fields.NO_FIELD),
        ({"email": "{{a&b}}"}, merge_fields.NO_ADDRESS),
        ({"email": "{{" + "x" * 90 + "}}"}, "Use at most 80 characters"),
        ({"name": "{{n}}", "first_name": "{{n}}"}, "This is the merge field of “Full name” too."),
    ],
)
async def test_a_field_that_cannot_be_used_gets_one_sentence_and_stays(
    recruiter: httpx.AsyncClient, typed: dict[str, str], sentence: str
) -> None:
    answer = await post(recruiter, "/app/links/recipes/icims", typed)
    assert answer.status_code == 422
    assert answer.text.count(sentence.replace("&", "&amp;")) == 2
    assert all(f'value="{value.replace("&", "&amp;")}"' in answer.text for value in typed.values())
    assert await db.value("SELECT count(*) FROM merge_field_map") == 0


@pytest.mark.parametrize(
    "token", ["{{ a b }}", "$first$", "~name~", "@name@", "(Candidatefirstname)", "##first-name##", "*|FNAME|*"]
)
def test_systems_write_their_fields_in_many_ways(token: str) -> None:
    assert merge_fields.read_fields(Form({"name": token})) == {Field.NAME: token}


async def test_viewers_see_recipes_and_change_nothing(viewer: httpx.AsyncClient, northgate: Northgate) -> None:
    for address in ("/app/links/recipes", "/app/links/recipes/greenhouse", home(northgate), home(northgate).rpartition("/")[0]):
        page = await viewer.get(address)
        assert page.status_code == 200
        assert "Make the link" not in page.text
    assert "{{CANDIDATE_NAME}}" in (await viewer.get("/app/links/recipes/greenhouse")).text
    for address in (f"{home(northgate)}/link", f"{home(northgate)}/reminders", "/app/links/recipes/greenhouse"):
        assert (await post(viewer, address, {"name": "{{x}}"})).status_code == 403


async def test_a_system_that_nobody_knows_is_not_there(recruiter: httpx.AsyncClient, northgate: Northgate) -> None:
    assert (await recruiter.get(home(northgate, "nothing"))).status_code == 404
    with pytest.raises(Missing):
        recipe.get_system("nothing")


# ---- Who reminds -------------------------------------------------------------------------------------------------------


async def test_whom_the_system_reminds_we_do_not(recruiter: httpx.AsyncClient, northgate: Northgate) -> None:
    await made(northgate)
    link_id = await db.value("SELECT id FROM link WHERE system = 'greenhouse'")
    ana = await add_application(northgate.id, northgate.job_id, await add_candidate(northgate.id), link_id=link_id)

    async def reasons() -> set[tuple[str, str]]:
        await planning.mark_changed(NOW)
        await planning.replan_stale(NOW)
        return {
            (row["state"], row["reason_code"]) for row in await db.rows("SELECT * FROM message WHERE application_id = $1", ana)
        }

    assert ("skipped", "reminded_elsewhere") not in await reasons()
    answer = await post(recruiter, f"{home(northgate)}/reminders", {"reminders": "there"}, follow_redirects=True)
    assert "Greenhouse reminds them, and we don’t." in answer.text
    assert "Reminder after 48 hours" in answer.text
    assert await reasons() == {("skipped", "reminded_elsewhere")}

    answer = await post(recruiter, f"{home(northgate)}/reminders", {"reminders": "here"}, follow_redirects=True)
    assert "Who only tapped is not written to" in answer.text
    assert "Reminder after 48 hours" not in answer.text
    assert ("scheduled", "on_time") in await reasons()


# ---- The tester --------------------------------------------------------------------------------------------------------


async def test_the_tester_shows_what_arrived_and_what_a_candidate_would_see(
    recruiter: httpx.AsyncClient, stranger: httpx.AsyncClient, northgate: Northgate
) -> None:
    job = await made(northgate)
    sent = (
        "http://portal.test/night-nurse-ats-greenhouse?email=ana%40example.com&phone={{CANDIDATE_PHONE}}&salary=1&name=Ana Duarte"
    )
    tried = trying.tried(sent, await recipe_of(job, GREENHOUSE), job, NOW)
    came = {field.name: (field.came, field.text) for field in tried.fields}

    assert came["Full name"] == (Came.FILLED, "Ana Duarte")
    assert came["Mobile number"] == (Came.LEFT, "{{CANDIDATE_PHONE}}")
    assert came["First name"] == (Came.NOTHING, "")
    assert (tried.dropped, tried.form) == (["salary"], {"name": "Ana Duarte", "email": "ana@example.com"})
    assert [("space" in warning) for warning in tried.warnings] == [True]
    page = await post(recruiter, f"{home(northgate)}/try", {"sent": sent})
    for words in ("Not replaced", "salary", "Open the page as they see it", 'value="ana@example.com"'):
        assert words in page.text
    assert await db.value("SELECT count(*) FROM prefill_fault") == 0


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [("", trying.EMPTY), ("ana@example.com", trying.NO_LINK), ("http://[x", trying.NO_LINK), ("h" * 4001, "Use at most 4,000")],
)
async def test_what_is_no_link_gets_one_sentence_and_stays(
    recruiter: httpx.AsyncClient, northgate: Northgate, sent: str, sentence: str
) -> None:
    page = await post(recruiter, f"{home(northgate)}/try", {"sent": sent})
    assert page.status_code == 422
    assert page.text.count(sentence) == 2
    assert sent in page.text


async def test_another_address_and_a_lost_end_are_said(northgate: Northgate) -> None:
    job = await made(northgate)
    tried = trying.tried("https://click.example/x?email=a@b.c#name=Ana", await recipe_of(job, GREENHOUSE), job, NOW)
    assert len(tried.warnings) == 2
    assert tried.form == {"email": "a@b.c"}


async def test_a_workspace_sees_its_own_fields_alone(elsewhere: httpx.AsyncClient, northgate: Northgate) -> None:
    await merge_fields.save_fields(
        northgate.id, get_system("icims"), {Field.NAME: "{{ours}}"}, member_id=northgate.admin.id, now=NOW
    )
    assert "{{ours}}" not in (await elsewhere.get("/app/links/recipes/icims")).text
    with pytest.raises(Invalid):
        merge_fields.read_fields(Form({"name": "Ana"}))
