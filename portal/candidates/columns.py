"""What the columns of a table of people mean, by their heads in several languages, or by what stands in them."""

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum

from portal.web.exports import plain

EMAIL = re.compile(r"[^\s<>,;|()\[\]\"']+@[^\s<>,;|()\[\]\"'@]+\.[^\s<>,;|()\[\]\"'@]+")
PHONE = re.compile(r"(?:tel:)?\+?[\d\s().\-/]{7,24}(?:\s*(?:x|ext\.?)\s*\d{1,6})?", re.IGNORECASE)
LEAST_DIGITS = 7
SAMPLE = 20
"""Rows that are looked at to tell what a column holds."""
LONGEST_DETAIL = 40


class Field(StrEnum):
    """What a column can say of a person."""

    NAME = "name"
    FIRST_NAME = "first_name"
    LAST_NAME = "last_name"
    EMAIL = "email"
    PHONE = "phone"
    LANGUAGE = "language"
    TIMEZONE = "timezone"
    EXTERNAL_ID = "external_id"
    NOTE = "note"
    RESUME = "resume"
    DETAIL = "detail"
    """Kept under the column's head as metadata; several columns may be."""
    NOTHING = ""
    """Left out."""


HEADS: dict[Field, tuple[str, ...]] = {
    Field.EMAIL: (
        *("email", "emailaddress", "mail", "emails", "primaryemail", "personalemail", "workemail", "candidateemail"),
        *("correo", "correoelectronico", "mailadresse", "emailadresse", "courriel", "adressemail", "adresseemail", "posta"),
        *("indirizzoemail", "emailadres", "enderecodeemail", "epost", "電子メール", "邮箱", "電郵"),
    ),
    Field.FIRST_NAME: (
        *("firstname", "first", "givenname", "forename", "vorname", "prenom", "nombre", "nombres", "primernombre", "nome"),
        *("primeironome", "voornaam", "fornavn", "fornamn", "imie"),
    ),
    Field.LAST_NAME: (
        *("lastname", "last", "surname", "familyname", "nachname", "familienname", "nomdefamille", "apellido", "apellidos"),
        *("sobrenome", "apelido", "cognome", "achternaam", "efternavn", "efternamn", "nazwisko"),
    ),
    Field.NAME: (
        *("name", "fullname", "candidate", "candidatename", "applicant", "applicantname", "person", "nombrecompleto"),
        *(
            "nomecompleto",
            "nomcomplet",
            "nom",
            "vollstandigername",
            "bewerber",
            "bewerberin",
            "kandidat",
            "candidato",
            "candidat",
        ),
        *("volledigenaam", "naam", "namn", "navn", "氏名", "姓名"),
    ),
    Field.PHONE: (
        *(
            "phone",
            "phonenumber",
            "mobile",
            "mobilephone",
            "mobilenumber",
            "cell",
            "cellphone",
            "telephone",
            "tel",
            "contactnumber",
        ),
        *("primaryphone", "telefono", "movil", "celular", "telefon", "telefonnummer", "handy", "handynummer", "mobil"),
        *("mobilnummer", "mobiltelefon", "portable", "numerodetelephone", "telemovel", "telefone", "cellulare", "telefoon"),
        *("telefoonnummer", "mobiel", "電話", "电话", "手机"),
    ),
    Field.EXTERNAL_ID: (
        "externalid",
        "candidateid",
        "applicantid",
        "id",
        "reference",
        "ref",
        "atsid",
        "personid",
        "kandidatenid",
    ),
    Field.LANGUAGE: ("language", "locale", "lang", "idioma", "sprache", "langue", "lingua", "taal"),
    Field.TIMEZONE: ("timezone", "tz", "zonahoraria", "zeitzone", "fuseauhoraire", "fusohorario"),
    Field.NOTE: ("note", "notes", "comment", "comments", "remark", "nota", "notas", "notiz", "bemerkung", "commentaire"),
    Field.RESUME: (
        "resume",
        "resumefile",
        "cv",
        "cvfile",
        "file",
        "filename",
        "lebenslauf",
        "curriculum",
        "hojadevida",
        "attachment",
    ),
}
"""By their letters alone, without accents."""
BY_LETTERS = {head: field for field, heads in HEADS.items() for head in heads}


def guess(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> list[Field]:
    """What each column most likely means; each meaning is given once, to the first column that has it."""
    found = [Field.NOTHING] * len(heads)
    for number, head in enumerate(heads):
        field = BY_LETTERS.get(letters(head), Field.NOTHING)
        if field not in found:
            found[number] = field
    for field, fits in ((Field.EMAIL, is_email), (Field.PHONE, is_phone)):
        if field not in found:
            _by_content(found, rows, field, fits)
    return _whole_names(found)


def has_heads(first: Sequence[str]) -> bool:
    """Whether a first row names the columns: it does unless somebody's address stands in it."""
    return not any(EMAIL.search(cell) for cell in first)


def letters(text: str) -> str:
    bare = unicodedata.normalize("NFKD", plain(text)).casefold().replace("ß", "ss")
    return "".join(c for c in bare if c.isalnum())


def is_email(text: str) -> bool:
    return EMAIL.fullmatch(text.strip().removeprefix("mailto:")) is not None


def is_phone(text: str) -> bool:
    return PHONE.fullmatch(text.strip()) is not None and sum(c.isdigit() for c in text) >= LEAST_DIGITS


def values_of(fields: Sequence[Field], cells: Sequence[str]) -> dict[Field, str]:
    """The cells that have a meaning, as they came. First and last names are one name."""
    values = {field: plain(cells[n]).strip() for n, field in enumerate(fields) if field and n < len(cells)}
    values.pop(Field.DETAIL, None)
    both = (values.pop(Field.FIRST_NAME, ""), values.pop(Field.LAST_NAME, ""))
    values.setdefault(Field.NAME, " ".join(part for part in both if part))
    return values


def details_of(fields: Sequence[Field], heads: Sequence[str], cells: Sequence[str]) -> Mapping[str, str]:
    """What is to be kept as metadata, by the heads of its columns."""
    where = [n for n, field in enumerate(fields) if field is Field.DETAIL and n < len(cells)]
    kept = {heads[n][:LONGEST_DETAIL].strip(): plain(cells[n]).strip() for n in where}
    return {head: text for head, text in kept.items() if head and text}


def _by_content(found: list[Field], rows: Sequence[Sequence[str]], field: Field, fits: Callable[[str], bool]) -> None:
    for number, taken in enumerate(found):
        filled = [row[number] for row in rows[:SAMPLE] if number < len(row) and row[number].strip()]
        if not taken and filled and 2 * sum(map(fits, filled)) > len(filled):
            found[number] = field
            return


def _whole_names(found: list[Field]) -> list[Field]:
    """A lone "Nombre" or "Nome" is the whole name; beside a last name it is the first one."""
    if Field.NAME in found and Field.FIRST_NAME not in found and Field.LAST_NAME in found:
        return [Field.FIRST_NAME if field is Field.NAME else field for field in found]
    if Field.NAME not in found and Field.LAST_NAME not in found:
        return [Field.NAME if field is Field.FIRST_NAME else field for field in found]
    return found
