"""The people of a workspace, and that somebody can always manage it."""

import asyncio
import html
import re
from uuid import UUID

import httpx
import pytest
from litestar.types import ASGIApp

from portal import clock, db
from portal.accounts import members, passwords, sessions
from portal.accounts.access import Role, SignedIn
from portal.web.forms import Invalid
from portal.web.missing import Missing
from tests.cast import NOW, Northgate, post, sign_in
from tests.conftest import browser

MEMBERS = "/app/settings/members"
PASSWORD = "walnut river tram"


async def second_admin(northgate: Northgate) -> UUID:
    return await members.add_member(
        workspace_id=northgate.id, name="Ben Ode", email="ben@northgate.example", role=Role.ADMIN, password=PASSWORD, now=NOW
    )


async def role_of(member_id: UUID) -> str:
    return str(await db.value("SELECT role FROM member WHERE id = $1", member_id))


async def can_sign_in(member_id: UUID) -> bool:
    return await db.value("SELECT disabled_at FROM member WHERE id = $1", member_id) is None


async def test_the_list_shows_our_people_and_no_others(
    admin: httpx.AsyncClient, northgate: Northgate, outsider: SignedIn
) -> None:
    page = await admin.get(MEMBERS)
    assert page.status_code == 200
    for person in (northgate.admin, northgate.recruiter, northgate.marketer, northgate.viewer):
        assert person.email in page.text
    assert outsider.email not in page.text


async def test_a_made_up_password_is_shown_once_and_opens_the_door(admin: httpx.AsyncClient, app: ASGIApp) -> None:
    new = {"name": "Ben Ode", "email": "Ben@Northgate.example", "role": "marketer", "password": ""}
    page = await post(admin, MEMBERS, new)
    assert page.status_code == 200
    found = re.search(r"[a-z2-9]{4}(-[a-z2-9]{4}){3}", html.unescape(page.text))
    assert found
    assert page.headers["cache-control"] == "private, no-store"
    assert found[0] not in str(page.headers.raw)
    assert found[0] not in (await admin.get(MEMBERS)).text
    async with browser(app) as client:
        entered = await post(client, "/app/sign-in", {"email": "ben@northgate.example", "password": found[0]})
        assert entered.status_code == 303


async def test_a_typed_password_is_not_shown_again(admin: httpx.AsyncClient) -> None:
    new = {"name": "Ben Ode", "email": "ben@northgate.example", "role": "viewer", "password": PASSWORD}
    answer = await post(admin, MEMBERS, new)
    assert (answer.status_code, answer.headers["location"]) == (303, MEMBERS)
    page = await admin.get(MEMBERS)
    assert "Ben Ode is a member now." in page.text
    assert PASSWORD not in page.text


async def test_what_is_wrong_with_a_new_member_is_said(admin: httpx.AsyncClient, northgate: Northgate) -> None:
    page = await post(admin, MEMBERS, {"name": "", "email": "ben", "role": "viewer", "password": "password123"})
    assert page.status_code == 422
    for sentence in ("Give the person&#39;s name", "name@example.com", "first passwords"):
        assert sentence in page.text
    assert 'value="ben"' in page.text
    page = await post(admin, MEMBERS, {"name": "Ben", "email": northgate.viewer.email.upper(), "role": "viewer"})
    assert (page.status_code, "already a member" in page.text) == (422, True)
    page = await post(admin, MEMBERS, {"name": "Ben", "email": "ben@northgate.example", "role": "owner"})
    assert (page.status_code, "Choose a role." in page.text) == (422, True)


async def test_a_role_is_changed_on_the_members_page(admin: httpx.AsyncClient, northgate: Northgate) -> None:
    path = f"{MEMBERS}/{northgate.viewer.id}"
    assert northgate.viewer.email in (await admin.get(path)).text
    answer = await post(admin, f"{path}/role", {"role": "marketer"})
    assert (answer.status_code, answer.headers["location"]) == (303, path)
    assert await role_of(northgate.viewer.id) == "marketer"
    assert (await post(admin, f"{path}/role", {"role": "owner"})).status_code == 422


async def test_disabling_and_enabling(admin: httpx.AsyncClient, northgate: Northgate) -> None:
    path = f"{MEMBERS}/{northgate.viewer.id}"
    assert (await post(admin, f"{path}/disable")).status_code == 303
    assert not await can_sign_in(northgate.viewer.id)
    assert "Enable" in (await admin.get(path)).text
    assert (await post(admin, f"{path}/enable")).status_code == 303
    assert await can_sign_in(northgate.viewer.id)


async def test_a_new_password_ends_the_sessions_and_the_old_one(admin: httpx.AsyncClient, northgate: Northgate) -> None:
    await members.set_password(northgate.id, northgate.viewer.id, PASSWORD)
    token = await sessions.begin(northgate.viewer.id, now=clock.now())
    page = await post(admin, f"{MEMBERS}/{northgate.viewer.id}/password")
    assert (page.status_code, "has a new password" in page.text) == (200, True)
    assert await sessions.member_of(f"{sessions.cookie_name()}={token}", clock.now()) is None
    kept = await db.value("SELECT password_hash FROM member WHERE id = $1", northgate.viewer.id)
    assert not await passwords.verify(kept, PASSWORD)


async def test_nobody_locks_themselves_out(admin: httpx.AsyncClient, northgate: Northgate) -> None:
    await second_admin(northgate)
    own = f"{MEMBERS}/{northgate.admin.id}"
    assert (await post(admin, f"{own}/role", {"role": "viewer"})).status_code == 422
    assert (await post(admin, f"{own}/disable")).status_code == 422
    assert (await post(admin, f"{own}/password")).headers["location"] == "/app/settings/password"
    assert await role_of(northgate.admin.id) == "admin"
    assert await can_sign_in(northgate.admin.id)
    assert "This is you" in (await admin.get(own)).text


async def test_the_last_admin_stays(northgate: Northgate) -> None:
    with pytest.raises(Invalid, match="last admin"):
        await members.change_role(northgate.id, northgate.admin.id, Role.VIEWER, by=northgate.recruiter.id)
    with pytest.raises(Invalid, match="last admin"):
        await members.disable(northgate.id, northgate.admin.id, by=northgate.recruiter.id, now=NOW)
    assert await role_of(northgate.admin.id) == "admin"
    assert await can_sign_in(northgate.admin.id)


async def test_a_disabled_admin_does_not_count_as_one(northgate: Northgate) -> None:
    ben = await second_admin(northgate)
    await members.disable(northgate.id, ben, by=northgate.admin.id, now=NOW)
    with pytest.raises(Invalid, match="last admin"):
        await members.change_role(northgate.id, northgate.admin.id, Role.VIEWER, by=ben)


async def test_two_admins_who_demote_each_other_at_once_leave_one(northgate: Northgate) -> None:
    ben, mara = await second_admin(northgate), northgate.admin.id
    ends = await asyncio.gather(
        members.change_role(northgate.id, ben, Role.VIEWER, by=mara),
        members.change_role(northgate.id, mara, Role.VIEWER, by=ben),
        return_exceptions=True,
    )
    assert sorted(type(end).__name__ for end in ends) == ["Invalid", "NoneType"]
    assert sorted([await role_of(ben), await role_of(mara)]) == ["admin", "viewer"]


async def test_members_of_other_workspaces_are_not_there(
    admin: httpx.AsyncClient, northgate: Northgate, outsider: SignedIn
) -> None:
    path = f"{MEMBERS}/{outsider.id}"
    assert (await admin.get(path)).status_code == 404
    for action in ("role", "disable", "enable", "password"):
        assert (await post(admin, f"{path}/{action}", {"role": "viewer"})).status_code == 404
    assert (await role_of(outsider.id), await can_sign_in(outsider.id)) == ("admin", True)
    with pytest.raises(Missing):
        await members.set_password(northgate.id, outsider.id, PASSWORD)


@pytest.mark.parametrize("role", ["recruiter", "marketer", "viewer"])
async def test_only_admins_manage_members(app: ASGIApp, northgate: Northgate, role: str) -> None:
    async with browser(app) as client:
        await sign_in(client, getattr(northgate, role))
        target = f"{MEMBERS}/{northgate.viewer.id}"
        assert [(await client.get(path)).status_code for path in (MEMBERS, f"{MEMBERS}/new", target)] == [403] * 3
        sent = [MEMBERS, f"{target}/role", f"{target}/disable", f"{target}/enable", f"{target}/password"]
        assert [(await post(client, path, {"role": "admin"})).status_code for path in sent] == [403] * 5
    assert (await role_of(northgate.viewer.id), await can_sign_in(northgate.viewer.id)) == ("viewer", True)


@pytest.mark.parametrize("role", Role)
async def test_everybody_changes_their_own_password(app: ASGIApp, northgate: Northgate, role: Role) -> None:
    member: SignedIn = getattr(northgate, role.value)
    await members.set_password(northgate.id, member.id, PASSWORD)
    elsewhere = await sessions.begin(member.id, now=clock.now())
    async with browser(app) as client:
        await post(client, "/app/sign-in", {"email": member.email, "password": PASSWORD})
        answer = await post(client, "/app/settings/password", {"old": PASSWORD, "new": "another three words"})
        assert (answer.status_code, answer.headers["location"]) == (303, "/app/settings/password")
        assert "signed out everywhere else" in (await client.get("/app/settings/password")).text
    assert await sessions.member_of(f"{sessions.cookie_name()}={elsewhere}", clock.now()) is None
    kept = await db.value("SELECT password_hash FROM member WHERE id = $1", member.id)
    assert await passwords.verify(kept, "another three words")


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("wrong", "another three words", "This is not your password now."),
        (PASSWORD, "short", "Use at least 10 characters."),
        (PASSWORD, PASSWORD, "differs from the old"),
        (PASSWORD, "recruiter@northgate.example", "other than the email address"),
    ],
)
async def test_a_new_password_must_be_a_good_one_and_the_old_one_right(
    recruiter: httpx.AsyncClient, northgate: Northgate, old: str, new: str, sentence: str
) -> None:
    await members.set_password(northgate.id, northgate.recruiter.id, PASSWORD)
    await sign_in(recruiter, northgate.recruiter)
    page = await post(recruiter, "/app/settings/password", {"old": old, "new": new})
    assert (page.status_code, sentence in page.text) == (422, True)
    kept = await db.value("SELECT password_hash FROM member WHERE id = $1", northgate.recruiter.id)
    assert await passwords.verify(kept, PASSWORD)


async def test_guessing_the_old_password_is_slowed_down(recruiter: httpx.AsyncClient, northgate: Northgate) -> None:
    codes = [
        (await post(recruiter, "/app/settings/password", {"old": f"guess {n}", "new": "another three words"})).status_code
        for n in range(9)
    ]
    assert codes == [422] * 8 + [429]


def test_made_up_passwords_differ_and_are_taken() -> None:
    made = {members.made_up_password() for _ in range(100)}
    assert len(made) == 100
    assert {passwords.wrong_with(password, "ben@northgate.example") for password in made} == {""}
