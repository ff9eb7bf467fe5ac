"""Whether a part of this host is alive: `python -m workers.check worker` or `clock` exits 0 or 1. For health checks."""

import argparse
import socket
import sys

from redis import Redis
from redis.exceptions import RedisError

from portal.settings import SettingsError, settings
from workers.stores import beat_key


def fault(part: str) -> str:
    """What is wrong with `part` of this host; empty if it gave a sign of life within the last half minute."""
    try:
        client = Redis.from_url(settings().redis_url, socket_timeout=3, socket_connect_timeout=3)
        alive = bool(client.exists(beat_key(part, socket.gethostname())))
    except SettingsError as error:
        return str(error)
    except RedisError as error:
        return f"Redis does not answer: {error}"
    return "" if alive else f"The {part} gave no sign of life within half a minute."


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("part", choices=["worker", "clock"])
    sys.exit(fault(parser.parse_args().part) or 0)
