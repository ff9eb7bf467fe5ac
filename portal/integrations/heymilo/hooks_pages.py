"""Where HeyMilo calls."""

from datetime import datetime
from typing import Any

from litestar import MediaType, Request, Response, post
from litestar.status_codes import HTTP_200_OK

from portal.integrations.heymilo import following

AnyRequest = Request[Any, Any, Any]
LARGEST_BODY = 1_000_000


@post("/hooks/heymilo/{key:str}", opt={"public": True}, request_max_body_size=LARGEST_BODY, status_code=HTTP_200_OK)
async def called(request: AnyRequest, key: str, now: datetime) -> Response[str]:
    """Answered as soon as it is noted where to look: what is said here is asked for again before it is believed."""
    await following.hear(key, await request.body(), now)
    return Response("", media_type=MediaType.TEXT)


handlers = [called]
