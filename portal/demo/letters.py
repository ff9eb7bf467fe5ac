"""What the messages of the demo said: the portal's own texts, as they were filled in then."""

from uuid import UUID

from portal.demo import story
from portal.demo.lives import Letter, Life
from portal.messages import texts
from portal.messages.facts import Known
from portal.messages.fields import ways


def write_letter(life: Life, letter: Letter, *, workspace_id: UUID, job_id: UUID) -> dict[str, str | int]:
    """Subject, text, HTML and what is known of them, as columns of ``message``."""
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
        languages=(life.language,),
    )
    kind = texts.kind_of(letter.track, letter.step_key, story.PLAN)
    chosen = texts.ours_for(known, kind, letter.channel)
    written = texts.write(chosen, known, ways(letter.link_id), letter.due)
    return {
        "subject": written.subject,
        "body_text": written.text,
        "body_html": written.html,
        "language": chosen.language,
        "segments": written.segments,
    }
