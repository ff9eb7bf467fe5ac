"""`python -m tests.bench.serve module:factory port workers`: any application on the server that `portal serve` runs."""

import sys

from portal import serving
from portal.processes import die_with_parent

if __name__ == "__main__":
    die_with_parent()
    serving.serve(sys.argv[1], address="127.0.0.1", port=int(sys.argv[2]), workers=int(sys.argv[3]))
