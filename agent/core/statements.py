"""Named statements: a text with many, each under a line that says what it is called.

>>> named_statements("-- name: head\\nSELECT 1;\\n\\n-- name: tail\\nSELECT\\n  2;\\n")
{'head': 'SELECT 1', 'tail': 'SELECT\\n  2'}
"""

import re

__all__ = ["named_statements"]

_NAMED = re.compile(r"^-- name: (\w+)\n(.*?);\s*(?=^-- name: |\Z)", re.MULTILINE | re.DOTALL)


def named_statements(text: str) -> dict[str, str]:
    """Answer statements by name. A misspelt name fails where it is used, not in the database."""
    return dict(_NAMED.findall(text))
