"""A load generator on raw sockets: keep-alive, a fixed number of connections, each waiting for its answer."""

import asyncio
import time
from dataclasses import dataclass

AGENT = (
    "Mozilla/5.0 (Linux; Android 14; Pixel 8 Build/UD1A) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 "
    "Chrome/126.0.0.0 Mobile Safari/537.36 Instagram 336.0.0.35.90 Android"
)


@dataclass
class Load:
    """What one run saw: seconds for each answer, and answers that were no redirect."""

    seconds: float
    waits: list[float]
    wrong: int

    @property
    def per_second(self) -> float:
        return len(self.waits) / self.seconds

    def wait(self, share: float) -> float:
        """The wait, in milliseconds, that `share` of the answers stayed below."""
        return sorted(self.waits)[int(len(self.waits) * share)] * 1000


async def load(port: int, path: str, *, connections: int, seconds: float) -> Load:
    began = time.perf_counter()
    runs = await asyncio.gather(*(_one(port, path, began + seconds) for _ in range(connections)))
    return Load(time.perf_counter() - began, [w for run in runs for w in run[0]], sum(run[1] for run in runs))


async def _one(port: int, path: str, until: float) -> tuple[list[float], int]:
    request = f"GET {path} HTTP/1.1\r\nHost: bench\r\nUser-Agent: {AGENT}\r\nAccept-Language: en-GB\r\n\r\n".encode()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    waits: list[float] = []
    wrong = 0
    while (asked := time.perf_counter()) < until:
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        waits.append(time.perf_counter() - asked)
        wrong += b" 302 " not in head.split(b"\r\n", 1)[0]
    writer.close()
    return waits, wrong
