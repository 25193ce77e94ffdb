"""The tap of an NTAG 424 DNA is a card only with a right signature and a new counter (AN12196)."""

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.cmac import CMAC
from hypothesis import given
from hypothesis import strategies as st

from agent.core.tokens import Token
from drivers.events import Event, RefusedFrame, TokenRead
from drivers.tags.sdm import LONGEST, events_of_tap

# NXP AN12196, by the tests of nfc-developer/sdm-backend.
PICC, MAC = "EF963FF7828658A599F3041510671E88", "94EED9EE65337086"
PUBLISHED = f"https://ntag.nxp.com/424?e={PICC}&c={MAC}"
ZEROS = bytes(16)
READ = TokenRead(token=Token("sdm", "04DE5F1EACC040"), counter=61)

META, FILE = bytes(range(16)), bytes(range(16, 32))
UID = bytes.fromhex("04C1D2E3F40580")


def cmac(key: bytes, data: bytes) -> bytes:
    """AES-CMAC."""
    made = CMAC(AES(key))
    made.update(data)
    return made.finalize()


def signature(counter: int, over: bytes = b"", *, key: bytes = FILE) -> str:
    """What the chip of UID writes as its signature."""
    vector = bytes.fromhex("3CC300010080") + UID + counter.to_bytes(3, "little")
    return cmac(cmac(key, vector), over)[1::2].hex().upper()


def picc(counter: int, *, tag: int = 0xC7, key: bytes = META) -> str:
    """What the chip of UID writes as its PICC data."""
    plain = bytes([tag]) + UID + counter.to_bytes(3, "little") + b"rando"
    encryptor = Cipher(AES(key), CBC(ZEROS)).encryptor()
    return (encryptor.update(plain) + encryptor.finalize()).hex().upper()


def verified(text: str, *, last: int | None = None) -> list[Event]:
    """What a text says under our keys."""
    return events_of_tap(text.encode(), meta_key=META, file_key=FILE, last_counter=last)


def tap(counter: int) -> list[Event]:
    """The card of UID at this counter."""
    return [TokenRead(token=Token("sdm", UID.hex().upper()), counter=counter)]


@pytest.mark.parametrize(
    "text",
    [
        PUBLISHED,
        f"{PUBLISHED}\r\n",
        PUBLISHED.replace(PICC, PICC.lower()).replace(MAC, MAC.lower()),
        f"https://a.test/?picc={PICC}&cmac={MAC}",
        f"https://a.test/?x=1&c={MAC}&picc_data={PICC}#top",
        f"e={PICC}&c={MAC}",
        f"{PICC},{MAC}",
        f"https://a.test/?{PICC},{MAC}",
    ],
)
def test_the_published_tap_is_read(text: str) -> None:
    """The published address is that card at its counter, by whichever names its parts come."""
    assert events_of_tap(text.encode(), meta_key=ZEROS, file_key=ZEROS) == [READ]


def test_a_signed_file_is_covered() -> None:
    """Where part of the file is there, the signature is over it, and changing it is noticed."""
    enc = "0123456789ABCDEF" * 2
    signed = signature(7, f"{enc}&cmac=".encode())
    text = f"https://a.test/?picc={picc(7)}&enc={enc}&cmac={signed}"
    assert verified(text) == tap(7)
    assert verified(text.replace(enc, enc.lower())) == tap(7)
    assert verified(text.replace(enc, "1" + enc[1:])) == [RefusedFrame(reason="mac")]
    assert verified(text.replace(f"&enc={enc}", "")) == [RefusedFrame(reason="mac")]
    short = f"https://a.test/?e={picc(7)}&enc={enc}&c="
    assert verified(short + signed) == tap(7)
    assert verified(short + signature(7, f"{enc}&c=".encode())) == tap(7)


def test_a_plain_tap_is_signed_too() -> None:
    """UID and counter that are not encrypted are verified the same way."""
    text = f"https://a.test/?uid={UID.hex()}&ctr=000102&cmac={signature(0x102)}"
    assert verified(text) == tap(0x102)
    assert verified(text, last=0x102) == [RefusedFrame(reason="replay")]
    assert verified(text.replace("000102", "000103")) == [RefusedFrame(reason="mac")]


@pytest.mark.parametrize(
    ("last", "taken"), [(None, True), (0, True), (6, True), (7, False), (8, False)]
)
def test_only_a_higher_counter_is_new(last: int | None, taken: bool) -> None:
    """The same counter again, or a lower one, is a replay; without a last one any is new."""
    text = f"{picc(7)},{signature(7)}"
    assert verified(text, last=last) == (tap(7) if taken else [RefusedFrame(reason="replay")])


@pytest.mark.parametrize(
    "text",
    [
        f"{picc(7)},{signature(8)}",
        f"{picc(7)},{signature(7, key=META)}",
        f"{picc(7, key=FILE)},{signature(7)}",
        f"{picc(7, tag=0x87)},{signature(7)}",
        f"{picc(7, tag=0x47)},{signature(7)}",
        f"{picc(7)},{'0' * 16}",
    ],
)
def test_what_our_keys_did_not_make_is_refused(text: str) -> None:
    """Other keys, another card's signature, or no counter: refused, and never as a replay."""
    assert verified(text) == [RefusedFrame(reason="mac")]
    assert verified(text, last=100) == [RefusedFrame(reason="mac")]


@given(counter=st.integers(0, 2**24 - 1), place=st.integers(0, 48), digit=st.sampled_from("0F7"))
def test_one_wrong_digit_is_no_tap(counter: int, place: int, digit: str) -> None:
    """Every counter is read, and with any digit changed nothing is."""
    text = f"{picc(counter)},{signature(counter)}"
    assert verified(text) == tap(counter)
    changed = text[:place] + digit + text[place + 1 :]
    if changed != text:
        (event,) = verified(changed)
        assert isinstance(event, RefusedFrame)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (f"{PICC},{MAC[:-2]}", "length"),
        (f"{PICC[:-2]},{MAC}", "length"),
        (f"{PICC * 2},{MAC}", "length"),  # as LRP mode writes
        (f"e={PICC}&c={MAC}&enc=00", "length"),
        (f"e={PICC}&c={MAC}&enc=", "length"),
        (f"uid=04C1&ctr=000001&cmac={MAC}", "length"),
        ("x" * (LONGEST + 1), "length"),
        (f"{PICC},{MAC[:-1]}X", "framing"),
        (f"{PICC},{MAC[:-1]}", "framing"),
        (f"{PICC},{MAC},{MAC}", "framing"),
        (f"e={PICC}", "framing"),
        (f"c={MAC}&uid={UID.hex()}", "framing"),
        (f"e={PICC}&c={MAC}&c={MAC}", "framing"),
        (f"e={PICC}&picc={PICC}&c={MAC}", "framing"),
        ("https://a.test/", "unreadable"),
        ("https://a.test/?x=1", "unreadable"),
        ("&".join("x=1" for _ in range(50)), "unreadable"),
    ],
)
def test_a_text_that_is_no_tap_is_refused(text: str, reason: str) -> None:
    """Parts that are missing, doubled, no hex or of a wrong length are refused as that."""
    assert verified(text) == [RefusedFrame(reason=reason)]  # type: ignore[arg-type]


@given(st.binary(max_size=80))
def test_no_bytes_break_it(text: bytes) -> None:
    """Any bytes are refused, and no bytes are nothing."""
    events = events_of_tap(text, meta_key=META, file_key=FILE)
    assert all(isinstance(event, RefusedFrame) for event in events)
    assert len(events) == bool(text.strip())
