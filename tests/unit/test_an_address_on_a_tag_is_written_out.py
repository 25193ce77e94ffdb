"""The address in a URI record is what the standard's own table, and a library, make of it."""

import ndef
from hypothesis import example, given
from hypothesis import strategies as st

from drivers.tags.ndef_uri import address_in


def by_the_library(payload: bytes) -> str | None:
    """Decode a record of its own around the payload."""
    message = b"\xc1\x01" + len(payload).to_bytes(4) + b"U" + payload
    try:
        (record,) = ndef.message_decoder(message, "strict", {"urn:nfc:wkt:U": ndef.UriRecord})
    except (ndef.DecodeError, ValueError):
        return None
    return str(record.iri)


@given(code=st.integers(0, 255), rest=st.binary(max_size=20) | st.text(max_size=20).map(str.encode))
@example(code=35, rest=b"a")
@example(code=36, rest=b"a")
@example(code=4, rest=b"a\x1fb")
@example(code=0, rest=b"")
def test_an_address_is_what_a_library_reads(code: int, rest: bytes) -> None:
    """Whatever a payload holds, it is the same address, or none, as ndeflib makes of it."""
    payload = bytes([code]) + rest
    assert address_in(payload) == by_the_library(payload)


def test_every_beginning_is_the_standards() -> None:
    """Each of the 256 codes stands for the same beginning of an address."""
    for code in range(256):
        assert address_in(bytes([code]) + b"x") == by_the_library(bytes([code]) + b"x")


def test_nothing_is_no_address() -> None:
    """A record without a payload holds no address."""
    assert address_in(b"") is None
