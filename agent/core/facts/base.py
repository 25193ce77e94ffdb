"""What every fact has in common, and the bounds of its numbers."""

from typing import Annotated

from msgspec import Meta, Struct

__all__ = ["LARGEST", "Count", "FactBase", "Negative", "Some"]

LARGEST = 10**12
"""More points than these no entry says at once; a member may have more by several."""

Count = Annotated[int, Meta(ge=0, le=LARGEST)]
"""So many, perhaps none."""

Some = Annotated[int, Meta(ge=1, le=LARGEST)]
"""So many, at least one."""

Negative = Annotated[int, Meta(le=0, ge=-LARGEST)]
"""A change that only takes away."""


class FactBase(
    Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    omit_defaults=True,
    tag_field="kind",
):
    """Closed to unknown keys; a value that is its default is left out of the bytes."""
