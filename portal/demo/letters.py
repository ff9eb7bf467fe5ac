"""What the messages of the demo said."""

from portal.demo.lives import Letter, Life
from portal.links.personal import personal_url
from portal.messages.words import Channel


def write_letter(life: Life, letter: Letter) -> dict[str, str]:
    """Subject, text and HTML, as they went out."""
    left = len(life.job.questions)
    link = personal_url(letter.link_id)
    if letter.channel is Channel.SMS:
        return {"subject": "", "body_text": f"Northgate Care: your interview for {life.job.title} waits. {link}", "body_html": ""}
    text = (
        f"Hello {life.name.split()[0]},\n\nyour interactive interview for {life.job.title} waits for you: {left} questions, "
        f"about {life.job.minutes} minutes.\n\n{link}\n\nNorthgate Care"
    )
    return {"subject": f"Your interview for {life.job.title}", "body_text": text, "body_html": ""}
