"""Tokens."""

import re

from portal import crypto


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
