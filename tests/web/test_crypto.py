"""Tokens."""

import re
from datetime import timedelta

import pytest

from portal import crypto
from tests.cast import NOW


def test_a_token_can_be_made_again_and_has_130_bits() -> None:
    token = crypto.token("personal-link", "a", 1)
    assert token == crypto.token("personal-link", "a", 1)
    assert re.fullmatch(r"[a-z2-7]{26}", token)


def test_another_purpose_part_or_version_gives_another_token() -> None:
    tokens = {
        crypto.token(*words) for words in (("x", "a", 1), ("y", "a", 1), ("x", "a", 2), ("x", "a1", ""), ("x", "a", "1", ""))
    }
    assert len(tokens) == 5


def test_what_is_stored_does_not_open_anything() -> None:
    token = crypto.token("personal-link", "a", 1)
    assert token.encode() not in crypto.digest(token)


def test_what_was_sealed_is_read_again_by_its_purpose_alone() -> None:
    sealed = crypto.seal("hook secret", "whsec_ä", now=NOW)
    assert "whsec" not in sealed
    assert crypto.unseal("hook secret", sealed) == "whsec_ä"
    for purpose, text in (("another", sealed), ("hook secret", sealed[:-4] + "AAAA"), ("hook secret", ""), ("hook secret", "ä")):
        with pytest.raises(crypto.Unsealable):
            crypto.unseal(purpose, text)


def test_what_was_sealed_for_a_while_is_not_read_after_it() -> None:
    sealed = crypto.seal("prefill", "Ana", now=NOW)
    hour = timedelta(hours=1)
    assert crypto.unseal("prefill", sealed, now=NOW + hour, life=hour) == "Ana"
    with pytest.raises(crypto.Unsealable):
        crypto.unseal("prefill", sealed, now=NOW + hour + timedelta(seconds=1), life=hour)
