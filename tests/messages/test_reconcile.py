"""What becomes of messages of which nobody knows whether they left."""

from datetime import datetime, timedelta

import pytest
from structlog.testing import capture_logs

from portal import db
from portal.links import personal
from portal.messages import delivery, fates, reconcile
from portal.messages.providers import Accepted, Found, Later, Letter, Outgoing, Provider, Sought, Uncertain
from portal.messages.suppression import Cause, suppress
from portal.messages.words import Channel
from tests.cast import Northgate
from tests.messages.conftest import AFTER_3H, Life, give_phone

MINUTE = timedelta(minutes=1)
FIRST = AFTER_3H + 2 * MINUTE
SECOND = FIRST + 10 * MINUTE


class Twin:
    """A provider that takes texts, or loses them, without saying which; it can be asked later."""

    name = "twin"

    def __init__(self, *, takes: bool = True, knows: Found | Exception | None = None) -> None:
        self.takes, self.knows = takes, knows
        self.got: list[Letter] = []
        self.sought: list[Sought] = []

    async def send(self, outgoing: Letter) -> Accepted:
        if self.takes:
            self.got.append(outgoing)
        raise Uncertain("time-out")

    async def find(self, sought: Sought) -> Found | None:
        self.sought.append(sought)
        if isinstance(self.knows, Exception):
            raise self.knows
        if self.knows:
            return self.knows
        mine = [letter for letter in self.got if sought.link in letter.text and letter.to_address == sought.to_address]
        return Found(provider_id="SM1", state="sent") if mine else None


class Mute:
    """A provider that can't be asked."""

    name = "mute"

    async def send(self, outgoing: Letter) -> Accepted:
        raise Uncertain("time-out")


async def hand_over(life: Life, at: datetime = AFTER_3H) -> Outgoing:
    await life.plan(at)
    [message_id] = await life.claim(at)
    outgoing = await delivery.hand_over(message_id, at)
    assert outgoing is not None
    return outgoing


async def lose(life: Life, provider: Provider, at: datetime = AFTER_3H) -> None:
    """Hand the first nudge over to `provider`, which leaves its fate unknown."""
    await delivery.send(await hand_over(life, at), provider, at)
    assert (await life.message("3h"))["state"] == "unknown"


async def look(provider: Provider, at: datetime) -> int:
    return await reconcile.look_for_texts(at, lambda name: provider)


@pytest.fixture
async def texted(northgate: Northgate, life: Life) -> Life:
    """Ana, who is texted."""
    await db.run("UPDATE job SET role_type = 'shift' WHERE id = $1", life.job_id)
    await give_phone(life)
    return life


async def test_a_text_that_the_provider_has_was_sent(texted: Life) -> None:
    twin = Twin()
    await lose(texted, twin)
    assert await reconcile.anything_unknown(FIRST)
    assert await look(twin, FIRST) == 1
    row = await texted.message("3h")
    assert (row["state"], row["provider_id"]) == ("sent", "SM1")
    [sought] = twin.sought
    assert sought.to_address == "+447700900123" and sought.link == personal.personal_url(row["link_id"])
    assert sought.not_before < AFTER_3H
    assert await texted.events() == ["message_unknown", "message_sent"]
    assert not await reconcile.anything_unknown(SECOND)


@pytest.mark.parametrize(("found", "state", "code"), [("delivered", "delivered", "on_time"), ("failed", "failed", "undelivered")])
async def test_what_the_provider_says_of_it_holds(texted: Life, found: str, state: str, code: str) -> None:
    twin = Twin(knows=Found(provider_id="SM2", state=found, error="30003"))
    await lose(texted, twin)
    await look(twin, FIRST)
    row = await texted.message("3h")
    assert (row["state"], row["provider_id"]) == (state, "SM2")
    assert code == "on_time" or (row["reason_code"] == code and "30003" in row["reason"])


async def test_nobody_looks_before_the_provider_had_time_to_list_it(texted: Life) -> None:
    twin = Twin()
    await lose(texted, twin)
    assert not await reconcile.anything_unknown(FIRST - timedelta(seconds=1))
    assert await look(twin, FIRST - timedelta(seconds=1)) == 0 and twin.sought == []


async def test_one_look_in_vain_proves_nothing(texted: Life) -> None:
    twin = Twin(takes=False)
    await lose(texted, twin)
    await look(twin, FIRST)
    assert await look(twin, SECOND - timedelta(seconds=1)) == 0
    assert (await texted.message("3h"))["state"] == "unknown" and len(twin.sought) == 1


async def test_a_text_that_never_left_goes_once_more_with_the_same_link(texted: Life) -> None:
    twin = Twin(takes=False)
    await lose(texted, twin)
    link_id = (await texted.message("3h"))["link_id"]
    await look(twin, FIRST)
    await look(twin, SECOND)
    row = await texted.message("3h")
    assert (row["state"], row["reason_code"], row["due_at"]) == ("scheduled", "not_sent", SECOND)
    assert await texted.events() == ["message_unknown", "message_retried"]
    await texted.tick(SECOND)
    row = await texted.message("3h")
    assert (row["state"], row["attempts"], row["link_id"]) == ("sent", 2, link_id)


async def test_a_text_that_never_left_twice_has_failed(texted: Life) -> None:
    twin = Twin(takes=False)
    await lose(texted, twin)
    await look(twin, FIRST)
    await look(twin, SECOND)
    await lose(texted, twin, SECOND)
    for minutes in (2, 12, 22, 32):
        await look(twin, SECOND + minutes * MINUTE)
    row = await texted.message("3h")
    assert (row["state"], row["reason_code"]) == ("failed", "not_sent") and len(twin.sought) == 4
    assert "message_failed" in await texted.events()


async def test_a_text_that_never_left_does_not_go_to_somebody_who_has_finished(texted: Life) -> None:
    twin = Twin(takes=False)
    await lose(texted, twin)
    await look(twin, FIRST)
    await texted.finish(FIRST)
    await look(twin, SECOND)
    await texted.tick(SECOND)
    assert (await texted.message("3h"))["state"] == "cancelled" and twin.got == []


async def test_an_unknown_text_is_not_followed_by_an_email(northgate: Northgate, texted: Life) -> None:
    """The channel can't be used any more: that changes nothing about what may have arrived."""
    await lose(texted, Twin())
    await stop_texts(northgate)
    for minutes in range(1, 60):
        await texted.tick(AFTER_3H + minutes * MINUTE)
    row = await texted.message("3h")
    assert (row["state"], row["channel"], row["attempts"]) == ("unknown", "sms", 1)


async def test_a_text_that_never_left_goes_by_email_to_somebody_who_wants_no_texts(northgate: Northgate, texted: Life) -> None:
    twin = Twin(takes=False)
    await lose(texted, twin)
    await look(twin, FIRST)
    await stop_texts(northgate)
    await look(twin, SECOND)
    await texted.tick(SECOND)
    row = await texted.message("3h")
    assert (row["state"], row["channel"], row["to_address"]) == ("sent", "email", "ana.duarte@example.com")


async def stop_texts(northgate: Northgate) -> None:
    await suppress(northgate.id, Channel.SMS, "+447700900123", cause=Cause.STOP, source="test", now=FIRST)


async def test_a_callback_that_comes_after_all_keeps_it_from_going_twice(texted: Life) -> None:
    """The absence was no proof: the list lagged."""
    twin = Twin(takes=False)
    outgoing = await hand_over(texted)
    await delivery.send(outgoing, twin, AFTER_3H)
    await look(twin, FIRST)
    await look(twin, SECOND)
    await fates.record_success(outgoing, Accepted("SM3"), SECOND)
    await texted.tick(SECOND)
    row = await texted.message("3h")
    assert (row["state"], row["provider_id"], row["attempts"]) == ("sent", "SM3", 1)


@pytest.mark.parametrize("fault", [Later("busy"), Uncertain("time-out"), ValueError("nonsense")])
async def test_a_provider_that_cannot_be_asked_proves_nothing(texted: Life, fault: Exception) -> None:
    twin = Twin(takes=False, knows=fault)
    await lose(texted, twin)
    for minutes in range(2, 122, 10):
        assert await look(twin, AFTER_3H + minutes * MINUTE) == 0
    row = await texted.message("3h")
    assert (row["state"], row["looks"]) == ("unknown", 0)


async def test_a_provider_that_knows_no_such_question_proves_nothing_and_is_no_fault(texted: Life) -> None:
    await lose(texted, Mute())
    with capture_logs() as said:
        for minutes in range(2, 122, 10):
            assert await look(Mute(), AFTER_3H + minutes * MINUTE) == 0
    assert (await texted.message("3h"))["state"] == "unknown"
    assert said == []


async def test_two_clocks_do_not_take_one_absence_for_two(texted: Life) -> None:
    twin = Twin(takes=False)
    await lose(texted, twin)
    await look(twin, FIRST)
    await look(twin, FIRST)
    assert (await texted.message("3h"))["looks"] == 1


async def test_an_unknown_email_is_left_alone(northgate: Northgate, life: Life) -> None:
    await lose(life, Mute())
    for hours in range(1, 50):
        at = AFTER_3H + hours * 60 * MINUTE
        assert await reconcile.resend_silent(at) == 0
        assert await look(Twin(), at) == 0
    assert (await life.message("3h"))["state"] == "unknown"


async def test_an_unknown_email_goes_once_more_where_the_workspace_says_so(northgate: Northgate, life: Life) -> None:
    await add_sender(northgate, resend_after_minutes=30)
    await lose(life, Mute())
    assert await reconcile.resend_silent(AFTER_3H + 29 * MINUTE) == 0
    later = AFTER_3H + 30 * MINUTE
    assert await reconcile.anything_unknown(later)
    assert await reconcile.resend_silent(later) == 1
    assert "30 minutes" in (await life.message("3h"))["reason"]
    await lose(life, Mute(), later)
    assert await reconcile.resend_silent(later + 600 * MINUTE) == 0
    assert await life.events() == ["message_unknown", "message_retried", "message_unknown"]


async def add_sender(northgate: Northgate, **changes: object) -> None:
    plain = {
        **{"email_provider": "", "sms_provider": "", "from_name": "", "from_email": "", "reply_to": "", "sms_from": ""},
        **{"postal_address": "", "resend_after_minutes": 0, "updated_at": AFTER_3H},
    }
    names = {"workspace_id": northgate.id, **plain, **changes}
    marks = ", ".join(f"${n}" for n in range(1, len(names) + 1))
    await db.run(f"INSERT INTO sender ({', '.join(names)}) VALUES ({marks})", *names.values())
