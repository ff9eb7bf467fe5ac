"""Whose text a message gets, and what a text may do."""

import itertools
import time
from uuid import UUID

import msgspec
import pytest

from portal import db
from portal.messages import filling, templates, texts
from portal.messages.checker import SAMPLE
from portal.messages.facts import Known, load
from portal.messages.filling import Fault, Wrong, fill
from portal.messages.occasions import Text, TextKind
from portal.messages.plans import DEFAULT
from portal.messages.templates import Place
from portal.messages.words import Channel, Track
from tests.cast import NOW, Northgate, insert
from tests.messages.conftest import AFTER_3H, Life, give_phone, new_life

STEP = "never-started-3h"


@pytest.fixture
async def known(life: Life) -> Known:
    found = await load(life.id)
    assert found is not None
    return found


async def own(northgate: Northgate, body: str, *, of_job: bool = True, step_key: str = STEP, **changes: str) -> UUID:
    place = Place(
        workspace_id=northgate.id,
        job_id=northgate.job_id if of_job else None,
        step_key=step_key,
        channel=Channel(changes.pop("channel", "email")),
        language=changes.pop("language", "en"),
        variant=changes.pop("variant", "a"),
    )
    text = Text(subject="S", body=body, button="Go")
    return await templates.keep(place, text, member_id=northgate.admin.id, now=NOW)


async def body_for(known: Known, *languages: str, step_key: str = STEP) -> str:
    reader = msgspec.structs.replace(known, languages=languages or ("en",))
    return (await templates.text_for(reader, step_key, Channel.EMAIL, DEFAULT)).text.body


# ---- Whose text ------------------------------------------------------------------------------------------------------


async def test_the_jobs_text_goes_before_the_workspaces_and_that_before_ours(northgate: Northgate, known: Known) -> None:
    assert "is ready for you" in await body_for(known)
    await own(northgate, "of the workspace", of_job=False)
    assert await body_for(known) == "of the workspace"
    kept = await own(northgate, "of the job")
    chosen = await templates.text_for(known, STEP, Channel.EMAIL, DEFAULT)
    assert (chosen.text.body, chosen.template_id, chosen.variant, chosen.language) == ("of the job", kept, "", "en")


async def test_a_text_is_for_its_step_and_channel_only(northgate: Northgate, known: Known) -> None:
    await own(northgate, "mine")
    await own(northgate, "mine", step_key="invite", channel="sms")
    assert "A few minutes" not in await body_for(known) and "mine" not in await body_for(known, step_key="never-started-24h")
    assert "mine" not in await body_for(known, step_key="invite")


async def test_the_candidates_language_goes_before_the_jobs_and_that_before_the_workspaces(life: Life) -> None:
    await db.run("UPDATE workspace SET language = 'es'")
    await db.run("UPDATE job SET language = 'pt'")
    await db.run("UPDATE candidate SET language = ''")
    known = await load(life.id)
    assert known is not None and known.languages == ("pt", "es")
    assert (await templates.text_for(known, STEP, Channel.EMAIL, DEFAULT)).language == "es"
    await db.run("UPDATE candidate SET language = 'en-us'")
    known = await load(life.id)
    assert known is not None and known.languages == ("en", "pt", "es")
    assert (await templates.text_for(known, STEP, Channel.EMAIL, DEFAULT)).language == "en"


async def test_ours_in_their_language_goes_before_one_of_the_job_in_another(northgate: Northgate, known: Known) -> None:
    await own(northgate, "of the job")
    assert "ya está lista" in await body_for(known, "es", "en")
    await own(northgate, "del puesto", language="es", of_job=False)
    assert await body_for(known, "es", "en") == "del puesto"
    assert await body_for(known, "fr") == "of the job"


async def test_two_texts_are_given_out_by_a_fair_coin_that_stays(northgate: Northgate, known: Known) -> None:
    await own(northgate, "first")
    await own(northgate, "second", variant="b")
    people = [msgspec.structs.replace(known, application_id=UUID(int=n)) for n in range(120)]
    got = [await templates.text_for(one, STEP, Channel.EMAIL, DEFAULT) for one in people]
    assert {(one.variant, one.text.body) for one in got} == {("a", "first"), ("b", "second")}
    assert 40 < sum(one.variant == "b" for one in got) < 80
    assert [one.variant for one in got] == [templates.coin(one.application_id, STEP) for one in people]
    other = [templates.coin(one.application_id, "never-started-24h") for one in people]
    assert 30 < sum(a.variant == b for a, b in zip(got, other, strict=True)) < 90


async def test_a_second_text_alone_is_compared_with_what_was_in_force(northgate: Northgate, known: Known) -> None:
    await own(northgate, "second", variant="b")
    sides = {}
    for n in range(20):
        one = await templates.text_for(msgspec.structs.replace(known, application_id=UUID(int=n)), STEP, Channel.EMAIL, DEFAULT)
        sides[one.variant] = (one.text.body, one.template_id is None)
    assert sides["b"] == ("second", False) and sides["a"] == (texts.ours(TextKind.NEVER_FIRST, Channel.EMAIL).text.body, True)
    await own(northgate, "of the workspace", of_job=False)
    first = next(UUID(int=n) for n in range(20) if templates.coin(UUID(int=n), STEP) == "a")
    assert await body_for(msgspec.structs.replace(known, application_id=first)) == "of the workspace"


async def test_keeping_again_replaces_and_removing_gives_back(northgate: Northgate) -> None:
    first, again = await own(northgate, "one"), await own(northgate, "two")
    assert first == again and await db.value("SELECT body FROM template") == "two"
    kept = (await templates.list_kept(northgate.id, northgate.job_id))[0]
    assert await templates.remove(kept.place) == kept and await templates.remove(kept.place) is None
    assert await templates.find_kept(kept.place) is None


async def test_another_workspaces_text_is_nobodys(northgate: Northgate, known: Known, outsider: object) -> None:
    await own(northgate, "of the job")
    stranger = msgspec.structs.replace(known, workspace_id=UUID(int=1))
    assert "of the job" not in await body_for(stranger)


async def test_what_is_sent_says_which_text_it_was(northgate: Northgate, life: Life) -> None:
    kept = await own(northgate, "Hi {{ first_name }}: an interactive interview.", variant="b")
    await db.run("UPDATE candidate SET language = 'en'")
    await life.tick(AFTER_3H)
    row = await life.message("3h")
    side = templates.coin(life.id, STEP)
    assert (row["language"], row["variant"], row["segments"]) == ("en", side, 0)
    assert row["template_id"] == (kept if side == "b" else None) and ("Hi Ana:" in row["body_text"]) is (side == "b")


async def test_a_sent_text_message_knows_what_it_costs(life: Life) -> None:
    await db.run("UPDATE job SET role_type = 'shift'")
    await db.run("UPDATE candidate SET language = 'es'")
    await give_phone(life)
    await life.tick(AFTER_3H)
    row = await life.message("3h")
    assert (row["channel"], row["language"], row["segments"]) == ("sms", "es", 1) and "entrevista interactiva" in row["body_text"]


async def test_two_people_of_one_job_are_each_written_to_in_their_language(northgate: Northgate) -> None:
    ana, luz = await new_life(northgate), await new_life(northgate, email="luz@example.com")
    await db.run("UPDATE candidate SET language = 'es' WHERE id = $1", luz.candidate_id)
    await ana.tick(AFTER_3H)
    assert "Your interactive interview" in (await ana.message("3h"))["body_text"]
    assert "Su entrevista interactiva" in (await luz.message("3h"))["body_text"]


# ---- By hand ---------------------------------------------------------------------------------------------------------


async def test_a_message_by_hand_says_what_was_typed(northgate: Northgate, known: Known) -> None:
    blast_id = await insert(
        "blast",
        **{"workspace_id": northgate.id, "channel": "by_role", "subject": "", "body": "Ana & all: {{ job }}", "button": ""},
        **{"filter": {}, "state": "running", "chosen": 1, "written": 0, "created_at": NOW},
    )
    email = await templates.text_for(known, f"blast:{blast_id}", Channel.EMAIL, DEFAULT)
    assert email.text == Text(
        subject="Your interview for {{ job }} at {{ workspace }}", body="Ana & all: {{ job }}", button="Go to the interview"
    )
    text = texts.write(
        await templates.text_for(known, f"blast:{blast_id}", Channel.SMS, DEFAULT), known, templates.nobodys_ways(), NOW
    )
    assert text.text == "Ana & all: Night nurse http://portal.test/their-own-link-stands-here STOP to end"
    assert (text.segments, text.subject) == (1, "Message by hand")


async def test_a_message_by_hand_that_is_gone_says_ours(known: Known) -> None:
    chosen = await templates.text_for(known, f"blast:{UUID(int=0)}", Channel.EMAIL, DEFAULT)
    assert chosen == texts.ours(TextKind.MANUAL, Channel.EMAIL)


@pytest.mark.parametrize(
    ("step_key", "track", "kind"),
    [
        ("invite", Track.INVITE, TextKind.INVITE),
        (f"link:{UUID(int=0)}", Track.LINK, TextKind.LINK),
        (f"extension:{UUID(int=0)}", Track.LINK, TextKind.MORE_TIME),
        (f"blast:{UUID(int=0)}", Track.MANUAL, TextKind.MANUAL),
        ("unfinished-3h", Track.UNFINISHED, TextKind.UNFINISHED_FIRST),
    ],
)
async def test_each_message_has_its_occasion(known: Known, step_key: str, track: Track, kind: TextKind) -> None:
    assert texts.kind_of(track, step_key, DEFAULT) is kind
    assert (await templates.text_for(known, step_key, Channel.EMAIL, DEFAULT)).kind is kind


# ---- What a text may do ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("template", "filled"),
    [
        ("{{ first_name }} / {{ job | upper }} / {{job|lower}}", "Ana / NIGHT NURSE / night nurse"),
        ("{% if first_name %}Hi {{ first_name }}{% else %}Hi{% endif %}!", "Hi Ana!"),
        ("{% if not size %}none{% endif %}", "none"),
        ("  a \t b  \n\n  c  ", "a b\n\nc"),
        ("100 % {# a note #}& {1}", "100 % & {1}"),
        ("{% raw %}{{ job }}{% endraw %}", "{{ job }}"),
    ],
)
def test_fields_are_filled(template: str, filled: str) -> None:
    assert fill(template, SAMPLE) == filled


ATTACKS = [
    "{{ job.__class__.__mro__ }}",
    "{{ job['__class__'] }}",
    "{{ job[0] }}",
    "{{ ''.__class__ }}",
    "{{ job.upper() }}",
    "{{ 7 * 7 }}",
    "{{ job * 1000000000 }}",
    "{{ job ~ job }}",
    "{{ 'x' }}",
    "{{ (job, job) }}",
    "{{ [job] }}",
    "{{ {'a': job} }}",
    "{{ job if job else job }}",
    "{{ job is defined }}",
    "{{ job == job }}",
    "{{ job | attr('__class__') }}",
    "{{ job | format('a') }}",
    "{{ job | upper | lower }}",
    "{{ job | center(1000000000) }}",
    "{% for a in range(1000000000) %}a{% endfor %}",
    "{% set a = job %}",
    "{% macro a() %}{% endmacro %}",
    "{% include 'email/frame.html' %}",
    "{% import 'macros/ui.html' as ui %}",
    "{% extends 'layouts/base.html' %}",
    "{% block a %}{% endblock %}",
    "{% filter upper %}a{% endfilter %}",
    "{% call job() %}{% endcall %}",
    "{% with %}{% endwith %}",
    "{% autoescape true %}{% endautoescape %}",
    "{% if job and job %}{% endif %}",
    "{% if job == 'a' %}{% endif %}",
    "{% if job %}a{% elif size %}b{% endif %}",
    "{% if job %}{% if size %}{% endif %}{% endif %}",
    "{% if 1 %}{% endif %}",
    "{{ " + "(" * 1400 + "job" + ")" * 1400 + " }}",
    "{{ " + "not " * 700 + "job }}",
]


@pytest.mark.parametrize("template", ATTACKS)
def test_whatever_is_more_than_a_field_is_refused(template: str) -> None:
    with pytest.raises(Wrong) as refused:
        filling.check(template)
    assert refused.value.fault in {Fault.NOT_ALLOWED, Fault.SYNTAX, Fault.TOO_LONG}
    with pytest.raises(Wrong):
        fill(template, SAMPLE)


@pytest.mark.parametrize("name", ["self", "range", "config", "request", "cycler", "lipsum", "namespace", "dict", "_", "loop"])
def test_nothing_but_our_fields_has_a_name(name: str) -> None:
    with pytest.raises(Wrong) as refused:
        filling.check(f"{{{{ {name} }}}}")
    assert refused.value.fault is Fault.UNKNOWN_FIELD


@pytest.mark.parametrize("template", ["{{ job", "{{ }}", "{% if job %}", "{{ job }{{", "{% endif %}", "{{ job | }}"])
def test_broken_braces_are_said_to_be_broken(template: str) -> None:
    with pytest.raises(Wrong) as refused:
        filling.check(template)
    assert refused.value.fault is Fault.SYNTAX and "line 1" in str(refused.value)


def test_a_text_cannot_grow_without_bound() -> None:
    long = msgspec.structs.replace(SAMPLE, job="x" * 200)
    assert len(fill("{{ job }}" * filling.MOST_TAGS, long)) == 200 * filling.MOST_TAGS
    for too_long in ("{{ job }}" * (filling.MOST_TAGS + 1), "x" * (filling.LONGEST + 1)):
        with pytest.raises(Wrong) as refused:
            filling.check(too_long)
        assert refused.value.fault is Fault.TOO_LONG


def test_what_fields_hold_is_not_run() -> None:
    evil = msgspec.structs.replace(SAMPLE, job="{{ 7 * 7 }}{% for %}")
    assert fill("{{ job }}", evil) == "{{ 7 * 7 }}{% for %}"


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("frist_name", "first_name"),
        ("candidate_name", "first_name"),
        ("url", "link"),
        ("workspce", "workspace"),
        ("untill", "until"),
    ],
)
def test_the_nearest_field_is_named(typed: str, meant: str) -> None:
    assert filling.nearest(typed) == meant


def test_an_email_costs_a_few_thousandths_of_a_second_at_most(known: Known) -> None:
    """Processor time, not the clock on the wall; ten times of what it takes."""
    chosen = texts.ours(TextKind.INVITE, Channel.EMAIL)
    texts.write(chosen, known, templates.nobodys_ways(), NOW)
    begun = time.process_time()
    for _ in itertools.repeat(None, 50):
        texts.write(chosen, known, templates.nobodys_ways(), NOW)
    assert (time.process_time() - begun) / 50 < 0.01
