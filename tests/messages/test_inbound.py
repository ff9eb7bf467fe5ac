"""What people text back: stop in many words, start, help, and what a recruiter should read."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from portal import db
from portal.messages import inbound, replies, suppression, twilio_callbacks
from portal.messages.inbound import InboundText, opt_out_words
from portal.messages.suppression import Cause
from portal.messages.words import Channel
from portal.settings import settings
from tests.cast import NOW, Northgate, add_candidate, add_job, add_workspace
from tests.doubles.twilio import TwilioDouble
from tests.messages.conftest import Life, give_phone, new_life
from tests.messages.test_callbacks import EMAIL, PHONE, add_message

OURS = "+15005550006"
SERVICE = "MG" + "1" * 32

STOPS = """
STOP | Stop. | stop!! | StopAll | STOP ALL | unsubscribe | CANCEL | End | quit | REVOKE | OptOut | opt out | opt-out | ALTO
Parar | ¡Alto! | Baja | STOPP | arrêt | stop please | Please stop | pls stop | stop it | STOP STOP STOP | Stop now
Please stop texting me | stop messaging me | I got another job so please stop texting me | can you stop texting me?
I asked you to stop contacting me | You need to stop sending me messages | stop sending these | Stop with the texts
no more texts please | No more messages | Don't text me again | do not contact me anymore | Please don't message me
never text me again | Don’t email me any more | I don't want any more messages | I don't want to receive texts
I no longer wish to be contacted | remove me | Remove me from your list | take me off this list please | please delete my number
Remove my number from your database | how do I unsubscribe? | I want to unsubscribe | please opt me out | I'd like to opt out
opt me out of these texts | leave me alone | Please leave me alone! | lose my number | wrong number | Sorry, wrong number
You have the wrong number | Stop, I already have a job | STOP. I said stop | No me escriban más | no me manden más mensajes
por favor dejen de escribirme | Ya no quiero mensajes | no quiero recibir mensajes | No más mensajes por favor
Quítenme de su lista | quiero darme de baja | denme de baja | déjenme en paz | Número equivocado | no me contacten
borren mi número por favor | deje de mandarme mensajes
"""
GOES_ON = """
I had to stop because my bus came | I'll stop by tomorrow | Can I stop and continue later? | Where is the bus stop?
it stopped working | the page just stops loading | don't stop now | Please don't stop texting me | I don't want to stop
I want to cancel my interview | Can I cancel and pick another day? | Is this the end? | At the end of the week
I quit my job last week | I will quit my current job in May | the stop button doesn't work | don't remove me from the list
Please do not remove me | I did not unsubscribe | I didn't mean to unsubscribe | I accidentally unsubscribed, can you write again?
what does unsubscribed mean for my application? | Can I opt out of night shifts? | can I opt out of the pension scheme?
Don't call me, text me | don't text me before 9am please | Please don't contact me at work, my evenings are free
I got no more messages after the first one | I received no more texts | My kids won't leave me alone today, can I do it tomorrow?
Sorry, I gave the wrong number of years | Yes | ok | Thanks | thank you | please | No. | Not interested anymore
I'm not interested in this job | When do I start? | help me please | I can't stop thinking about this job
I had to stop texting, my shift began | I stopped at question 3 | Can you remove me from the Tuesday slot?
how many texts will I get? | Tuve que parar porque llegó mi autobús | ¿Puedo parar y seguir mañana? | No me llamen, escríbanme
no me manden el enlace por correo, mejor por texto | voy a dejar de trabajar en mayo | para mañana está bien | al final del turno
no puedo más hoy, sigo mañana | Quiero cancelar mi cita del martes | Where can I stop the recording? | Stop by my office?
gracias | por favor | . | 👍
"""


def lines(text: str) -> list[str]:
    return [part.strip() for line in text.strip().splitlines() for part in line.split(" | ")]


@pytest.mark.no_stores
@pytest.mark.parametrize("text", lines(STOPS))
def test_this_means_stop(text: str) -> None:
    assert opt_out_words(text, "en") is not None


@pytest.mark.no_stores
@pytest.mark.parametrize("text", lines(GOES_ON))
def test_this_does_not_mean_stop(text: str) -> None:
    assert opt_out_words(text, "en") is None


@pytest.mark.no_stores
def test_some_words_mean_stop_in_their_language_alone() -> None:
    assert opt_out_words("Para", "es-mx") is not None
    assert opt_out_words("Para", "en") is None


@pytest.mark.no_stores
def test_more_than_texts_is_stopped_by_who_asks_for_more() -> None:
    meant = {
        text: found.everything
        for text in ("stop texting me", "stop contacting me", "remove me from your list")
        if (found := opt_out_words(text, "en"))
    }
    assert meant == {"stop texting me": False, "stop contacting me": True, "remove me from your list": True}


# ---- Hearing -------------------------------------------------------------------------------------------------------------


def text(body: str, number: int = 1, **more: Any) -> InboundText:
    plain: dict[str, Any] = {"provider": "twilio", "provider_id": f"SM{number}", "from_number": PHONE, "to": (OURS, "")}
    return InboundText(body=body, **(plain | more))


@pytest.fixture
async def texted(life: Life) -> Life:
    """Ana, who got a text from us."""
    await give_phone(life)
    await add_message(life, channel="sms", provider="twilio", from_address=OURS)
    await life.plan()
    return life


async def replied(life: Life) -> list[db.Row]:
    return await db.rows("SELECT * FROM reply WHERE workspace_id = $1 ORDER BY id", life.workspace_id)


async def standing(life: Life) -> dict[str, str]:
    found = await db.rows("SELECT channel, reason FROM suppression WHERE workspace_id = $1", life.workspace_id)
    return {row["channel"]: row["reason"] for row in found}


async def stale(life: Life) -> bool:
    return bool(await db.value("SELECT plan_stale FROM application WHERE id = $1", life.id))


async def test_a_stop_suppresses_and_waits_for_nobody(texted: Life) -> None:
    assert await inbound.hear(text("STOP"), NOW) == 1
    assert await standing(texted) == {"sms": "stop"}
    assert await stale(texted)
    assert await replies.unseen_count(texted.workspace_id) == 0
    assert await texted.events() == ["opted_out", "replied"]
    source = await db.value("SELECT source FROM suppression WHERE workspace_id = $1", texted.workspace_id)
    assert source == "Texted STOP"


async def test_a_stop_in_their_own_words_is_shown_to_somebody(texted: Life) -> None:
    await inbound.hear(text("I have a job now, please stop texting me"), NOW)
    assert await standing(texted) == {"sms": "stop"}
    (reply,) = await replied(texted)
    assert (reply["is_opt_out"], reply["seen_at"]) == (True, None)
    assert await replies.unseen_count(texted.workspace_id) == 1


async def test_who_wants_to_hear_nothing_gets_no_emails_either(texted: Life) -> None:
    await inbound.hear(text("Stop contacting me"), NOW)
    assert await standing(texted) == {"sms": "stop", "email": "unsubscribed"}


async def test_an_answer_stops_nudges_and_waits_for_somebody(texted: Life) -> None:
    await inbound.hear(text("Is the ward on the second floor?"), NOW)
    assert await standing(texted) == {}
    assert await db.value("SELECT replied_at FROM application WHERE id = $1", texted.id) == NOW
    assert await stale(texted)
    (line,) = (await replies.list_replies(texted.workspace_id)).lines
    assert (line.candidate, line.body, line.seen_at) == ("Ana Duarte", "Is the ward on the second floor?", None)


async def test_the_same_text_is_heard_once(texted: Life) -> None:
    assert [await inbound.hear(text("Hello?"), NOW), await inbound.hear(text("Hello?"), NOW)] == [1, 0]
    assert len(await replied(texted)) == 1
    assert await texted.events() == ["replied"]


async def test_start_takes_a_stop_back(texted: Life) -> None:
    await inbound.hear(text("STOP"), NOW)
    await inbound.hear(text("Start", 2), NOW)
    assert await standing(texted) == {}
    assert (await texted.events())[-2:] == ["opted_in", "replied"]
    assert await replies.unseen_count(texted.workspace_id) == 0


async def test_start_takes_nothing_back_that_a_member_or_a_complaint_stopped(texted: Life) -> None:
    for cause in (Cause.BY_HAND, Cause.COMPLAINED):
        await suppression.suppress(texted.workspace_id, Channel.SMS, PHONE, cause=cause, source="test", now=NOW)
        await inbound.hear(text("START", len(cause)), NOW)
        assert await standing(texted) == {"sms": cause.value}


async def test_yes_undoes_a_stop_but_else_is_an_answer(texted: Life) -> None:
    await inbound.hear(text("Yes"), NOW)
    assert await replies.unseen_count(texted.workspace_id) == 1
    await suppression.suppress(texted.workspace_id, Channel.SMS, PHONE, cause=Cause.UNSUBSCRIBED, source="test", now=NOW)
    await inbound.hear(text("YES", 2), NOW)
    assert await standing(texted) == {"sms": "unsubscribed"}
    await suppression.suppress(texted.workspace_id, Channel.SMS, PHONE, cause=Cause.STOP, source="test", now=NOW)
    await inbound.hear(text("yes!", 3), NOW)
    assert await standing(texted) == {}


async def test_help_is_answered_by_the_provider_and_seen_by_us(texted: Life) -> None:
    await inbound.hear(text("HELP"), NOW)
    assert await db.value("SELECT replied_at FROM application WHERE id = $1", texted.id) is None
    assert await replies.unseen_count(texted.workspace_id) == 1


@pytest.mark.parametrize(
    ("said", "kind", "after"), [("Basta ya amigos", "STOP", {"sms": "stop"}), ("vuelvo", "START", {}), ("ayuda", "HELP", {})]
)
async def test_what_advanced_opt_out_has_understood_counts(texted: Life, said: str, kind: str, after: dict[str, str]) -> None:
    await inbound.hear(text(said, opt_out_type=kind), NOW)
    assert await standing(texted) == after


async def test_a_text_belongs_to_what_was_last_texted_from_that_number(texted: Life, northgate: Northgate) -> None:
    from tests.cast import add_application

    other_job = await add_job(northgate.id)
    later = Life(
        northgate.id, other_job, await add_application(northgate.id, other_job, texted.candidate_id), texted.candidate_id
    )
    await add_message(
        later, channel="sms", provider="twilio", from_address="+15005550009", handed_over_at=NOW + timedelta(hours=1)
    )
    await inbound.hear(text("Hello"), NOW)
    await inbound.hear(text("Hello", 2, to=("+15005550009", "")), NOW)
    assert [row["application_id"] for row in await replied(texted)] == [texted.id, later.id]


async def test_a_messaging_service_is_a_sender_too(life: Life) -> None:
    await give_phone(life)
    await add_message(life, channel="sms", provider="twilio", from_address=SERVICE)
    await inbound.hear(text("Hello", to=("+15005550011", SERVICE)), NOW)
    assert len(await replied(life)) == 1


async def test_each_workspace_that_texted_from_the_number_hears_it(texted: Life) -> None:
    elsewhere = await add_workspace("Elsewhere Ltd")
    job_id = await add_job(elsewhere)
    third = await add_workspace("Third Ltd")
    theirs = await a_life(elsewhere, job_id)
    await add_message(theirs, channel="sms", provider="twilio", from_address=OURS)
    assert await inbound.hear(text("STOP"), NOW) == 2
    assert (await standing(texted), await standing(theirs)) == ({"sms": "stop"}, {"sms": "stop"})
    assert await db.value("SELECT count(*) FROM suppression WHERE workspace_id = $1", third) == 0


async def a_life(workspace_id: UUID, job_id: UUID) -> Life:
    from tests.cast import add_application

    candidate_id = await add_candidate(workspace_id, phone=PHONE)
    return Life(workspace_id, job_id, await add_application(workspace_id, job_id, candidate_id), candidate_id)


async def test_what_nobody_was_texted_about_is_nobodys(life: Life) -> None:
    await give_phone(life)
    assert await inbound.hear(text("Hello"), NOW) == 0
    assert await replied(life) == []


async def test_a_picture_is_told_of_and_not_kept(texted: Life) -> None:
    await inbound.hear(text("", pictures=1), NOW)
    assert [row["body"] for row in await replied(texted)] == ["(with a picture, which is not kept here)"]


async def test_a_stop_reaches_the_other_applications_of_the_person(texted: Life, northgate: Northgate) -> None:
    same = await new_life(northgate, email="ana.other@example.com")
    await give_phone(same)
    await same.plan()
    await inbound.hear(text("STOP"), NOW)
    assert await stale(same)
    assert await same.events() == ["opted_out"]


# ---- Over HTTP -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def twilio(monkeypatch: pytest.MonkeyPatch) -> Iterator[TwilioDouble]:
    double = TwilioDouble()
    monkeypatch.setenv("TWILIO_ACCOUNT_SID", double.account)
    monkeypatch.setenv("TWILIO_AUTH_TOKEN", double.token)
    settings.cache_clear()
    yield double
    monkeypatch.undo()
    settings.cache_clear()


async def test_twilio_gets_an_answer_that_says_nothing(texted: Life, twilio: TwilioDouble, stranger: httpx.AsyncClient) -> None:
    form = twilio.inbound_form(PHONE, "Please stop texting me\0 ")
    answer = await twilio.post(f"{settings().public_url}/hooks/twilio/inbound", form, stranger)
    assert (answer.status_code, answer.headers["content-type"].split(";")[0]) == (200, "application/xml")
    assert answer.text == '<?xml version="1.0" encoding="UTF-8"?><Response></Response>'
    assert await standing(texted) == {"sms": "stop"}


async def test_a_forged_text_stops_nobody(texted: Life, twilio: TwilioDouble, stranger: httpx.AsyncClient) -> None:
    form = twilio.inbound_form(PHONE, "STOP")
    answer = await twilio.post(f"{settings().public_url}/hooks/twilio/inbound", form, stranger, token="guessed")
    assert (answer.status_code, await standing(texted)) == (403, {})


@pytest.mark.no_stores
def test_a_text_without_sender_or_name_is_none() -> None:
    assert twilio_callbacks.read_inbound([("Body", "STOP"), ("From", PHONE)]) is None
    assert twilio_callbacks.read_inbound([("Body", "STOP"), ("MessageSid", "SM1")]) is None


async def test_the_email_stays_open_to_who_stopped_texts(texted: Life) -> None:
    await inbound.hear(text("STOP"), NOW)
    assert not await suppression.is_suppressed(texted.workspace_id, Channel.EMAIL, EMAIL)
