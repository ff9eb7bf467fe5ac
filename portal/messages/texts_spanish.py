"""Our texts in Spanish: plain, polite (usted), and understood on both sides of the Atlantic.

The text messages keep to letters of the GSM alphabet where the wording allows; á, í, ó and ú are sent as a, i, o and u.
"""

from collections.abc import Mapping

from portal.messages.occasions import Occasion, TextKind

COME_BACK = "Puede parar cuando quiera y volver con el mismo enlace. Lo que haya respondido queda guardado."
END = "{{ link }} STOP para salir"
SHORT = "{{ workspace }}: entrevista interactiva, {{ job }}: "
READY = "{{ workspace }}: le espera su entrevista interactiva, {{ job }}."

TEXTS: Mapping[TextKind, Occasion] = {
    TextKind.INVITE: Occasion(
        subject="Su entrevista para {{ job }} en {{ workspace }}",
        lines=(
            "En {{ workspace }} nos gustaría entrevistarle para el puesto de {{ job }}.",
            "Es una entrevista interactiva: {{ size }}, desde el teléfono o el ordenador, cuando le venga bien{{ until }}.",
            COME_BACK,
        ),
        button="Empezar la entrevista",
        sms=(READY + "{{ details }} " + END, READY + " " + END),
    ),
    TextKind.LINK: Occasion(
        subject="Su enlace a la entrevista: {{ job }}",
        lines=(
            "Este es su enlace a la entrevista interactiva para el puesto de {{ job }} en {{ workspace }}.",
            "Se abre donde la dejó, en cualquier teléfono u ordenador{{ until }}. En total son {{ size }}.",
            "El enlace es solo para usted: por favor, no lo comparta.",
        ),
        button="Ir a la entrevista",
        sms=("{{ workspace }}: su enlace a la entrevista interactiva, {{ job }}: " + END, SHORT + END),
    ),
    TextKind.MORE_TIME: Occasion(
        subject="Tiene más tiempo: {{ job }}",
        lines=(
            "Nos pidió más tiempo para la entrevista interactiva para el puesto de {{ job }} en {{ workspace }}: "
            "la tiene abierta{{ until }}.",
            "El enlace se abre donde la dejó, en cualquier teléfono u ordenador. Lo que haya respondido queda guardado.",
        ),
        button="Ir a la entrevista",
        sms=(
            "{{ workspace }}: tiene más tiempo para su entrevista interactiva, {{ job }}.{{ details }} " + END,
            SHORT + "tiene más tiempo. " + END,
        ),
    ),
    TextKind.NEVER_FIRST: Occasion(
        subject="Su entrevista le espera: {{ job }}",
        lines=(
            "Su entrevista interactiva para el puesto de {{ job }} en {{ workspace }} ya está lista.",
            "Son {{ size }}, desde el teléfono o el ordenador, cuando le venga bien{{ until }}.",
            COME_BACK,
        ),
        button="Empezar la entrevista",
        sms=(READY + "{{ details }} " + END, READY + " " + END),
    ),
    TextKind.NEVER_SECOND: Occasion(
        subject="Bastan unos minutos: {{ job }}",
        lines=(
            "El siguiente paso para el puesto de {{ job }} en {{ workspace }} es una entrevista interactiva, "
            "que puede hacer allí donde esté.",
            "{{ size | capitalize }}{{ until }}. Sin cita y sin instalar nada.",
            COME_BACK,
        ),
        button="Empezar la entrevista",
        sms=(SHORT + "bastan unos minutos.{{ details }} " + END, SHORT + "bastan unos minutos. " + END),
    ),
    TextKind.NEVER_LATER: Occasion(
        subject="¿Le sigue interesando? {{ job }}",
        lines=(
            "La entrevista interactiva para el puesto de {{ job }} en {{ workspace }} sigue abierta para usted{{ until }}.",
            "Son {{ size }}. Si ya no le interesa, no tiene que hacer nada.",
            COME_BACK,
        ),
        button="Empezar la entrevista",
        sms=(
            "{{ workspace }}: ¿le sigue interesando {{ job }}? Su entrevista interactiva sigue abierta.{{ details }} " + END,
            SHORT + "¿le sigue interesando? " + END,
        ),
    ),
    TextKind.NEVER_DEADLINE: Occasion(
        subject="{{ job }}: la entrevista se cierra {{ closes }}",
        lines=(
            "La entrevista interactiva para el puesto de {{ job }} en {{ workspace }} se cierra {{ closes }}: "
            "puede hacerla{{ until }}.",
            "Son {{ size }}, desde el teléfono o el ordenador.",
            COME_BACK,
        ),
        button="Empezar la entrevista",
        sms=(
            "{{ workspace }}: su entrevista interactiva, {{ job }}, se cierra {{ closes }}.{{ details }} " + END,
            SHORT + "se cierra {{ closes }}. " + END,
        ),
    ),
    TextKind.UNFINISHED_FIRST: Occasion(
        subject="{{ left }}: {{ job }}",
        lines=(
            "Ha empezado la entrevista interactiva para el puesto de {{ job }} en {{ workspace }}. {{ left }}.",
            "Lo que ha respondido está guardado. El enlace se abre donde la dejó, en cualquier teléfono u ordenador{{ until }}.",
        ),
        button="Seguir donde la dejé",
        sms=(SHORT + "{{ left | lower }}. Puede seguir donde paró: " + END, SHORT + "{{ left | lower }}. " + END),
    ),
    TextKind.UNFINISHED_SECOND: Occasion(
        subject="Sus respuestas están guardadas: {{ job }}",
        lines=(
            "Sus respuestas en la entrevista interactiva para el puesto de {{ job }} en {{ workspace }} están guardadas. "
            "{{ left }}.",
            "Termínela cuando le venga bien{{ until }}: el enlace se abre donde la dejó.",
        ),
        button="Terminar la entrevista",
        sms=(SHORT + "guardamos sus respuestas, {{ left | lower }}. " + END, SHORT + "{{ left | lower }}. " + END),
    ),
    TextKind.UNFINISHED_LATER: Occasion(
        subject="Su entrevista sigue abierta: {{ job }}",
        lines=(
            "Su entrevista interactiva para el puesto de {{ job }} en {{ workspace }} sigue abierta{{ until }}. {{ left }}.",
            "El enlace se abre donde la dejó. Si el puesto ya no le interesa, no tiene que hacer nada.",
        ),
        button="Terminar la entrevista",
        sms=(SHORT + "sigue abierta, {{ left | lower }}. " + END, SHORT + "{{ left | lower }}. " + END),
    ),
    TextKind.UNFINISHED_DEADLINE: Occasion(
        subject="Se cierra {{ closes }}: {{ job }}, {{ left | lower }}",
        lines=(
            "La entrevista interactiva para el puesto de {{ job }} en {{ workspace }} se cierra {{ closes }}. {{ left }}.",
            "Lo que ha respondido está guardado: el enlace se abre donde la dejó, y puede terminarla{{ until }}.",
        ),
        button="Terminar la entrevista",
        sms=(SHORT + "se cierra {{ closes }}, {{ left | lower }}. " + END, SHORT + "se cierra {{ closes }}. " + END),
    ),
    TextKind.MANUAL: Occasion(
        subject="Su entrevista para {{ job }} en {{ workspace }}",
        lines=(
            "Su entrevista interactiva para el puesto de {{ job }} en {{ workspace }} le espera.",
            "El enlace se abre donde la dejó, en cualquier teléfono u ordenador, cuando le venga bien{{ until }}.",
            "Lo que haya respondido queda guardado. Si el puesto ya no le interesa, no tiene que hacer nada.",
        ),
        button="Ir a la entrevista",
        sms=(READY + "{{ details }} " + END, SHORT + END),
    ),
}
