"""The pictures that cards name. Anybody may see them: crawlers come from everywhere."""

from litestar import HttpMethod, Response, route

from portal.clicks.gallery import gallery

IMMUTABLE = "public, max-age=31536000, immutable"


@route("/card/{picture:str}", http_method=[HttpMethod.GET, HttpMethod.HEAD], opt={"public": True})
async def card_picture(picture: str) -> Response[bytes]:
    """An address is right for one content only, so whoever has the picture may keep it."""
    png = await gallery.png(picture)
    return Response(png, media_type="image/png", headers={"cache-control": IMMUTABLE, "x-robots-tag": "noindex"})


handlers = [card_picture]
