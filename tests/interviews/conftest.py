import httpx
import pytest

from tests.cast import NOW, Northgate
from tests.interviews.way import Way, set_clock


@pytest.fixture
async def ten_o_clock(stores: None) -> None:
    """Pages think that it is `NOW`."""
    set_clock(NOW)


@pytest.fixture
async def way(stranger: httpx.AsyncClient, northgate: Northgate, ten_o_clock: None) -> Way:
    """Somebody on their way to the interview of Northgate's night nurses; hits are journaled."""
    return Way(stranger, northgate)
