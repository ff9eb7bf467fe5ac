"""Who of those that are known somebody is: by the id in the system they came from, else by email, else by phone.

The id counts before the email, since a system gives each person one, while people change and share addresses. So when the id says
Ana and the email says Ben, it is Ana; Ben's record keeps its email, and hers stays as it was. A number counts for those who bring
no email if one person alone has it, and for those who bring another email only if that person has their very name too: families
and homes share numbers. At the public page neither id nor number counts, since anybody can type them.
"""

from collections.abc import Iterable, Sequence
from enum import StrEnum
from uuid import UUID

import msgspec

from portal import db
from portal.candidates.addresses import better_name, same_name
from portal.candidates.arrivals import MOST_KEYS, Door, IntakeRefused, Person, Refusal


class Differs(StrEnum):
    """What somebody brought that is otherwise than what is known; what is known stayed."""

    NAME = "name"
    EMAIL = "email"
    PHONE = "phone"
    OTHER_PERSON = "other_person"
    """Their email belongs to somebody else: the id decided."""

    @property
    def sentence(self) -> str:
        return _SENTENCES[self]


STORED = ("id", "name", "email", "phone", "language", "timezone", "metadata", "erased")
_SENTENCES = {
    Differs.NAME: "Known under another name, which stays.",
    Differs.EMAIL: "Known with another email, which stays.",
    Differs.PHONE: "Known with another number, which stays.",
    Differs.OTHER_PERSON: "The email belongs to somebody else; the id decided who this is.",
}


class Known(msgspec.Struct, kw_only=True):
    """A candidate as stored, and what is to be stored of them."""

    id: UUID
    name: str
    email: str | None
    phone: str | None
    language: str
    timezone: str
    metadata: dict[str, object]
    erased: bool = False
    fresh: Person | None = None
    """What they are made of, if they are new."""
    name_before: str = ""
    changed: bool = False


class Book:
    """Those of a workspace whom some arrivals may be. Who comes in is entered at once, so that the next arrival may be they."""

    def __init__(self, people: Iterable[Known], identities: Iterable[tuple[tuple[str, str], UUID]]) -> None:
        self.people: dict[UUID, Known] = {}
        self.identities = dict(identities)
        self.new_identities: dict[tuple[str, str], UUID] = {}
        self._emails: dict[str, Known] = {}
        self._phones: dict[str, list[Known]] = {}
        for known in people:
            self._enter(known)

    @classmethod
    async def read(cls, workspace_id: UUID, people: Sequence[Person]) -> "Book":
        identities = await _identities(workspace_id, {person.identity for person in people if person.identity})
        return cls(await _known(workspace_id, people, list(identities.values())), identities.items())

    def find(self, person: Person, door: Door) -> Known | None:
        """Raises `IntakeRefused` when that can't be told, or may not be known any more."""
        if door is Door.LANDING:
            return self._emails.get(person.email or "")
        if person.identity in self.identities:
            known = self.people[self.identities[person.identity]]
            if known.erased:
                raise IntakeRefused(Refusal.ERASED)
            return known
        return self._emails.get(person.email or "") or self._by_phone(person)

    def take(self, person: Person, door: Door) -> tuple[Known, tuple[Differs, ...]]:
        """The candidate that `person` is from now on, known or new. Raises `IntakeRefused`."""
        known = self.find(person, door)
        if known is None and person.email is None:
            raise IntakeRefused(Refusal.NOBODY_KNOWN)
        if known is None:
            known = self._make(person)
        differs = self._differences(known, person)
        if known.fresh is not person and door is not Door.LANDING:
            had_phone = known.phone
            _fill_gaps(known, person)
            if known.phone and not had_phone:
                self._phones.setdefault(known.phone, []).append(known)
        if person.identity and person.identity not in self.identities:
            self.identities[person.identity] = self.new_identities[person.identity] = known.id
        return known, differs

    def _by_phone(self, person: Person) -> Known | None:
        have_it = self._phones.get(person.phone or "", [])
        if person.email is not None:
            have_it = [known for known in have_it if same_name(known.name, person.name)]
            return have_it[0] if len(have_it) == 1 else None
        if len(have_it) > 1:
            raise IntakeRefused(Refusal.PHONE_SHARED)
        return have_it[0] if have_it else None

    def _make(self, person: Person) -> Known:
        known = Known(
            id=db.new_id(),
            name=person.name,
            email=person.email,
            phone=person.phone,
            language=person.language,
            timezone=person.timezone,
            metadata=dict(person.metadata),
            fresh=person,
        )
        self._enter(known)
        return known

    def _enter(self, known: Known) -> None:
        self.people[known.id] = known
        if known.erased:
            return
        if known.email:
            self._emails[known.email] = known
        if known.phone:
            self._phones.setdefault(known.phone, []).append(known)

    def _differences(self, known: Known, person: Person) -> tuple[Differs, ...]:
        owner = self._emails.get(person.email or "")
        found = {
            Differs.OTHER_PERSON: owner is not None and owner is not known,
            Differs.NAME: _have_no_word_in_common(known.name, person.name),
            Differs.EMAIL: owner is None and person.email is not None,
            Differs.PHONE: None not in (known.phone, person.phone) and known.phone != person.phone,
        }
        return tuple(what for what, it_does in found.items() if it_does)


def _fill_gaps(known: Known, person: Person) -> None:
    """What is known stays, unless what came is the same and fuller; what was missing is added."""
    before = (known.name, known.phone, known.language, known.timezone, dict(known.metadata))
    known.name_before = known.name_before or known.name
    known.name = better_name(known.name, person.name)
    known.phone = known.phone or person.phone
    known.language = known.language or person.language
    known.timezone = known.timezone or person.timezone
    room = max(MOST_KEYS - len(known.metadata), 0)
    known.metadata |= dict([(k, v) for k, v in person.metadata.items() if k not in known.metadata][:room])
    after = (known.name, known.phone, known.language, known.timezone, known.metadata)
    known.changed = known.changed or before != after


def _have_no_word_in_common(one: str, other: str) -> bool:
    return bool(one and other) and set(one.casefold().split()).isdisjoint(other.casefold().split())


async def _identities(workspace_id: UUID, wanted: set[tuple[str, str]]) -> dict[tuple[str, str], UUID]:
    if not wanted:
        return {}
    found = await db.rows(
        "SELECT system, external_id, candidate_id FROM candidate_identity JOIN unnest($2::text[], $3::text[]) "
        "AS wanted (system, external_id) USING (system, external_id) WHERE workspace_id = $1",
        workspace_id,
        [system for system, _ in wanted],
        [external_id for _, external_id in wanted],
    )
    return {(row["system"], row["external_id"]): row["candidate_id"] for row in found}


COLUMNS = "id, name, email, phone, language, timezone, metadata, erased_at IS NOT NULL AS erased, created_at"
KNOWN = f"""
SELECT {COLUMNS} FROM candidate WHERE workspace_id = $1 AND email = ANY($2::text[])
UNION ALL SELECT {COLUMNS} FROM candidate WHERE workspace_id = $1 AND phone = ANY($3::text[])
UNION ALL SELECT {COLUMNS} FROM candidate WHERE workspace_id = $1 AND id = ANY($4::uuid[]) ORDER BY created_at, id
"""
"""Each looked up by itself: joined, they became a loop in a loop while the database had not counted a table that was filling."""


async def _known(workspace_id: UUID, people: Sequence[Person], ids: list[UUID]) -> Iterable[Known]:
    found = await db.rows(
        KNOWN,
        workspace_id,
        list({person.email for person in people if person.email}),
        list({person.phone for person in people if person.phone}),
        ids,
    )
    return {row["id"]: Known(**{name: row[name] for name in STORED}) for row in found}.values()
