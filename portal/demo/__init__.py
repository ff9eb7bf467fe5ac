"""A workspace full of life, to look at and to try things on.

The same seed tells the same story each time, relative to the day it is loaded on.
"""

from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from portal.demo.loading import Loaded

SIGN_INS = [
    ("admin", "mara@northgate.example", "lantern-orchard-48"),
    ("recruiter", "jo@northgate.example", "copper-meadow-61"),
    ("marketer", "sam@northgate.example", "harbour-velvet-27"),
    ("viewer", "ida@northgate.example", "willow-quartz-93"),
]
"""Role, email and password of the four members. No secret: the sign-in page of a demo shows them."""


async def load_demo(*, now: datetime) -> "Loaded":
    """Write the demo into a database without a workspace, whole or not at all."""
    from portal.demo import loading  # the sign-in page names the four; it needs none of the rest

    return await loading.load(SIGN_INS, now)
