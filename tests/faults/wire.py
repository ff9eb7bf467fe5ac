"""As much HTTP as taps and probes need."""

import asyncio
from typing import NamedTuple

BROKEN = (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError)
"""What a server that dies, or is not there, does to a request. `TimeoutError` is an `OSError`."""


class Said(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes


class Wire:
    """One connection to one server, kept alive. Whatever it raises, close it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    @classmethod
    async def to(cls, port: int) -> "Wire":
        return cls(*await asyncio.open_connection("127.0.0.1", port))

    async def get(self, path: str, user_agent: str = "faults/1") -> Said:
        self._writer.write(f"GET {path} HTTP/1.1\r\nHost: portal\r\nUser-Agent: {user_agent}\r\n\r\n".encode())
        first, *lines = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        body = await self._reader.readexactly(int(headers.get("content-length", 0)))
        return Said(int(first.split(" ")[1]), headers, body)

    def close(self) -> None:
        self._writer.close()


async def fetch(port: int, path: str, patience: float = 10) -> Said:
    """One request on a connection of its own. Raises one of `BROKEN`."""
    async with asyncio.timeout(patience):
        wire = await Wire.to(port)
        try:
            return await wire.get(path)
        finally:
            wire.close()
