"""wrk, the load generator: keep-alive, a fixed number of connections, each waiting for its answer."""

import subprocess
from pathlib import Path

import msgspec

TAPS = Path(__file__).with_name("tap.lua")


class Load(msgspec.Struct, frozen=True):
    """What one run saw. Waits in microseconds."""

    requests: int
    microseconds: int
    p50: int
    p99: int
    wrong: int
    """Answers of status 400 and above, or none."""

    @property
    def per_second(self) -> float:
        return self.requests / self.microseconds * 1e6


def load(port: int, *, links: int, connections: int, seconds: int) -> Load:
    """Taps on the first `links` links of the server on `port`. Raises `RuntimeError` when an answer was wrong."""
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", str(TAPS), f"http://127.0.0.1:{port}", "--", str(links)]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    seen = msgspec.json.decode(said.splitlines()[-1], type=Load)
    if seen.wrong or not seen.requests:
        raise RuntimeError(f"{seen.wrong} of {seen.requests} answers were wrong")
    return seen
