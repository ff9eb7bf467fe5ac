"""What the messages of the demo said: the portal's own texts, as they were filled in then."""

from uuid import UUID

from portal.demo import story
from portal.demo.lives import Letter, Life
from portal.links.personal import personal_url
from portal.messages import texts
from portal.messages.facts import Known
from portal.messages.plans import DEFAULT


def write_letter(life: Life, letter: Letter, *, workspace_id: UUID, job_id: UUID) -> dict[str, str]:
    """Subject, text and HTML, as columns of ``message``."""
    known = Known(
        application_id=life.id,
        workspace_id=workspace_id,
        job_id=job_id,
        candidate_name=life.name,
        email=life.email,
        phone=life.phone or "",
        job_title=life.job.title,
        workspace_name=story.NAME,
        brand_color=story.BRAND,
        privacy_url=story.PRIVACY,
        minutes=life.job.minutes,
        questions=len(life.job.questions),
        left=letter.left,
        external=False,
        timezone=story.TIMEZONE,
        facts=letter.facts,
    )
    kind = texts.kind_of(letter.track, letter.step_key, DEFAULT)
    written = texts.write(kind, letter.channel, known, personal_url(letter.link_id), letter.due)
    return {"subject": written.subject, "body_text": written.text, "body_html": written.html}
