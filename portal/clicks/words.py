"""What the redirect's pages and the cards say, in each language of `accounts.places.LANGUAGES`."""

from collections.abc import Mapping
from typing import NamedTuple

from portal.accounts.places import spoken
from portal.clicks.hits import Outcome


class Said(NamedTuple):
    """A short page. ``{company}`` and ``{job}`` in its lines are the workspace's name and the job's title."""

    title: str
    lines: tuple[str, ...]


class Words(NamedTuple):
    """One language. ``{}`` stands for what `minutes` says: that pair is for one and for several."""

    skip: str
    stopped: Mapping[Outcome, Said]
    """Why a link does not lead on."""
    away: Said
    """The database is."""
    minutes: tuple[str, str]
    next_step: str
    """At the foot of a card's picture."""
    about: str
    """A card's text where nothing else is known of the job."""

    def next_step_of(self, minutes: int) -> str:
        return self.next_step.format(self._minutes(minutes))

    def about_of(self, minutes: int) -> str:
        text = self.about.format(self._minutes(minutes))
        return text[0].upper() + text[1:]

    def _minutes(self, minutes: int) -> str:
        return self.minutes[minutes != 1].format(minutes)


ENGLISH = Words(
    skip="Skip to the content",
    stopped={
        Outcome.UNKNOWN: Said(
            "This link leads nowhere",
            (
                "There is nothing at this address. Perhaps a letter got lost when it was typed or copied.",
                "Open the post or the message again and tap the link there. If you were sent a link of your own, the newest one "
                "works.",
            ),
        ),
        Outcome.PAUSED: Said("This link is paused", ("{company} has paused it. Please try again later.",)),
        Outcome.NOT_STARTED: Said("This link is not open yet", ("{company} has not opened it yet. Please try again later.",)),
        Outcome.NOT_OPEN: Said("This job is not open yet", ("{company} has not opened “{job}” yet. Please try again later.",)),
        Outcome.CLOSED: Said(
            "This job is closed",
            (
                "{company} no longer takes applications for “{job}”. Thank you for your interest.",
                "If you began already, open the link in the message that you got: what you saved is kept.",
            ),
        ),
        Outcome.EXPIRED: Said("This link has ended", ("{company} used it until recently. A newer post may have the new one.",)),
        Outcome.ARCHIVED: Said(
            "This link is no longer in use", ("{company} no longer uses it. A newer post may have the new one.",)
        ),
    },
    away=Said("Back in a moment", ("The service is not reachable for a moment. Please try again.",)),
    minutes=("about {} minute", "about {} minutes"),
    next_step="Interactive interview · {} · on your phone",
    about="{}, from your phone.",
)
SPANISH = Words(
    skip="Ir al contenido",
    stopped={
        Outcome.UNKNOWN: Said(
            "Este enlace no lleva a ninguna parte",
            (
                "No hay nada en esta dirección. Quizá se perdió una letra al escribirla o copiarla.",
                "Abra de nuevo la publicación o el mensaje y pulse allí el enlace. Si le enviaron un enlace propio, vale el más "
                "reciente.",
            ),
        ),
        Outcome.PAUSED: Said("Este enlace está en pausa", ("{company} lo ha puesto en pausa. Inténtelo de nuevo más tarde.",)),
        Outcome.NOT_STARTED: Said(
            "Este enlace aún no está abierto", ("{company} aún no lo ha abierto. Inténtelo de nuevo más tarde.",)
        ),
        Outcome.NOT_OPEN: Said(
            "Este empleo aún no está abierto", ("{company} aún no ha abierto «{job}». Inténtelo de nuevo más tarde.",)
        ),
        Outcome.CLOSED: Said(
            "Este empleo está cerrado",
            (
                "{company} ya no admite solicitudes para «{job}». Gracias por su interés.",
                "Si ya había empezado, abra el enlace del mensaje que recibió: lo que guardó se conserva.",
            ),
        ),
        Outcome.EXPIRED: Said(
            "Este enlace ha terminado",
            ("{company} lo usó hasta hace poco. Quizá una publicación más reciente tenga el nuevo.",),
        ),
        Outcome.ARCHIVED: Said(
            "Este enlace ya no se usa", ("{company} ya no lo usa. Quizá una publicación más reciente tenga el nuevo.",)
        ),
    },
    away=Said("Vuelva en un momento", ("El servicio no está disponible por un momento. Inténtelo de nuevo.",)),
    minutes=("cerca de {} minuto", "unos {} minutos"),
    next_step="Entrevista interactiva · {} · en su teléfono",
    about="{}, desde su teléfono.",
)
WORDS: Mapping[str, Words] = {"en": ENGLISH, "es": SPANISH}


def words(language: str) -> Words:
    return WORDS[spoken(language)]
