"""Which passwords are taken, and how they are kept."""

import pytest
from argon2 import PasswordHasher, Type, extract_parameters

from portal.accounts import passwords

EMAIL = "jo.park@northgate.example"


@pytest.mark.parametrize(
    ("password", "word"),
    [
        ("", "at least 10"),
        ("walnut-ri", "at least 10"),
        ("w" + "alnut river " * 20, "at most 200"),
        ("jo.park@northgate.example", "email address"),
        ("Jo.Park@Northgate.Example ", "email address"),
        ("1234567890", "first passwords"),
        ("password123", "first passwords"),
        ("Password2026!", "first passwords"),
        ("P@ssw0rd123", "first passwords"),
        ("  Welcome1234 ", "first passwords"),
        ("qwertyuiop", "first passwords"),
        ("1q2w3e4r5t", "first passwords"),
        ("ababababab", "first passwords"),
    ],
)
def test_weak_passwords_are_refused_with_the_reason(password: str, word: str) -> None:
    assert word in passwords.wrong_with(password, EMAIL)


@pytest.mark.parametrize(
    "password", ["walnut-river", "walnut river tram", "9f2k-mm3x-77aa-pq2d", "пароль из слов", "x" * 7 + "yzu", "a" * 197 + "bcd"]
)
def test_other_passwords_are_taken(password: str) -> None:
    assert passwords.wrong_with(password, EMAIL) == ""


def test_the_part_before_the_at_is_no_password_either() -> None:
    assert "email address" in passwords.wrong_with("charlotte.b", "charlotte.b@northgate.example")


async def test_a_password_is_kept_as_argon2id_with_a_salt_of_its_own() -> None:
    one, other = await passwords.hash_password("walnut-river"), await passwords.hash_password("walnut-river")
    kept = extract_parameters(one)
    assert (kept.type, kept.memory_cost >= 19_456, kept.time_cost >= 2) == (Type.ID, True, True)
    assert one != other
    assert "walnut" not in one


async def test_only_the_password_itself_fits() -> None:
    kept = await passwords.hash_password("walnut-river")
    assert await passwords.verify(kept, "walnut-river")
    assert not await passwords.verify(kept, "walnut-rivers")
    assert not await passwords.verify(kept, "walnut-river" * 100)


async def test_nothing_fits_an_empty_or_broken_hash() -> None:
    assert not await passwords.verify("", "nobody's password")
    assert not await passwords.verify("", "")
    assert not await passwords.verify("plain text", "plain text")


async def test_checking_a_password_of_nobody_computes_a_hash_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    class Watched(PasswordHasher):
        def verify(self, hash: str | bytes, password: str | bytes) -> bool:  # type: ignore[override]  # noqa: A002
            asked.append(str(hash))
            return super().verify(hash, password)

    kept = extract_parameters(await passwords.hash_password("walnut-river"))
    monkeypatch.setattr(passwords, "_HASHER", Watched.from_parameters(kept))
    assert not await passwords.verify("", "walnut-river")
    [decoy] = asked
    assert extract_parameters(decoy) == kept


async def test_a_hash_made_with_other_costs_is_outdated() -> None:
    assert passwords.is_outdated(PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash("walnut-river"))
    assert not passwords.is_outdated(await passwords.hash_password("walnut-river"))
