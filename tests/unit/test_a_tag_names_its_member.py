"""The NDEF message in a tag's memory names a member, or is refused with its reason."""

import ndef
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.core.tokens import Token
from drivers.events import Event, ProductRead, RefusedFrame, StatusSeen, TokenRead
from drivers.tags.ndef import events_of_memory, events_of_message

GSRN = "061414112345678902"  # EPC Tag Data Standard 1.13, section 14.5.6
MEMBER = TokenRead(token=Token("gsrn", GSRN))
LINK = f"https://club.example.test/8018/{GSRN}"


def refused(reason: str) -> RefusedFrame:
    """A refusal."""
    return RefusedFrame(reason=reason)  # type: ignore[arg-type]


def message(*records: ndef.Record) -> bytes:
    """An NDEF message, by the library."""
    return b"".join(ndef.message_encoder(records))


def tlv(inside: bytes, *, long: bool = False) -> bytes:
    """A message's block, with the long form of its length where wanted or needed."""
    count = len(inside)
    length = b"\xff" + count.to_bytes(2) if long or count > 254 else bytes([count])
    return b"\x03" + length + inside


def tag(area: bytes, *, head: bytes = bytes.fromhex("0416C65CC2D738812C480000")) -> bytes:
    """An NTAG215 with this area."""
    return head + b"\xe1\x10\x3e\x00" + area.ljust(496, b"\0") + bytes(20)


ONE = message(ndef.UriRecord(LINK))


@pytest.mark.parametrize(
    "memory",
    [
        tag(tlv(ONE) + b"\xfe"),
        tag(tlv(ONE), head=bytes(12)),
        tag(tlv(ONE))[12:],
        tlv(ONE) + b"\xfe",
        tlv(ONE),
        tlv(ONE, long=True),
        b"\x00\x00" + tlv(ONE) + b"\xfe\x03\x05",
        b"\x01\x03\xa0\x0c\x34" + tlv(ONE),
        b"\x02\x03\xf0\x02\x04" + tlv(ONE),
        b"\x01\x03\x00\x00\x00" + tlv(ONE),  # locks that would lie on pages already read
        b"\xfd\x02\x03\xff" + tlv(ONE),
        b"\xfd\xff\x01\x00" + bytes(256) + tlv(ONE),
        b"\x00\x77\x01\x03" + tlv(ONE),
        tlv(ONE) + tlv(message(ndef.TextRecord("1234567"))),
        len(ONE).to_bytes(2) + ONE,
        len(ONE).to_bytes(2) + ONE + bytes(40),
        ONE,
        tlv(message(ndef.UriRecord(LINK), ndef.TextRecord("Welcome"))),
        tlv(message(ndef.TextRecord(GSRN), ndef.UriRecord(LINK))),
        tlv(message(ndef.SmartposterRecord(LINK, "1234567"))),
        tlv(message(ndef.TextRecord(GSRN))),
        tlv(message(ndef.TextRecord(f" {GSRN}\n", "de", "UTF-16"))),
        tlv(b"\xd1\x01\x27T\x82en" + GSRN.encode("utf-16-be")),
        tlv(message(ndef.TextRecord("0614141 12345-678902"))),
        tlv(message(ndef.TextRecord(f"(8018){GSRN}"))),
        tlv(message(ndef.UriRecord("urn:epc:id:gsrn:0614141.1234567890"))),
        tlv(message(ndef.Record("text/plain", "", b"?"), ndef.UriRecord(LINK))),
        tlv(b"\xb1\x01\x0aU\x04club.test\x56\x00\x18" + f"/8018/{GSRN}".encode()),  # in pieces
    ],
)  # fmt: skip
def test_a_member_is_read_from_every_form(memory: bytes) -> None:
    """Whole memory, area, file or message, with blocks around, in a link or text: the member."""
    assert events_of_memory(memory) == [MEMBER]


def test_reserved_bytes_are_no_part_of_a_message() -> None:
    """Where locks lie in the middle of the area, the message goes on behind them."""
    block = b"\x01\x03\x60\x10\x43" + tlv(ONE)  # 16 bits at byte 48, page size 8
    place = 48 - 16
    assert events_of_memory(tag(block[:place] + b"\xaa\xbb" + block[place:])) == [MEMBER]
    assert events_of_memory(block[:place] + b"\xaa\xbb" + block[place:]) == [MEMBER]


@pytest.mark.parametrize(
    ("content", "seen"),
    [
        (ndef.UriRecord(f"https://x.test/8017/{GSRN}"), refused("provider_gsrn")),
        (ndef.TextRecord(f"8017{GSRN}"), refused("provider_gsrn")),
        (ndef.TextRecord("8017 0614 1411 2345 6789 02"), refused("provider_gsrn")),
        (ndef.TextRecord("(8017) 061414-112345678902"), refused("provider_gsrn")),
        (ndef.TextRecord("8018 0614 1411 2345 6789 02"), MEMBER),
        (ndef.UriRecord("urn:epc:id:gsrnp:0614141.1234567890"), refused("provider_gsrn")),
        (ndef.UriRecord("URN:EPC:ID:gsrnp:0614141.1234567890"), refused("provider_gsrn")),
        (ndef.UriRecord("urn:epc:tag:gsrnp-96:0.0614141.1234567890"), refused("provider_gsrn")),
        (ndef.UriRecord("urn:epc:tag:gsrn-96:0.0614141.1234567890"), MEMBER),
        (ndef.UriRecord("https://x.test/8018/061414112345678903"), refused("check_digit")),
        (ndef.UriRecord("https://x.test/8018/06141411234567890"), refused("length")),
        (ndef.UriRecord("https://x.test/8018/06141411234567890X"), refused("framing")),
        (ndef.UriRecord("https://x.test/opening-hours"), refused("unknown")),
        (ndef.UriRecord("https://x.test/order/12345678"), refused("unknown")),
        (ndef.UriRecord("tel:+15551234567"), refused("unknown")),
        (ndef.TextRecord("Welcome"), refused("unknown")),
        (ndef.TextRecord("sdm:04DE5F1EACC040"), refused("unknown")),
        (ndef.TextRecord("DEADBEEF"), refused("unknown")),
        (ndef.TextRecord("4111 1111 1111 1111"), refused("payment_card")),
        (ndef.TextRecord("card 4111-1111-1111-1111"), refused("payment_card")),
        (ndef.UriRecord("https://x.test/?n=4111111111111111"), refused("payment_card")),
        (ndef.UriRecord("https://x.test/01/5901234123457/21/4111111111111111"),
         refused("payment_card")),
        (ndef.Record("text/plain", "", GSRN.encode()), refused("unknown")),
        (ndef.UriRecord("https://x.test/01/05901234123457/10/L1/21/S%2F1?17=271231"),
         ProductRead(gtin="5901234123457", lot="L1", expiry="2027-12-31", serial="S/1")),
        (ndef.UriRecord("https://x.test/01/5901234123458"), refused("check_digit")),
        (ndef.TextRecord("1234567"), TokenRead(token=Token("card", "1234567"))),
        (ndef.UriRecord("https://[x.test/8018/1"), refused("unknown")),
    ],
)  # fmt: skip
def test_what_is_no_member_is_said(content: ndef.Record, seen: Event) -> None:
    """Staff, payment cards, wrong numbers and other addresses are refused; a product is one."""
    assert events_of_memory(tlv(message(content))) == [seen]
    assert events_of_message(message(content)) == [seen]


def test_a_member_of_staff_is_no_member() -> None:
    """A tag that names staff is refused whatever else it says."""
    records = ndef.UriRecord(f"https://x.test/8017/{GSRN}"), ndef.TextRecord("1234567")
    assert events_of_memory(tlv(message(*records))) == [refused("provider_gsrn")]


@pytest.mark.parametrize(
    ("memory", "seen"),
    [
        (b"", []),
        (tag(b"\x03\x00\xfe"), [StatusSeen(about="empty")]),
        (tlv(bytes.fromhex("D00000")), [StatusSeen(about="empty")]),
        (tag(b"\xfe"), [refused("unreadable")]),
        (tag(b""), [refused("unreadable")]),
        (tlv(ONE)[:-1], [refused("length")]),
        (b"\x03\xff\x01", [refused("length")]),
        (tag(tlv(b"\xc1" * 600)), [refused("length")]),  # beyond what the container declares
        (tlv(ONE[:-1]), [refused("length")]),
        (tlv(ONE + b"\x00"), [refused("framing")]),
        (tlv(b"\x51" + ONE[1:]), [refused("framing")]),  # MB is missing
        (tlv(b"\x91" + ONE[1:]), [refused("framing")]),  # ME is missing
        (tlv(ONE + ONE), [refused("framing")]),
        (tlv(b"\xd7" + ONE[1:]), [refused("unreadable")]),  # TNF 7
        (tlv(b"\xd6\x00\x00"), [refused("framing")]),  # a piece of nothing
        (tlv(b"\xd1\x00\x00"), [refused("length")]),
        (tlv(b"\xd1\x01\x02U\x24a"), [refused("unreadable")]),  # no such prefix
        (tlv(b"\xd1\x01\x02U\x04\xff"), [refused("unreadable")]),
        (tlv(b"\xd1\x01\x00U"), [refused("unreadable")]),
        (tlv(b"\xd1\x01\x02T\x05e"), [refused("unreadable")]),
        (tlv(b"\xd1\x02\x00Sp"), [refused("unreadable")]),
    ],
)
def test_what_is_broken_is_refused_with_its_reason(memory: bytes, seen: list[Event]) -> None:
    """Blocks, records and payloads that are not whole are refused as what they are."""
    assert events_of_memory(memory) == seen


@given(
    st.binary(max_size=80)
    | st.binary(max_size=60).map(tlv)
    | st.binary(max_size=60).map(lambda data: tag(b"\x01\x03" + data))
    | st.builds(lambda head, data: tlv(head + data), st.sampled_from([ONE[:4], ONE[:9]]),
                st.binary(max_size=40))
)  # fmt: skip
def test_no_memory_breaks_it(memory: bytes) -> None:
    """Any bytes are answered, and none of them are a member by accident: the digits stand there."""
    events = events_of_memory(memory)
    assert bool(events) == bool(memory)
    for event in events:
        if isinstance(event, TokenRead):
            assert event.token.value.encode() in memory.replace(b"\0", b"")
