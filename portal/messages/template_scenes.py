"""What the editor of texts works with: the occasions of a place, a draft, and how it reads to somebody."""

import base64
import zlib
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec
from itsdangerous import BadSignature, Signer

from portal import crypto, db
from portal.accounts.workspaces import Workspace, get_workspace
from portal.jobs.jobs import Job, get_job
from portal.links.pictures import logo_of
from portal.messages import senders, sms, templates, texts
from portal.messages.checker import Finding, check, errors_of
from portal.messages.facts import Known, load
from portal.messages.languages import LANGUAGES
from portal.messages.listing import KIND_NAMES
from portal.messages.occasions import Text, TextKind
from portal.messages.plans import Plan, Step, plan_for
from portal.messages.quiet import QuietHours
from portal.messages.rehearsal import any_setting, sample, setting_of, somebody
from portal.messages.sms import Size
from portal.messages.templates import Kept, Place
from portal.messages.texts import Chosen, Rendered
from portal.messages.words import Anchor, Channel, Track

MADE_UP = "Alex Morgan"
MOST_PEOPLE = 20
"""How many candidates are offered to preview a text for."""
DIRECT = (
    ("invite", TextKind.INVITE),
    ("link", TextKind.LINK),
    ("extension", TextKind.MORE_TIME),
    ("manual", TextKind.MANUAL),
)
"""The messages that belong to no plan."""
TRACKS = {Track.NEVER_STARTED: "They have not started", Track.UNFINISHED: "They stopped before the end"}
ANSWERS = "At once, or by hand"


class Moment(msgspec.Struct, frozen=True, kw_only=True):
    """One occasion of a workspace's or a job's plan."""

    step_key: str
    kind: TextKind
    name: str
    group: str

    @property
    def is_started(self) -> bool:
        return self.group == TRACKS[Track.UNFINISHED]


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """Whose text is in force in one language."""

    language: str
    name: str
    whose: str
    """job, workspace or ours."""
    compared: bool


class Scene(msgspec.Struct, frozen=True, kw_only=True):
    """The workspace's texts, or a job's."""

    home: Workspace
    job: Job | None
    plan: Plan
    kept: list[Kept]

    @property
    def job_id(self) -> UUID | None:
        return self.job.id if self.job else None

    @property
    def path(self) -> str:
        return f"/app/jobs/{self.job.id}/nudges/texts" if self.job else "/app/settings/texts"

    @property
    def moments(self) -> list[Moment]:
        steps = [_moment(step, self.plan) for track in TRACKS for step in self.plan.track(track)]
        return [*(Moment(step_key=key, kind=kind, name=KIND_NAMES[kind], group=ANSWERS) for key, kind in DIRECT), *steps]

    def sources(self, moment: Moment, channel: Channel) -> list[Source]:
        return [self._source(moment, channel, language) for language in LANGUAGES]

    def place(self, moment: Moment, channel: Channel, language: str, variant: str) -> Place:
        return Place(
            workspace_id=self.home.id,
            job_id=self.job_id,
            step_key=moment.step_key,
            channel=channel,
            language=language,
            variant=variant,
        )

    def own(self, place: Place) -> Kept | None:
        """The text kept for exactly this place."""
        return next((one for one in self.kept if one.place == place), None)

    def _source(self, moment: Moment, channel: Channel, language: str) -> Source:
        place = self.place(moment, channel, language, "a")
        chosen = templates.in_force(self.kept, place, moment.kind)
        of = next((one.place for one in self.kept if one.id == chosen.template_id), None)
        whose = "ours" if of is None else "workspace" if of.job_id is None else "job"
        return Source(language=language, name=LANGUAGES[language].name, whose=whose, compared=bool(chosen.variant))


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """A text as it was typed, and for whom it is tried. `person`: an application; None: somebody made up."""

    place: Place
    kind: TextKind
    text: Text
    is_started: bool
    person: UUID | None = None

    @property
    def chosen(self) -> Chosen:
        return Chosen(kind=self.kind, channel=self.place.channel, text=self.text, language=self.place.language)


class Preview(msgspec.Struct, frozen=True, kw_only=True):
    """What a draft comes to. `rendered` and `size` are missing where it can't be filled."""

    findings: list[Finding]
    rendered: Rendered | None
    size: Size | None
    packed: str

    @property
    def errors(self) -> dict[str, str]:
        return errors_of(self.findings)


async def open_scene(workspace_id: UUID, job_id: UUID | None) -> Scene:
    """Raises `Missing`."""
    return Scene(
        home=await get_workspace(workspace_id),
        job=await get_job(workspace_id, job_id) if job_id else None,
        plan=await plan_for(workspace_id, job_id),
        kept=await templates.list_kept(workspace_id, job_id),
    )


async def preview(draft: Draft, now: datetime, kept: Sequence[Kept] = ()) -> Preview:
    """How `draft` reads, and what there is to say about it. `kept`: the texts beside it."""
    findings = check(draft.chosen, own_in=[*templates.languages_of(kept, draft.place), draft.place.language] if kept else [])
    rendered = None if any(f.warning in UNFILLED for f in findings) else await render(draft, now)
    size = sms.measure(rendered.text) if rendered and draft.place.channel is Channel.SMS else None
    return Preview(findings=findings, rendered=rendered, size=size, packed=pack(draft))


UNFILLED = frozenset({"empty", "syntax", "not_allowed", "unknown_field", "too_long"})


async def render(draft: Draft, now: datetime) -> Rendered:
    """The draft as its person would get it. Raises `filling.Wrong` for one that can't be filled."""
    known = await _person(draft) or await made_up(draft, now)
    sender = await senders.sender_of(draft.place.workspace_id)
    return texts.write(draft.chosen, known, templates.nobodys_ways(), now, sender.postal_address)


async def made_up(draft: Draft, now: datetime) -> Known:
    """Somebody who does not exist, at the draft's job or at one like many, who stopped with three questions left."""
    home = await get_workspace(draft.place.workspace_id)
    job = await get_job(home.id, draft.place.job_id) if draft.place.job_id else None
    setting = (
        await setting_of(job, home, now) if job else msgspec.structs.replace(any_setting(home, now), job_title="Night nurse")
    )
    facts = sample(
        now,
        track=Track.UNFINISHED if draft.is_started else Track.NEVER_STARTED,
        role_type=setting.role_type,
        zone=setting.zone,
        quiet=QuietHours(begin=home.quiet_from, end=home.quiet_until),
        deadline_at=setting.deadline_at,
    )
    known = somebody(setting, facts)
    return msgspec.structs.replace(known, candidate_name=MADE_UP, left=min(known.questions, 3), logo_id=await logo_of(home.id))


async def people(workspace_id: UUID, job_id: UUID | None) -> list[tuple[UUID, str]]:
    """Whom a text can be tried for: the latest applications, with name and job."""
    found = await db.rows(
        """
        SELECT application.id, candidate.name, candidate.email, job.title FROM application
        JOIN candidate ON candidate.id = application.candidate_id JOIN job ON job.id = application.job_id
        WHERE application.workspace_id = $1 AND ($2::uuid IS NULL OR application.job_id = $2) AND candidate.erased_at IS NULL
        ORDER BY application.created_at DESC, application.id LIMIT $3
        """,
        workspace_id,
        job_id,
        MOST_PEOPLE,
    )
    return [(row["id"], f"{row['name'] or row['email']} · {row['title']}") for row in found]


def pack(value: Draft | Kept) -> str:
    """For an address: signed, so that nothing else can be shown or brought back by it."""
    packed = base64.urlsafe_b64encode(zlib.compress(msgspec.json.encode(value), 9))
    return _signer(type(value)).sign(packed).decode()


def unpack_draft(text: str) -> Draft | None:
    packed = _unsigned(text, Draft)
    return msgspec.json.decode(packed, type=Draft) if packed else None


def unpack_kept(text: str) -> Kept | None:
    packed = _unsigned(text, Kept)
    return msgspec.json.decode(packed, type=Kept) if packed else None


def _unsigned(text: str, kind: type) -> bytes | None:
    try:
        packed = _signer(kind).unsign(text)
    except BadSignature:
        return None
    return zlib.decompress(base64.urlsafe_b64decode(packed))


def _signer(kind: type) -> Signer:
    return Signer(crypto.key(f"text {kind.__name__}"))


def _moment(step: Step, plan: Plan) -> Moment:
    kind = texts.kind_of(step.track, step.key, plan)
    when = f"{step.hours} h before the deadline" if step.anchor is Anchor.BEFORE_DEADLINE else f"After {step.hours} h"
    return Moment(step_key=step.key, kind=kind, name=when, group=TRACKS[step.track])


async def _person(draft: Draft) -> Known | None:
    """The draft's candidate, if it is one of its workspace and job."""
    known = await load(draft.person) if draft.person else None
    if known is None or known.workspace_id != draft.place.workspace_id:
        return None
    return known if draft.place.job_id in {None, known.job_id} else None
