"""The command line. Exit codes: 0 good, 1 a finding or a fault, 2 wrong use or configuration."""

import sys

try:
    from agent.cli.main import main
except KeyboardInterrupt:  # from here on click says the same
    sys.exit("\nAborted!")

__all__ = ["main"]
