"""Our texts in English. Each says that an interactive interview is next, and holds the link."""

from collections.abc import Mapping

from portal.messages.occasions import Occasion, TextKind

COME_BACK = "You can stop at any point and come back with the same link. What you have answered is kept."
END = "{{ link }} STOP to end"
SHORT = "{{ workspace }}: interactive interview for {{ job }}: "
READY = "{{ workspace }}: your interactive interview for {{ job }} is ready."

TEXTS: Mapping[TextKind, Occasion] = {
    TextKind.INVITE: Occasion(
        subject="Your interview for {{ job }} at {{ workspace }}",
        lines=(
            "{{ workspace }} would like to interview you for {{ job }}.",
            "It is an interactive interview: {{ size }}, on your phone or computer, whenever it suits you{{ until }}.",
            COME_BACK,
        ),
        button="Start the interview",
        sms=(READY + "{{ details }} " + END, READY + " " + END),
    ),
    TextKind.LINK: Occasion(
        subject="Your link to the interview: {{ job }}",
        lines=(
            "Here is your link to the interactive interview for {{ job }} at {{ workspace }}.",
            "It opens where you left off, on any phone or computer{{ until }}. It takes {{ size }} in all.",
            "The link is yours alone: please don't pass it on.",
        ),
        button="Go to the interview",
        sms=("{{ workspace }}: your link to the interactive interview for {{ job }}: " + END, SHORT + END),
    ),
    TextKind.MORE_TIME: Occasion(
        subject="You have more time: {{ job }}",
        lines=(
            "You asked for more time for the interactive interview for {{ job }} at {{ workspace }}: you have it{{ until }}.",
            "The link opens where you stopped, on any phone or computer. What you have answered is kept.",
        ),
        button="Go to the interview",
        sms=(
            "{{ workspace }}: you have more time for your interactive interview for {{ job }}.{{ details }} " + END,
            SHORT + "you have more time. " + END,
        ),
    ),
    TextKind.NEVER_FIRST: Occasion(
        subject="Your interview is ready: {{ job }}",
        lines=(
            "Your interactive interview for {{ job }} at {{ workspace }} is ready for you.",
            "It is {{ size }}, on your phone or computer, whenever it suits you{{ until }}.",
            COME_BACK,
        ),
        button="Start the interview",
        sms=(READY + "{{ details }} " + END, READY + " " + END),
    ),
    TextKind.NEVER_SECOND: Occasion(
        subject="A few minutes are enough: {{ job }}",
        lines=(
            "The next step for {{ job }} at {{ workspace }} is an interactive interview, which you can take right where you are.",
            "{{ size | capitalize }}{{ until }}. No appointment, no app to install.",
            COME_BACK,
        ),
        button="Start the interview",
        sms=(SHORT + "a few minutes are enough.{{ details }} " + END, SHORT + "just a few minutes. " + END),
    ),
    TextKind.NEVER_LATER: Occasion(
        subject="Still interested in {{ job }}?",
        lines=(
            "Your place in the interactive interview for {{ job }} at {{ workspace }} is still open{{ until }}.",
            "It is {{ size }}. If it is no longer for you, there is nothing you need to do.",
            COME_BACK,
        ),
        button="Start the interview",
        sms=(
            "{{ workspace }}: still interested in {{ job }}? Your interactive interview is open.{{ details }} " + END,
            SHORT + "still interested? " + END,
        ),
    ),
    TextKind.NEVER_DEADLINE: Occasion(
        subject="{{ job }}: the interview closes {{ closes }}",
        lines=(
            "The interactive interview for {{ job }} at {{ workspace }} closes {{ closes }}: you can take it{{ until }}.",
            "It is {{ size }}, on your phone or computer.",
            COME_BACK,
        ),
        button="Start the interview",
        sms=(
            "{{ workspace }}: your interactive interview for {{ job }} closes {{ closes }}.{{ details }} " + END,
            SHORT + "closes {{ closes }}. " + END,
        ),
    ),
    TextKind.UNFINISHED_FIRST: Occasion(
        subject="{{ left }}: {{ job }}",
        lines=(
            "You have begun the interactive interview for {{ job }} at {{ workspace }}. {{ left }}.",
            "What you have answered is kept. The link opens where you stopped, on any phone or computer{{ until }}.",
        ),
        button="Go on where you stopped",
        sms=(SHORT + "{{ left | lower }}. Go on where you stopped: " + END, SHORT + "{{ left | lower }}. " + END),
    ),
    TextKind.UNFINISHED_SECOND: Occasion(
        subject="Your answers are saved: {{ job }}",
        lines=(
            "Your answers in the interactive interview for {{ job }} at {{ workspace }} are saved. {{ left }}.",
            "Finish whenever it suits you{{ until }}: the link opens where you stopped.",
        ),
        button="Finish the interview",
        sms=(SHORT + "your answers are saved, {{ left | lower }}. " + END, SHORT + "{{ left | lower }}. " + END),
    ),
    TextKind.UNFINISHED_LATER: Occasion(
        subject="Your interview is still open: {{ job }}",
        lines=(
            "Your interactive interview for {{ job }} at {{ workspace }} is still open{{ until }}. {{ left }}.",
            "The link opens where you stopped. If the job is no longer for you, there is nothing you need to do.",
        ),
        button="Finish the interview",
        sms=(SHORT + "still open, {{ left | lower }}. " + END, SHORT + "{{ left | lower }}. " + END),
    ),
    TextKind.UNFINISHED_DEADLINE: Occasion(
        subject="Closes {{ closes }}: {{ job }}, {{ left | lower }}",
        lines=(
            "The interactive interview for {{ job }} at {{ workspace }} closes {{ closes }}. {{ left }}.",
            "What you have answered is kept: the link opens where you stopped, and you can finish{{ until }}.",
        ),
        button="Finish the interview",
        sms=(SHORT + "closes {{ closes }}, {{ left | lower }}. " + END, SHORT + "closes {{ closes }}. " + END),
    ),
    TextKind.MANUAL: Occasion(
        subject="Your interview for {{ job }} at {{ workspace }}",
        lines=(
            "Your interactive interview for {{ job }} at {{ workspace }} is waiting for you.",
            "The link opens where you stopped, on any phone or computer, whenever it suits you{{ until }}.",
            "What you have answered is kept. If the job is no longer for you, there is nothing you need to do.",
        ),
        button="Go to the interview",
        sms=("{{ workspace }}: your interactive interview for {{ job }} is waiting.{{ details }} " + END, SHORT + END),
    ),
}
