"""`make bench`: all benchmarks, or those named."""

import sys

from tests.bench import redirect

ALL = {"redirect": redirect.run}


def main(names: list[str]) -> int:
    unknown = set(names) - set(ALL)
    if unknown:
        print(f"There is no benchmark {', '.join(sorted(unknown))}: choose from {', '.join(ALL)}.")
        return 2
    for name in names or ALL:
        ALL[name]()
    return 0


sys.exit(main(sys.argv[1:]))
