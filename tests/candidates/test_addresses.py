import pytest

from portal.candidates.addresses import first_name, read_email, read_language, read_name, read_phone, read_timezone


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  Ana   Duarte ", "Ana Duarte"),
        ("Ana\u200bDu\u00adarte", "AnaDuarte"),
        ("Ana\u00a0Duarte\n", "Ana Duarte"),
        ("\u202eAna", "Ana"),
        ("Jose\u0301 Ruiz", "José Ruiz"),
        ("\u200b \ufeff", ""),
        ("x" * 500, "x" * 120),
    ],
)
def test_a_name_loses_what_cannot_be_seen(typed: str, kept: str) -> None:
    assert read_name(typed) == kept


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        (" Ana.Duarte@Example.COM ", "ana.duarte@example.com"),
        ("ana.duarte@exam\u200bple.com", "ana.duarte@example.com"),
        ("ana duarte@example.com", "anaduarte@example.com"),
        ("ana.duarte", None),
        ("ana@", None),
        ("", None),
        ("a" * 260 + "@example.com", None),
    ],
)
def test_an_email_has_one_spelling(typed: str, kept: str | None) -> None:
    assert read_email(typed) == kept


@pytest.mark.parametrize(
    ("typed", "country", "kept"),
    [
        ("07700 900123", "GB", "+447700900123"),
        ("(07700) 900-123", "GB", "+447700900123"),
        ("+351 912 345 678", "GB", "+351912345678"),
        ("\u202a+351 912 345 678\u202c", "GB", "+351912345678"),
        ("912 345 678", "PT", "+351912345678"),
        ("12345", "GB", None),
        ("call me", "GB", None),
        ("", "GB", None),
    ],
)
def test_a_number_is_read_as_people_of_that_country_write_it(typed: str, country: str, kept: str | None) -> None:
    assert read_phone(typed, country) == kept


@pytest.mark.parametrize(
    ("tag", "kept"), [("pt", "pt"), ("pt_BR", "pt-br"), ("zh-Hant-TW", "zh-hant-tw"), ("1", ""), ("<b>", ""), ("", "")]
)
def test_only_a_language_tag_is_a_language(tag: str, kept: str) -> None:
    assert read_language(tag) == kept


@pytest.mark.parametrize(("zone", "kept"), [("Europe/Lisbon", "Europe/Lisbon"), ("Mars/Base", ""), ("../etc/passwd", "")])
def test_only_a_known_time_zone_is_kept(zone: str, kept: str) -> None:
    assert read_timezone(zone) == kept


def test_the_first_name_is_the_first_word() -> None:
    assert first_name("Ana Maria Duarte") == "Ana"
