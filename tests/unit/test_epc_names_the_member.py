"""The memory of a UHF tag names the member that a barcode names, a product, a thing, or nothing."""

from binascii import crc_hqx

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.core.gs1 import with_check_digit
from agent.core.tokens import Token
from drivers.events import Event, ProductRead, RefusedFrame, TokenRead
from drivers.tags.epc import decoded, events_of_memory, gsrn_96

# GS1 EPC Tag Data Standard; the second one is made by the same rules.
MEMBER = bytes.fromhex("2D14257BF4499602D2000000")
OTHER = bytes.fromhex("2D000B7F7070D404D2000000")
MEMBER_READ = TokenRead(token=Token("gsrn", "061414112345678902"))
UNKNOWN = RefusedFrame(reason="unknown")


def bits(header: int, *fields: tuple[int, int]) -> bytes:
    """An EPC: the header, then numbers in so many bits each."""
    written = f"{header:08b}" + "".join(f"{number:0{width}b}" for number, width in fields)
    assert len(written) == 96
    return int(written, 2).to_bytes(12)


def bank(epc: bytes, *, words: int = 6, toggle: int = 0, behind: bytes = b"") -> bytes:
    """The EPC bank of a tag: CRC-16, protocol control, EPC, and what is behind it."""
    protected = (words << 11 | toggle << 8).to_bytes(2) + epc
    return (crc_hqx(protected, 0xFFFF) ^ 0xFFFF).to_bytes(2) + protected + behind


@pytest.mark.parametrize(
    ("epc", "gsrn"), [(MEMBER, "061414112345678902"), (OTHER, "012345678901012342")]
)
def test_the_published_members_are_read(epc: bytes, gsrn: str) -> None:
    """Each published GSRN-96 is its 18 digits, the token that its barcode is too."""
    assert events_of_memory(epc) == [TokenRead(token=Token("gsrn", gsrn))]
    assert Token.parse(gsrn) == Token("gsrn", gsrn)


@given(
    number=st.integers(0, 10**17 - 1),
    digits=st.integers(6, 12),
    filter_value=st.integers(0, 7),
)
def test_every_member_is_read(number: int, digits: int, filter_value: int) -> None:
    """Whichever length its company prefix has, a GSRN comes back with its check digit."""
    gsrn = with_check_digit(f"{number:017}")
    epc = gsrn_96(gsrn, prefix_digits=digits, filter_value=filter_value)
    assert events_of_memory(epc) == [TokenRead(token=Token("gsrn", gsrn))]


def test_the_built_epc_is_the_published_one() -> None:
    """The builder writes the published bits."""
    assert gsrn_96("061414112345678902", prefix_digits=7) == MEMBER
    assert gsrn_96("012345678901012342", prefix_digits=12) == OTHER


def test_a_provider_is_staff() -> None:
    """The same number under header 2E is who serves, and is refused as that."""
    assert decoded(b"\x2e" + MEMBER[1:]) == RefusedFrame(reason="provider_gsrn")


@pytest.mark.parametrize(
    ("epc", "event"),
    [
        # Tag Data Standard, section E.3 and its tables 14-4 to 14-23
        (
            bytes.fromhex("3074257BF7194E4000001A85"),
            ProductRead(gtin="80614141123458", serial="6789"),
        ),
        (
            bits(0x33, (0, 3), (5, 3), (614141, 24), (12345, 20), (400, 38)),
            "grai:0614141.12345.400",
        ),
        (bits(0x33, (0, 3), (0, 3), (614141234567, 40), (0, 4), (7, 38)), "grai:614141234567..7"),
        (bits(0x34, (0, 3), (5, 3), (614141, 24), (12345400, 58)), "giai:0614141.12345400"),
        (
            bits(0x2C, (0, 3), (5, 3), (614141, 24), (12345, 17), (400, 41)),
            "gdti:0614141.12345.400",
        ),
        (bits(0x35, (31415, 28), (271828, 24), (1414, 36)), "gid:31415.271828.1414"),
    ],
)
def test_other_schemes_are_read_as_what_they_are(epc: bytes, event: Event | str) -> None:
    """A product is a product, and a thing that a person may hold is a token of its URI."""
    if isinstance(event, str):
        event = TokenRead(token=Token("epc", f"urn:epc:id:{event}"))
    assert events_of_memory(epc) == [event]
    if isinstance(event, TokenRead):
        assert Token.parse(str(event.token)) == event.token


@pytest.mark.parametrize(
    "epc",
    [
        bits(0x2D, (0, 3), (5, 3), (10**7, 24), (0, 34), (0, 24)),  # prefix of eight digits
        bits(0x2D, (0, 3), (5, 3), (0, 24), (10**10, 34), (0, 24)),  # reference of eleven
        bits(0x33, (0, 3), (0, 3), (1, 40), (1, 4), (7, 38)),  # a field that has no digits
        bytes.fromhex("3174257BF4499602D2000000"),  # a pallet
        bytes.fromhex("3274257BF4499602D2000000"),  # a place
        bytes.fromhex("2000708C2B380B2D00000000"),  # never numbered
        bytes(12),
        b"\xff" * 12,
    ],
)
def test_what_names_nothing_a_customer_holds_is_unknown(epc: bytes) -> None:
    """Bits that break the standard's rules, and schemes of other things, are no card."""
    assert events_of_memory(epc) == [UNKNOWN]


@given(filler=st.integers(1, 2**24 - 1), header=st.sampled_from([0x2D, 0x2E]))
def test_filler_that_is_not_zero_is_unknown(filler: int, header: int) -> None:
    """A GSRN-96 ends in 24 zero bits; with anything else there it is no member and no staff."""
    assert decoded(bytes([header]) + MEMBER[1:9] + filler.to_bytes(3)) == UNKNOWN


def test_the_seventh_partition_is_unknown() -> None:
    """The standard has partitions 0 to 6."""
    assert decoded(bytes([0x2D, MEMBER[1] | 0b11100]) + MEMBER[2:]) == UNKNOWN


@pytest.mark.parametrize("number", [4111111111111111, 5555555555554444, 378282246310005])
def test_a_payment_card_written_into_a_tag_stays_there(number: int) -> None:
    """An asset number that is a payment card's is refused, and so never printed."""
    epc = bits(0x34, (0, 3), (5, 3), (614141, 24), (number, 58))
    assert events_of_memory(epc) == [RefusedFrame(reason="payment_card")]


@pytest.mark.parametrize("behind", [b"", bytes(2), b"\xab\xcd" * 4])
def test_the_whole_bank_is_read_too(behind: bytes) -> None:
    """CRC and protocol control before the EPC, and words behind it, change nothing."""
    assert events_of_memory(bank(MEMBER, behind=behind)) == [MEMBER_READ]


@given(place=st.integers(0, 15), flip=st.integers(1, 255))
def test_a_damaged_bank_is_never_another_member(place: int, flip: int) -> None:
    """One wrong byte of a bank is refused: by its CRC, or as no bank at all."""
    damaged = bytearray(bank(MEMBER))
    damaged[place] ^= flip
    (event,) = events_of_memory(bytes(damaged))
    assert event in (RefusedFrame(reason="checksum"), RefusedFrame(reason="length"))


def test_a_number_of_isos_is_no_epc() -> None:
    """The toggle bit says that what looks like an EPC is none."""
    assert events_of_memory(bank(MEMBER, toggle=1)) == [UNKNOWN]


@pytest.mark.parametrize("length", [*range(12), 13, 14, 15, 17, 24, 62])
def test_other_lengths_are_refused(length: int) -> None:
    """What is neither an EPC nor a bank is refused as length."""
    memory = (MEMBER * 6)[:length]
    assert events_of_memory(memory) == [RefusedFrame(reason="length")]


@given(st.binary(max_size=40))
def test_any_memory_is_answered(memory: bytes) -> None:
    """Whatever a tag holds, there is one answer, and what it names is a token to the ledger too."""
    (event,) = events_of_memory(memory)
    if isinstance(event, TokenRead):
        assert Token.parse(str(event.token)) == event.token
