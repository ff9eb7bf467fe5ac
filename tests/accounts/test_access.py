"""Who may do what."""

from typing import cast

import pytest
from litestar import get
from litestar.connection import ASGIConnection
from litestar.exceptions import PermissionDeniedException
from litestar.handlers import BaseRouteHandler
from litestar.types import HTTPScope

from portal.accounts import access
from portal.accounts.access import NotSignedIn, Permission, Role, SignedIn
from tests.cast import Northgate

P = Permission
EXPECTED: dict[Role, set[Permission]] = {
    Role.ADMIN: {
        P.SEE_JOBS,
        P.EDIT_JOBS,
        P.SEE_LINKS,
        P.EDIT_LINKS,
        P.SEE_FIGURES,
        P.SEE_CANDIDATES,
        P.EDIT_CANDIDATES,
        P.EDIT_MESSAGES,
        P.EDIT_WORKSPACE,
    },
    Role.RECRUITER: {
        P.SEE_JOBS,
        P.EDIT_JOBS,
        P.SEE_LINKS,
        P.EDIT_LINKS,
        P.SEE_FIGURES,
        P.SEE_CANDIDATES,
        P.EDIT_CANDIDATES,
        P.EDIT_MESSAGES,
    },
    Role.MARKETER: {P.SEE_JOBS, P.SEE_LINKS, P.EDIT_LINKS, P.SEE_FIGURES},
    Role.VIEWER: {P.SEE_JOBS, P.SEE_LINKS, P.SEE_FIGURES, P.SEE_CANDIDATES},
}


@pytest.mark.parametrize("permission", Permission)
@pytest.mark.parametrize("role", Role)
def test_each_role_may_do_what_the_table_says(role: Role, permission: Permission, northgate: Northgate) -> None:
    member: SignedIn = getattr(northgate, role.value)
    assert member.role is role
    assert member.may(permission) == (permission in EXPECTED[role])


def ask(member: SignedIn | None, opt: dict[str, object]) -> None:
    """What the guard says when `member` opens a route that says `opt`."""

    @get("/", opt=opt, sync_to_thread=False)
    def route() -> None: ...

    access.guard(ASGIConnection(cast(HTTPScope, {"type": "http", "user": member})), route)


def test_a_route_that_says_nothing_is_closed_to_everybody(northgate: Northgate) -> None:
    with pytest.raises(NotSignedIn):
        ask(None, {})
    with pytest.raises(PermissionDeniedException):
        ask(northgate.admin, {})


def test_a_public_route_is_open_to_everybody(northgate: Northgate) -> None:
    for anybody in (None, northgate.viewer):
        ask(anybody, {"public": True})  # raises unless it lets them in


def test_a_strangers_way_is_the_sign_in_and_a_members_a_refusal(northgate: Northgate) -> None:
    with pytest.raises(NotSignedIn):
        ask(None, {"permission": P.EDIT_WORKSPACE})
    with pytest.raises(PermissionDeniedException):
        ask(northgate.recruiter, {"permission": P.EDIT_WORKSPACE})
    ask(northgate.admin, {"permission": P.EDIT_WORKSPACE})


def test_every_route_says_who_may_use_it() -> None:
    from portal.app import HANDLERS

    routes = [handler for handler in HANDLERS if isinstance(handler, BaseRouteHandler)]
    silent = [str(route) for route in routes if not {"public", "permission", "scope"} & set(route.opt)]
    assert len(routes) > 20
    assert silent == []
