"""Keys of the API: shown once, kept as a digest, revoked, and with a note of when they were last used."""

from datetime import datetime, timedelta

import httpx
import pytest

from portal import cli, crypto, db
from portal.accounts import keys
from portal.accounts.keys import Scope
from portal.processes import CannotStart
from portal.web.forms import Form, Invalid
from portal.web.missing import Missing
from tests.cast import NOW, Northgate, add_workspace, post

PAGE = "/app/settings/keys"


async def used(secret: str) -> datetime | None:
    return await db.value("SELECT last_used_at FROM api_key WHERE digest = $1", crypto.digest(secret))  # type: ignore[no-any-return]


async def test_a_key_is_kept_as_a_digest(northgate: Northgate) -> None:
    secret = await keys.make_key(northgate.id, "Careers site", [Scope.READ], member_id=northgate.admin.id, now=NOW)
    assert keys.SHAPE.fullmatch(secret)
    kept = await db.value("SELECT k::text FROM api_key k")
    assert secret.removeprefix(keys.PREFIX)[:-4] not in kept
    [key] = await keys.list_keys(northgate.id)
    assert (key.name, key.scopes, key.made_by, key.shown) == ("Careers site", [Scope.READ], "Mara Lind", f"pk_…{secret[-4:]}")
    assert await keys.find_key(secret, now=NOW) is not None
    assert await keys.find_key(secret[:-1] + ("0" if secret[-1] != "0" else "1"), now=NOW) is None
    assert await keys.find_key("nonsense", now=NOW) is None


async def test_use_is_noted_once_a_minute(northgate: Northgate) -> None:
    secret = await keys.make_key(northgate.id, "Careers site", [Scope.READ], member_id=None, now=NOW)
    assert await used(secret) is None
    for seconds, noted in ((0, 0), (59, 0), (60, 60), (100, 60), (130, 130)):
        await keys.find_key(secret, now=NOW + timedelta(seconds=seconds))
        assert await used(secret) == NOW + timedelta(seconds=noted)


async def test_a_revoked_key_opens_nothing_and_comes_back_for_ten_minutes(northgate: Northgate) -> None:
    secret = await keys.make_key(northgate.id, "Careers site", [Scope.READ], member_id=None, now=NOW)
    [key] = await keys.list_keys(northgate.id)
    await keys.revoke(northgate.id, key.id, now=NOW)
    assert await keys.find_key(secret, now=NOW) is None
    assert await keys.restore(northgate.id, key.id, now=NOW + timedelta(minutes=9))
    assert await keys.find_key(secret, now=NOW) is not None
    await keys.revoke(northgate.id, key.id, now=NOW)
    assert not await keys.restore(northgate.id, key.id, now=NOW + timedelta(minutes=11))
    with pytest.raises(Missing):
        await keys.revoke(await add_workspace("Elsewhere Ltd"), key.id, now=NOW)


def test_a_key_needs_a_name_and_a_scope() -> None:
    with pytest.raises(Invalid) as wrong:
        keys.read_key(Form({"name": " "}), ["read", "everything"])
    assert set(wrong.value.errors) == {"name", "scopes"}


async def test_there_are_so_many_keys_at_most(northgate: Northgate, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys, "MOST_KEYS", 1)
    await keys.make_key(northgate.id, "First", [Scope.READ], member_id=None, now=NOW)
    with pytest.raises(Invalid, match="keys in use"):
        await keys.make_key(northgate.id, "Second", [Scope.READ], member_id=None, now=NOW)


async def test_the_page_shows_a_new_key_once(admin: httpx.AsyncClient, northgate: Northgate) -> None:
    assert "No program has a key yet" in (await admin.get(PAGE)).text
    made = await post(admin, PAGE, {"name": "Careers site", "scopes": ["read", "links"]})
    secret = keys.SHAPE.search(made.text)
    assert made.status_code == 200
    assert secret is not None
    listed = (await admin.get(PAGE)).text
    assert secret[0] not in listed
    assert all(word in listed for word in ("Careers site", f"pk_…{secret[0][-4:]}", "Read · Links", "Never used", "by Mara Lind"))


async def test_the_page_keeps_what_was_typed_and_says_what_is_missing(admin: httpx.AsyncClient, northgate: Northgate) -> None:
    answer = await post(admin, PAGE, {"name": "Careers site"})
    assert answer.status_code == 422
    assert 'value="Careers site"' in answer.text
    assert "Choose at least one thing that the key may do." in answer.text


async def test_revoking_can_be_undone(admin: httpx.AsyncClient, northgate: Northgate) -> None:
    secret = await keys.make_key(northgate.id, "Careers site", [Scope.READ], member_id=None, now=NOW)
    [key] = await keys.list_keys(northgate.id)
    await post(admin, f"{PAGE}/{key.id}/revoke")
    page = (await admin.get(PAGE)).text
    assert f"{PAGE}/{key.id}/restore" in page
    assert await keys.find_key(secret, now=NOW) is None
    await post(admin, f"{PAGE}/{key.id}/restore")
    assert await keys.find_key(secret, now=NOW) is not None


async def test_the_command_line_makes_lists_and_ends_keys(northgate: Northgate, capsys: pytest.CaptureFixture[str]) -> None:
    parse = cli.parser().parse_args
    asked = ["key", "create", "--workspace", "Northgate Care", "--name", "ATS", "--scope", "candidates", "--scope", "read"]
    assert await cli._create_key(parse(asked)) == 0
    secret = capsys.readouterr().out.strip()
    found = await keys.find_key(secret, now=NOW)
    assert found is not None
    assert (found.workspace_id, found.scopes, found.made_by) == (northgate.id, [Scope.READ, Scope.CANDIDATES], None)
    assert await cli._list_keys(parse(["key", "list"])) == 0
    assert f"{found.id}  {found.shown}  ATS  read,candidates  used " in capsys.readouterr().out
    assert await cli._revoke_key(parse(["key", "revoke", "--id", str(found.id)])) == 0
    assert await keys.find_key(secret, now=NOW) is None
    assert await cli._revoke_key(parse(["key", "revoke", "--id", str(northgate.id)])) == cli.FAILED
    with pytest.raises(CannotStart, match="Say which workspace"):
        await cli._list_keys(parse(["key", "list", "--workspace", "Nobody Ltd"]))
