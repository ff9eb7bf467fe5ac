"""The pages on which members write their texts."""

import html
import re
from urllib.parse import quote

import httpx
import pytest
from litestar.types import ASGIApp

from portal import db
from portal.accounts.access import SignedIn
from portal.messages import template_scenes as scenes
from tests.cast import Northgate, post, sign_in
from tests.conftest import browser
from tests.messages.conftest import AFTER_3H, Life

HOME = "/app/settings/texts"
EMAIL = "?step=never-started-3h&channel=email&language=en&variant=a"
TEXT = "?step=never-started-3h&channel=sms&language=en&variant=a"
GOOD = {"subject": "Come back to {{ job }}", "body": "The interactive interview awaits.", "button": "Go on"}
HTMX = {"HX-Request": "true"}


def text_of(page: httpx.Response, status: int = 200) -> str:
    assert page.status_code == status, page.text
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page.text)).split())


def of_job(life: Life) -> str:
    return f"/app/jobs/{life.job_id}/nudges/texts"


def letter_in(page: httpx.Response) -> str:
    found = re.search(r'<iframe class="letter" title="The email by day" src="([^"]+)"', page.text)
    assert found is not None
    return html.unescape(found[1])


async def test_the_list_has_every_occasion_in_every_language(recruiter: httpx.AsyncClient, life: Life) -> None:
    for path in (HOME, of_job(life)):
        page = text_of(await recruiter.get(path))
        for words in ("Invitation", "More time", "After 3 h", "24 h before the deadline", "Before the deadline, unfinished"):
            assert words in page
        assert page.count("Spanish ours") == page.count("English ours") == 2 * 12


async def test_every_text_can_be_opened(recruiter: httpx.AsyncClient, life: Life) -> None:
    page = await recruiter.get(of_job(life))
    links = [html.unescape(href) for href in re.findall(r'href="([^"]+/edit\?[^"]+)"', page.text)]
    assert len(links) == 48
    for href in links[::5]:
        assert "It says what comes next, and has the link." in text_of(await recruiter.get(href))


async def test_a_saved_text_is_what_goes_out(recruiter: httpx.AsyncClient, life: Life) -> None:
    answer = await post(recruiter, f"{of_job(life)}/edit{EMAIL}", GOOD)
    assert answer.status_code == 303
    assert "Saved. Messages that go out from now on say this." in text_of(await recruiter.get(answer.headers["location"]))
    assert "English this job's own" in text_of(await recruiter.get(of_job(life)))
    await life.tick(AFTER_3H)
    row = await life.message("3h")
    assert row["subject"] == "Come back to Night nurse" and "The interactive interview awaits." in row["body_text"]


async def test_the_workspaces_text_holds_for_its_jobs(recruiter: httpx.AsyncClient, life: Life) -> None:
    await post(recruiter, f"{HOME}/edit{EMAIL}", GOOD)
    assert "English the workspace's own" in text_of(await recruiter.get(of_job(life)))
    page = await recruiter.get(f"{of_job(life)}/edit{EMAIL}")
    assert "Come back to {{ job }}" in page.text and "This is the workspace's own." in text_of(page)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"body": ""}, "Write what the message says."),
        ({"subject": ""}, "Write a subject."),
        ({"subject": "Hi {{ company }}"}, "There is no field {{ company }}. Do you mean {{ workspace }}?"),
        ({"body": "{{ frist_name }}"}, "There is no field {{ frist_name }}. Do you mean {{ first_name }}?"),
        ({"body": "{{ job"}, "Something is wrong with the braces in line 1"),
        ({"body": "{{ job.__class__ }}"}, "Use only fields such as {{ job }}"),
        ({"button": ""}, "Nobody can reach the interview"),
        ({"button": "", "body": "{% if until %}{{ link }}{% endif %}"}, "Nobody can reach the interview"),
        ({"body": "x" * 3001}, "Use at most 3,000 characters; this has 3,001."),
    ],
)
async def test_what_cannot_be_sent_is_not_saved_and_what_was_typed_stays(
    recruiter: httpx.AsyncClient, life: Life, changes: dict[str, str], sentence: str
) -> None:
    page = await post(recruiter, f"{of_job(life)}/edit{EMAIL}", GOOD | changes)
    assert sentence in text_of(page, 422)
    assert html.escape((GOOD | changes)["body"], quote=False)[:50] in page.text
    assert await db.value("SELECT count(*) FROM template") == 0


async def test_a_text_message_without_the_link_is_not_saved(recruiter: httpx.AsyncClient, life: Life) -> None:
    page = await post(recruiter, f"{of_job(life)}/edit{TEXT}", {"body": "{{ workspace }}: interactive interview. STOP to end"})
    assert "put {{ link }} into it" in text_of(page, 422)


async def test_a_warning_keeps_nobody_from_saving(recruiter: httpx.AsyncClient, life: Life) -> None:
    answer = await post(recruiter, f"{of_job(life)}/edit{EMAIL}", GOOD | {"body": "Hello."})
    assert answer.status_code == 303
    page = text_of(await recruiter.get(answer.headers["location"]))
    assert "It does not say that an interactive interview is next." in page
    assert "Only who reads English gets this. In Spanish our text goes out." in page


async def test_typing_shows_how_it_reads_and_saves_nothing(recruiter: httpx.AsyncClient, life: Life) -> None:
    body = {"body": "{{ workspace }}: interactive interview 🎉 {{ link }} STOP to end"}
    fragment = await post(recruiter, f"{of_job(life)}/preview{TEXT}", body, headers=HTMX)
    words = text_of(fragment)
    assert "<html" not in fragment.text and "Northgate Care: interactive interview 🎉" in words
    assert "UCS-2" in words and "Because of 🎉 only 70 characters fit" in words and "2 messages" in words
    plain = text_of(await post(recruiter, f"{of_job(life)}/preview{TEXT}", body | {"body": "{{ link }} interactive interview"}))
    assert "GSM-7: sent and paid for as 1 message, with room for" in plain
    assert await db.value("SELECT count(*) FROM template") == 0


async def test_the_preview_is_for_a_real_candidate(recruiter: httpx.AsyncClient, life: Life) -> None:
    typed = GOOD | {"body": "Dear {{ first_name }}!", "person": str(life.id)}
    page = await post(recruiter, f"{of_job(life)}/preview{EMAIL}", typed)
    assert f'<option value="{life.id}" selected>Ana Duarte · Night nurse</option>' in page.text
    frame = await recruiter.get(letter_in(page))
    assert "Dear Ana!" in frame.text and "their-own-link" in frame.text
    nobody = await post(recruiter, f"{of_job(life)}/preview{EMAIL}", typed | {"person": ""})
    assert "Dear Alex!" in (await recruiter.get(letter_in(nobody))).text


async def test_the_email_is_shown_by_day_and_in_the_dark(recruiter: httpx.AsyncClient, life: Life) -> None:
    src = letter_in(await recruiter.get(f"{of_job(life)}/edit{EMAIL}"))
    day, night = await recruiter.get(src), await recruiter.get(src.replace("?", "?look=dark&"))
    assert "@media not all" in day.text and "@media all" in night.text
    assert day.headers["content-security-policy"].endswith("sandbox") and "script" not in day.headers["content-security-policy"]


async def test_only_our_own_drafts_are_shown(
    app: ASGIApp, northgate: Northgate, recruiter: httpx.AsyncClient, life: Life
) -> None:
    src = letter_in(await recruiter.get(f"{of_job(life)}/edit{EMAIL}"))
    assert (await recruiter.get(src[:-1] + ("a" if src[-1] != "a" else "b"))).status_code == 404
    assert (await recruiter.get(f"{HOME}/letter?draft=")).status_code == 404
    with_person = letter_in(await post(recruiter, f"{of_job(life)}/preview{EMAIL}", GOOD | {"person": str(life.id)}))
    async with browser(app) as client:
        await sign_in(client, northgate.viewer)
        assert (await client.get(src)).status_code == 200
        assert (await client.get(with_person)).status_code == 404


async def test_marketers_and_viewers_look_at_somebody_made_up(app: ASGIApp, northgate: Northgate, life: Life) -> None:
    async with browser(app) as client:
        for member in (northgate.marketer, northgate.viewer):
            await sign_in(client, member)
            for base in (HOME, of_job(life)):
                page = await client.get(f"{base}/edit{EMAIL}")
                assert page.status_code == 200 and "Ana" not in page.text and "<fieldset" in page.text
                assert "Alex" in (await client.get(letter_in(page))).text
                for name in ("edit", "preview", "remove"):
                    assert (await post(client, f"{base}/{name}{EMAIL}", GOOD)).status_code == 403


async def test_an_outsider_finds_nothing(app: ASGIApp, outsider: SignedIn, recruiter: httpx.AsyncClient, life: Life) -> None:
    src = letter_in(await recruiter.get(f"{of_job(life)}/edit{EMAIL}"))
    async with browser(app) as client:
        await sign_in(client, outsider)
        assert [(await client.get(path)).status_code for path in (of_job(life), f"{of_job(life)}/edit", src)] == [404] * 3
        assert (await post(client, f"{of_job(life)}/edit{EMAIL}", GOOD)).status_code == 404
        typed = GOOD | {"body": "{{ first_name }} {{ job }}", "person": str(life.id)}
        page = await post(client, f"{HOME}/preview{EMAIL}", typed)
        assert "Ana" not in page.text and "Ana" not in (await client.get(letter_in(page))).text


async def test_back_to_ours_can_be_taken_back(recruiter: httpx.AsyncClient, life: Life) -> None:
    await post(recruiter, f"{of_job(life)}/edit{EMAIL}", GOOD)
    answer = await post(recruiter, f"{of_job(life)}/remove{EMAIL}")
    page = await recruiter.get(answer.headers["location"])
    assert "Your text is gone" in text_of(page) and "Your interview is ready: {{ job }}" in page.text
    undo = re.search(r'action="([^"]+take-back[^"]+)"', page.text)
    assert undo is not None
    await post(recruiter, html.unescape(undo[1]))
    kept = await db.row("SELECT subject, body, button FROM template")
    assert kept is not None and dict(kept) == GOOD


async def test_a_way_back_is_for_its_own_workspace_only(
    app: ASGIApp, outsider: SignedIn, recruiter: httpx.AsyncClient, life: Life
) -> None:
    await post(recruiter, f"{of_job(life)}/edit{EMAIL}", GOOD)
    scene = await scenes.open_scene(life.workspace_id, life.job_id)
    path = f"{HOME}/take-back?text={quote(scenes.pack(scene.kept[0]))}"
    async with browser(app) as client:
        await sign_in(client, outsider)
        assert (await post(client, path)).status_code == 404
    assert (await post(recruiter, path[:-1])).status_code == 404
    assert (await post(recruiter, path)).status_code == 303


async def test_a_second_text_is_made_and_removed(recruiter: httpx.AsyncClient, life: Life) -> None:
    first = await recruiter.get(f"{of_job(life)}/edit{EMAIL}")
    assert "Make a second text to compare" in text_of(first)
    second = EMAIL.replace("variant=a", "variant=b")
    assert "Half of the people, by chance" in text_of(await recruiter.get(f"{of_job(life)}/edit{second}"))
    await post(recruiter, f"{of_job(life)}/edit{second}", GOOD)
    assert "ours, two compared" in text_of(await recruiter.get(of_job(life)))
    page = text_of(await recruiter.get(f"{of_job(life)}/edit{EMAIL}"))
    assert "First text" in page and "Second text" in page and "Make a second" not in page
    await post(recruiter, f"{of_job(life)}/remove{second}")
    assert "two compared" not in text_of(await recruiter.get(of_job(life)))


async def test_an_occasion_that_the_plan_does_not_have_is_not_found(recruiter: httpx.AsyncClient) -> None:
    assert (await recruiter.get(f"{HOME}/edit?step=nothing")).status_code == 404
    assert (await recruiter.get(f"{HOME}/edit?step=invite&channel=x&language=xx&variant=z")).status_code == 200


async def test_a_workspace_without_a_job_has_its_texts_too(app: ASGIApp, outsider: SignedIn) -> None:
    async with browser(app) as client:
        await sign_in(client, outsider)
        page = await client.get(f"{HOME}/edit")
        assert "Elsewhere Ltd would like to interview you" in (await client.get(letter_in(page))).text


async def test_a_messages_page_says_which_text_it_got(recruiter: httpx.AsyncClient, life: Life) -> None:
    await post(recruiter, f"{of_job(life)}/edit{EMAIL.replace('variant=a', 'variant=b')}", GOOD)
    await life.tick(AFTER_3H)
    row = await life.message("3h")
    side = {"a": "the first of two texts", "b": "the second of two texts"}[row["variant"]]
    assert f"Written in English, {side}" in text_of(await recruiter.get(f"/app/messages/{row['id']}"))
