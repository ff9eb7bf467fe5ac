"""Resumes of candidates, to be saved."""

from uuid import UUID

from litestar import Response, get

from portal.accounts.access import SignedIn
from portal.candidates import resumes
from portal.candidates.page import SEE
from portal.web.exports import slug_of


@get("/app/candidates/{application_id:uuid}/resumes/{resume_id:uuid}", opt=SEE)
async def download(member: SignedIn, application_id: UUID, resume_id: UUID) -> Response[bytes]:
    """Never shown in the page's own place: whoever sent it decided what is in it."""
    name, content = await resumes.content_of(member.workspace_id, application_id, resume_id)
    headers = {"Content-Disposition": f'attachment; filename="{slug_of(name.removesuffix(".pdf"))}.pdf"'}
    return Response(content, media_type="application/pdf", headers=headers)


handlers = [download]
