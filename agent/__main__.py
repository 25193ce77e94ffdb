"""``python -m agent`` is the ``tapledger`` command."""

from agent.cli import main

main(prog_name="tapledger")
