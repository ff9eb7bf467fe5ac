"""What a link says of itself where it is pasted: an Open Graph card (ogp.me)."""

from portal.clicks.targets import Target
from portal.settings import settings
from portal.web.templating import render


def card(target: Target) -> bytes:
    """The page for crawlers. A person who is taken for one finds the way on, too."""
    job, link = target.job, target.link
    return render(
        "clicks/card.html",
        title=link.card_title or job.card_title or job.title,
        text=link.card_text or job.card_text or job.place_and_pay or f"About {job.minutes} minutes, from your phone.",
        company=job.workspace_name,
        # Crawlers come back to this address and count what they find as the same page. A secret is no such address.
        url="" if target.personal else f"{settings().public_url}/{target.key}",
        locale=f"{job.language}_{job.country}",
        lang=job.language,
        href=target.page,
    ).encode()
