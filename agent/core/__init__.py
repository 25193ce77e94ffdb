"""The ground floor: values in, decisions out.

Nothing here reads a clock, a file, a socket or a database; the import rules in ``pyproject.toml``
hold that. The same code therefore decides at the till, at head office and in a replay.
"""
