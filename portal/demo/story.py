"""What the demo is about: one care company, its people, its jobs and their interviews."""

from dataclasses import dataclass, field
from datetime import time

import msgspec

from portal.messages.plans import DEFAULT

NAME, BRAND, PRIVACY = "Northgate Care", "#0f766e", "https://northgate.example/privacy"
TIMEZONE = "Europe/London"
QUIET_FROM, QUIET_UNTIL = time(21), time(8)
WORKSPACE = {
    "name": NAME,
    "timezone": TIMEZONE,
    "country": "GB",
    "language": "en",
    "brand_color": BRAND,
    "privacy_url": PRIVACY,
    "quiet_from": QUIET_FROM,
    "quiet_until": QUIET_UNTIL,
    "communications_off_at": None,
}
PLAN = msgspec.structs.replace(DEFAULT, holdout_percent=12)
"""So many get no nudges that two months of people show whether nudges help."""

MEMBERS = {"admin": "Mara Lind", "recruiter": "Jo Park", "marketer": "Sam Reed", "viewer": "Ida Holm"}


@dataclass(frozen=True)
class Question:
    kind: str
    prompt: str
    help: str = ""
    options: tuple[str, ...] = ()
    required: bool = True
    answers: tuple[str, ...] = ()
    """What people write; for numbers, the numbers they give. Empty: options or yes and no."""


@dataclass(frozen=True)
class Job:
    slug: str
    title: str
    location: str
    pay: str
    summary: str
    role_type: str
    minutes: int
    deadline_in_days: int | None
    """The fixed last day, in days from today."""
    deadline_days: int | None
    """Days that each person gets."""
    phone_share: float
    """How many give a mobile number and allow texts."""
    questions: tuple[Question, ...] = field(repr=False)
    card_title: str = ""
    card_text: str = ""
    """What apps show beside a shared link; empty: made from the job."""
    draft_since: tuple[int, int] | None = None
    """Days ago and hour at which it was taken back to draft: since then nobody comes in or goes on, and its messages wait."""


@dataclass(frozen=True)
class File:
    """A list of people that a member read in."""

    people: int
    days_ago: int
    hour: float


NURSE = Job(
    slug="night-nurse-leeds",
    title="Night nurse",
    location="Leeds",
    pay="£21 an hour",
    summary=(
        "Four nights a week on a 24-bed rehabilitation ward in central Leeds. A second nurse and two carers on every shift, "
        "paid breaks, and a rota you know six weeks ahead.\n\nYou need a registration with the NMC. We help with the move."
    ),
    role_type="professional",
    minutes=8,
    deadline_in_days=11,
    deadline_days=14,
    phone_share=0.35,
    card_title="Interview tonight, from your phone",
    questions=(
        Question(
            "short_text",
            "What is your NMC registration number?",
            help="Two digits, a letter, four digits and a letter, as on your statement of entry.",
            answers=("19I4512E", "14C0387O", "21B7764E", "08H1190O", "17F5523E", "22A3306O", "11D9458E", "16G2071O", "20J6619E"),
        ),
        Question("number", "How many nights a week can you work?", help="From 1 to 5.", answers=("2", "3", "3", "4", "4", "5")),
        Question(
            "several_of",
            "Which wards have you worked on?",
            options=("Rehabilitation", "Elderly care", "Acute medicine", "Surgery", "Intensive care", "Community"),
        ),
        Question(
            "long_text",
            "Tell us about a night when a patient got worse quickly. What did you do?",
            help="A few sentences are plenty. Leave out names.",
            answers=(
                "A patient after a hip operation became short of breath at three. I sat her up, started oxygen, took a full "
                "set of observations, called the doctor with an SBAR handover and stayed with her until she was moved.",
                "Blood pressure dropped on a man with a chest infection. I laid him flat, checked his fluids, called, and "
                "asked the carer to bring the trolley. We had him on antibiotics within the hour.",
                "A resident with dementia fell on the way to the bathroom. I checked her where she lay, kept her warm, rang for "
                "an ambulance because of the way her leg was turned, and phoned her daughter myself.",
                "New confusion in the small hours. I did a sugar first, it was 2.9, gave gel and a sandwich, repeated it after "
                "fifteen minutes, and wrote it up for the diabetes nurse.",
                "Sepsis, caught from a rising breathing rate before anything else changed. Escalated on a score of 7, had "
                "cultures and fluids going in forty minutes. She went home ten days later.",
                "I noticed that the syringe driver had stopped. I told the family what I was doing, restarted it with a "
                "colleague checking, gave a breakthrough dose and stayed until he was settled.",
            ),
        ),
        Question(
            "one_of",
            "When could you start?",
            options=("Within two weeks", "In a month", "In two to three months", "I am only looking"),
        ),
    ),
)

WAREHOUSE = Job(
    slug="warehouse-shifts-wakefield",
    title="Warehouse operative, shifts",
    location="Wakefield",
    pay="£13.40 an hour, nights £15.20",
    summary=(
        "Pick and pack medical supplies for 60 care homes. Shifts of eight hours that you choose in an app, paid every Friday. "
        "No experience needed: the first two days are training, and paid."
    ),
    role_type="shift",
    minutes=4,
    deadline_in_days=None,
    deadline_days=7,
    phone_share=0.8,
    questions=(
        Question(
            "several_of",
            "Which shifts suit you?",
            help="Choose as many as you like.",
            options=("Early, 6:00 to 14:00", "Late, 14:00 to 22:00", "Night, 22:00 to 6:00", "Weekends"),
        ),
        Question("yes_no", "Are you allowed to work in the UK?"),
        Question(
            "number",
            "How many hours a week would you like?",
            help="From 8 to 48.",
            answers=("16", "20", "24", "32", "40", "40"),
        ),
        Question("one_of", "How would you get here?", options=("Car", "Bus", "Bicycle", "On foot", "I would need a lift")),
        Question(
            "short_text",
            "What was your last job?",
            required=False,
            answers=(
                "Picker at a supermarket depot",
                "Kitchen porter",
                "Delivery driver",
                "None yet, I finished college in June",
                "Cleaner in a school",
                "Shop floor at a DIY store",
                "Production line, frozen food",
                "Carer at home for my mum",
                "Barista",
                "Forklift driver, licence valid to 2028",
            ),
        ),
    ),
)

ENGINEER = Job(
    slug="software-engineer-rota",
    title="Software engineer, rota team",
    location="Remote, UK",
    pay="£52,000 to £64,000",
    summary=(
        "Build the rota that 4,000 carers look at every morning. Python, PostgreSQL and server-rendered pages; a team of five; "
        "releases every day. One week in twelve on call, with time off after it."
    ),
    role_type="professional",
    minutes=15,
    deadline_in_days=24,
    deadline_days=None,
    phone_share=0.15,
    questions=(
        Question(
            "short_text",
            "Where can we see something you made?",
            help="An address, or a sentence if none is public.",
            answers=(
                "https://example.com/timetable",
                "https://example.org/portfolio",
                "Nothing public, but I can show a small tool I use at home",
                "https://example.net/open-bus-map",
                "My blog: https://example.com/notes",
            ),
        ),
        Question("number", "How many years have you written Python?", answers=("1", "2", "3", "4", "5", "6", "8", "11", "14")),
        Question(
            "several_of",
            "What have you run in production?",
            options=("PostgreSQL", "Redis or Valkey", "Kubernetes", "A queue", "None of these"),
        ),
        Question(
            "long_text",
            "Tell us about a fault that was yours. How did you find it, and what changed afterwards?",
            help="Ten sentences at most.",
            answers=(
                "I shipped a migration that took a lock on our busiest table. It showed as time-outs within a minute. I "
                "rolled it back, wrote down what happened, and we now rehearse migrations on a copy with traffic.",
                "A rounding step ran twice, so some invoices were a penny off. A customer found it. I wrote a test that adds up "
                "a month of invoices, and moved rounding to one place.",
                "I cached a page without its user in the key. Two people saw each other's name for four minutes. Since then "
                "nothing that needs a sign-in is cached, and a test walks all pages as somebody else.",
                "A retry without a limit turned a slow partner into our own outage. I added a budget for retries and an alarm on "
                "the queue's age rather than its length.",
                "Daylight saving. Our nightly job ran twice in October. I stored times in UTC and made the job safe to repeat.",
            ),
        ),
        Question("yes_no", "Can you be on call one week in twelve?"),
        Question(
            "one_of",
            "How did you hear of us?",
            required=False,
            options=("A friend", "Social media", "A job board", "Our site", "Other"),
        ),
    ),
)

CARER = Job(
    slug="weekend-carer-york",
    title="Weekend carer",
    location="York",
    pay="£13.10 an hour, Sundays £15.60",
    summary=(
        "Two days a week in a home for 22 people on the edge of York: breakfast, walks, company, and help with what has become "
        "hard to do alone. We pay for your training and your check by the DBS."
    ),
    role_type="shift",
    minutes=4,
    deadline_in_days=None,
    deadline_days=21,
    phone_share=0.7,
    draft_since=(1, 16),
    questions=(
        Question("yes_no", "Can you work on Saturdays and on Sundays?"),
        Question(
            "one_of",
            "Have you cared for somebody before?",
            options=("Yes, as a job", "Yes, at home", "Both", "Not yet"),
        ),
        Question(
            "long_text",
            "What would you do if somebody did not want to eat?",
            help="Two or three sentences are plenty.",
            answers=(
                "I would sit down with them and ask what is wrong. Often it is pain, or the wrong food, or nobody to eat with. "
                "If it goes on I would tell the nurse and write it down.",
                "Leave it and try again later with something small that they like. Never push. I would note how much they drank.",
                "My gran only ate when I ate with her, so I would do that first.",
            ),
        ),
        Question("number", "How far from York do you live, in miles?", answers=("1", "2", "3", "5", "8", "12")),
    ),
)
CARER_FILE = File(people=19, days_ago=2, hour=10.4)

ALWAYS_OPEN = (NURSE, WAREHOUSE, ENGINEER)
JOBS = (*ALWAYS_OPEN, CARER)
JOB = {job.slug: job for job in JOBS}
