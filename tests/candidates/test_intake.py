"""One way in, whichever door; and nobody becomes two people."""

import asyncio
import random
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from portal import crypto, db
from portal.candidates.addresses import better_name
from portal.candidates.intake import (
    Arrival,
    Door,
    IntakeRefused,
    Refusal,
    Result,
    Taken,
    TextConsent,
    foresee,
    take_in,
    take_in_all,
)
from portal.candidates.matching import Differs
from portal.jobs.jobs import get_job
from portal.links.personal import find_personal, token_of
from portal.web.forms import Invalid
from tests.cast import NOW, Northgate, add_application, add_candidate, add_channel, add_job, add_link


async def arrival(northgate: Northgate, **changes: Any) -> Arrival:
    plain = {"door": Door.LANDING, "name": "Ana Duarte", "email": "ana.duarte@example.com"}
    job_id = changes.pop("job_id", northgate.job_id)
    return Arrival(job=await get_job(northgate.id, job_id), **(plain | changes))


async def come(northgate: Northgate, **changes: Any) -> Taken:
    now = changes.pop("now", NOW)
    return await take_in(await arrival(northgate, **changes), now=now)


async def counts() -> list[int]:
    return [await db.value(f"SELECT count(*) FROM {table}") for table in ("candidate", "application", "link", "event")]


async def candidate(taken: Taken) -> db.Row:
    row = await db.row("SELECT * FROM candidate WHERE id = $1", taken.candidate_id)
    assert row is not None
    return row


async def application(taken: Taken) -> db.Row:
    row = await db.row("SELECT * FROM application WHERE id = $1", taken.application_id)
    assert row is not None
    return row


async def test_one_arrival_makes_candidate_application_link_and_first_event(northgate: Northgate) -> None:
    taken = await come(northgate)

    assert taken.result is Result.CREATED
    assert await counts() == [1, 1, 1, 1]
    made = await application(taken)
    assert (made["stage"], made["door"], made["captured_at"], made["plan_stale"]) == ("captured", "landing", NOW, True)
    opened = await find_personal(token_of(taken.personal_link_id))
    assert opened is not None and opened.application_id == taken.application_id


async def test_coming_again_by_any_door_changes_nothing(northgate: Northgate) -> None:
    first = await come(northgate)
    again = [await come(northgate, door=door, email="ANA.Duarte@example.com") for door in Door]

    assert {t.result for t in again} == {Result.UNCHANGED}
    assert {t.application_id for t in again} == {first.application_id}
    assert await counts() == [1, 1, 1, 1]


async def test_fifty_at_once_make_one_person_and_one_application(northgate: Northgate) -> None:
    one = await arrival(northgate)
    taken = await asyncio.gather(*(take_in(one, now=NOW) for _ in range(50)))

    assert Counter(t.result for t in taken) == {Result.CREATED: 1, Result.UNCHANGED: 49}
    assert len({(t.candidate_id, t.application_id, t.personal_link_id) for t in taken}) == 1
    assert await counts() == [1, 1, 1, 1]


async def test_several_doors_at_once_with_id_and_email_make_one_person(northgate: Northgate) -> None:
    ways: list[dict[str, Any]] = [
        {"door": Door.ATS, "external_id": "A-17", "metadata": {"a": "1"}},
        {"door": Door.FILE, "external_id": "A-17", "phone": "07700 900123"},
        {"door": Door.LANDING},
        {"door": Door.FORM, "invite": True},
    ]
    arrivals = [await arrival(northgate, **way) for way in ways * 8]
    taken = await asyncio.gather(*(take_in(one, now=NOW) for one in arrivals))

    assert len({(t.candidate_id, t.application_id) for t in taken}) == 1
    assert (await counts())[:3] == [1, 1, 1]


async def test_the_same_person_at_another_job_is_one_candidate_with_two_applications(northgate: Northgate) -> None:
    first = await come(northgate)
    second = await come(northgate, job_id=await add_job(northgate.id))

    assert second.result is Result.JOINED
    assert second.candidate_id == first.candidate_id
    assert (await counts())[:2] == [1, 2]


async def test_two_workspaces_never_share_a_candidate(northgate: Northgate) -> None:
    from tests.cast import add_workspace

    other = await add_workspace("Elsewhere Ltd")
    job = await get_job(other, await add_job(other))
    ours = await come(northgate)
    theirs = await take_in(Arrival(job=job, door=Door.LANDING, name="Ana", email="ana.duarte@example.com"), now=NOW)

    assert theirs.result is Result.CREATED
    assert theirs.candidate_id != ours.candidate_id


async def test_the_id_of_the_other_system_finds_a_person_whose_email_changed(northgate: Northgate) -> None:
    first = await come(northgate, door=Door.ATS, external_id="A-17", email="old@example.com")
    again = await come(northgate, door=Door.ATS, external_id="A-17", email="new@example.com")

    assert again.candidate_id == first.candidate_id
    assert (await candidate(again))["email"] == "old@example.com"


async def test_a_number_alone_finds_a_person_only_if_nobody_shares_it(northgate: Northgate) -> None:
    await come(northgate, door=Door.API, phone="07700 900123")
    assert (await come(northgate, door=Door.API, email="", phone="+44 7700 900123")).result is Result.UNCHANGED

    await come(northgate, door=Door.API, name="Ben Okoro", email="ben@example.com", phone="07700 900123")
    with pytest.raises(Invalid) as refused:
        await come(northgate, door=Door.API, email="", phone="07700 900123")
    assert "email" in refused.value.errors


async def test_what_is_known_is_not_overwritten_and_gaps_are_filled(northgate: Northgate) -> None:
    await come(northgate)
    again = await come(
        northgate,
        door=Door.ATS,
        name="DUARTE A",
        phone="07700 900123",
        timezone="Europe/Lisbon",
        language="pt",
        metadata={"req": "7"},
    )

    known = await candidate(again)
    assert (known["name"], known["phone"], known["timezone"]) == ("Ana Duarte", "+447700900123", "Europe/Lisbon")
    assert (known["language"], known["metadata"]) == ("pt", {"req": "7"})
    later = await come(northgate, door=Door.ATS, phone="07700 900999", metadata={"req": "8", "more": "1"})
    assert (await candidate(later))["phone"] == "+447700900123"
    assert (await candidate(later))["metadata"] == {"req": "7", "more": "1"}


async def test_a_stranger_who_types_a_known_email_puts_no_number_on_that_record(northgate: Northgate) -> None:
    """Else Ana's link would be texted to the stranger."""
    await come(northgate, door=Door.API)
    consent = TextConsent(wording="Text me", page="/apply/x")
    again = await come(northgate, phone="07700 900666", consent=consent, job_id=await add_job(northgate.id))

    assert (await candidate(again))["phone"] is None
    assert await db.value("SELECT count(*) FROM consent") == 0


async def test_consent_is_kept_with_its_wording_page_and_time(northgate: Northgate) -> None:
    consent = TextConsent(wording="Text me about this interview.", page="/apply/night-nurse-leeds")
    taken = await come(northgate, phone="07700 900123", consent=consent)

    kept = await db.row("SELECT * FROM consent")
    assert kept is not None
    assert (kept["candidate_id"], kept["channel"], kept["given"]) == (taken.candidate_id, "sms", True)
    assert (kept["address"], kept["wording"], kept["page"], kept["at"]) == (
        "+447700900123",
        consent.wording,
        consent.page,
        NOW,
    )


async def test_a_number_without_consent_is_kept_and_no_yes_is_made_up(northgate: Northgate) -> None:
    taken = await come(northgate, phone="07700 900123")

    assert (await candidate(taken))["phone"] == "+447700900123"
    assert await db.value("SELECT count(*) FROM consent") == 0


async def test_the_first_touch_stays(northgate: Northgate) -> None:
    story = await add_link(northgate.id, northgate.job_id, await add_channel(northgate.id), "nurse-ig-story")
    poster_channel = await add_channel(northgate.id, network="qr", placement="poster", code="poster")
    poster = await add_link(northgate.id, northgate.job_id, poster_channel, "nurse-poster")
    click = db.new_id()
    await come(northgate, link_id=story, click_id=click)
    again = await come(northgate, link_id=poster, click_id=db.new_id())

    made = await application(again)
    assert (made["link_id"], made["click_id"]) == (story, click)


async def test_an_invited_person_who_comes_by_themselves_is_captured_on_the_same_application(northgate: Northgate) -> None:
    story = await add_link(northgate.id, northgate.job_id, await add_channel(northgate.id), "nurse-ig-story")
    invited = await come(northgate, door=Door.FORM, invite=True, note="Met at the fair", member_id=northgate.recruiter.id)
    assert invited.stage == "invited"

    click = db.new_id()
    came = await come(northgate, link_id=story, click_id=click, form="abc", now=NOW + timedelta(hours=1))

    made = await application(came)
    assert came.application_id == invited.application_id
    assert (made["stage"], made["invited_at"], made["captured_at"]) == ("captured", NOW, NOW + timedelta(hours=1))
    assert (made["link_id"], made["click_id"]) == (story, click)
    events = await db.rows("SELECT kind, data, member_id FROM event ORDER BY at")
    assert [(e["kind"], e["data"]) for e in events] == [
        ("invited", {"door": "form", "note": "Met at the fair"}),
        ("captured", {}),
    ]
    assert events[0]["member_id"] == northgate.recruiter.id


async def test_the_deadline_is_the_earlier_of_the_jobs_and_the_persons(northgate: Northgate) -> None:
    await db.run("UPDATE job SET deadline_days = 3 WHERE id = $1", northgate.job_id)
    soon = await come(northgate)
    assert (await application(soon))["deadline_at"] == NOW + timedelta(days=3)

    late = await come(northgate, email="ben@example.com", now=NOW + timedelta(days=8))
    assert (await application(late))["deadline_at"] == NOW + timedelta(days=10)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": " \u200b"}, "name"),
        ({"email": "ana"}, "email"),
        ({"email": ""}, "email"),
        ({"phone": "12"}, "phone"),
        ({"door": Door.API, "email": "", "phone": "", "external_id": ""}, "email"),
    ],
)
async def test_bad_input_is_refused_with_a_sentence_and_keeps_nothing(
    northgate: Northgate, changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        await come(northgate, **changes)

    assert list(refused.value.errors) == [field]
    assert await counts() == [0, 0, 0, 0]


@pytest.mark.parametrize("status", ["draft", "closed"])
async def test_a_job_that_is_not_open_takes_nobody(northgate: Northgate, status: str) -> None:
    await db.run("UPDATE job SET status = $2 WHERE id = $1", northgate.job_id, status)
    with pytest.raises(Invalid) as refused:
        await come(northgate, door=Door.API)
    assert "job" in refused.value.errors
    assert await counts() == [0, 0, 0, 0]


async def test_a_job_past_its_deadline_takes_nobody(northgate: Northgate) -> None:
    with pytest.raises(Invalid, match="deadline has passed"):
        await come(northgate, now=NOW + timedelta(days=11))


async def test_asking_for_an_invite_later_is_heard(northgate: Northgate) -> None:
    quiet = await come(northgate, door=Door.FORM)
    await db.run("UPDATE application SET plan_stale = false")
    await come(northgate, door=Door.FORM, invite=True)

    made = await application(quiet)
    assert (made["invite"], made["plan_stale"]) == (True, True)


async def test_an_erased_person_who_comes_back_is_somebody_new(northgate: Northgate) -> None:
    gone = await add_candidate(northgate.id, name="", email=None, erased_at=NOW)  # type: ignore[arg-type]
    await add_application(northgate.id, northgate.job_id, gone)
    taken = await come(northgate)

    assert taken.result is Result.CREATED
    assert taken.candidate_id != gone


async def test_the_tokens_digest_is_all_that_is_stored(northgate: Northgate) -> None:
    taken = await come(northgate)
    token = token_of(taken.personal_link_id)

    assert await db.value("SELECT token_digest FROM link WHERE id = $1", taken.personal_link_id) == crypto.digest(token)


# ---- Ids of other systems, and what is told --------------------------------------------------------------------------


async def test_an_id_counts_in_its_own_system_alone(northgate: Northgate) -> None:
    one = await come(northgate, door=Door.ATS, system="greenhouse", external_id="17", email="ana@example.com")
    other = await come(northgate, door=Door.ATS, system="lever", external_id="17", email="ben@example.com")
    again = await come(northgate, door=Door.ATS, system="lever", external_id="17", email="")

    assert one.candidate_id != other.candidate_id == again.candidate_id
    both = await come(northgate, door=Door.API, external_id="x", email="ana@example.com")
    assert both.candidate_id == one.candidate_id
    found = await db.rows(
        "SELECT system, external_id FROM candidate_identity WHERE candidate_id = $1 ORDER BY 1", one.candidate_id
    )
    assert [tuple(row) for row in found] == [("", "x"), ("greenhouse", "17")]


async def test_when_id_and_email_name_two_people_the_id_decides_and_it_is_told(northgate: Northgate) -> None:
    ana = await come(northgate, door=Door.ATS, external_id="A", email="ana@example.com")
    ben = await come(northgate, door=Door.ATS, external_id="B", name="Ben Okoro", email="ben@example.com")
    mixed = await come(northgate, door=Door.ATS, external_id="A", email="ben@example.com", phone="07700 900123")

    assert (mixed.candidate_id, mixed.differs) == (ana.candidate_id, (Differs.OTHER_PERSON,))
    assert [(await candidate(one))["email"] for one in (ana, ben)] == ["ana@example.com", "ben@example.com"]
    assert (await candidate(ben))["phone"] is None


async def test_a_number_with_another_email_is_the_same_person_only_by_the_same_name(northgate: Northgate) -> None:
    ana = await come(northgate, door=Door.FORM, phone="07700 900123")
    moved = await come(northgate, door=Door.FILE, name="duarte ana", email="new@example.com", phone="+447700900123")
    brother = await come(northgate, door=Door.FILE, name="Rui Duarte", email="rui@example.com", phone="+447700900123")
    typed = await come(northgate, door=Door.LANDING, email="third@example.com", phone="+447700900123")

    assert (moved.candidate_id, moved.differs) == (ana.candidate_id, (Differs.EMAIL,))
    assert len({ana.candidate_id, brother.candidate_id, typed.candidate_id}) == 3


async def test_an_id_at_the_public_page_proves_nothing(northgate: Northgate) -> None:
    ana = await come(northgate, door=Door.ATS, external_id="A-17")
    typed = await come(northgate, external_id="A-17", email="mallory@example.com")

    assert typed.candidate_id != ana.candidate_id


@pytest.mark.parametrize(
    ("known", "given", "kept"),
    [
        ("", "Ana", "Ana"),
        ("Ana", "Ana Duarte", "Ana Duarte"),
        ("Ana Duarte", "Ana", "Ana Duarte"),
        ("ANA DUARTE", "Ana Duarte", "Ana Duarte"),
        ("Ana Duarte", "ANA DUARTE", "Ana Duarte"),
        ("Ana Duarte", "Ben Okoro", "Ana Duarte"),
        ("王小明", "王小明", "王小明"),
    ],
)
def test_a_fuller_name_takes_the_place_of_a_shorter(known: str, given: str, kept: str) -> None:
    assert better_name(known, given) == kept


async def test_what_is_known_otherwise_is_told_and_stays(northgate: Northgate) -> None:
    await come(northgate, door=Door.API, phone="07700 900123")
    again = await come(northgate, door=Door.API, name="Mrs Smith", phone="07700 900999")

    assert set(again.differs) == {Differs.NAME, Differs.PHONE}
    assert all(what.sentence for what in Differs)


# ---- Metadata, and reasons as values ---------------------------------------------------------------------------------


async def test_metadata_is_texts_and_numbers_become_texts(northgate: Northgate) -> None:
    given = {"req": 7, "rate": 1.5, "remote": True, "none": None, " city ": "Le\x00eds\ud800", "empty": " "}
    taken = await come(northgate, door=Door.API, metadata=given)

    assert (await candidate(taken))["metadata"] == {"req": "7", "rate": "1.5", "remote": "true", "city": "Leeds"}


@pytest.mark.parametrize(
    ("metadata", "reason"),
    [
        ({str(n): "x" for n in range(51)}, Refusal.METADATA_MANY),
        ({"k" * 41: "x"}, Refusal.METADATA_KEY),
        ({" ": "x"}, Refusal.METADATA_KEY),
        ({"k": "x" * 501}, Refusal.METADATA_VALUE),
        ({"k": ["x"]}, Refusal.METADATA_VALUE),
    ],
    ids=["many", "long key", "no key", "long value", "list"],
)
async def test_metadata_beyond_its_limits_is_refused(northgate: Northgate, metadata: dict[str, Any], reason: Refusal) -> None:
    with pytest.raises(IntakeRefused) as refused:
        await come(northgate, door=Door.API, metadata=metadata)
    assert (refused.value.reason, list(refused.value.errors)) == (reason, ["metadata"])


async def test_metadata_that_comes_bit_by_bit_stays_within_its_limits(northgate: Northgate) -> None:
    await come(northgate, door=Door.API, metadata={f"a{n:02}": "1" for n in range(40)})
    taken = await come(northgate, door=Door.API, metadata={f"b{n:02}": "1" for n in range(40)})

    assert len((await candidate(taken))["metadata"]) == 50
    most = await come(
        northgate, door=Door.API, metadata={f"k{n:02}" + "x" * 37: "y" * 500 for n in range(50)}, email="b@example.com"
    )
    assert len((await candidate(most))["metadata"]) == 50


def test_every_refusal_has_a_field_and_a_sentence() -> None:
    assert all(reason.sentence and reason.field for reason in Refusal)


async def test_of_many_each_is_told_what_became_of_them(northgate: Northgate) -> None:
    await come(northgate, door=Door.API, email="known@example.com", job_id=await add_job(northgate.id))
    arrivals = [
        await arrival(northgate, door=Door.FILE, **changes)
        for changes in (
            {"name": "New Person", "email": "new@example.com"},
            {"email": "known@example.com"},
            {"email": "NEW@example.com", "phone": "07700 900123"},
            {"email": "nonsense"},
            {"email": "", "phone": "07700 900123", "name": ""},
            {"email": "", "phone": "07700 900999"},
            {"email": "other@example.com", "external_id": "x" * 201, "phone": "1"},
        )
    ]
    expected = [
        *("created", "joined", "unchanged", Refusal.EMAIL_WRONG),
        *("unchanged", Refusal.NOBODY_KNOWN, Refusal.PHONE_WRONG),
    ]
    foreseen = await foresee(arrivals, now=NOW)
    assert (await counts())[:2] == [1, 1]
    assert [one.reason if isinstance(one, IntakeRefused) else one.result for one in foreseen] == expected

    taken = await take_in_all(arrivals, now=NOW)
    assert [one.reason if isinstance(one, IntakeRefused) else one.result for one in taken] == expected
    assert await counts() == [2, 3, 3, 3]
    assert await db.value("SELECT phone FROM candidate WHERE email = 'new@example.com'") == "+447700900123"


@pytest.mark.parametrize("seed", range(4))
async def test_crowds_come_out_as_if_they_had_queued(northgate: Northgate, seed: int) -> None:
    """Few people, many doors, ids and numbers, alone and in crowds, at once: nobody becomes two, no crowds block each other."""
    chance = random.Random(seed)
    people = [{"name": f"Person {n}", "email": f"p{n}@example.com"} for n in range(6)]
    extras: list[dict[str, Any]] = [
        {},
        {"external_id": "{n}"},
        {"phone": "0770090012{n}"},
        {"metadata": {"a": 1}},
        {"invite": True},
    ]

    async def somebody() -> Arrival:
        n = chance.randrange(6)
        extra = {k: v.format(n=n) if isinstance(v, str) else v for k, v in chance.choice(extras).items()}
        return await arrival(northgate, **people[n] | {"door": chance.choice(list(Door))} | extra)

    crowds = [[await somebody() for _ in range(chance.choice((1, 1, 1, 12)))] for _ in range(50)]
    came = await asyncio.gather(*(take_in_all(crowd, now=NOW) for crowd in crowds))

    taken = [one for crowd in came for one in crowd if isinstance(one, Taken)]
    assert len(taken) == sum(map(len, crowds))
    there = len({one.email for crowd in crowds for one in crowd})
    assert await counts() == [there, there, there, await db.value("SELECT count(*) FROM event")]
    assert Counter(one.result for one in taken)[Result.CREATED] == there
    assert await db.value("SELECT count(*) FROM event WHERE kind IN ('invited', 'captured')") >= there
