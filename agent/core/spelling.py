"""Which characters a text in an entry may have.

Numbers, lengths and words are checked whenever an entry is decoded. The characters of its texts are
checked once, before an entry is written or taken from another device: what a hash vouches for need
not be looked through again, and patterns took longer than all the rest of decoding.

>>> from msgspec import Struct
>>> from agent.core.values import Code
>>> class Card(Struct):
...     account: Code
>>> misspelt = speller(Card)
>>> misspelt(Card("a-1")), misspelt(Card("a\\x1b[2J"))
(False, True)
"""

from collections.abc import Callable
from typing import Any

from msgspec import inspect

__all__ = ["speller"]

Misspelt = Callable[[Any], bool]
"""Says whether a value, or a part of it, has characters that its type does not allow."""


def speller(kind: Any) -> Misspelt:
    """Build the check of a type whose texts name what is ``misspelt``; see agent/core/values.py."""
    return _of(inspect.type_info(kind)) or (lambda _: False)


def _of(info: inspect.Type) -> Misspelt | None:
    """Build the check of one type; None where it has no text to check."""
    match info:
        case inspect.Metadata():
            named: Misspelt | None = (info.extra or {}).get("misspelt")
            return named or _of(info.type)
        case inspect.UnionType():
            return _of_union(info)
        case inspect.VarTupleType():
            return _of_tuple(_of(info.item_type))
        case inspect.StructType() | inspect.DataclassType():
            return _of_fields(info)
    return None


def _of_tuple(item: Misspelt | None) -> Misspelt | None:
    return None if item is None else lambda values: any(map(item, values))


def _of_fields(info: inspect.StructType | inspect.DataclassType) -> Misspelt | None:
    checks = [(field.name, check) for field in info.fields if (check := _of(field.type))]

    def misspelt(value: Any) -> bool:
        for name, check in checks:  # noqa: SIM110 - a generator would double the cost
            if check(getattr(value, name)):
                return True
        return False

    return misspelt if checks else None


def _of_union(info: inspect.UnionType) -> Misspelt | None:
    """Choose by the value's own class; what is absent is spelt well."""
    checks = {_class_of(each): check for each in info.types if (check := _of(each))}
    return lambda value: type(value) in checks and checks[type(value)](value)


def _class_of(info: inspect.Type) -> type:
    return info.cls if isinstance(info, inspect.StructType | inspect.DataclassType) else str
