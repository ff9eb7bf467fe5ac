"""The systems that are known, in the order in which pages show them."""

from portal.integrations.ats import ashby, generic, greenhouse, lever, plain, smartrecruiters, workable
from portal.integrations.ats.system import System
from portal.web.missing import Missing

SYSTEMS: dict[str, System] = {
    module.SYSTEM.key: module.SYSTEM for module in (greenhouse, lever, ashby, workable, smartrecruiters, generic, plain)
}


def system_of(key: str) -> System:
    """Raises `Missing`."""
    if key not in SYSTEMS:
        raise Missing("system")
    return SYSTEMS[key]
