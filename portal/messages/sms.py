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
    """`text` with typographer's marks made plain: one curly quote would halve what fits into a message."""
    return text.translate(PLAIN)


def measure(text: str) -> Size:
    if all(letter in BASIC or letter in DOUBLE for letter in text):
        units = len(text) + sum(letter in DOUBLE for letter in text)
        return Size(Encoding.GSM, units, _segments(units, 160, 153))
    units = len(text.encode("utf-16-be")) // 2
    return Size(Encoding.UCS2, units, _segments(units, 70, 67))


def _segments(units: int, alone: int, joined: int) -> int:
    return 1 if units <= alone else ceil(units / joined)
