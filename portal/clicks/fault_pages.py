"""Setup faults of links: saying that one is mended."""

from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Request, Response, post

from portal.accounts.access import Permission, SignedIn
from portal.accounts.page import done
from portal.accounts.pages import local_target
from portal.clicks import faults
from portal.web.forms import Form


@post("/app/links/faults/{fault_id:uuid}/mended", opt={"permission": Permission.EDIT_LINKS})
async def mended(request: Request[Any, Any, Any], member: SignedIn, now: datetime, fault_id: UUID) -> Response[str]:
    form = Form(await request.form())
    await faults.mend(member.workspace_id, fault_id, now=now)
    return done(request, local_target(form.raw("back")), "Marked as mended. It shows again if it comes again.")


handlers = [mended]
