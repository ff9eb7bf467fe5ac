"""The routes of the JSON API. To add to it: a module with `operations`, and its name here."""

from portal.integrations.api import applications, candidates, figures, jobs, links
from portal.integrations.api.operations import Operation
from portal.integrations.api.page import handler_of

RESOURCES = (jobs, links, candidates, applications, figures)
OPERATIONS: list[Operation] = [operation for resource in RESOURCES for operation in resource.operations]
handlers = [handler_of(operation) for operation in OPERATIONS]
