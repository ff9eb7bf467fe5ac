"""Filling the merge fields of a text that a member wrote.

The texts are Jinja, but only a corner of it: ``{{ field }}``, with the filters `FILTERS`, and
``{% if field %} … {% else %} … {% endif %}``, not one in another. Everything else is refused before it is compiled, by a list
of what is allowed: no loops, no calls, no attributes, no arithmetic, so nothing can be reached from a text and nothing in it can
grow. What is allowed then runs in Jinja's sandbox all the same.
"""

import difflib
from enum import StrEnum
from functools import cache, lru_cache

import msgspec
from jinja2 import StrictUndefined, Template, TemplateSyntaxError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from portal.messages.fields import Fields

FILTERS = ("lower", "upper", "capitalize")
NAMES = Fields.__struct_fields__
LONGEST = 3000
"""Characters of a template."""
MOST_TAGS = 60
"""With `LONGEST` and the length of the fields themselves it bounds what a text can become."""
ALIASES = {
    **dict.fromkeys(("name", "candidate", "candidate_name", "firstname", "vorname", "nombre"), "first_name"),
    **dict.fromkeys(("url", "interview_link", "invite_link", "enlace"), "link"),
    **dict.fromkeys(("job_title", "title", "position", "role", "puesto"), "job"),
    **dict.fromkeys(("company", "company_name", "organisation", "organization", "employer", "empresa"), "workspace"),
    **dict.fromkeys(("deadline", "date", "expires"), "until"),
    **dict.fromkeys(("opt_out", "unsubscribe_link", "unsubscribe_url"), "unsubscribe"),
}
"""What others call our fields."""
ALLOWED = (nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.Filter, nodes.If, nodes.Not)


class Fault(StrEnum):
    """Why a text can't be used."""

    SYNTAX = "syntax"
    NOT_ALLOWED = "not_allowed"
    UNKNOWN_FIELD = "unknown_field"
    TOO_LONG = "too_long"


class Wrong(ValueError):
    """A text that can't be used; the text of the error says what to do."""

    def __init__(self, fault: Fault, sentence: str) -> None:
        super().__init__(sentence)
        self.fault = fault


def check(template: str) -> frozenset[str]:
    """The fields that `template` names. Raises `Wrong`."""
    if len(template) > LONGEST:
        raise Wrong(Fault.TOO_LONG, f"Use at most {LONGEST:,} characters; this has {len(template):,}.")
    if template.count("{{") + template.count("{%") > MOST_TAGS:
        raise Wrong(Fault.TOO_LONG, f"Use at most {MOST_TAGS} fields in one text.")
    try:
        tree = _sandbox().parse(template)
        found = list(tree.find_all(nodes.Node))
    except TemplateSyntaxError as error:
        raise Wrong(
            Fault.SYNTAX, f"Something is wrong with the braces in line {error.lineno}: write fields as {{{{ job }}}}."
        ) from None
    except RecursionError:
        raise Wrong(Fault.NOT_ALLOWED, NOT_ALLOWED) from None
    for node in found:
        _check_node(node)
    return frozenset(node.name for node in found if isinstance(node, nodes.Name))


def fill(template: str, fields: Fields) -> str:
    """`template` with the fields in their places; stray space is taken out, lines stay lines. Raises `Wrong`."""
    lines = _compiled(template).render(msgspec.structs.asdict(fields)).strip().split("\n")
    return "\n".join(" ".join(line.split()) for line in lines)


def nearest(name: str) -> str:
    """The field that is most probably meant."""
    if name in ALIASES:
        return ALIASES[name]
    return max(NAMES, key=lambda known: difflib.SequenceMatcher(a=name.lower(), b=known).ratio())


NOT_ALLOWED = "Use only fields such as {{ job }}, {% if first_name %} … {% endif %}, and the filters lower, upper and capitalize."


def _check_node(node: nodes.Node) -> None:
    refused = Wrong(Fault.NOT_ALLOWED, NOT_ALLOWED)
    if not isinstance(node, ALLOWED):
        raise refused
    if isinstance(node, nodes.Name) and node.name not in NAMES:
        name = nearest(node.name)
        raise Wrong(Fault.UNKNOWN_FIELD, f"There is no field {{{{ {node.name[:40]} }}}}. Do you mean {{{{ {name} }}}}?")
    if isinstance(node, nodes.Filter) and not _is_plain_filter(node):
        raise refused
    if isinstance(node, nodes.If) and not _is_plain_if(node):
        raise refused
    if isinstance(node, nodes.Output) and any(isinstance(part, nodes.Not) for part in node.nodes):
        raise refused


def _is_plain_filter(node: nodes.Filter) -> bool:
    """One filter of ours on a field, without arguments."""
    plain = not (node.args or node.kwargs or node.dyn_args or node.dyn_kwargs)
    return plain and node.name in FILTERS and isinstance(node.node, nodes.Name)


def _is_plain_if(node: nodes.If) -> bool:
    test = node.test.node if isinstance(node.test, nodes.Not) else node.test
    inner = [part for body in (node.body, node.else_) for part in body]
    return isinstance(test, nodes.Name) and not node.elif_ and not any(isinstance(part, nodes.If) for part in inner)


@cache
def _sandbox() -> ImmutableSandboxedEnvironment:
    """Without autoescape: texts are plain, and what shows them escapes them."""
    sandbox = ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=False, cache_size=0)
    sandbox.globals.clear()
    sandbox.filters = {name: sandbox.filters[name] for name in FILTERS}
    return sandbox


@lru_cache(maxsize=500)
def _compiled(template: str) -> Template:
    check(template)
    return _sandbox().from_string(template)
