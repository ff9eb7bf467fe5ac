"""Merge fields that an applicant system should have replaced and did not: ``{{first_name}}``, ``%EMAIL%``, ``[m_job_title]``.

They are looked for in values of a query string, however often those were encoded on their way.
"""

import re
from urllib.parse import unquote_to_bytes

NAME = r"[^\W\d_][\w .:|-]{0,60}"
"""What stands between marks: like a word of a programme, never an address of a person."""
PERCENT = r"%(?![0-9A-Fa-f]{2}%)[A-Za-z][\w.-]{1,60}%"
"""Bullhorn's: %FIRSTNAME%."""
ANYWHERE = re.compile(
    r"\{\{[^{}@]{1,80}\}\}"  # Greenhouse, Ashby: {{CANDIDATE_FIRST_NAME}}
    r"|[$#]?\{[^{}@]{1,80}\}"  # Teamtailor: {first-name}
    r"|<%.{1,80}?%>"
    r"|\[\[[^\[\]@]{1,80}\]\]"
    r"|<<[^<>@]{1,80}>>"
    r"|\*\|[^|@]{1,80}\|\*"
    rf"|##{NAME}##"
    r"|\[[a-z]{1,20}[_.][\w.]{1,60}\]"  # SmartRecruiters: [m_job_title]
    rf"|%%{NAME}%%|{PERCENT}"
    rf"|\${NAME}\$"
)
ALONE = re.compile(rf"(?:\s*(?:\[{NAME}\]|<{NAME}>|\({NAME}\)))+|([~^|@:*=_#])\1?{NAME}\1{{1,2}}")
"""Marks that people write too, "Ana (Annie) Duarte": they are merge fields only where nothing else is there."""
BARE = re.compile(rf"{PERCENT}(?:(?:[\s+]|%20)*{PERCENT})*")
"""``%ADDRESS%`` that was not encoded: its first letters would be read as the code of a character."""
HALF = re.compile(r"\{\{|\}\}$|^(?:\$\{|<%|\[\[|%%)")
"""A merge field that was cut in two on its way, at a space or an ampersand."""
ENCODED = re.compile(r"%[0-9A-Fa-f]{2}")
LONGEST, ROUNDS = 80, 3
TELLING = re.compile(r"name|mail|phone|mobile|candidate|applicant|contact|person|job|title|\bid\b|_id", re.IGNORECASE)
WITHIN = re.compile(r"\w(?:.*\w)?", re.DOTALL)


def decoded(raw: str) -> str:
    """A value of a query string as text. Some systems write Latin-1 rather than UTF-8 (RFC 3986, 2.5), some encode twice."""
    text, more = _once(raw.replace("+", " "))
    for _ in range(ROUNDS - 1):
        if not more or not ENCODED.search(text):
            break
        following, more = _once(text)
        text = following if more else text
    return text


def unreplaced(raw: str) -> str:
    """The first merge field in the value `raw` of a query string; empty if there is none."""
    if not raw:
        return ""
    if BARE.fullmatch(raw) and not _once(raw)[1]:
        return raw[:LONGEST]
    text = decoded(raw).strip()
    found = ANYWHERE.search(text) or ALONE.fullmatch(text) or HALF.search(text)
    return found[0].strip()[:LONGEST] if found else ""


def harmless(token: str) -> str:
    """As it may be kept and shown: ``{{first_name}}`` as it is, and ``{{…}}`` where a system may have put somebody's name
    between the marks."""
    return token if TELLING.search(token) and "@" not in token else WITHIN.sub("…", token)


def _once(text: str) -> tuple[str, bool]:
    """Decoded, and whether that was UTF-8."""
    plain = unquote_to_bytes(text)
    try:
        return plain.decode(), True
    except UnicodeDecodeError:
        return plain.decode("cp1252", errors="replace"), False
