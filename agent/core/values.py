"""The base of every value that crosses a border: frozen, closed to unknown keys, integers only.

Money is whole minor units (cents) and points are whole numbers. A float is refused even where it
is whole, because ``0.1 + 0.2`` is not an amount of money.

>>> from pydantic import TypeAdapter, ValidationError
>>> TypeAdapter(Minor).validate_python(1425)
1425
>>> try:
...     TypeAdapter(Minor).validate_python(14.0)
... except ValidationError as error:
...     print(error.errors()[0]["type"])
int_type
"""

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Self
from unicodedata import category

from msgspec import Meta
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

__all__ = [
    "BIRTHDAY_FORM",
    "CODE_FORM",
    "MOST_POINTS",
    "NO_CONTROL_CHARACTERS",
    "POS_ID_FORM",
    "RATE_FORM",
    "Code",
    "Label",
    "Minor",
    "MintId",
    "Points",
    "Text",
    "Value",
    "WrittenToken",
    "example",
]

# Far above any basket, and far below the 2**53 that JSON readers everywhere agree on.
_LARGEST = 10**12

# Each bound stands twice: pydantic checks what crosses a border, msgspec what stands in a journal,
# less the spelling of its texts, which agent/core/spelling.py checks.

MOST_POINTS = _LARGEST
"""How many points one entry may tell of."""

Minor = Annotated[int, Field(strict=True, ge=-_LARGEST, le=_LARGEST)]
"""Money in whole minor units of its currency."""

Points = Annotated[
    int, Field(strict=True, ge=-_LARGEST, le=_LARGEST), Meta(ge=-_LARGEST, le=_LARGEST)
]
"""Whole points."""


def _is_no_code(text: str) -> bool:
    return not (text.isascii() and text.isprintable()) or " " in text


def _has_control_characters(text: str) -> bool:
    return not text.isprintable() and any(category(each) == "Cc" for each in text)


CODE_FORM = r"^[\x21-\x7e]{1,64}$"

RATE_FORM = r"^[0-9]{1,4}(\.[0-9]{1,3})?$"

BIRTHDAY_FORM = r"^[0-9]{2}-[0-9]{2}$"

POS_ID_FORM = r"^[\x21-\x2e\x30-\x7e]{1,64}$"
"""Matches a code without a slash, which can stand in an address."""

Code = Annotated[
    str,
    StringConstraints(strict=True, pattern=CODE_FORM),
    Meta(min_length=1, max_length=64, extra={"misspelt": _is_no_code}),
]
"""A short identifier that another system minted: printable ASCII without spaces."""

WrittenToken = Annotated[str, Meta(min_length=1, max_length=128, extra={"misspelt": _is_no_code})]
"""A token as an entry has it, in the form of :mod:`agent.core.tokens`: longer ones no card has, no
message carries and no index keeps.
"""

MintId = Callable[[], str]
"""Mints an id that no other device will ever mint. Handed in, like the clock."""

Text = Annotated[str, StringConstraints(strict=True, max_length=200), Meta(max_length=200)]
"""A short text that came from outside."""

NO_CONTROL_CHARACTERS = r"^[^\x00-\x1f\x7f-\x9f]*$"
"""Matches a text without control characters, which a printer would obey.

They are spelt out: this goes into the API's description, and few readers of one know the names of
Unicode's categories.
"""

Label = Annotated[
    str,
    StringConstraints(strict=True, max_length=200, pattern=NO_CONTROL_CHARACTERS),
    Meta(max_length=200, extra={"misspelt": _has_control_characters}),
]
"""A short text to print or show, without control characters."""


class Value(BaseModel):
    """A frozen record whose fields are all known and all named when it is made.

    What stands below a field describes it, also in the API's description.
    """

    model_config = ConfigDict(
        frozen=True, extra="forbid", hide_input_in_errors=True, use_attribute_docstrings=True
    )

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """Copy it with other values; what was worked out of the old ones is not copied along."""
        copied = super().model_copy(update=update, deep=deep)
        fields = type(self).model_fields
        for name in [name for name in copied.__dict__ if name not in fields]:
            del copied.__dict__[name]
        return copied


def example(body: dict[str, Any]) -> ConfigDict:
    """Show a value in the API's description, beside the model's own configuration."""
    return ConfigDict(json_schema_extra={"examples": [body]})
