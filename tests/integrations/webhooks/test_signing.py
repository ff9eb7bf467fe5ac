"""Signatures, held against the library that receivers use."""

from datetime import timedelta, timezone

import pytest
import time_machine
from standardwebhooks import Webhook
from standardwebhooks.webhooks import WebhookVerificationError

from portal.integrations.webhooks import signing
from tests.cast import NOW

pytestmark = pytest.mark.no_stores

BODY = '{"type":"ping","data":{"name":"Ána"}}'


def verify(key: str, body: str, headers: dict[str, str]) -> object:
    with time_machine.travel(NOW, tick=False):
        return Webhook(key).verify(body, headers)


def test_the_librarys_own_verifier_believes_it() -> None:
    key = signing.new_secret()
    assert verify(key, BODY, signing.headers("abc", BODY, [key], NOW)) == {"type": "ping", "data": {"name": "Ána"}}


def test_it_signs_the_moment_whatever_zone_it_is_told_in() -> None:
    key = signing.new_secret()
    local = NOW.astimezone(timezone(timedelta(hours=5)))
    assert signing.headers("abc", BODY, [key], local) == signing.headers("abc", BODY, [key], NOW)


@pytest.mark.parametrize("changed", ["body", "webhook-id", "webhook-timestamp", "key", "late"])
def test_it_does_not_believe_what_was_changed(changed: str) -> None:
    key = signing.new_secret()
    body, headers = BODY, signing.headers("abc", BODY, [key], NOW)
    if changed == "body":
        body = BODY.replace("ping", "pong")
    elif changed == "key":
        key = signing.new_secret()
    elif changed == "late":
        headers = signing.headers("abc", BODY, [key], NOW - timedelta(minutes=6))
    else:
        headers[changed] = str(int(NOW.timestamp()) + 1)
    with pytest.raises(WebhookVerificationError):
        verify(key, body, headers)


def test_both_secrets_sign_while_one_takes_the_place_of_the_other() -> None:
    old, new = signing.new_secret(), signing.new_secret()
    headers = signing.headers("abc", BODY, [new, old], NOW)
    assert len(headers["webhook-signature"].split(" ")) == 2
    assert verify(old, BODY, headers) == verify(new, BODY, headers)


def test_a_secret_is_as_long_as_the_specification_asks() -> None:
    assert signing.new_secret().startswith("whsec_") and 24 <= signing.BYTES <= 64
    assert signing.new_secret() != signing.new_secret()
