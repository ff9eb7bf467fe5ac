"""What the API can do, for programs (OpenAPI) and for people."""

from functools import cache
from typing import Any

import msgspec
from litestar import Response, get
from litestar.response import Template

from portal.accounts.keys import SCOPES
from portal.integrations.api import reference
from portal.integrations.api.pages import OPERATIONS
from portal.integrations.api.schema import INTRODUCTION, schema
from portal.settings import settings

PUBLIC = {"public": True}


@cache
def document(public_url: str) -> dict[str, Any]:
    return schema(OPERATIONS, public_url)


@get("/schema/openapi.json", opt=PUBLIC, sync_to_thread=False)
def openapi() -> Response[bytes]:
    content = msgspec.json.encode(document(settings().public_url))
    return Response(content, media_type="application/json")


@get("/schema", opt=PUBLIC, sync_to_thread=False)
def reference_page() -> Template:
    shown = document(settings().public_url)
    context = {"groups": reference.groups(shown), "introduction": INTRODUCTION.split("\n\n"), "scopes": SCOPES}
    return Template("integrations/reference.html", context=context)


handlers = [openapi, reference_page]
