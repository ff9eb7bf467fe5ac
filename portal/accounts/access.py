"""Who may do what: one flat table that every page asks."""

from enum import StrEnum
from uuid import UUID

import msgspec
from litestar.connection import ASGIConnection
from litestar.exceptions import HTTPException, PermissionDeniedException
from litestar.handlers import BaseRouteHandler


class Role(StrEnum):
    ADMIN = "admin"
    RECRUITER = "recruiter"
    MARKETER = "marketer"
    VIEWER = "viewer"


class Permission(StrEnum):
    SEE_JOBS = "see jobs and their questions"
    EDIT_JOBS = "make and edit jobs"
    SEE_LINKS = "see links"
    EDIT_LINKS = "make and edit links"
    SEE_FIGURES = "see figures"
    SEE_CANDIDATES = "see candidates, their answers and messages"
    EDIT_CANDIDATES = "add candidates and act for them"
    EDIT_MESSAGES = "change nudge plans and texts"
    EDIT_WORKSPACE = "change settings and members"


_EVERYBODY = frozenset(Role)
ALLOWED: dict[Permission, frozenset[Role]] = {
    Permission.SEE_JOBS: _EVERYBODY,
    Permission.EDIT_JOBS: frozenset({Role.ADMIN, Role.RECRUITER}),
    Permission.SEE_LINKS: _EVERYBODY,
    Permission.EDIT_LINKS: frozenset({Role.ADMIN, Role.RECRUITER, Role.MARKETER}),
    Permission.SEE_FIGURES: _EVERYBODY,
    Permission.SEE_CANDIDATES: frozenset({Role.ADMIN, Role.RECRUITER, Role.VIEWER}),
    Permission.EDIT_CANDIDATES: frozenset({Role.ADMIN, Role.RECRUITER}),
    Permission.EDIT_MESSAGES: frozenset({Role.ADMIN, Role.RECRUITER}),
    Permission.EDIT_WORKSPACE: frozenset({Role.ADMIN}),
}


class SignedIn(msgspec.Struct, frozen=True):
    """The member who asks. Every query of a member page is scoped to `workspace_id`."""

    id: UUID
    workspace_id: UUID
    name: str
    email: str
    role: Role
    workspace_name: str
    timezone: str
    """Where the workspace lives: pages show its local time."""

    def may(self, permission: Permission) -> bool:
        return self.role in ALLOWED[permission]


class NotSignedIn(HTTPException):
    """Answered with the sign-in page, which leads back."""

    status_code = 401


def guard(connection: ASGIConnection, handler: BaseRouteHandler) -> None:  # type: ignore[type-arg]
    """Each route says ``opt={"permission": …}``, ``opt={"public": True}``, or ``opt={"scope": …}`` if it is for programs, whose
    keys another guard asks for (`portal.integrations.api.page`); one that says nothing is closed to all.

    Raises `NotSignedIn` or `PermissionDeniedException`.
    """
    if handler.opt.get("public") or handler.opt.get("scope"):
        return
    member: SignedIn | None = connection.scope.get("user")
    if member is None:
        raise NotSignedIn()
    permission: Permission | None = handler.opt.get("permission")
    if permission is None or not member.may(permission):
        raise PermissionDeniedException()


def signed_in(request: ASGIConnection) -> SignedIn:  # type: ignore[type-arg]
    """The dependency ``member`` of member pages. Raises `NotSignedIn`."""
    member: SignedIn | None = request.scope.get("user")
    if member is None:
        raise NotSignedIn()
    return member
