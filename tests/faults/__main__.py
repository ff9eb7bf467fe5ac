"""A long run by hand: `python -m tests.faults [rounds] [seed]`. Exits 1 when the promise was broken."""

import argparse
import asyncio
import os
import secrets
import sys

from tests.faults.rounds import Pace, plan, run

LONG = Pace(least=0.5, most=4, outage=20)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("rounds", type=int, nargs="?", default=40)
    parser.add_argument("seed", type=int, nargs="?", default=secrets.randbelow(10**6))
    chosen = parser.parse_args()
    # The programmes take these from here; whatever else is set stands for another portal.
    os.environ |= {
        "DATABASE_URL": "postgresql://",
        "REDIS_URL": "redis://",
        "PORTAL_SECRET_KEY": "a-secret-for-fault-rounds-and-no-more",
    }
    print(f"seed {chosen.seed}")
    done = asyncio.run(run(plan(chosen.seed, chosen.rounds, LONG), chosen.seed, say=lambda line: print(line, flush=True)))
    print(done, flush=True)
    return 1 if done.audit.problems else 0


if __name__ == "__main__":
    sys.exit(main())
