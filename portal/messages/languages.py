"""What the portal itself says in each language that it writes: dates, counts, and the words around a text."""

from collections.abc import Mapping
from datetime import date, datetime
from functools import cache
from zoneinfo import ZoneInfo

import msgspec
from babel import Locale
from babel.dates import format_date, format_datetime

DEFAULT = "en"
"""Spoken to those of whom nobody knows what they read."""


class Frame(msgspec.Struct, frozen=True, kw_only=True):
    """What stands around the text of an email."""

    hello: str
    hello_nobody: str
    copy_link: str
    privacy: str
    preferences: str
    unsubscribe: str
    invited: str
    """Why an invited person gets it: with `workspace` and `job`."""
    gave_address: str


class Words(msgspec.Struct, frozen=True, kw_only=True):
    """One language. Counted words are keyed by the plural form of CLDR."""

    name: str
    locale: str
    counts: tuple[str, ...]
    """Small numbers as words."""
    minutes: Mapping[str, str]
    questions: Mapping[str, str]
    left: Mapping[str, str]
    last_left: str
    unfinished: str
    until: str
    until_brief: str
    day_and_time: str
    brief_day_and_time: str
    today: str
    tomorrow: str
    on_weekday: str
    on_day: str
    day: str
    soon: str
    interview: str
    """A pattern: how a text says that an interactive interview is next."""
    interview_said: str
    stop: str
    """How a text message says how to end them."""
    frame: Frame


ENGLISH = Words(
    name="English",
    locale="en_GB",
    counts=("", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten"),
    minutes={"one": "about {n} minute", "other": "about {n} minutes"},
    questions={"one": "{n} question", "other": "{n} questions"},
    left={"one": "{n} question left", "other": "{n} questions left"},
    last_left="Only the last step left",
    unfinished="Not finished yet",
    until=" until {}",
    until_brief="until {}",
    day_and_time="EEEE d MMMM, HH:mm",
    brief_day_and_time="EEE d MMM HH:mm",
    today="today",
    tomorrow="tomorrow",
    on_weekday="on {}",
    on_day="on {}",
    day="d MMMM",
    soon="soon",
    interview=r"\binteractive\s+(\w+\s+)?interview",
    interview_said="interactive interview",
    stop="STOP to end",
    frame=Frame(
        hello="Hello {name},",
        hello_nobody="Hello,",
        copy_link="If the button does not work, copy this address into your browser:",
        privacy="How we treat your data",
        preferences="Choose what we send you",
        unsubscribe="Unsubscribe",
        invited="You get this email because {workspace} invited you to interview for {job}.",
        gave_address="You get this email because you gave your address to {workspace} for {job}.",
    ),
)
SPANISH = Words(
    name="Spanish",
    locale="es",
    counts=("", "una", "dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve", "diez"),
    minutes={"one": "alrededor de {n} minuto", "other": "alrededor de {n} minutos"},
    questions={"one": "{n} pregunta", "other": "{n} preguntas"},
    left={"one": "Queda {n} pregunta", "other": "Quedan {n} preguntas"},
    last_left="Solo falta el último paso",
    unfinished="Aún sin terminar",
    until=" hasta el {}",
    until_brief="hasta el {}",
    day_and_time="EEEE d 'de' MMMM, HH:mm",
    brief_day_and_time="d/M HH:mm",
    today="hoy",
    tomorrow="mañana",
    on_weekday="el {}",
    on_day="el {}",
    day="d 'de' MMMM",
    soon="pronto",
    interview=r"\bentrevista\s+(\w+\s+)?interactiva",
    interview_said="entrevista interactiva",
    stop="STOP para salir",
    frame=Frame(
        hello="Hola, {name}:",
        hello_nobody="Hola:",
        copy_link="Si el botón no funciona, copie esta dirección en su navegador:",
        privacy="Cómo tratamos sus datos",
        preferences="Elegir qué le enviamos",
        unsubscribe="Darse de baja",
        invited="Recibe este correo porque {workspace} le ha invitado a una entrevista para {job}.",
        gave_address="Recibe este correo porque dio su dirección a {workspace} para {job}.",
    ),
)
LANGUAGES: Mapping[str, Words] = {"en": ENGLISH, "es": SPANISH}
"""The languages that messages can be in, by ISO 639-1 code."""


def chain(wished: tuple[str, ...]) -> tuple[str, ...]:
    """The languages to try for somebody, best first: what they may read of what we write, and English in the end."""
    return tuple(dict.fromkeys([*(code for code in wished if code in LANGUAGES), DEFAULT]))


def counted(words: Words, forms: Mapping[str, str], n: int, shown: str = "") -> str:
    """`n` things, in the plural that the language has for them."""
    form = _locale(words.locale).plural_form(n)
    return forms.get(form, forms["other"]).format(n=shown or n)


@cache
def _locale(name: str) -> Locale:
    return Locale.parse(name)


def date_in(words: Words, at: datetime, zone: str, pattern: str) -> str:
    return format_datetime(at.astimezone(ZoneInfo(zone)), pattern, locale=_locale(words.locale))


def day_in(words: Words, on: date, days: int) -> str:
    """A day that is `days` away: "today", "on Thursday", "on 3 December"."""
    if days <= 1:
        return words.today if days <= 0 else words.tomorrow
    if days < 7:
        return words.on_weekday.format(format_date(on, "EEEE", locale=_locale(words.locale)))
    return words.on_day.format(format_date(on, words.day, locale=_locale(words.locale)))
