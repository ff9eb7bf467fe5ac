"""Text for pictures: which of it the font can show, how large it may be, and where its lines break.

Fonts of Pillow are not made for several threads at once: whoever draws, draws in one thread (`gallery`).
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from enum import StrEnum
from functools import cache, lru_cache
from itertools import pairwise
from typing import NamedTuple

from PIL import ImageFont

from portal.settings import ROOT

LEADING = 1.16
"""From line to line, in sizes of the font: room for the accents of Vietnamese capitals."""
NO_LETTER = "\U0010fffd"
"""A code point that no font has; what is drawn for it is what is drawn for every other that is missing."""
MUST_SHOW = ("L", "N", "Sc")
"""Letters, digits, currencies (categories of Unicode): a text without one of its own says something else."""
MEASURED = 100
"""The size in which letters are measured."""
BALANCED = (0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95)


class Weight(StrEnum):
    BOLD = "bold"
    MEDIUM = "medium"


class Block(NamedTuple):
    """Lines in one size."""

    font: ImageFont.FreeTypeFont
    lines: list[str]
    leading: int

    @property
    def height(self) -> int:
        return self.leading * len(self.lines)


@cache
def font(weight: Weight, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(ROOT / f"static/vendor/inter-4.001-{weight.value}.ttf", size)


def legible(text: str) -> str:
    """`text` as the font can show it, in one line: pictograms and invisible characters that it lacks are left away. Empty if it
    lacks a letter: half a name, or a row of boxes, is worse than none."""
    plain = unicodedata.normalize("NFC", re.sub(r"\s+", " ", text))
    missing = {sign for sign in plain if sign != " " and not _has(sign)}
    if any(unicodedata.category(sign).startswith(MUST_SHOW) for sign in missing):
        return ""
    shown = "".join(sign for sign in plain if sign not in missing)
    return re.sub(r" +", " ", shown).strip()


def fit(text: str, weight: Weight, sizes: Sequence[int], width: int, height: int) -> Block:
    """`text` in the first of `sizes` (pixels, largest first) that holds it within `width` and `height`. If none does, in the
    last one: long words are broken, and the end is cut off with an ellipsis."""
    for size in sizes:
        ruler = Ruler(weight, size, width)
        leading = round(size * LEADING)
        most = max(1, height // leading)
        lines = ruler.wrap(text.split())
        if len(lines) <= most and all(map(ruler.holds, lines)):
            return Block(font(weight, size), ruler.balance(lines), leading)
    words = [piece for word in text.split() for piece in ruler.pieces(word)]
    return Block(font(weight, size), ruler.cut(ruler.wrap(words), most), leading)


def bearing(line: str, font: ImageFont.FreeTypeFont) -> int:
    """How far from where `line` is set its ink begins, in pixels."""
    shape, (left, _) = font.getmask2(line[0], anchor="ls")
    box = shape.getbbox()
    return left + (box[0] if box else 0)


class Ruler(NamedTuple):
    """Lines of one width in one size, measured letter by letter and remembered: to have every line that is tried measured as a
    whole takes a second for a long title."""

    weight: Weight
    size: int
    width: float

    def holds(self, line: str) -> bool:
        return self._length(line) <= self.width

    def wrap(self, words: Sequence[str]) -> list[str]:
        """As many words a line as fit; one that is too wide stands alone."""
        lines: list[str] = []
        for word in words:
            if lines and self.holds(f"{lines[-1]} {word}"):
                lines[-1] += f" {word}"
            else:
                lines.append(word)
        return lines

    def balance(self, lines: list[str]) -> list[str]:
        """The same words in as many lines of more even length, so that no word stands alone at the end."""
        words = " ".join(lines).split()
        for share in BALANCED if len(lines) > 1 else ():
            narrow = self._replace(width=self.width * share)
            tried = narrow.wrap(words)
            if len(tried) == len(lines) and all(map(narrow.holds, tried)):
                return tried
        return lines

    def pieces(self, word: str) -> Iterator[str]:
        """`word`, broken wherever it must be."""
        while not self.holds(word):
            end = next((n for n in range(len(word) - 1, 1, -1) if self.holds(word[:n])), 1)
            yield word[:end]
            word = word[end:]
        yield word

    def cut(self, lines: list[str], most: int) -> list[str]:
        """The first `most` lines, with an ellipsis for the rest: after a word, or else after a letter."""
        if len(lines) <= most:
            return lines
        last = lines[most - 1]
        while " " in last and not self.holds(f"{last}…"):
            last = last.rpartition(" ")[0]
        while last and not self.holds(f"{last}…"):
            last = last[:-1]
        return [*lines[: most - 1], f"{last.rstrip(' ,;:.·-–—')}…"]

    def _length(self, line: str) -> float:
        return sum(_step(self.weight, sign, following) for sign, following in pairwise(f"{line} ")) * self.size / MEASURED


@lru_cache(maxsize=20_000)
def _step(weight: Weight, sign: str, following: str) -> float:
    """How much room `sign` takes before `following`: kerning makes it more or less than its own width."""
    measured = font(weight, MEASURED)
    return measured.getlength(sign + following) - measured.getlength(following)


@lru_cache(maxsize=4096)
def _has(sign: str) -> bool:
    """Whether the font has a shape of its own for `sign`. Both weights have the same ones."""
    if unicodedata.category(sign) in {"Cc", "Cf", "Cn", "Co", "Cs"}:
        return False
    tried = font(Weight.BOLD, 40)
    return bytes(tried.getmask(sign)) != bytes(tried.getmask(NO_LETTER))
