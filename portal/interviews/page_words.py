"""What candidates' pages say, in each language of `accounts.places.LANGUAGES`. ``{}``: see where it is used.

Pairs are for one and for several. Errors come from rooms that speak to members too, so they arrive in English: `ERRORS` has what
candidates can be told, and a test walks their forms to see that none is missing.
"""

import re
from collections.abc import Callable, Iterable, Mapping

from portal.accounts.places import spoken

Words = Mapping[str, str | tuple[str, str]]
Errors = Mapping[str, str] | Iterable[tuple[str, str]] | None

ENGLISH: Words = {
    "skip": "Skip to the content",
    "readers": "Your answers are read by people at {}.",
    "privacy": "Privacy",
    "problem": "There is a problem",
    "error": "Error: ",
    "minutes": ("{} minute", "{} minutes"),
    "questions": ("{} question", "{} questions"),
    "hours": ("{} hour", "{} hours"),
    # The landing page
    "interactive": "An interactive interview",
    "takes": "About {}, on this phone",
    "come_back_until": "Stop and come back until {}",
    "come_back": "Stop and come back when you like",
    "name": "Full name",
    "email": "Email",
    "email_hint": "your link comes here if you stop, so nothing is lost",
    "phone": "Mobile",
    "optional": "optional",
    "consent": "Text me reminders about this interview with {}. Message rates may apply; reply STOP to end.",
    "start": "Start the interview",
    # One question
    "question_of": "Question {} of {}",
    "may_pass": "you may pass over it",
    "back": "Back",
    "yes": "Yes",
    "no": "No",
    "all_that_fit": "Choose all that fit.",
    "continue": "Continue",
    "finish": "Finish",
    "later": "Save and come back later",
    # Saved for later
    "saved": "Saved",
    "saved_name": "Saved, {}",
    "saved_until": "Come back until {}, on this or any other phone or computer. You go on at question {} of {}.",
    "saved_open": "Come back when you like, on this or any other phone or computer. You go on at question {} of {}.",
    "link_on_its_way": "Your link is on its way to your email address. You can also copy it:",
    "link_to_copy": "This is your own link. Copy it, or keep this page:",
    "your_link": "Your link",
    "keep_it": "It opens your answers. Keep it to yourself.",
    "go_on": "Go on now",
    # The link goes to their address
    "open_email": "Open your email",
    "open_email_long": "Open your email to go on",
    "ask_for_link": "Ask for your link",
    "begun": "This interview was already begun with {}. To keep what was answered safe, it opens only with its own link.",
    "link_sent": "We have sent your link to that address. Open it, on any phone or computer, and go on where you stopped.",
    "wait_for_it": "It can take a few minutes. Look in the spam folder too. You can ask for it again after ten minutes.",
    "no_messages": "{} sends no messages at the moment. Please ask them for your link.",
    "other_email": "Use another email address",
    # Nothing to answer
    "thanks": "Thank you.",
    "thanks_name": "Thank you, {}.",
    "answers_with": "Your answers are with {}.",
    "what_next": "You can close this page. {} gets in touch with you about what comes next.",
    "over": "The time for this interview is over",
    "kept": "What you answered before is kept.",
    "withdrawn": "This interview has ended",
    "no_more_answers": "No more answers are taken here.",
    "mistake": "If you think that is a mistake, ask {}.",
    "closed": "This job is closed",
    "closed_kept": "Interviews for it have ended. What you answered before is kept.",
    "ask": "If you have a question, ask {}.",
    "not_yet": "Not open yet",
    "not_yet_link": "This interview is still being prepared. Please open your link again later.",
    "more_offered": "You can have {} more, once.",
    "more_may_ask": "You can ask {} for {} more.",
    "more_asked": "You have asked for more time. {} answers you; this link opens the interview if they say yes.",
    "more_granted": "The extra time that you were given is over too.",
    "more_declined": "You have asked for more time; {} could not give it.",
    "more_none": "If you still want this job, ask {}: they can give you more time.",
    "more_take": "Go on with {} more",
    "more_ask": "Ask for more time",
    # The job takes nobody
    "closed_new": "It is no longer open to new people. Thank you for looking.",
    "deadline_passed": "The deadline has passed",
    "deadline_text": "Interviews for this job have ended. Thank you for looking.",
    "not_yet_job": "This interview is still being prepared. Please try the link again later.",
    "in_the_middle": "Were you already in the middle of this interview? Open the link that you were sent, or ask {}.",
    # The interview is elsewhere
    "ready": "Your interview is ready",
    "ready_name": "{}, your interview is ready",
    "elsewhere": "An interactive interview of about {}",
    "opens_at": "It opens at {}",
    "finish_until": "Finish it until {}",
    "open_interview": "Open the interview",
    "go_on_elsewhere": "Go on with the interview",
    "own_link": "You can come back with your own link:",
    "opens_now": "Your interview opens …",
    "open_now": "Open it now",
    "welcome_back": "Welcome back",
    "welcome_back_name": "Welcome back, {}",
    "have_finished": "Have you finished the interview? Then nobody reminds you any more.",
    "finished": "I have finished",
    "told_elsewhere": "If you have finished, there is nothing more to do: {} hears of it from the interview itself.",
    "try_later": "Please try again in a minute",
    "very_often": "That was tapped very often.",
    "not_there": "Your name and email are saved, but the interview can’t be opened just now.",
    "try_again": "Try again",
    # The list of open jobs
    "open_jobs": "Open jobs",
    "see_job": "See this job",
    "no_jobs": "There is no open job at the moment. Please look again later.",
}
SPANISH: Words = {
    "skip": "Ir al contenido",
    "readers": "Sus respuestas las leen personas de {}.",
    "privacy": "Privacidad",
    "problem": "Hay un problema",
    "error": "Error: ",
    "minutes": ("{} minuto", "{} minutos"),
    "questions": ("{} pregunta", "{} preguntas"),
    "hours": ("{} hora", "{} horas"),
    "interactive": "Una entrevista interactiva",
    "takes": "Unos {}, en este teléfono",
    "come_back_until": "Puede parar y volver hasta el {}",
    "come_back": "Puede parar y volver cuando quiera",
    "name": "Nombre y apellidos",
    "email": "Correo electrónico",
    "email_hint": "aquí le llega su enlace si para, y así no se pierde nada",
    "phone": "Móvil",
    "optional": "opcional",
    "consent": "Envíenme por SMS recordatorios de esta entrevista con {}. Pueden tener coste; responda STOP para terminar.",
    "start": "Empezar la entrevista",
    "question_of": "Pregunta {} de {}",
    "may_pass": "puede dejarla en blanco",
    "back": "Atrás",
    "yes": "Sí",
    "no": "No",
    "all_that_fit": "Elija todas las que correspondan.",
    "continue": "Continuar",
    "finish": "Terminar",
    "later": "Guardar y volver más tarde",
    "saved": "Guardado",
    "saved_name": "Guardado, {}",
    "saved_until": "Vuelva hasta el {}, en este u otro teléfono u ordenador. Seguirá en la pregunta {} de {}.",
    "saved_open": "Vuelva cuando quiera, en este u otro teléfono u ordenador. Seguirá en la pregunta {} de {}.",
    "link_on_its_way": "Su enlace va de camino a su correo. También puede copiarlo:",
    "link_to_copy": "Este es su propio enlace. Cópielo o conserve esta página:",
    "your_link": "Su enlace",
    "keep_it": "Abre sus respuestas. No lo comparta.",
    "go_on": "Seguir ahora",
    "open_email": "Abra su correo",
    "open_email_long": "Abra su correo para seguir",
    "ask_for_link": "Pida su enlace",
    "begun": "Esta entrevista ya se empezó con {}. Para proteger lo que se respondió, solo se abre con su propio enlace.",
    "link_sent": "Hemos enviado su enlace a esa dirección. Ábralo, en cualquier teléfono u ordenador, y siga donde paró.",
    "wait_for_it": "Puede tardar unos minutos. Mire también en el correo no deseado. Puede pedirlo de nuevo a los diez minutos.",
    "no_messages": "{} no envía mensajes por el momento. Pídales su enlace.",
    "other_email": "Usar otra dirección de correo",
    "thanks": "Gracias.",
    "thanks_name": "Gracias, {}.",
    "answers_with": "Sus respuestas las tiene {}.",
    "what_next": "Puede cerrar esta página. {} se pondrá en contacto con usted para decirle qué sigue.",
    "over": "El tiempo para esta entrevista ha terminado",
    "kept": "Lo que respondió antes se conserva.",
    "withdrawn": "Esta entrevista ha terminado",
    "no_more_answers": "Aquí ya no se admiten respuestas.",
    "mistake": "Si cree que es un error, pregunte a {}.",
    "closed": "Este empleo está cerrado",
    "closed_kept": "Sus entrevistas han terminado. Lo que respondió antes se conserva.",
    "ask": "Si tiene alguna pregunta, diríjase a {}.",
    "not_yet": "Aún no está abierta",
    "not_yet_link": "Esta entrevista aún se está preparando. Abra su enlace de nuevo más tarde.",
    "more_offered": "Puede tener {} más, una vez.",
    "more_may_ask": "Puede pedir a {} {} más.",
    "more_asked": "Ha pedido más tiempo. {} le responderá; este enlace abre la entrevista si le dicen que sí.",
    "more_granted": "El tiempo adicional que se le dio también ha terminado.",
    "more_declined": "Ha pedido más tiempo; {} no pudo dárselo.",
    "more_none": "Si todavía quiere este empleo, pregunte a {}: pueden darle más tiempo.",
    "more_take": "Seguir con {} más",
    "more_ask": "Pedir más tiempo",
    "closed_new": "Ya no admite a más personas. Gracias por su interés.",
    "deadline_passed": "El plazo ha terminado",
    "deadline_text": "Las entrevistas para este empleo han terminado. Gracias por su interés.",
    "not_yet_job": "Esta entrevista aún se está preparando. Pruebe el enlace de nuevo más tarde.",
    "in_the_middle": "¿Estaba ya en medio de esta entrevista? Abra el enlace que le enviaron, o pregunte a {}.",
    "ready": "Su entrevista está lista",
    "ready_name": "{}, su entrevista está lista",
    "elsewhere": "Una entrevista interactiva, de {} aproximadamente",
    "opens_at": "Se abre en {}",
    "finish_until": "Termínela a más tardar el {}",
    "open_interview": "Abrir la entrevista",
    "go_on_elsewhere": "Seguir con la entrevista",
    "own_link": "Puede volver con su propio enlace:",
    "opens_now": "Su entrevista se abre…",
    "open_now": "Abrirla ahora",
    "welcome_back": "Hola de nuevo",
    "welcome_back_name": "Hola de nuevo, {}",
    "have_finished": "¿Ha terminado la entrevista? Entonces nadie se la recordará más.",
    "finished": "He terminado",
    "told_elsewhere": "Si ha terminado, no tiene que hacer nada más: {} lo sabrá por la propia entrevista.",
    "try_later": "Inténtelo de nuevo en un minuto",
    "very_often": "Se ha pulsado muchas veces.",
    "not_there": "Su nombre y su correo están guardados, pero la entrevista no se puede abrir en este momento.",
    "try_again": "Intentar de nuevo",
    "open_jobs": "Empleos abiertos",
    "see_job": "Ver este empleo",
    "no_jobs": "No hay ningún empleo abierto por el momento. Vuelva a mirar más tarde.",
}
WORDS: Mapping[str, Words] = {"en": ENGLISH, "es": SPANISH}
LOCALES = {"en": "en_GB", "es": "es"}
"""For days and times (Babel)."""

ERRORS: Mapping[str, Mapping[str, str]] = {
    "es": {
        "Enter a full name.": "Escriba su nombre y apellidos.",
        "Enter an email address, like name@example.com.": "Escriba una dirección de correo, como nombre@example.com.",
        "Enter a phone number with its country code, like +44 7700 900123.": (
            "Escriba un número de teléfono con el prefijo del país, como +44 7700 900123."
        ),
        "Enter your mobile number, or leave the box below it empty.": "Escriba su móvil, o deje vacía la casilla de abajo.",
        "Write an answer.": "Escriba una respuesta.",
        "Choose one of these.": "Elija una de estas.",
        "Choose at least one of these.": "Elija al menos una de estas.",
        "Choose yes or no.": "Elija sí o no.",
        "Enter a number.": "Escriba un número.",
        "Enter a number in digits, like 3 or 2.5.": "Escriba un número en cifras, como 3 o 2,5.",
        "These options have changed. Choose again.": "Estas opciones han cambiado. Elija de nuevo.",
        "That was sent very often. Wait a minute, then press the button again: what you typed is still here.": (
            "Se ha enviado muchas veces. Espere un minuto y pulse el botón de nuevo: lo que escribió sigue aquí."
        ),
    }
}
TOO_LONG = re.compile(r"Use at most ([\d,]+) characters; this has ([\d,]+)\.")
TOO_LONG_IN = {"es": "Use como máximo {} caracteres; hay {}."}


def words(language: str) -> Words:
    return WORDS[spoken(language)]


def counter(language: str) -> Callable[[str, int], str]:
    """Says how many there are of something: `counter("es")("minutes", 8)`."""

    def count(what: str, n: int) -> str:
        return words(language)[what][n != 1].format(n)

    return count


def errors_in(language: str, errors: Errors) -> dict[str, str] | list[tuple[str, str]]:
    """The same errors, of the same shape, in that language."""
    known = spoken(language)
    if isinstance(errors, Mapping):
        return {name: _say(known, sentence) for name, sentence in errors.items()}
    return [(name, _say(known, sentence)) for name, sentence in errors or ()]


def _say(language: str, sentence: str) -> str:
    if language in TOO_LONG_IN and (found := TOO_LONG.fullmatch(sentence)):
        return TOO_LONG_IN[language].format(*(number.replace(",", "") for number in found.groups()))
    return ERRORS.get(language, {}).get(sentence, sentence)
