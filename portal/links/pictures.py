"""Pictures that members upload: the workspace's logo, and what apps show beside a shared link.

What comes in is drawn anew, so that nothing of the file but its colours is kept: no place, no camera, no other format within.
"""

import io
import warnings
from datetime import datetime
from enum import StrEnum
from uuid import UUID

import msgspec
from PIL import Image, ImageOps, UnidentifiedImageError

from portal import db
from portal.web.missing import Missing

MOST_BYTES = 1_000_000
MOST_PIXELS = 25_000_000
FORMATS = ("PNG", "JPEG")
LOGO_SIDE, CARD_SIDE = 512, 1600
"""Longest side as kept, in pixels. Larger ones are made smaller."""


class Fault(StrEnum):
    """Why a file can't be used, in the sentence that people read."""

    EMPTY = "Choose a picture first."
    LARGE = "Use a picture of at most 1 MB."
    KIND = "Use a PNG or JPEG picture; this file is neither, or it is damaged."
    PIXELS = "Use a picture of at most 5,000 pixels a side."


class Picture(msgspec.Struct, frozen=True):
    content: bytes
    type: str
    width: int
    height: int


class Refused(ValueError):
    """The file can't be used. Its `fault` says why."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.value)
        self.fault = fault


def read_picture(file: bytes, longest_side: int) -> Picture:
    """`file` drawn anew. Raises `Refused`."""
    if not file:
        raise Refused(Fault.EMPTY)
    if len(file) > MOST_BYTES:
        raise Refused(Fault.LARGE)
    image = _open(file)
    image.thumbnail((longest_side, longest_side), Image.Resampling.LANCZOS)
    see_through = "A" in image.getbands()
    written = _written(image, "PNG") if see_through or image.format == "PNG" else b""
    if written and len(written) <= MOST_BYTES:
        return Picture(written, "image/png", *image.size)
    return Picture(_written(_on_white(image), "JPEG"), "image/jpeg", *image.size)


def path_of(picture_id: UUID) -> str:
    """Where anybody may fetch it. A picture never changes, so whoever has it may keep it."""
    return f"/card/picture/{picture_id}"


async def keep(workspace_id: UUID, picture: Picture, *, now: datetime) -> UUID:
    picture_id = db.new_id()
    await db.run(
        "INSERT INTO picture (id, workspace_id, content, type, width, height, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        picture_id,
        workspace_id,
        *msgspec.structs.astuple(picture),
        now,
    )
    return picture_id


async def find(picture_id: UUID) -> Picture:
    """Raises `Missing`. Crawlers ask, so nothing is scoped: the address is the authority."""
    found = await db.row("SELECT content, type, width, height FROM picture WHERE id = $1", picture_id)
    if found is None:
        raise Missing("picture")
    return Picture(**found)


async def logo_of(workspace_id: UUID) -> UUID | None:
    found: UUID | None = await db.value("SELECT logo_id FROM workspace WHERE id = $1", workspace_id)
    return found


async def set_logo(workspace_id: UUID, picture_id: UUID | None) -> UUID | None:
    """Which one it was before. Raises `Missing` for a picture of another workspace."""
    async with db.transaction():
        before: UUID | None = await db.value("SELECT logo_id FROM workspace WHERE id = $1 FOR NO KEY UPDATE", workspace_id)
        owned = "$2::uuid IS NULL OR EXISTS (SELECT 1 FROM picture WHERE workspace_id = $1 AND id = $2)"
        if not await db.run(f"UPDATE workspace SET logo_id = $2 WHERE id = $1 AND ({owned})", workspace_id, picture_id):
            raise Missing("picture")
    return before


def _open(file: bytes) -> Image.Image:
    """Upright, in full colours. Raises `Refused`."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            image = Image.open(io.BytesIO(file), formats=FORMATS)
            if max(image.size) > 5000 or image.size[0] * image.size[1] > MOST_PIXELS:
                raise Refused(Fault.PIXELS)
            kind = image.format
            image.load()
            upright = ImageOps.exif_transpose(image)
    except Refused:
        raise
    except (UnidentifiedImageError, Image.DecompressionBombError, Image.DecompressionBombWarning) as wrong:
        raise Refused(Fault.KIND) from wrong
    except (OSError, SyntaxError, ValueError, EOFError) as wrong:  # what Pillow raises for files that break off or lie
        raise Refused(Fault.KIND) from wrong
    plain = upright.convert("RGBA" if "A" in upright.getbands() or "transparency" in upright.info else "RGB")
    plain.format = kind
    return plain


def _on_white(image: Image.Image) -> Image.Image:
    ground = Image.new("RGB", image.size, "white")
    ground.paste(image, mask=image if "A" in image.getbands() else None)
    return ground


def _written(image: Image.Image, kind: str) -> bytes:
    """Without what stood in the file beside its colours."""
    clean = Image.new(image.mode, image.size)
    clean.paste(image)
    file = io.BytesIO()
    clean.save(file, kind, optimize=True, **({"quality": 85} if kind == "JPEG" else {}))
    return file.getvalue()
