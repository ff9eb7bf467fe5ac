"""People as they are pasted."""

import pytest

from portal.candidates.lines import read_lines

ANA = ("Ana Duarte", "ana@example.com", "+44 7700 900123")
BEN = ("Ben Okoro", "ben@example.com", "")


@pytest.mark.parametrize(
    ("text", "people"),
    [
        ("Ana Duarte <ana@example.com>, +44 7700 900123", [ANA]),
        ("Ana Duarte\tana@example.com\t+44 7700 900123\tLeeds", [ANA]),
        ("Ana\tDuarte\tana@example.com\t+44 7700 900123", [ANA]),
        ("Ana Duarte;ana@example.com;+44 7700 900123", [ANA]),
        ("+44 7700 900123 | ana@example.com | Ana Duarte", [ANA]),
        ("Ana Duarte ana@example.com +44 7700 900123", [ANA]),
        ('"Duarte, Ana" <ana@example.com>, +44 7700 900123', [ANA]),
        ("Duarte, Ana <ana@example.com>; Okoro, Ben <ben@example.com>", [(*ANA[:2], ""), BEN]),
        ("Ana Duarte <ana@example.com>, +44 7700 900123, Ben Okoro <ben@example.com>", [ANA, BEN]),
        ("Ana Duarte, mailto:ana@example.com, +44 7700 900123\r\n\r\n Ben Okoro, ben@example.com\n", [ANA, BEN]),
        ("Correo\tApellidos\tNombre\tMóvil\nana@example.com\tDuarte\tAna\t+44 7700 900123\n", [ANA]),
        ("Name,E-Mail\nBen Okoro,ben@example.com\n", [BEN]),
        ("ben@example.com", [("", "ben@example.com", "")]),
        ("Ben Okoro, ben@example", [("Ben Okoro", "ben@example", "")]),
        ("just some words", [("just some words", "", "")]),
        (" \n\t\n", []),
    ],
)
def test_lines_are_understood_however_they_were_copied(text: str, people: list[tuple[str, str, str]]) -> None:
    assert [(one.name, one.email, one.phone) for one in read_lines(text)] == people


def test_a_line_keeps_the_words_that_were_typed() -> None:
    assert [one.text for one in read_lines("Ana;  ana(at)example.com ; 12\nBen\tben@example\t\n")] == [
        "Ana;  ana(at)example.com ; 12",
        "Ben\tben@example",
    ]
