from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from portal.jobs import job_form
from portal.jobs.jobs import InterviewKind, JobFields, RoleType, get_job
from portal.web.forms import Form, Invalid
from tests.cast import NOW, Northgate

TYPED = {
    "title": "  Night   nurse ",
    "location": "Leeds",
    "pay": "",
    "summary": "Four nights.\r\nOne ward.",
    "role_type": "shift",
    "interview_kind": "built_in",
    "external_url": "",
    "minutes": "8",
    "deadline_kind": "none",
    "deadline_date": "",
    "deadline_time": "23:59",
    "deadline_days": "",
    "extension_hours": "24",
    "extension_at_once": "",
    "timezone": "Europe/London",
    "country": "GB",
    "language": "en",
    "card_title": "",
    "card_text": "",
}


def read(**changes: str) -> JobFields:
    return job_form.read_job(Form(TYPED | changes), now=NOW)


def errors(**changes: str) -> dict[str, str]:
    with pytest.raises(Invalid) as wrong:
        read(**changes)
    return wrong.value.errors


def test_a_job_is_read_as_typed_without_stray_space() -> None:
    fields = read()
    assert (fields.title, fields.summary, fields.role_type) == ("Night nurse", "Four nights.\nOne ward.", RoleType.SHIFT)
    assert (fields.deadline_at, fields.deadline_days, fields.external_url) == (None, None, "")


def test_a_language_is_one_of_the_list_or_left_as_it_is() -> None:
    assert (read(language="es").language, read(language="").language) == ("es", "")
    assert set(errors(language="xx")) == {"language"}


def test_everything_that_is_wrong_is_said_at_once() -> None:
    assert set(errors(title="", minutes="soon", country="XX", timezone="Mars/Base")) == {
        "title",
        "minutes",
        "country",
        "timezone",
    }


def test_an_empty_form_names_every_choice_that_is_missing() -> None:
    with pytest.raises(Invalid) as wrong:
        job_form.read_job(Form({}), now=NOW)
    expected = {"title", "role_type", "interview_kind", "minutes", "deadline_kind", "timezone", "country"}
    assert set(wrong.value.errors) == expected


@pytest.mark.parametrize("minutes", ["0", "241", "-3", "2.5", ""])
def test_minutes_are_a_whole_number_people_can_believe(minutes: str) -> None:
    assert set(errors(minutes=minutes)) == {"minutes"}


def test_a_fixed_deadline_follows_the_clock_of_the_job() -> None:
    fields = read(deadline_kind="fixed", deadline_date="2026-12-03", deadline_time="18:00", timezone="America/New_York")
    assert fields.deadline_at == datetime(2026, 12, 3, 23, tzinfo=UTC)
    assert fields.deadline_days is None


@pytest.mark.parametrize("typed", ["", "soon", "2026-02-30", "0001-01-01", "9999-12-31", "2026-11-22"])
def test_a_deadline_is_a_day_to_come(typed: str) -> None:
    assert set(errors(deadline_kind="fixed", deadline_date=typed)) == {"deadline_date"}


@pytest.mark.parametrize("typed", ["", "25:00", "noon"])
def test_a_deadline_has_a_time(typed: str) -> None:
    assert set(errors(deadline_kind="fixed", deadline_date="2026-12-03", deadline_time=typed)) == {"deadline_time"}


@pytest.mark.parametrize("typed", ["", "0", "366", "seven"])
def test_days_after_arrival_are_one_to_a_year(typed: str) -> None:
    assert set(errors(deadline_kind="days", deadline_days=typed)) == {"deadline_days"}
    assert read(deadline_kind="days", deadline_days="7").deadline_days == 7


def test_what_belongs_to_another_choice_is_left_alone() -> None:
    fields = read(deadline_kind="days", deadline_days="7", deadline_date="nonsense", external_url="nonsense")
    assert (fields.deadline_at, fields.deadline_days, fields.external_url) == (None, 7, "")


@pytest.mark.parametrize(
    "typed", ["", "http://example.com/x", "example.com", "https://", "https://localhost", "javascript:alert(1)"]
)
def test_an_interview_elsewhere_needs_a_safe_address(typed: str) -> None:
    assert set(errors(interview_kind="external", external_url=typed)) == {"external_url"}


def test_an_interview_elsewhere_keeps_its_address() -> None:
    fields = read(interview_kind="external", external_url=" https://interviews.example.com/nurse?a=1 ")
    assert fields.interview_kind is InterviewKind.EXTERNAL
    assert fields.external_url == "https://interviews.example.com/nurse?a=1"


async def test_a_form_that_was_only_opened_and_saved_changes_nothing(northgate: Northgate) -> None:
    job = await get_job(northgate.id, northgate.job_id)
    again = job_form.read_job(Form(job_form.shown(job)), now=NOW, before=job)
    assert msgspec.structs.asdict(again).items() <= msgspec.structs.asdict(job).items()


async def test_a_deadline_that_is_over_may_stay_but_not_be_set(northgate: Northgate) -> None:
    job = await get_job(northgate.id, northgate.job_id)
    assert job.deadline_at is not None
    later = job.deadline_at + timedelta(days=1)
    assert job_form.read_job(Form(job_form.shown(job)), now=later, before=job).deadline_at == job.deadline_at
    with pytest.raises(Invalid):
        job_form.read_job(Form(job_form.shown(job) | {"deadline_time": "09:00"}), now=later, before=job)


def test_a_new_form_begins_where_the_workspace_is() -> None:
    values = job_form.empty("Europe/Berlin", "DE", "en")
    assert (values["timezone"], values["country"]) == ("Europe/Berlin", "DE")
    assert set(values) == set(TYPED)
