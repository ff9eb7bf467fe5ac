"""The rows of a life: candidate, application, personal links, timeline, answers, messages."""

from datetime import datetime, timedelta
from uuid import UUID

from portal import crypto
from portal.candidates.events import EventKind
from portal.demo.book import Book
from portal.demo.cast import PLAIN_LINK, Cast
from portal.demo.dice import id_at
from portal.demo.letters import write_letter
from portal.demo.lives import Answer, Event, Letter, Life
from portal.links.personal import token_of
from portal.messages.suppression import Cause
from portal.messages.words import LEFT_US, Channel, State

WORDING = "Northgate Care may text me about this application. I can reply STOP at any time."
UNWRITTEN = {"subject": "", "body_text": "", "body_html": "", "language": "", "segments": 0}
TOLD = {State.FAILED: EventKind.MESSAGE_FAILED, State.UNKNOWN: EventKind.MESSAGE_UNKNOWN}


class Records:
    def __init__(self, book: Book, cast: Cast) -> None:
        self._book, self._cast = book, cast

    def keep(self, life: Life) -> None:
        """Write down everything about one life."""
        self._candidate(life)
        self._application(life)
        self._personal_link(life, life.personal_link_id, life.arrived)
        for event in life.events:
            self._event(life, event)
        for answer in life.answers:
            self._answer(life, answer)
        for letter in life.letters:
            self._message(life, letter)

    def _candidate(self, life: Life) -> None:
        self._add(
            "candidate",
            id=life.candidate_id,
            name=life.name,
            email=life.email,
            phone=life.phone,
            language=life.language,
            timezone="",
            metadata={},
            erased_at=None,
            created_at=life.arrived,
        )
        if life.phone:
            self._consent(life, life.phone)

    def _consent(self, life: Life, phone: str) -> None:
        self._add(
            "consent",
            id=id_at(life.arrived, "consent", life.key),
            candidate_id=life.candidate_id,
            channel="sms",
            given=True,
            address=phone,
            wording=WORDING,
            page="added by a member" if life.invited else f"/apply/{life.job.slug}",
            at=life.arrived,
        )

    def _application(self, life: Life) -> None:
        self._add(
            "application",
            id=life.id,
            job_id=self._cast.jobs[life.job.slug],
            candidate_id=life.candidate_id,
            stage=life.stage.value,
            door=life.door.value,
            link_id=life.tap.link_id if life.tap else None,
            click_id=life.tap.id if life.tap else None,
            personal_link_id=life.personal_link_id,
            invite=life.invited,
            answered=len(life.answers),
            invited_at=life.arrived if life.invited else None,
            captured_at=None if life.invited else life.arrived,
            started_at=life.started,
            completed_at=life.completed,
            ended_at=life.ended,
            active_at=life.active,
            deadline_at=life.deadline,
            snoozed_until=None,
            arm=life.arm.value,
            arm_at=life.arrived,
            # The planner makes what is still to come, once all of this is written.
            plan_stale=life.under_way,
            created_at=life.arrived,
        )

    def _personal_link(self, life: Life, link_id: UUID, made: datetime) -> None:
        self._add(
            "link",
            id=link_id,
            kind="personal",
            job_id=self._cast.jobs[life.job.slug],
            channel_id=None,
            campaign_id=None,
            application_id=life.id,
            slug=None,
            token_digest=crypto.digest(token_of(link_id)),
            token_version=1,
            member_id=None,
            created_at=made,
            **PLAIN_LINK,
        )

    def _event(self, life: Life, event: Event) -> None:
        self._add(
            "event",
            id=event.id,
            application_id=life.id,
            kind=event.kind.value,
            at=event.at,
            member_id=self._cast.members["recruiter"] if event.by_member else None,
            data=event.data,
            published_at=event.at,
        )

    def _answer(self, life: Life, answer: Answer) -> None:
        self._add(
            "answer",
            id=id_at(answer.at, "answer", life.key, answer.question),
            application_id=life.id,
            question_id=self._cast.questions[life.job.slug][answer.question],
            prompt=life.job.questions[answer.question].prompt,
            value=answer.value,
            answered_at=answer.at,
        )

    def _message(self, life: Life, letter: Letter) -> None:
        went = letter.state in LEFT_US or letter.state is State.FAILED
        if went:
            self._personal_link(life, letter.link_id, letter.due)
        sent = letter.due + timedelta(seconds=2) if letter.state in {State.SENT, State.DELIVERED, State.BOUNCED} else None
        address = (life.email if letter.channel is Channel.EMAIL else life.phone) or ""
        self._add(
            "message",
            id=letter.id,
            application_id=life.id,
            step_key=letter.step_key,
            track=letter.track.value,
            channel=letter.channel.value,
            state=letter.state.value,
            reason_code=letter.reason_code,
            reason=letter.reason,
            due_at=letter.due,
            lease_until=letter.lease,
            attempts=0,
            link_id=letter.link_id if went else None,
            to_address=address if went else "",
            **(self._written(life, letter) if went else UNWRITTEN),
            provider="outbox" if went else "",
            provider_id=str(letter.id) if sent else "",
            error=letter.reason if letter.state in TOLD or letter.state is State.BOUNCED else "",
            member_id=None,
            handed_over_at=letter.due + timedelta(seconds=1) if went else None,
            sent_at=sent,
            ended_at=_ended(letter, sent),
            created_at=letter.planned,
        )
        if went and letter.state is not State.HANDED_OVER:
            self._told(life, letter)
        if letter.state is State.BOUNCED:
            self._suppression(letter, address)

    def _written(self, life: Life, letter: Letter) -> dict[str, str | int]:
        return write_letter(life, letter, workspace_id=self._cast.workspace_id, job_id=self._cast.jobs[life.job.slug])

    def _told(self, life: Life, letter: Letter) -> None:
        """The timeline's line about a message that went out."""
        kind = TOLD.get(letter.state, EventKind.MESSAGE_SENT)
        title = self._book.rows["message"][-1]["subject"]
        data: dict[str, object] = {"message": str(letter.id), "channel": letter.channel.value, "title": title}
        at = letter.due + timedelta(seconds=2)
        self._event(life, Event(id_at(at, "told", letter.id), kind, at, data))

    def _suppression(self, letter: Letter, address: str) -> None:
        self._add(
            "suppression",
            id=id_at(letter.due, "suppression", letter.id),
            channel=letter.channel.value,
            address_hash=crypto.address_hash(address),
            address=address,
            reason=Cause.BOUNCED.value,
            source="The mail server of the address",
            created_at=letter.due + timedelta(seconds=5),
        )

    def _add(self, table: str, **values: object) -> None:
        self._book.add(table, workspace_id=self._cast.workspace_id, **values)


def _ended(letter: Letter, sent: datetime | None) -> datetime | None:
    """When its fate was known; a sent one may yet be delivered."""
    if letter.state is State.SENT:
        return None
    return sent + timedelta(seconds=3) if sent else letter.ended
