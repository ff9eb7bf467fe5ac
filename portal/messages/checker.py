"""What is wrong, or could be better, with a text that a member writes."""

import re
from collections.abc import Callable, Iterator, Sequence
from enum import StrEnum

import msgspec

from portal.messages import sms
from portal.messages.fields import Fields
from portal.messages.filling import Fault, Wrong, fill
from portal.messages.filling import check as check_template
from portal.messages.languages import LANGUAGES
from portal.messages.occasions import Text
from portal.messages.texts import PERSONAL, Chosen
from portal.messages.words import Channel

LONGEST_SUBJECT = 78
"""Characters of a line that mail clients show, and that RFC 5322 (section 2.1.1) advises for a header."""
MOST_SEGMENTS = 3
SHORTENERS = ("bit.ly", "tinyurl.com", "t.co", "goo.gl", "ow.ly", "is.gd", "buff.ly", "rb.gy", "cutt.ly", "t.ly", "shorturl.at")
"""Carriers turn texts with these away (Twilio 30857), since anybody can hide behind them."""
LOUD = 12
"""So many capital letters one after another are shouted."""


class Remark(StrEnum):
    EMPTY = "empty"
    SYNTAX = "syntax"
    NOT_ALLOWED = "not_allowed"
    UNKNOWN_FIELD = "unknown_field"
    TOO_LONG = "too_long"
    NO_LINK = "no_link"
    SOMEBODYS_LINK = "somebodys_link"
    NO_INTERVIEW = "no_interview"
    LONG_SUBJECT = "long_subject"
    LONG_TEXT = "long_text"
    COSTLY_LETTERS = "costly_letters"
    NO_SENDER = "no_sender"
    NO_STOP = "no_stop"
    SHOUTING = "shouting"
    SHORTENER = "shortener"
    OTHER_LANGUAGES = "other_languages"


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that a member should know. `field`: subject, body or button. With an error the text can't be saved."""

    warning: Remark
    sentence: str
    field: str = "body"
    is_error: bool = False


SAMPLE = Fields(
    first_name="Ana",
    job="Night nurse",
    workspace="Northgate Care",
    size="",
    left="",
    until=" until Thursday 3 December, 18:00",
    closes="on Thursday",
    details=" 5 questions, 8 min, until Thu 3 Dec 18:00.",
    link="https://jobs.northgate.example/abcdefghijklmnopqrstuvwxyz",
    preferences="",
    unsubscribe="",
)
BARE = msgspec.structs.replace(SAMPLE, first_name="", until="", details="")
"""Of somebody who gave no name, at a job without a deadline."""


def check(chosen: Chosen, *, own_in: Sequence[str] = ()) -> list[Finding]:
    """What there is to say about a text, errors first. `own_in`: the languages that have a text of their own for its place."""
    errors = [*_unusable(chosen.text, chosen.channel)]
    if errors:
        return errors
    found = [finding for look in (EMAIL if chosen.channel is Channel.EMAIL else SMS) for finding in look(chosen)]
    found += _other_languages(chosen.language, own_in)
    return sorted(found, key=lambda finding: not finding.is_error)


def errors_of(findings: Sequence[Finding]) -> dict[str, str]:
    """What keeps a text from being saved: the first sentence for each field."""
    return {finding.field: finding.sentence for finding in reversed(findings) if finding.is_error}


def _unusable(text: Text, channel: Channel) -> Iterator[Finding]:
    """Why it can't be filled at all."""
    parts = {"subject": text.subject, "body": text.body, "button": text.button}
    for field, template in parts.items():
        if not template and (field == "body" or (field == "subject" and channel is Channel.EMAIL)):
            sentence = "Write a subject." if field == "subject" else "Write what the message says."
            yield Finding(warning=Remark.EMPTY, sentence=sentence, field=field, is_error=True)
        try:
            check_template(template)
        except Wrong as wrong:
            yield Finding(warning=FAULTS[wrong.fault], sentence=str(wrong), field=field, is_error=True)


FAULTS = {
    Fault.SYNTAX: Remark.SYNTAX,
    Fault.NOT_ALLOWED: Remark.NOT_ALLOWED,
    Fault.UNKNOWN_FIELD: Remark.UNKNOWN_FIELD,
    Fault.TOO_LONG: Remark.TOO_LONG,
}


def _link(chosen: Chosen) -> Iterator[Finding]:
    has_button = chosen.channel is Channel.EMAIL and bool(chosen.text.button)
    if not has_button and not all(SAMPLE.link in fill(chosen.text.body, who) for who in (SAMPLE, BARE)):
        where = "or name a button" if chosen.channel is Channel.EMAIL else "where their link is to stand"
        yield Finding(
            warning=Remark.NO_LINK,
            sentence=f"Nobody can reach the interview: put {{{{ link }}}} into it, {where}.",
            is_error=True,
        )
    if PERSONAL.search(chosen.text.body):
        sentence = "It holds the personal link of one person, which everybody would get: use {{ link }} instead."
        yield Finding(warning=Remark.SOMEBODYS_LINK, sentence=sentence, is_error=True)


def _interview(chosen: Chosen) -> Iterator[Finding]:
    if not re.search(LANGUAGES[chosen.language].interview, f"{chosen.text.subject} {chosen.text.body}", re.IGNORECASE):
        said = LANGUAGES[chosen.language].interview_said
        sentence = f"It does not say that an interactive interview is next. Who knows what comes starts more often: “{said}”."
        yield Finding(warning=Remark.NO_INTERVIEW, sentence=sentence)


def _subject(chosen: Chosen) -> Iterator[Finding]:
    subject = fill(chosen.text.subject, SAMPLE)
    if len(subject) > LONGEST_SUBJECT:
        sentence = f"The subject has about {len(subject)} characters; most mail clients cut it off after {LONGEST_SUBJECT}."
        yield Finding(warning=Remark.LONG_SUBJECT, sentence=sentence, field="subject")


def _cost(chosen: Chosen) -> Iterator[Finding]:
    text = sms.plain(fill(chosen.text.body, BARE))
    size = sms.measure(text)
    if size.segments > MOST_SEGMENTS:
        sentence = (
            f"It takes {size.segments} messages, each to be paid for; more than {MOST_SEGMENTS} also arrive late or in pieces."
        )
        yield Finding(warning=Remark.LONG_TEXT, sentence=sentence)
    if costly := sms.costly_letters(text):
        shown = " ".join(costly[:8])
        sentence = f"Because of {shown} only 70 characters fit into one message, in place of 160."
        yield Finding(warning=Remark.COSTLY_LETTERS, sentence=sentence)


def _sender(chosen: Chosen) -> Iterator[Finding]:
    if "workspace" not in check_template(chosen.text.body):
        sentence = "It does not say who writes: begin with {{ workspace }}."
        yield Finding(warning=Remark.NO_SENDER, sentence=sentence)
    if not re.search(r"\bSTOP\b", chosen.text.body):
        sentence = f"It does not say how to end the texts: add “{LANGUAGES[chosen.language].stop}”."
        yield Finding(warning=Remark.NO_STOP, sentence=sentence)


def _tone(chosen: Chosen) -> Iterator[Finding]:
    for field in ("subject", "body"):
        plain = re.sub(r"\{[{%].*?[}%]\}", "", getattr(chosen.text, field))
        loud = re.search(rf"(?:[^\W\d_a-z]\W*){{{LOUD},}}", plain)
        if (loud and loud[0].isupper()) or "!!" in plain:
            sentence = "It shouts: capitals and rows of exclamation marks make people, and filters, suspicious."
            yield Finding(warning=Remark.SHOUTING, sentence=sentence, field=field)
    found = next(
        (host for host in SHORTENERS if re.search(rf"(?<![\w.-]){re.escape(host)}/", chosen.text.body, re.IGNORECASE)), None
    )
    if found:
        sentence = f"Carriers turn away messages with links of {found}. {{{{ link }}}} is short already, and yours."
        yield Finding(warning=Remark.SHORTENER, sentence=sentence)


def _other_languages(language: str, own_in: Sequence[str]) -> list[Finding]:
    others = [words.name for code, words in LANGUAGES.items() if code != language and code not in own_in]
    if not own_in or not others:
        return []
    sentence = f"Only who reads {LANGUAGES[language].name} gets this. In {' and '.join(others)} our text goes out."
    return [Finding(warning=Remark.OTHER_LANGUAGES, sentence=sentence)]


EMAIL: tuple[Callable[[Chosen], Iterator[Finding]], ...] = (_link, _interview, _subject, _tone)
SMS: tuple[Callable[[Chosen], Iterator[Finding]], ...] = (_link, _interview, _cost, _sender, _tone)
