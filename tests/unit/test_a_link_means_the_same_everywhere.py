"""A GS1 Digital Link names whom it names in a barcode and on a tag, and is refused alike."""

import ndef
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.core.tokens import Token
from drivers.digital_link import elements_of
from drivers.events import Event, ProductRead, Reason, RefusedFrame, TokenRead
from drivers.scanners.barcode import BarcodeParser
from drivers.tags.ndef import events_of_message

GSRN, GTIN = "061414112345678902", "05901234123457"
MEMBER = TokenRead(token=Token("gsrn", GSRN))


def everywhere(uri: str) -> Event:
    """What a link means, which is one thing wherever it stood."""
    (scanned,) = BarcodeParser().feed(uri.encode() + b"\r")
    (told,) = events_of_message(b"".join(ndef.message_encoder([ndef.UriRecord(uri)])))
    assert told == scanned
    return scanned


@pytest.mark.parametrize(
    ("uri", "elements"),
    [
        (f"https://a.test/x/y/8018/{GSRN}/8019/7", {"8018": GSRN, "8019": "7"}),
        (f"HTTPS://A.TEST/8018/{GSRN}/?utm=1#top", {"8018": GSRN}),
        ("http://a.test/01/1/10/A%2FB?17=271231&from=x", {"01": "1", "10": "A/B", "17": "271231"}),
        (f"https://a.test/01/{GTIN}/8018/{GSRN}", {"8018": GSRN}),  # what lies before is a stem
        (f"https://a.test/01/{GTIN}?10=A;10=A;8=9", {"01": GTIN, "10": "A"}),
        (f"https://a.test/8018/{GSRN}?9999=1", {"8018": GSRN}),  # there is no such AI
        ("https://a.test/414/anything", {"414": "anything"}),
        ("https://a.test/8018/%30%361", {"8018": "061"}),
        (f"https://a.test/01/{GTIN}?10=A&10=B", None),
        (f"https://a.test/01/{GTIN}?01=00000000000000", None),
        (f"https://a.test/01/{GTIN}/10/", None),
        (f"https://a.test/01/{GTIN}/10/%C3%A4", None),
        (f"https://a.test/01/{GTIN}?17=2712", None),
        (f"https://a.test/gsrn/{GSRN}/", None),  # a word of the first versions
        (f"https://a.test/8018/{GSRN}/more", None),
        (f"ftp://a.test/8018/{GSRN}", None),
        (f"https://a.test/?8018={GSRN}", None),
        ("https://a.test/10/A", None),
        ("https:///8018/1", None),
        (f"https://[a.test/8018/{GSRN}", None),
        (f"https://a.test/{'x' * 2000}/8018/{GSRN}", None),
    ],
)
def test_a_link_is_pairs_behind_a_key(uri: str, elements: dict[str, str] | None) -> None:
    """The path ends in a key and its qualifiers; other addresses are no links."""
    found = elements_of(uri)
    assert found == elements
    assert found is None or next(iter(found)) == next(iter(elements or {}))


@pytest.mark.parametrize(
    ("path", "event"),
    [
        (f"8018/{GSRN}", MEMBER),
        (f"01/{GTIN}/8018/{GSRN}", MEMBER),
        (f"8017/{GSRN}", "provider_gsrn"),
        ("8018/061414112345678903", "check_digit"),
        ("8017/061414112345678903", "check_digit"),
        ("8018/06141411234567890", "length"),
        ("8018/0614141123456789O2", "framing"),
        ("8018/%D9%A5", "framing"),
        ("01/1", "length"),
        ("01/5901234123458", "check_digit"),
        ("01/4111111111111111", "payment_card"),
        (f"01/{GTIN}/21/4111111111111111", "payment_card"),
        (f"01/{GTIN}?17=271331", "unknown"),
        ("414/4012345000009", "unknown"),
        ("opening-hours", "unknown"),
        (f"01/{GTIN}/10/A1/21/9?17=271200",
         ProductRead(gtin="5901234123457", lot="A1", expiry="2027-12-31", serial="9")),
        ("01/96385074", ProductRead(gtin="96385074")),
    ],
)  # fmt: skip
def test_it_is_judged_alike(path: str, event: Event | Reason) -> None:
    """Members, products and refusals with their reason are the same from a scanner and a tag."""
    expected = RefusedFrame(reason=event) if isinstance(event, str) else event
    assert everywhere(f"https://a.test/{path}") == expected


_SEGMENTS = st.one_of(
    st.sampled_from(["01", "10", "17", "21", "22", "00", "414", "8017", "8018", "8019", "gsrn"]),
    st.sampled_from([GSRN, GTIN, "5901234123457", "96385074", "271231", "%41", "%", "A%2FB", "x"]),
    st.text("0123456789AB%", max_size=20),
)


@given(
    scheme=st.sampled_from(["https", "http", "HTTP", "ftp"]),
    path=st.lists(_SEGMENTS, max_size=6),
    query=st.lists(st.tuples(_SEGMENTS, _SEGMENTS), max_size=3),
)
def test_no_link_means_two_things(
    scheme: str, path: list[str], query: list[tuple[str, str]]
) -> None:
    """Whatever stands in an address, both readers of it agree."""
    more = "&".join("=".join(pair) for pair in query)
    everywhere(f"{scheme}://a.test/{'/'.join(path)}{'?' if query else ''}{more}")
