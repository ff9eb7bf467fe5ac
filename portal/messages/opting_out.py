"""Understanding that somebody wants to be left alone, in whatever words (47 CFR 64.1200(a)(10): "any reasonable means").

Two mistakes are possible. Writing on to somebody who said stop is the worse one; but a candidate who "had to stop because the bus
came" must still hear from us. So: keywords count when they stand alone, phrases when they are said to us and of messages. What is
understood is shown to the recruiter with the words themselves, and whoever merely writes back gets no more nudges anyway.
English and Spanish are understood in full, of other languages the usual keywords.
"""

import re
import unicodedata
from collections.abc import Iterable

import msgspec

ENGLISH = {"stop", "stopall", "unsubscribe", "cancel", "end", "quit", "revoke", "optout", "remove"}
SPANISH = {"alto", "parar", "pare", "paren", "baja", "cancelar", "detener", "basta"}
OTHERS = {"arret", "stopp", "stoppen", "sair", "ferma"}
KEYWORDS = frozenset(ENGLISH | SPANISH | OTHERS)
"""Twilio's own (twilio.com/docs/messaging/tutorials/advanced-opt-out), and what people of other languages text."""
OF_THE_LANGUAGE = {"es": frozenset({"para", "fin", "salir"})}
"""Words that mean something else elsewhere."""
FIRST_WORDS = frozenset({"stop", "stopall", "unsubscribe", "optout", "alto", "basta"})
"""These also count as the first clause of a longer text: "Stop, I have a job already"."""
POLITE = frozenset(
    {"please", "pls", "plz", "now", "immediately", "thanks", "thank", "you", "it", "this", "por", "favor", "gracias", "ya"}
)
"""Beside such a word these change nothing: "please stop"."""


class OptOut(msgspec.Struct, frozen=True, kw_only=True):
    """That somebody wants no more of it."""

    words: str
    """What they wrote."""
    is_keyword: bool
    """Whether it is one word that leaves no doubt: nobody need read it."""
    everything: bool = False
    """Whether they mean more than texts."""


def opt_out_words(text: str, language: str) -> OptOut | None:
    """Whether `text` asks for no more messages; None if it does not. `language`: what its writer reads (a tag such as ``es``)."""
    clauses = _clauses(text)
    if not clauses:
        return None
    keywords = KEYWORDS | OF_THE_LANGUAGE.get(language[:2].lower(), frozenset())
    whole = " ".join(clauses)
    words = text.strip()
    if whole.replace(" ", "") in keywords or whole in keywords:
        return OptOut(words=words, is_keyword=True)
    if _is_plain_stop(clauses) or _any(PHRASES, clauses):
        return OptOut(words=words, is_keyword=False, everything=_any(EVERYTHING, clauses))
    return None


_MESSAGES = r"(?:texts?|text messages?|messages?|msgs?|sms|emails?|e mails?|mails?|reminders?|notifications?|spam)"
_MENSAJES = r"(?:mensajes?(?: de texto)?|textos?|sms|correos?(?: electronicos?)?|emails?|recordatorios?|notificaciones)"
_OFTEN = r"(?: ?(?:please|pls|now|again|ever|any ?more|already|immediately|at once|thanks|thank you|so much|forever))*"
_OFTEN_ES = r"(?: ?(?:mas|por favor|ya|nunca|nada|nunca mas|gracias|jamas))*"
_ASKED = (
    r"(?:^|\b(?:please|pls|plz|kindly|just|(?:can|could|would|will) you|you (?:need|have|ought) to|you (?:must|should)|"
    r"(?:want|need|ask|asked|told|tell|telling|asking) you(?: guys| people)? to) )"
)
"""Said to us: at the beginning of a clause, or after words that ask."""
_WRITING = r"(?:texting|messaging|contacting|emailing|e mailing|writing|spamming|bothering|harassing|msging|sending)"
_WRITE = r"(?:text|message|contact|email|e mail|write|msg|bother|spam)"
_END = r"(?:$| (?:on|at|from|about|for) (?:this|my|your) )"

_US = r"(?:me|us|this number|my (?:phone|number|cell))"
_MINE = r"(?:me|us|my (?:phone |cell )?(?:number|phone|info|details|data|email|name|contact))"
_YOURS = r"(?: (?:these|those|this|all|any|the|your|that|ur|so many|more|further|with|of|sending))*"
_LISTS = rf"(?:lists?|{_MESSAGES}|database|system|contacts?|files?|records?|everything|thread|group)"
_LIST_OF = r"(?: (?:of|your|this|the|that|any|all|these|ur|mailing|text|texting|contact|sms|call|email|messaging))*"

IN_ENGLISH = (
    # stop texting me
    rf"{_ASKED}(?:stop|quit|cease) {_WRITING} (?:to )?{_US}\b",
    rf"{_ASKED}(?:stop|quit|cease) {_WRITING}(?: me| us)?{_YOURS}(?: {_MESSAGES})?{_OFTEN}$",
    rf"{_ASKED}(?:stop|no more|end|cancel){_YOURS} {_MESSAGES}(?: from you| to {_US})?{_OFTEN}$",
    # do not text me again
    rf"(?:^|\b(?:please|pls|plz) )(?:do not|don ?t|never) (?:ever )?{_WRITE} (?:to )?{_US}{_OFTEN}{_END}",
    rf"(?:^|\b(?:please|pls|plz) )(?:do not|don ?t|never) send(?: me| us)?(?: any| these| more)* {_MESSAGES}{_OFTEN}$",
    rf"\bi (?:really )?(?:do not|don ?t|no longer) (?:want|wish|need|like)(?: to)?(?: receive| get| see| be| sent)*{_YOURS} "
    rf"(?:{_MESSAGES}|contacted|texted|messaged)\b",
    # remove me
    rf"{_ASKED}(?:remove|delete|take|unlist|drop) {_MINE}(?: off| out)?{_OFTEN}$",
    rf"{_ASKED}(?:remove|delete|take|drop) {_MINE} (?:from|off|out){_LIST_OF} {_LISTS}\b",
    # unsubscribe, opt out; not "I did not unsubscribe"
    r"(?<!not )(?<!n t )(?<!dont )(?<!didnt )(?<!never )(?<!mean to )(?<!meant to )(?<!t want to )\bunsubscribe\b",
    rf"(?:{_ASKED}|\b(?:i (?:want|wish|need) to|i (?:would|d) like to|let me|how (?:do|can) i) )opt(?: me| us)? out{_OFTEN}$",
    rf"\bopt(?:ing)?(?: me| us)? out (?:of|from)(?: receiving| getting)?{_YOURS} {_MESSAGES}\b",
    # left alone
    rf"{_ASKED}(?:leave me alone|(?:lose|forget|erase) (?:my|this) number){_OFTEN}$",
    # somebody else's number
    r"^(?:(?:sorry|hi|hello|no) )?(?:(?:you|u) (?:have|ve got|got) |this is |it s )?(?:the |a )?"
    rf"wrong (?:number|person){_OFTEN}$",
)
_WRITE_ES = r"(?:escrib|mand|envi|contact|molest|text)"
_PLEASE_ES = r"(?:^|\bpor favor )"
_MINE_ES = r"mi (?:numero|telefono|correo|nombre)\b"
_REMOVE_ES = r"(?:quiten?|quita|borren?|borra|eliminen?|elimina|saquen?|saca|remuevan?)"

IN_SPANISH = (
    # no me escriban mas
    rf"\bno (?:me|nos) {_WRITE_ES}\w+ (?:mas|nunca|nada|ningun|otra vez)\b",
    rf"\bno (?:me|nos) (?:escrib|contact|molest|text)(?:a|an|as|e|en|es){_OFTEN_ES}$",
    rf"\bno (?:me|nos) (?:mand|envi)\w+(?: mas| estos| tantos)* {_MENSAJES}{_OFTEN_ES}$",
    rf"(?:^|\bpor favor |\bya )(?:dejen?|deja|paren?|para|cesen|basta)(?: ya)? de {_WRITE_ES}\w*",
    # ya no quiero mensajes
    rf"\bno (?:quiero|deseo|necesito)(?: recibir| que me (?:manden|envien|escriban))?(?: mas| sus| estos)* {_MENSAJES}\b",
    rf"\bya no quiero que me {_WRITE_ES}\w+",
    rf"^(?:por favor )?(?:no mas|basta de) {_MENSAJES}{_OFTEN_ES}$",
    # quitenme de su lista
    rf"{_PLEASE_ES}{_REMOVE_ES}(?:me|nos)(?: (?:de|por favor|ya)\b.*)?$",
    rf"{_PLEASE_ES}{_REMOVE_ES} {_MINE_ES}",
    r"\b(?:den|dar|quiero dar|denos|dame|deme)(?:me)?(?: me)? de baja\b",
    rf"{_PLEASE_ES}(?:dejen?|deja)(?:me|nos) en paz\b",
    # it is somebody else's number
    rf"^(?:(?:hola|perdon|disculpe|lo siento) )?(?:tienen? (?:el )?|(?:este )?es un )?numero equivocado{_OFTEN_ES}$",
)
PHRASES = [re.compile(pattern) for pattern in (*IN_ENGLISH, *IN_SPANISH)]
EVERYTHING = [
    re.compile(pattern)
    for pattern in (
        r"\b(?:contact(?:ing|ed)?|e ?mail(?:s|ing)?|everything|alone|database|system|all (?:of )?(?:these|your|messages))\b",
        r"\b(?:remove|delete|take) (?:me|us|my (?:info|details|data|name))\b",
        r"\b(?:contact\w+|correos?|en paz|de baja|de su lista|todo)\b",
    )
]
"""In an opt-out, these say that more than texts is meant."""


def _is_plain_stop(clauses: list[str]) -> bool:
    """ "Please stop", "STOP STOP", "Stop, I have a job"."""
    words = set(" ".join(clauses).split())
    return clauses[0] in FIRST_WORDS or (bool(words & FIRST_WORDS) and words <= FIRST_WORDS | POLITE)


def _any(patterns: Iterable[re.Pattern[str]], clauses: Iterable[str]) -> bool:
    return any(pattern.search(clause) for clause in clauses for pattern in patterns)


def _clauses(text: str) -> list[str]:
    """In small letters, without accents and apostrophes, cut at whatever ends a clause."""
    plain = unicodedata.normalize("NFKD", text.lower().replace("’", "'"))
    plain = "".join(c for c in plain if not unicodedata.combining(c))
    parts = re.split(r"[.,;:!?¡¿\n\r()…–—]+|\s-\s|\b(?:and|but|so|because|y|pero|porque)\b", plain)
    spaced = (" ".join(re.sub(r"[^a-z0-9]+", " ", part).split()) for part in parts)
    return [part for part in spaced if part]
