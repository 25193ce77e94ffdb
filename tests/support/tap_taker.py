"""A program that takes taps and tells them: ``DIRECTORY FIRST COUNT``.

Each counter that was taken is told by a write to ``told`` in the same directory, and as a line.
"""

import os
import sys
from pathlib import Path

import structlog

from drivers.pcsc.counters import NotRemembered, TapCounters

CARD = "04C1D2E3F40580"


def main() -> None:
    """Take counters one after the other."""
    directory, first, count = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    told = os.open(directory / "told", os.O_RDWR | os.O_CREAT)
    counters = TapCounters(directory)
    for counter in range(first, first + count):
        try:
            taken = counters.take(CARD, counter)
        except NotRemembered:
            sys.stdout.write(f"{counter} not remembered\n")
        else:
            if taken:
                os.pwrite(told, b"%08d" % counter, 0)
            sys.stdout.write(f"{counter} {'taken' if taken else 'replay'}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
