"""Time zones, countries and languages, as forms offer them."""

import re
import unicodedata
from functools import cache
from zoneinfo import available_timezones

from babel import Locale

REGIONS = ("Africa/", "America/", "Antarctica/", "Arctic/", "Asia/", "Atlantic/", "Australia/", "Europe/", "Indian/", "Pacific/")
NO_COUNTRIES = frozenset({"AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "ZZ"})
"""Two-letter codes of CLDR that are groups, test data, or parts of a country (ISO 3166-1 does not assign them)."""
LANGUAGES = {"en": "English", "es": "Spanish"}
"""What candidates can be addressed in."""


def spoken(language: str) -> str:
    """The one of `LANGUAGES` that is spoken to somebody who reads `language` (BCP 47)."""
    code = language.partition("-")[0]
    return code if code in LANGUAGES else "en"


@cache
def timezones() -> dict[str, str]:
    """Name in the IANA database to what people read, by region and place."""
    names = sorted(name for name in available_timezones() if name.startswith(REGIONS))
    return {name: name.replace("_", " ").replace("/", " / ") for name in names} | {"UTC": "UTC"}


@cache
def countries() -> dict[str, str]:
    """ISO 3166-1 code to English name, by name."""
    names = Locale("en").territories
    found = {code: name for code, name in names.items() if re.fullmatch("[A-Z]{2}", code) and code not in NO_COUNTRIES}
    return dict(sorted(found.items(), key=lambda entry: unicodedata.normalize("NFKD", entry[1])))
