"""What no device or head office of ours says, and a broken or a hostile one may: every fact there
can be with its values at the bounds of their types, and messages in which values are others.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any

from books import a_sale
from hypothesis import strategies as st
from msgspec import inspect
from msgspec import json as msgspec_json

from agent.core.facts import Fact
from agent.core.vouchers import CODE_BYTES, code_of

__all__ = ["LONG", "changed", "extreme_facts"]

_CODES = st.sampled_from(("a", "b", "program", "!" * 64))
"""Few, so that facts speak of the same things; one is how postings name who issues points."""

LONG = "".join(hashlib.sha512(f"{number}".encode()).hexdigest() for number in range(30))
"""More than an index of PostgreSQL takes, and nothing that a database could compress."""

_TEXTS = ("", "a", "<script>alert(1)</script>", "'; DROP TABLE accounts; --", "é😀\u202e", LONG)
_PATTERNED = {
    "64}": st.just("ab" * 32),
    "{1,9}": st.sampled_from(("0", "0.001", "999999999.999")),
    "GHJKMNPQ": st.sampled_from([code_of(bytes([each] * CODE_BYTES)) for each in range(2)]),
}
_INT64 = (-(2**63), 2**63 - 1)


def extreme_facts() -> st.SearchStrategy[Fact]:
    """Any fact that an entry may tell, each kind as often as the others."""
    kinds = inspect.type_info(Fact)
    assert isinstance(kinds, inspect.UnionType)
    return st.one_of([_of(kind) for kind in kinds.types]).map(_fact)


def changed(message: Mapping[str, Any]) -> st.SearchStrategy[bytes]:
    """A message in which some values are others, now and then cut short or said twice."""
    return st.builds(
        _written,
        st.just(message),
        st.dictionaries(st.sampled_from((*message, "unknown")), _ANYTHING, max_size=2),
        st.sampled_from(("whole", "whole", "whole", "cut", "twice", "no text")),
    )


_ANYTHING: st.SearchStrategy[Any] = st.sampled_from(
    (
        *(None, True, -1, 0, 1, 1.5, 10**12 + 1, 2**53, 2**53 + 1, 2**63, 10**30),
        *(float("nan"), float("inf"), "", "a\0b", "\ud800", "x" * 201, "x" * 70_000, "0" * 64),
        *([], {}, [1] * 17, "2026-02-30", "9999-12-31", "a", "b", "DEEP"),
    )
)


def _written(message: Mapping[str, Any], others: Mapping[str, Any], how: str) -> bytes:
    text = json.dumps({**message, **others}).replace('"DEEP"', "[" * 20_000)
    if how == "twice":
        text = text.replace("{", '{"nonce":"other",', 1)
    payload = text.encode()
    if how == "no text":
        return payload.replace(b"a", b"\xff", 1)
    return payload[:-3] if how == "cut" else payload


def _fact(said: dict[str, Any]) -> Fact:
    return msgspec_json.decode(msgspec_json.encode(said), type=Fact)


def _of(info: inspect.Type) -> st.SearchStrategy[Any]:
    """Values of a type, as JSON has them."""
    if isinstance(info, inspect.Metadata):
        is_code = getattr((info.extra or {}).get("misspelt"), "__name__", "") == "_is_no_code"
        return _CODES if is_code else _of(info.type)
    (values,) = [made for kind, made in _MAKERS.items() if isinstance(info, kind)]
    return values(info)


def _int(info: inspect.IntType) -> st.SearchStrategy[int]:
    low = _INT64[0] if info.ge is None else info.ge
    high = _INT64[1] if info.le is None else info.le
    return st.sampled_from([each for each in (low, 0, 1, 5, high) if low <= each <= high])


def _text(info: inspect.StrType) -> st.SearchStrategy[str]:
    if info.pattern is not None:
        (found,) = [texts for part, texts in _PATTERNED.items() if part in info.pattern]
        return found
    return st.sampled_from(
        [text[: info.max_length] for text in _TEXTS if text or not info.min_length]
    )


def _struct(info: inspect.StructType | inspect.DataclassType) -> st.SearchStrategy[dict[str, Any]]:
    required = {each.encode_name: _of(each.type) for each in info.fields if each.required}
    optional = {each.encode_name: _of(each.type) for each in info.fields if not each.required}
    if isinstance(info, inspect.StructType) and info.tag_field is not None:
        required[info.tag_field] = st.just(info.tag)
    return st.fixed_dictionaries(required, optional=optional)


_MAKERS: dict[type[inspect.Type], Callable[[Any], st.SearchStrategy[Any]]] = {
    inspect.StrType: _text,
    inspect.IntType: _int,
    inspect.LiteralType: lambda info: st.sampled_from(info.values),
    inspect.UnionType: lambda info: st.one_of([_of(each) for each in info.types]),
    inspect.VarTupleType: lambda info: st.lists(_of(info.item_type), max_size=2),
    inspect.StructType: _struct,
    inspect.DataclassType: _struct,
    inspect.NoneType: lambda _: st.none(),
    inspect.BoolType: lambda _: st.booleans(),
    inspect.DateType: lambda _: st.sampled_from(("0001-01-01", "2026-03-02", "9999-12-31")),
    inspect.RawType: lambda _: st.just(a_sale("s", None, 0).sale_json),
}
