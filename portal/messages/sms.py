"""What a text costs: letters of the GSM alphabet fill 160 to a message, all others 70 (3GPP TS 23.038 and 23.040)."""

from enum import StrEnum
from math import ceil

import msgspec

BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
DOUBLE = frozenset("\f^{}\\[~]|€")
"""Letters of the GSM alphabet that take two places."""
PLAIN = str.maketrans(
    {"‘": "'", "’": "'", "“": '"', "”": '"', "–": "-", "—": "-", "…": "...", "·": "-", "\u00a0": " ", "\u202f": " ", "•": "-"}
)

BARE = str.maketrans("áíóúâêîôûãõëïçÁÍÓÚÀÈÌÒÙÂÊÎÔÛÃÕËÏ", "aiouaeiouaoeicAIOUAEIOUAEIOUAOEI")
"""Letters that are read as easily without their accent, and that the GSM alphabet does not have. ñ, é, ü and Ç it has."""


class Encoding(StrEnum):
    GSM = "GSM-7"
    UCS2 = "UCS-2"


class Size(msgspec.Struct, frozen=True):
    encoding: Encoding
    units: int
    """Places taken."""
    segments: int
    """Messages that are sent, and paid for."""


def plain(text: str) -> str:
    """`text` with typographer's marks made plain, since one curly quote would halve what fits into a message; and without the
    accents that are missing in the GSM alphabet, if then all of it can be written in that."""
    made = text.translate(PLAIN)
    bare = made.translate(BARE)
    return bare if is_gsm(bare) else made


def is_gsm(text: str) -> bool:
    return all(letter in BASIC or letter in DOUBLE for letter in text)


def costly_letters(text: str) -> str:
    """The letters for which `text` can't be written in the GSM alphabet, each once."""
    return "".join(dict.fromkeys(letter for letter in text if letter not in BASIC and letter not in DOUBLE))


def measure(text: str) -> Size:
    if is_gsm(text):
        units = len(text) + sum(letter in DOUBLE for letter in text)
        return Size(Encoding.GSM, units, _segments(units, 160, 153))
    units = len(text.encode("utf-16-be")) // 2
    return Size(Encoding.UCS2, units, _segments(units, 70, 67))


def _segments(units: int, alone: int, joined: int) -> int:
    return 1 if units <= alone else ceil(units / joined)
