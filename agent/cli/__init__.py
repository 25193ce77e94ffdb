"""The command line. Exit codes: 0 good, 1 a finding or a fault, 2 wrong use or configuration."""

from agent.cli.main import main

__all__ = ["main"]
