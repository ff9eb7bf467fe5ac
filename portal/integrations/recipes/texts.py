"""What an applicant system sends with the link: the invitation, and reminders a day and two days later, as email and as text.

The system does not know who has finished, so reminders say what those may do: nothing.
"""

from collections.abc import Mapping

import msgspec

from portal.jobs.jobs import Job
from portal.messages.languages import DEFAULT, LANGUAGES, Words, counted, date_in

PATTERN = {"en": "EEEE d MMMM", "es": "EEEE d 'de' MMMM"}


class Text(msgspec.Struct, frozen=True):
    """One occasion, ready to paste."""

    subject: str
    body: str
    sms: str


class Occasion(msgspec.Struct, frozen=True, kw_only=True):
    """What the texts speak of."""

    job: Job
    questions: int
    greeting: str
    """The merge field for a first name; empty if none is known."""
    link: str
    short_link: str
    """For a text message."""


class Tongue(msgspec.Struct, frozen=True, kw_only=True):
    """The texts of one language: subject, lines of the body, text message."""

    by_date: str
    in_days: str
    no_end: str
    brief_by_date: str
    brief_in_days: str
    size: str
    come_back: str
    finished: str
    button: str
    invite: tuple[str, tuple[str, ...], str]
    day_later: tuple[str, tuple[str, ...], str]
    two_days_later: tuple[str, tuple[str, ...], str]


ENGLISH = Tongue(
    by_date="You have time until {date}.",
    in_days="From the moment you begin you have {days}.",
    no_end="You can do it whenever it suits you.",
    brief_by_date=", until {date}",
    brief_in_days=", {days} from when you begin",
    size="It is {questions}, {minutes}, on your phone or computer.",
    come_back="You can stop and come back with the same link. What you have answered is kept.",
    finished="Have you finished already? Then there is nothing left to do. Thank you.",
    button="Start the interview: {link}",
    invite=(
        "Your interview for {job} at {workspace}",
        ("Thank you for applying for {job} at {workspace}. The next step is an interactive interview.", "{size} {until}"),
        "{workspace}: the next step for {job} is an interactive interview, {minutes}{brief}. Start: {link}",
    ),
    day_later=(
        "Your interview is waiting: {job}",
        ("Your interactive interview for {job} at {workspace} is ready for you.", "{size} {until}"),
        "{workspace}: your interactive interview for {job} is waiting, {minutes}{brief}: {link}",
    ),
    two_days_later=(
        "It takes a few minutes: {job}",
        ("The interactive interview for {job} at {workspace} is still open for you.", "{size} No appointment. {until}"),
        "{workspace}: your interactive interview for {job} is still open{brief}. {link}",
    ),
)
SPANISH = Tongue(
    by_date="Tiene tiempo hasta el {date}.",
    in_days="Desde que empiece tiene {days}.",
    no_end="Puede hacerla cuando le venga bien.",
    brief_by_date=", hasta el {date}",
    brief_in_days=", {days} desde que empiece",
    size="Son {questions}, {minutes}, desde el teléfono o el ordenador.",
    come_back="Puede parar cuando quiera y volver con el mismo enlace. Lo que haya respondido queda guardado.",
    finished="¿Ya la ha terminado? Entonces no tiene que hacer nada más. Gracias.",
    button="Empezar la entrevista: {link}",
    invite=(
        "Su entrevista para {job} en {workspace}",
        (
            "Gracias por presentarse al puesto de {job} en {workspace}. El siguiente paso es una entrevista interactiva.",
            "{size} {until}",
        ),
        "{workspace}: el siguiente paso para {job} es una entrevista interactiva, {minutes}{brief}. Empezar: {link}",
    ),
    day_later=(
        "Su entrevista le espera: {job}",
        ("Su entrevista interactiva para el puesto de {job} en {workspace} ya está lista.", "{size} {until}"),
        "{workspace}: le espera su entrevista interactiva para {job}, {minutes}{brief}: {link}",
    ),
    two_days_later=(
        "Bastan unos minutos: {job}",
        (
            "La entrevista interactiva para el puesto de {job} en {workspace} sigue abierta para usted.",
            "{size} Sin cita. {until}",
        ),
        "{workspace}: su entrevista interactiva para {job} sigue abierta{brief}. {link}",
    ),
)
TONGUES: Mapping[str, Tongue] = {"en": ENGLISH, "es": SPANISH}
DAYS = {"en": {"one": "{n} day", "other": "{n} days"}, "es": {"one": "{n} día", "other": "{n} días"}}


def written(occasion: Occasion) -> list[Text]:
    """The invitation, the reminder after 24 hours and the one after 48, in the job's language or English."""
    code = language_of(occasion.job)
    tongue, words = TONGUES[code], LANGUAGES[code]
    return [
        _text(tongue.invite, occasion, tongue, words),
        _text(tongue.day_later, occasion, tongue, words, tail=tongue.finished),
        _text(tongue.two_days_later, occasion, tongue, words, tail=tongue.finished),
    ]


def language_of(job: Job) -> str:
    return job.language[:2] if job.language[:2] in TONGUES else DEFAULT


def _text(said: tuple[str, tuple[str, ...], str], occasion: Occasion, tongue: Tongue, words: Words, *, tail: str = "") -> Text:
    subject, lines, sms = said
    facts = _facts(occasion, tongue, words)
    hello = words.frame.hello.format(name=occasion.greeting) if occasion.greeting else words.frame.hello_nobody
    parts = [hello, *lines, tongue.button, tongue.come_back, tail, "{workspace}"]
    body = "\n\n".join(_filled(part, facts | {"link": occasion.link}) for part in parts if part)
    return Text(_filled(subject, facts), body, _filled(sms, facts | {"link": occasion.short_link}))


def _facts(occasion: Occasion, tongue: Tongue, words: Words) -> dict[str, str]:
    job = occasion.job
    questions = counted(words, words.questions, occasion.questions) if occasion.questions else ""
    minutes = counted(words, words.minutes, job.minutes)
    size = tongue.size.replace("{questions}, ", "" if not questions else "{questions}, ")
    until, brief = _until(job, tongue)
    facts = {"job": job.title, "workspace": job.workspace_name, "questions": questions, "minutes": minutes}
    return facts | {"size": _filled(size, facts), "until": until, "brief": brief}


def _until(job: Job, tongue: Tongue) -> tuple[str, str]:
    """Until when, in a sentence and in a few words. Both ends may hold: then both are said, and the earlier counts."""
    code = language_of(job)
    words = LANGUAGES[code]
    long, brief = [], []
    if job.deadline_at is not None:
        date = date_in(words, job.deadline_at, job.timezone, PATTERN[code])
        long.append(tongue.by_date.format(date=date))
        brief.append(tongue.brief_by_date.format(date=date))
    if job.deadline_days is not None:
        days = counted(words, DAYS[code], job.deadline_days)
        long.append(tongue.in_days.format(days=days))
        brief.append(tongue.brief_in_days.format(days=days))
    return " ".join(long) or tongue.no_end, brief[0] if brief else ""


def _filled(text: str, facts: Mapping[str, str]) -> str:
    """Each name in braces once: what is put in may hold braces of its own, a system's merge fields."""
    parts = text.split("{")
    return parts[0] + "".join(
        facts.get(name, "{" + name + closing) + rest if closing else "{" + name
        for name, closing, rest in (part.partition("}") for part in parts[1:])
    )
