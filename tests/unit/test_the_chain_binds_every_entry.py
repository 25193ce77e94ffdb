"""Entries are bound by a hash chain: no byte of any of them can change unseen."""

import hashlib
from itertools import pairwise

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from agent.core.entry import GENESIS, Entry, Position, chain, link_hash

HASHES = st.binary(min_size=32, max_size=32)
LINES = st.lists(st.binary(min_size=1, max_size=40), max_size=8).map(tuple)


def test_a_chain_starts_from_32_zero_bytes() -> None:
    """A journal without entries has the hash of 32 zero bytes, and nothing else to know."""
    assert bytes(32) == GENESIS
    assert chain(GENESIS, ()) == GENESIS


def test_the_first_link_is_this_one() -> None:
    """The definition is pinned to one value, so that no release can quietly change it."""
    assert (
        link_hash(GENESIS, b"{}").hex()
        == hashlib.sha256(bytes.fromhex("00" + "00" * 32 + "7b7d")).hexdigest()
        == "df2fad6a42533aaab95db7d32ba62a1222257cd5908f1f5eb7ce850d55dc0709"
    )


@given(previous=HASHES, canonical=st.binary())
def test_a_link_is_sha256_of_zero_byte_hash_and_entry(previous: bytes, canonical: bytes) -> None:
    """A link is SHA-256 over a zero byte, the hash before and the canonical bytes."""
    digest = hashlib.sha256(bytes([0]) + previous + canonical).digest()
    assert link_hash(previous, canonical) == digest


@given(previous=HASHES, lines=LINES)
def test_a_chain_is_one_link_after_another(previous: bytes, lines: tuple[bytes, ...]) -> None:
    """Hashing several entries is hashing each onto the one before, wherever they are cut."""
    one_by_one = previous
    for canonical in lines:
        one_by_one = hashlib.sha256(b"\0" + one_by_one + canonical).digest()
    assert chain(previous, lines) == one_by_one
    for cut in range(len(lines) + 1):
        assert chain(chain(previous, lines[:cut]), lines[cut:]) == one_by_one


@given(entry=st.from_type(Entry), previous=HASHES, data=st.data())
def test_any_changed_byte_changes_the_hash(
    entry: Entry, previous: bytes, data: st.DataObject
) -> None:
    """Change, drop or repeat any byte of an entry or of the hash before it: the link differs."""
    canonical = entry.canonical()
    link = link_hash(previous, canonical)
    place = data.draw(st.integers(0, len(canonical) - 1))
    flip = data.draw(st.integers(1, 255))
    changed = bytes([canonical[place] ^ flip])
    before, after = canonical[:place], canonical[place + 1 :]
    assert link_hash(previous, before + changed + after) != link
    assert link_hash(previous, before + after) != link
    assert link_hash(previous, before + canonical[place : place + 1] * 2 + after) != link
    other = bytearray(previous)
    other[place % 32] ^= flip
    assert link_hash(bytes(other), canonical) != link


@given(entry=st.from_type(Entry), other=st.from_type(Entry))
def test_any_changed_field_changes_the_hash(entry: Entry, other: Entry) -> None:
    """Whichever field of an entry changes, its link changes."""
    link = link_hash(GENESIS, entry.canonical())
    for field in Entry.__struct_fields__:
        value = getattr(other, field)
        changed = msgspec.structs.replace(entry, **{field: value})
        same = link_hash(GENESIS, changed.canonical()) == link
        assert same == (value == getattr(entry, field)), field


@given(lines=st.lists(st.binary(min_size=1), min_size=2, max_size=6, unique=True).map(tuple))
def test_order_counts(lines: tuple[bytes, ...]) -> None:
    """Two neighbours that change places give another chain, and a missing one does too."""
    whole = chain(GENESIS, lines)
    for first, second in pairwise(range(len(lines))):
        swapped = list(lines)
        swapped[first], swapped[second] = lines[second], lines[first]
        assert chain(GENESIS, tuple(swapped)) != whole
        assert chain(GENESIS, lines[:first] + lines[second:]) != whole


def test_a_position_is_written_with_a_short_hash() -> None:
    """A position on a receipt is epoch, number and the first eight digits of the hash."""
    place = Position(epoch=2, seq=17, hash=bytes.fromhex("8e" * 32))
    assert str(place) == "2:17:8e8e8e8e"
