"""What the member pages of this room share."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Request
from litestar.status_codes import HTTP_200_OK, HTTP_422_UNPROCESSABLE_ENTITY

from portal.accounts.access import Permission
from portal.links.links import LinkState, ShownLink
from portal.web.forms import Form

# The room of figures answers this; portal/app.py brings both together.
LinkClicks = Callable[[UUID, Sequence[UUID]], Awaitable[dict[UUID, int]]]
"""How many persons tapped each of these links of a workspace."""

# And that of clicks this.
LinkFaults = Callable[[UUID, Sequence[UUID]], Awaitable[Sequence[object]]]
"""What is wrong with how these links of a workspace are set up, for `clicks/_faults.html`."""

AnyRequest = Request[Any, Any, Any]
SEE = {"permission": Permission.SEE_LINKS}
EDIT = {"permission": Permission.EDIT_LINKS}

STATES = {
    LinkState.ACTIVE: "Active",
    LinkState.PAUSED: "Paused",
    LinkState.EXPIRED: "Ended",
    LinkState.NOT_STARTED: "Not yet open",
    LinkState.ARCHIVED: "Archived",
}


def status_of(form: Form) -> int:
    """The answer's status: 422 with a form that can't be used."""
    return HTTP_422_UNPROCESSABLE_ENTITY if form.errors else HTTP_200_OK


def state_at(now: datetime) -> Callable[[ShownLink], tuple[str, str]]:
    """(key, words) of a link's badge."""
    return lambda link: (link.state(now).value, STATES[link.state(now)])
