"""Where a link leads: to a job's page, to all open jobs, or to another website.

`link.job_id` is the job; `link.target_url` is empty, or `ALL_JOBS`, or the whole address of a website.
"""

from collections.abc import Collection
from enum import StrEnum
from ipaddress import ip_address
from urllib.parse import SplitResult, quote, urlsplit, urlunsplit
from uuid import UUID

import msgspec

from portal.links.links import ShownLink
from portal.web.forms import Form

ALL_JOBS = "/jobs"
LONGEST = 2000
NEVER_PUBLIC = ("localhost", "local", "internal", "lan", "home", "test", "invalid", "onion")
"""Last parts of names that don't exist for everybody (RFC 6761, RFC 6762, RFC 7686, and habits)."""
KEPT = "/:@!$&'()*+,;=~-._%?#[]"


class Kind(StrEnum):
    JOB = "job"
    ALL_JOBS = "jobs"
    WEBSITE = "website"


class Fault(StrEnum):
    """Why an address can't be led to, in the sentence that people read."""

    EMPTY = "Give the address that it should lead to."
    LONG = "Use an address of at most 2,000 characters."
    SHAPE = "Give the whole address of a page, beginning with https://, without spaces."
    SCHEME = "Use an address that begins with https:// or http://."
    SECRET = "Leave name and password out of the address: everybody who taps would see them."  # noqa: S105 - a sentence
    LOOP = "This is one of the portal's own addresses. Choose a job instead, or copy the address that this one leads to."
    PRIVATE = "People can't reach this address from outside. Use one that is open to everybody."


class Destination(msgspec.Struct, frozen=True):
    job_id: UUID
    target_url: str

    @property
    def values(self) -> dict[str, object]:
        """By the names of a link's columns."""
        return {"job_id": self.job_id, "target_url": self.target_url}


def kind_of(target_url: str) -> Kind:
    if target_url == ALL_JOBS:
        return Kind.ALL_JOBS
    return Kind.WEBSITE if target_url else Kind.JOB


def shown(link: ShownLink) -> dict[str, str]:
    """What the form holds at first."""
    kind = kind_of(link.target_url)
    return {"leads_to": kind.value, "job": str(link.job_id), "website": link.target_url if kind is Kind.WEBSITE else ""}


def read_destination(form: Form, *, before: ShownLink, jobs: Collection[UUID], own_hosts: Collection[str]) -> Destination:
    """`jobs`: those of the workspace. `own_hosts`: what the portal itself answers to. Raises `Invalid`.

    All open jobs and websites leave the link with the job that it was made for: there it is listed and counted.
    """
    kind = form.choice("leads_to", set(Kind), wrong="Choose where it should lead.")
    job_id, target_url = before.job_id, ""
    if kind == Kind.JOB:
        typed = form.choice("job", {str(job) for job in jobs}, wrong="Choose a job from the list.")
        job_id = job_id if "job" in form.errors else UUID(typed)
    elif kind == Kind.ALL_JOBS:
        target_url = ALL_JOBS
    elif kind == Kind.WEBSITE:
        target_url = form.raw("website").strip()
        if fault := fault_of(target_url, own_hosts):
            form.wrong("website", fault.value)
    form.check()
    return Destination(job_id, target_url if kind != Kind.WEBSITE else tidy(target_url))


def fault_of(url: str, own_hosts: Collection[str]) -> Fault | None:
    """The first thing that is wrong with `url` as a website to lead to. What its name means today is not looked up: only the
    browsers of those who tap go there, never the portal."""
    if not url:
        return Fault.EMPTY
    if len(url) > LONGEST:
        return Fault.LONG
    parts = _split(url)
    if parts is None or not parts.hostname:
        return Fault.SHAPE
    if parts.scheme not in {"http", "https"}:
        return Fault.SCHEME
    if "@" in parts.netloc:
        return Fault.SECRET
    return _fault_of_host(parts.hostname, own_hosts)


def tidy(url: str) -> str:
    """`url`, which has no fault, in the letters that a header can carry (RFC 3986, RFC 3490)."""
    parts = urlsplit(url)
    host = _ascii(parts.hostname or "") or ""
    netloc = f"[{host}]" if ":" in host else host
    netloc += f":{parts.port}" if parts.port else ""
    path, query, fragment = (quote(part, safe=KEPT) for part in (parts.path, parts.query, parts.fragment))
    return urlunsplit((parts.scheme, netloc, path, query, fragment))


def _split(url: str) -> SplitResult | None:
    if any(c.isspace() or not c.isprintable() or c in '\\"<>^`{|}' for c in url):
        return None
    try:
        parts = urlsplit(url)
        _ = parts.port  # raises for what is no port
    except ValueError:
        return None
    return parts


def _fault_of_host(host: str, own_hosts: Collection[str]) -> Fault | None:
    name = _ascii(host.rstrip("."))
    if name is None:
        return Fault.SHAPE
    if name in {own.partition(":")[0] for own in own_hosts}:
        return Fault.LOOP
    try:
        return None if ip_address(name).is_global else Fault.PRIVATE
    except ValueError:
        pass
    last = name.rpartition(".")[2]
    if last in NEVER_PUBLIC:
        return Fault.PRIVATE
    if "." not in name:
        return Fault.PRIVATE if _is_number(name) else Fault.SHAPE
    # Browsers read 127.1 and 0x7f.0.0.1 as addresses, too (WHATWG URL, 3.5).
    return Fault.PRIVATE if _is_number(last) else None


def _is_number(text: str) -> bool:
    return text.isdecimal() or text.startswith("0x")


def _ascii(host: str) -> str | None:
    try:
        return host.encode("idna").decode().lower() if not host.isascii() else host.lower()
    except UnicodeError:
        return None
