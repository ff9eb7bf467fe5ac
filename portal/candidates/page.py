"""What pages of this room share."""

from typing import Any

from litestar import Request

from portal.accounts.access import Permission
from portal.candidates.applications import Application
from portal.links.personal import personal_url

AnyRequest = Request[Any, Any, Any]
SEE = {"permission": Permission.SEE_CANDIDATES}
EDIT = {"permission": Permission.EDIT_CANDIDATES}


def url_of(application: Application) -> str:
    """The link that is theirs alone."""
    return personal_url(application.personal_link_id, application.token_version)
